"""A row that cannot be read, for example because a later version of the bot wrote it: what is said in its thread."""

from bot.conversation.session_rows import start_is_dead
from bot.domain.causes import Cause, StartCause
from bot.domain.keys import session_id
from bot.domain.lane import thread_of
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.job import Job
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import threads
from bot.views.answers import failures as failure_sentences


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
    said = failure_sentences.not_readable(row.ref, maybe_done=is_unknown(row))
    of = (f"lost:{row.key}", known.team, known.channel, known.ts)
    await uow.add_to_outbox(uow.post_row(*of, said, session_id=known.session_id))
