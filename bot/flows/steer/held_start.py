"""A start that waits for the person who asked for it: they are asked privately, and a button lets it go on or ends it.

The row of the start waits in a lane of its own, so that what the person writes next does not wait for the answer. The
buttons carry its key. If no answer comes in time, the flow of the row closes it, and nothing is started.
"""

from dataclasses import replace
from typing import Final

from bot.domain.causes import ActionCause, AskingCause, Cause, Confirmation, MessageCause, without_response_url
from bot.domain.commands import registry
from bot.domain.keys import session_id
from bot.domain.lane import own_lane, thread_lane
from bot.flows.job import Job, finish, recipient_of
from bot.flows.services import Services
from bot.flows.unit_of_work import UnitOfWork
from bot.store import inbox, lanes, sessions
from bot.store.inbox import InboxRow
from bot.views.answers import starts as start_sentences
from bot.views.message import Message

ANSWERS: Final = frozenset(
    {
        *(registry.START_AGAIN, registry.START_DECLINED),
        *(registry.START_CORRECTED, registry.START_AS_WRITTEN, registry.START_CANCELLED),
    }
)
_ENDED_BY: Final = {
    registry.START_DECLINED.name: start_sentences.START_DECLINED,
    registry.START_CANCELLED.name: start_sentences.START_CANCELLED,
}


async def hold(uow: UnitOfWork, job: Job[AskingCause], question: Message, suggestion: str | None = None) -> None:
    """Ask the person of the job's start the `question`, and let the start wait for the answer.

    `suggestion` is the text with its options corrected, if the question offers to start that.
    """
    row, lane, wait = job.row, own_lane(job.row.key), uow.timing.start_question
    # A row may be asked about twice, each time in another attempt.
    await uow.reply_privately(recipient_of(job), question, key=f"{row.key}:asked:{row.attempts}")
    asked = replace(row.cause.confirmation, asked=True, suggestion=suggestion)
    # Without its secret: the answer brings another one.
    await inbox.move(uow.tx, row.key, lane, without_response_url(replace(row.cause, confirmation=asked)), row.ts)
    await inbox.reschedule(uow.tx, row.key, uow.now + wait, "asked whether it is meant")
    await lanes.release(uow.tx, job.claim)
    uow.wakes[lane] = wait


async def answer_question(services: Services, job: Job[ActionCause]) -> None:
    """Let the start that waits for this answer go on, or end it; the outcome takes the place of the question."""
    to, key = recipient_of(job), job.cause.target
    # A crash before this commit leaves the question open, and the press is handled again.
    async with services.unit_of_work_for(job) as uow:
        row = await inbox.get(uow.tx, key)
        cause = _answered(row, job, uow.now)
        if cause is not None and job.cause.verb in _ENDED_BY:
            await inbox.finish(uow.tx, [key], uow.now, reason="declined")
            await uow.reply_privately(to, _ENDED_BY[job.cause.verb])
        elif cause is not None:
            await _go_on(uow, key, job.workspace.team, cause)
        else:
            # Where the start is on its way, what came of it takes the place of the question, and this does not.
            replaces = not await _is_under_way(uow, row, job)
            await uow.reply_privately(replace(to, replaces=replaces), start_sentences.START_EXPIRED)
        await finish(uow, job)


async def _go_on(uow: UnitOfWork, key: str, team: str, cause: AskingCause) -> None:
    """Have the row worked on at once: a message in the lane of its thread, a command where it is."""
    lane = thread_lane(team, cause.channel, cause.root_ts) if isinstance(cause, MessageCause) else own_lane(key)
    await inbox.confirm(uow.tx, key, lane, cause, uow.now)
    uow.wakes[lane] = 0.0


def _answered(row: InboxRow[Cause] | None, job: Job[ActionCause], now: float) -> AskingCause | None:
    """The cause of a start with this answer noted in it; None if it does not wait for an answer of this person's."""
    if row is None or row.ready_at <= now or not _is_theirs(row, job):
        return None
    assert isinstance(row.cause, AskingCause)
    before, verb = row.cause.confirmation, job.cause.verb
    corrected = verb == registry.START_CORRECTED.name
    if not before.asked or (corrected and before.suggestion is None):
        return None
    answer = Confirmation(
        corrected=before.corrected or corrected,
        as_written=before.as_written or verb == registry.START_AS_WRITTEN.name,
        again=before.again or verb == registry.START_AGAIN.name,
    )
    text = before.suggestion if corrected and before.suggestion else row.cause.text
    return replace(row.cause, text=text, confirmation=answer, response_url=job.cause.response_url)


def _is_theirs(row: InboxRow[Cause], job: Job[ActionCause]) -> bool:
    same = (job.workspace.team, job.cause.user)
    return isinstance(row.cause, AskingCause) and (row.team, row.cause.user) == same


async def _is_under_way(uow: UnitOfWork, row: InboxRow[Cause] | None, job: Job[ActionCause]) -> bool:
    """Whether the person's start has been answered already, and is being worked on or has become a session."""
    if row is not None:
        return _is_theirs(row, job) and isinstance(row.cause, AskingCause) and not row.cause.confirmation.asked
    session = await sessions.get(uow.tx, session_id(job.cause.target))
    return session is not None and (session.team, session.requester) == (job.workspace.team, job.cause.user)
