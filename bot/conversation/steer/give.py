"""`!give @ben`: somebody else becomes the asker of a session, who is mentioned and reminded, and who has it listed."""

from bot.conversation.session_card import SessionCard
from bot.domain.commands.registry import GIVE
from bot.domain.commands.spec import CommandSpec
from bot.domain.roles import Right
from bot.domain.session import Lifecycle, Session
from bot.kernel.access import Access
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, finish
from bot.kernel.services import Services
from bot.store import audit, people, sessions, threads
from bot.store.audit import AuditRow
from bot.views.answers import handovers as views
from bot.views.answers import stops as stop_sentences
from bot.views.answers.sessions import NO_SESSION_HERE
from bot.views.message import Message


class Give:
    """Hands sessions over, for who may write to them."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {GIVE: Handler(run=self._run)}

    async def _run(self, job: CommandJob) -> None:
        cause, team = job.cause, job.workspace.team
        async with self._services.db.read() as tx:
            thread = await threads.get(tx, team, cause.channel or "", cause.thread_ts or "")
            session = await sessions.get(tx, thread.session_id) if thread is not None else None
        refusal = NO_SESSION_HERE if session is None else await self._refusal(job, session)
        if session is None or refusal is not None:
            await self._services.answer(job, refusal or NO_SESSION_HERE)
        else:
            await self._give(job, session)

    async def _refusal(self, job: CommandJob, session: Session) -> Message | None:
        """Why `session` cannot be handed over to the person who is named, or by who asks; None if it can."""
        workspace, to = job.workspace, job.cause.argument
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

    async def _give(self, job: CommandJob, session: Session) -> None:
        """Store the new asker and announce it. What was spent so far stays with the one before."""
        by, to = job.cause.user or "", job.cause.argument
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
            await finish(uow, job)
