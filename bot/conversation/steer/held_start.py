"""A start that waits for the person who asked for it: they are asked privately, and a choice lets it go on or ends it.

The question is about the row of the start: it carries that row's key. If no answer comes in time, the row is closed,
and nothing is started. A message to a session that resembles a command waits in the same way, and is sent or not.
"""

from dataclasses import dataclass, replace

from bot.domain.causes import AskingCause, Cause, Confirmation, Hold, MessageCause
from bot.domain.commands.presses import NO, AnswerGiven
from bot.domain.keys import session_id
from bot.domain.lane import held_lane, own_lane, thread_lane
from bot.domain.text import plain, without_mention
from bot.kernel.job import CommandJob, Job, finish, recipient_of
from bot.kernel.questions import hold_row
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import inbox, lanes, sessions
from bot.store.database.connection import Transaction
from bot.store.inbox import InboxRow
from bot.views.answers import starts as start_sentences
from bot.views.given_back import given_back
from bot.views.message import Message


async def hold(
    uow: UnitOfWork,
    job: Job[AskingCause],
    name: str,
    question: Message,
    suggestions: tuple[str, ...] = (),
    to: Recipient | None = None,
    wait: float | None = None,
) -> None:
    """Ask the person of the job's start the `question` with this `name`, and let the start wait for the answer.

    `suggestions` are the texts with the options corrected that the question offers to start. The question is asked
    where the person wrote, unless `to` says where. The start waits so many seconds, by default `start_question`.
    """
    # A row may be asked about twice, each time in another attempt.
    await uow.reply_privately(to or recipient_of(job), question, key=f"{job.row.key}:asked:{job.row.attempts}")
    wait = uow.timing.start_question if wait is None else wait
    await hold_row(uow, job, held(name, job.row.key, uow.now, wait, suggestions), "asked first")


def held(name: str, key: str, now: float, wait: float, suggestions: tuple[str, ...] = ()) -> Hold:
    """Return what the row of a start with this key waits for, which is asked about `now`: at most `wait` seconds."""
    return Hold(name, key, now + wait, now, suggestions)


@dataclass(frozen=True, slots=True)
class StartQuestion:
    """A question about a start; who declines it reads `declined`, or with None gets the text back."""

    services: Services
    name: str
    declined: Message | None

    async def answered(self, job: CommandJob, given: AnswerGiven) -> None:
        """Let the start that waits for this answer go on, or end it."""
        to, key = recipient_of(job), given.subject
        async with self.services.unit_of_work_for(job) as uow:
            row = await inbox.get(uow.tx, key)
            cause = _answered(row, job, given, uow.now)
            if cause is not None and given.answer == NO:
                await inbox.finish(uow.tx, [key], uow.now, reason="declined")
                await self._reply_declined(uow, job, cause)
            elif cause is not None:
                if cause.confirmation.as_reply:  # nothing else takes the place of the question
                    cause = replace(cause, response_url=None)
                    await uow.reply_privately(to, start_sentences.SENT_ON)
                await go_on(uow, key, job.workspace.team, cause)
            else:
                # Where the start is on its way, what came of it takes the place of the question, and this does not.
                replaces = not await _is_under_way(uow, row, job, key)
                reply = given.answer == start_sentences.AS_REPLY
                said = start_sentences.ANSWER_EXPIRED if reply else start_sentences.START_EXPIRED
                await uow.reply_privately(replace(to, replaces=replaces), said)
            await finish(uow, job)

    async def _reply_declined(self, uow: UnitOfWork, job: CommandJob, cause: AskingCause) -> None:
        to, text = recipient_of(job), text_of(cause, job.workspace)
        first, *others = [self.declined] if self.declined else start_sentences.start_cancelled(text)
        await uow.reply_privately(to, first)
        for number, message in enumerate(others, start=2):
            await uow.reply_privately(replace(to, replaces=False), message, key=f"{to.cause}:{number}")

    async def not_answered(self, job: Job[AskingCause], _hold: Hold) -> None:
        """Close the row: nobody answered, and nothing was started."""
        await self.services.close(job)


class ForApproval(StartQuestion):
    """A start waits for an admin; who asked for it may cancel it, and reads when nobody answered."""

    async def not_answered(self, job: Job[AskingCause], hold: Hold) -> None:
        """Give the text back to who asked: no admin answered in time."""
        async with self.services.unit_of_work_for(job) as uow:
            await give_back(uow, job.workspace, hold.subject, start_sentences.NOT_APPROVED)
            await lanes.release(uow.tx, job.claim)


async def waiting_start(tx: Transaction, key: str, team: str) -> AskingCause | None:
    """The start with this key, if it waits for room, or for an admin who was asked."""
    row = await inbox.get(tx, key)
    if row is None or row.team != team or not isinstance(row.cause, AskingCause) or row.cause.hold is None:
        return None
    return row.cause if row.cause.hold.question in {start_sentences.ROOM, start_sentences.APPROVAL} else None


async def wait_for_approval(uow: UnitOfWork, key: str, cause: AskingCause) -> None:
    """Have the start with this key wait for the admins, who were asked."""
    until = uow.now + uow.timing.start_approval
    hold, lane = Hold(start_sentences.APPROVAL, key, until, uow.now), held_lane(start_sentences.APPROVAL, key)
    row = await inbox.get(uow.tx, key)
    if row is not None:
        await inbox.move(uow.tx, key, lane, replace(cause, hold=hold), row.ts)
        await inbox.reschedule(uow.tx, key, until, "asked an admin")
        uow.wakes[lane] = until - uow.now


async def start_approved(uow: UnitOfWork, team: str, key: str) -> bool:
    """Have the start with this key worked on, as it is meant. Returns False if it does not wait any more."""
    cause = await waiting_start(uow.tx, key, team)
    if cause is None:
        return False
    meant = replace(cause, hold=None, confirmation=replace(cause.confirmation, again=True, as_task=True))
    # What it has waited counts as no outage. Once only: it does not wait any more.
    await inbox.bring_back(uow.tx, key, _lane_of(key, team, meant), meant, uow.now)
    uow.wakes[_lane_of(key, team, meant)] = 0.0
    return True


async def give_back(uow: UnitOfWork, workspace: Workspace, key: str, head: Message) -> None:
    """End the start with this key, and give its text back in a direct message that begins with `head`."""
    cause = await waiting_start(uow.tx, key, workspace.team)
    if cause is None:
        return
    await inbox.finish(uow.tx, [key], uow.now, reason="not approved")
    text = text_of(cause, workspace)
    for number, message in enumerate(given_back(head.text, head.text, {"Your text": text})):
        row = uow.post_row(f"given-back:{key}:{number}", workspace.team, cause.user, None, message)
        await uow.add_to_outbox(row)


def text_of(cause: AskingCause, workspace: Workspace) -> str:
    """What was written to ask for a start, as its author reads it."""
    return plain(without_mention(cause.text, workspace.bot_user)).strip()


def start_questions(services: Services) -> list[StartQuestion]:
    """The questions about starts: is a repeated one meant, or a command, what becomes of options that are wrong.

    The last ones ask nothing: a start waits for room, or for the admin who was asked.
    """
    return [
        StartQuestion(services, start_sentences.REPEATED, start_sentences.START_DECLINED),
        StartQuestion(services, start_sentences.OPTIONS, None),
        StartQuestion(services, start_sentences.COMMAND, start_sentences.START_CANCELLED),
        StartQuestion(services, start_sentences.ROOM, None),
        ForApproval(services, start_sentences.APPROVAL, None),
    ]


async def go_on(uow: UnitOfWork, key: str, team: str, cause: AskingCause) -> None:
    """Have the row worked on at once: a message in the lane of its thread, a command in a lane of its own."""
    lane = _lane_of(key, team, cause)
    await inbox.confirm(uow.tx, key, lane, cause, uow.now)
    uow.wakes[lane] = 0.0


def _lane_of(key: str, team: str, cause: AskingCause) -> str:
    return thread_lane(team, cause.channel, cause.root_ts) if isinstance(cause, MessageCause) else own_lane(key)


def _answered(row: InboxRow[Cause] | None, job: CommandJob, given: AnswerGiven, now: float) -> AskingCause | None:
    """The cause of a start with this answer noted in it; None if it does not wait for an answer of this person's."""
    if row is None or row.ready_at <= now or not _is_theirs(row, job):
        return None
    assert isinstance(row.cause, AskingCause)
    hold, before = row.cause.hold, row.cause.confirmation
    if hold is None or hold.question != given.question:
        return None
    offered = dict(zip(start_sentences.corrected_answers(), hold.suggestions, strict=False))
    corrected = given.answer in start_sentences.corrected_answers()
    if corrected and given.answer not in offered:
        return None
    answer = Confirmation(
        corrected=before.corrected or corrected,
        as_written=before.as_written or given.answer == start_sentences.AS_WRITTEN,
        again=before.again or given.answer == start_sentences.AGAIN,
        as_task=before.as_task or given.answer == start_sentences.AS_TASK,
        as_reply=before.as_reply or given.answer == start_sentences.AS_REPLY,
    )
    text = offered.get(given.answer, row.cause.text)
    return replace(row.cause, text=text, confirmation=answer, hold=None, response_url=job.cause.response_url)


def _is_theirs(row: InboxRow[Cause], job: CommandJob) -> bool:
    same = (job.workspace.team, job.cause.user)
    return isinstance(row.cause, AskingCause) and (row.team, row.cause.user) == same


async def _is_under_way(uow: UnitOfWork, row: InboxRow[Cause] | None, job: CommandJob, key: str) -> bool:
    """Whether the person's start has been answered already, and is being worked on or has become a session."""
    if row is not None:
        return _is_theirs(row, job) and isinstance(row.cause, AskingCause) and row.cause.hold is None
    session = await sessions.get(uow.tx, session_id(key))
    return session is not None and (session.team, session.requester) == (job.workspace.team, job.cause.user)
