"""A row that cannot be read, for example because a later version of the bot wrote it: what is said in its thread."""

from dataclasses import dataclass

from bot.conversation.session_rows import start_is_dead
from bot.domain.causes import Cause, StartCause
from bot.domain.keys import session_id
from bot.domain.lane import thread_of
from bot.kernel.exactly_once.loss import Loss, announce_loss
from bot.kernel.job import Job
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import threads
from bot.store.inbox import InboxRow
from bot.store.threads import Thread
from bot.views.answers import failures as failure_sentences
from bot.views.message import Message


async def announce_unreadable(uow: UnitOfWork, job: Job[Cause]) -> None:
    """Post in the thread of its lane that the job's row cannot be read, if the thread belongs to a session.

    If the row was to start that session, the session is ended, which says more.
    """
    row, thread = job.row, thread_of(job.row.lane)
    known = await threads.get(uow.tx, *thread) if thread else None
    if known is None:
        return
    if row.kind == StartCause.kind or session_id(row.key) == known.session_id:
        await start_is_dead(uow, job, known.session_id)
        return
    await announce_loss(uow, row, _UnreadableLoss(row, known))


@dataclass(frozen=True, slots=True)
class _UnreadableLoss(Loss):
    """The loss of what `row` asks for in `thread`, which nobody can read."""

    row: InboxRow[Cause]
    thread: Thread

    async def write_not_done(self, uow: UnitOfWork) -> None:
        """Announce that it was not done."""
        await self._post(uow, failure_sentences.not_readable(self.row.ref, maybe_done=False))

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Announce that an earlier attempt may have done it."""
        await self._post(uow, failure_sentences.not_readable(self.row.ref, maybe_done=True))

    async def _post(self, uow: UnitOfWork, message: Message) -> None:
        to = self.thread
        await uow.add_to_outbox(
            uow.post_row(f"lost:{self.row.key}", to.team, to.channel, to.ts, message, session_id=to.session_id)
        )
