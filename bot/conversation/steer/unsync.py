"""A session is untied from its thread: nothing is relayed either way any more. At Devin it goes on."""

from bot.conversation.session_card import remove_mark
from bot.conversation.session_rows import show_new_state
from bot.conversation.steer.waiting_messages import end_waiting
from bot.domain.commands.registry import UNSYNC, UNSYNC_CONFIRMED
from bot.domain.commands.spec import CommandSpec
from bot.domain.session import Lifecycle, Session
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, finish, move, recipient_of
from bot.kernel.services import Services
from bot.store import people, sessions, threads
from bot.views.answers import adoptions as adoption_sentences
from bot.views.answers import stops as stop_sentences


class Unsync:
    """Carries out the command that unties a session from its thread."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command and the answer to its question do."""
        return {UNSYNC: Handler(on_session=self._asked), UNSYNC_CONFIRMED: Handler(on_session=self._untie)}

    async def _asked(self, job: CommandJob, session: Session) -> None:
        if session.lifecycle is Lifecycle.OPEN and job.cause.user != session.requester:
            await self._services.answer(job, adoption_sentences.confirm(session), session)
        else:
            await self._untie(job, session)

    async def _untie(self, job: CommandJob, session: Session) -> None:
        """Store that the session is not followed, and announce it. A crash before this commit has it done anew."""
        if session.lifecycle is not Lifecycle.OPEN or session.thread_ts is None:
            begins = session.lifecycle in sessions.LIVE_LIFECYCLES
            said = adoption_sentences.NOT_YET if begins else stop_sentences.already_ended(session)
            await self._services.answer(job, said, session)
            return
        async with self._services.unit_of_work_for(job) as uow:
            if job.row.lane != session.lane:
                await move(uow, job, session.lane, job.cause)
                return
            unsent = await end_waiting(uow, self._services.commands.parser, job, session)
            by = await people.name_of(uow.tx, session.team, job.cause.user or "")
            await sessions.change(uow.tx, session.id, lifecycle=Lifecycle.UNFOLLOWED, ended_at=uow.now)
            await threads.close(uow.tx, session.team, session.channel, session.thread_ts)
            await uow.post(f"said:{job.row.key}", session, adoption_sentences.untied(session, by, unsent))
            if job.cause.command == UNSYNC_CONFIRMED.name:
                await uow.reply_privately(recipient_of(job), adoption_sentences.UNTIED)
            await remove_mark(uow, session.id)
            await show_new_state(uow, session.id)
            await finish(uow, job)
