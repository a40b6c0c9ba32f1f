"""`!give @ben`: somebody else becomes the asker of a session, who is mentioned and reminded, and has it listed.

Outside of its thread it is named by its number in the person's list: `/devin give 1 @ben`.
"""

from dataclasses import replace

from bot.conversation.session_card import SessionCard
from bot.conversation.steer.session_list import SessionList
from bot.conversation.titles import permalink
from bot.domain.commands.registry import GIVE
from bot.domain.commands.spec import CommandSpec
from bot.domain.lane import own_lane
from bot.domain.roles import Right
from bot.domain.session import Lifecycle, Session
from bot.kernel.access import Access
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler, asked_by
from bot.kernel.job import CommandJob, finish, recipient_of
from bot.kernel.services import Services
from bot.store import audit, people, sessions, threads
from bot.store.audit import AuditRow
from bot.views.answers import handovers as views
from bot.views.answers import stops as stop_sentences
from bot.views.answers.sessions import NO_SESSION_HERE
from bot.views.message import Message


class Give:
    """Hands sessions over, for who may write to them."""

    def __init__(self, services: Services, access: Access, session_list: SessionList) -> None:
        self._services = services
        self._access = access
        self._session_list = session_list

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {GIVE: Handler(self._answer, self._run)}

    async def _answer(self, asked: Asked) -> Answer:
        return Deferred(own_lane(asked.key), asked.argument)  # who may take a session over is asked of Slack

    async def _run(self, job: CommandJob) -> None:
        which, _, person = job.cause.argument.rpartition(" ")
        to = person.removeprefix("@")
        session = await self._session(job, which, to)
        refusal = session if isinstance(session, Message) else await self._refusal(job, session, to)
        if isinstance(session, Message) or refusal is not None:
            await self._services.answer(job, refusal or NO_SESSION_HERE)
        else:
            await self._give(job, session, to)

    async def _session(self, job: CommandJob, which: str, to: str) -> Session | Message:
        """The session that is named, or that of the thread, or else the person's only one."""
        cause, thread_ts = job.cause, job.cause.thread_ts or job.cause.pressed_in
        async with self._services.db.read() as tx:
            thread = await threads.get(tx, job.workspace.team, cause.channel or "", thread_ts or "")
            session = await sessions.get(tx, thread.session_id) if thread is not None and not which else None
        if session is not None or (thread_ts is not None and not which):
            return session or NO_SESSION_HERE
        taker = await self._access.person(job.workspace, to) if to and not which else None  # whom the list names
        return await self._session_list.pick(replace(asked_by(job, GIVE), argument=which), taker)

    async def _refusal(self, job: CommandJob, session: Session, to: str) -> Message | None:
        """Why `session` cannot be handed over to the person `to`, or by who asks; None if it can."""
        workspace = job.workspace
        refusal = await self._access.right_refusal(
            workspace, job.cause.user or "", Right.STEER, session.channel, asker=session.requester
        )
        if refusal is not None:
            return refusal
        if session.lifecycle is not Lifecycle.OPEN:
            begins = session.lifecycle in sessions.LIVE_LIFECYCLES
            return views.NOT_STARTED_YET if begins else stop_sentences.already_ended(session)
        if not to:
            return views.WHO
        if to == session.requester:
            return views.theirs_already(to)
        person = await self._access.checked_person(workspace, to)
        cannot = person.is_bot or await self._access.start_refusal(workspace, to, session.channel) is not None
        if cannot:
            return views.cannot_take(to)
        return None if await self._access.may_read(workspace, to, session.channel) else views.cannot_see(session, to)

    async def _give(self, job: CommandJob, session: Session, to: str) -> None:
        """Store the new asker and announce it. What was spent so far stays with the one before."""
        by = job.cause.user or ""
        # A crash before this commit has it done anew, and none after it does.
        async with self._services.unit_of_work_for(job) as uow:
            names = await people.names(uow.tx, session.team, {by, to})
            changed = {"requester": to, "requester_name": names.get(to, "")}
            await sessions.change(uow.tx, session.id, **changed)
            before, after = {"asker": session.requester}, {"asker": to}
            where = (session.devin_id or session.id, session.channel, before, after)
            await audit.add(uow.tx, AuditRow(session.team, uow.now, by, GIVE.name, *where))
            await uow.post(f"said:{job.row.key}", session, views.given(session, by, names.get(by, "Someone"), to))
            await uow.redraw(SessionCard, session.id)
            await uow.redraw_home(session.team, session.requester)
            if job.cause.thread_ts != session.thread_ts:
                told = views.handed_over(session, to, permalink(job.workspace, session))
                await uow.reply_privately(recipient_of(job), told)
            await finish(uow, job)
