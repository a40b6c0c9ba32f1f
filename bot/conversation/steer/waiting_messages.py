"""What waits in a session's lane when the session is stopped: replies, which are not sent, and its own start."""

from typing import Final

from bot.conversation.steer import held_reply
from bot.conversation.steer.reply_loss import reply_is_dead
from bot.domain.causes import Cause, MessageCause, SessionCause, StartCause
from bot.domain.commands.parser import Parser
from bot.domain.keys import session_id
from bot.domain.session import Session
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.job import Job
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import inbox
from bot.store.inbox import InboxRow

NOT_SENT: Final = "stopped first"


async def end_waiting(uow: UnitOfWork, parser: Parser, job: Job[Cause], session: Session | None = None) -> int:
    """End the messages in the job's lane from before its stop, and return how many were unsent replies.

    Those that wait for an answer whether they may wake `session` are ended as well.
    """
    waiting = await inbox.waiting(uow.tx, job.row.lane, MessageCause)
    before = [row for row in waiting if _came_before(row, job.row)]
    if before:
        keys = [row.key for row in before]
        await inbox.finish(uow.tx, keys, uow.now, dead=True, reason=NOT_SENT)
    if session is not None:
        held = [row for row in await held_reply.held(uow, session) if _came_before(row, job.row)]
        await held_reply.close(uow, session, held, NOT_SENT)
        before += held
    for row in before:
        if is_unknown(row):
            await reply_is_dead(uow, row)
    return sum(not is_unknown(row) and not _is_for_the_bot(parser, row.cause) for row in before)


def _is_for_the_bot(parser: Parser, cause: MessageCause) -> bool:
    return (parser.verb(cause.text) or parser.alone(cause.text)) is not None


async def open_start(uow: UnitOfWork, job: Job[Cause], session: Session) -> InboxRow[SessionCause] | None:
    """Return the row in the job's lane that is to create `session`, or None if no such row waits."""
    starts = await inbox.waiting(uow.tx, job.row.lane, StartCause)
    messages = await inbox.waiting(uow.tx, job.row.lane, MessageCause)
    start = next((row for row in starts if row.cause.session_id == session.id), None)
    return start or next((row for row in messages if session_id(row.key) == session.id), None)


def _came_before(row: InboxRow[MessageCause], stop: InboxRow[Cause]) -> bool:
    """Whether `row` was written before `stop`. Slack gives slash commands no time, so for them our own decides."""
    if stop.key.startswith("cmd:"):
        return row.created_at <= stop.created_at
    # The `ts` of an edit's row is when it is to be sent.
    written = row.cause.revision.at if row.cause.revision is not None else row.ts
    return written < stop.ts and row.key != stop.key
