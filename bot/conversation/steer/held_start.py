"""A start that waits for the person who asked for it: they are asked privately, and a choice lets it go on or ends it.

The question is about the row of the start: it carries that row's key. If no answer comes in time, the row is closed,
and nothing is started. A message to a session that resembles a command waits in the same way, and is sent or not, and
where a budget has no room so does a reply that costs, or the press of a button that starts a session.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.conversation.steer import held_reply
from bot.conversation.titles import permalink
from bot.domain.causes import (
    ActionCause,
    AskingCause,
    Cause,
    CommandCause,
    Confirmation,
    HeldCause,
    Hold,
    MessageCause,
    is_reply,
)
from bot.domain.commands.presses import NO, AnswerGiven
from bot.domain.keys import session_id
from bot.domain.lane import held_lane, own_lane, thread_lane, thread_of
from bot.domain.session import Session
from bot.domain.text import plain, without_mention
from bot.kernel.gates import ForNow
from bot.kernel.job import CommandJob, Job, finish, finish_with, recipient_of
from bot.kernel.questions import hold_row
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import audit, inbox, lanes, sessions, threads
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.store.inbox import InboxRow
from bot.views.answers import pauses as pause_sentences
from bot.views.answers import secrets as secret_sentences
from bot.views.answers import starts as start_sentences
from bot.views.given_back import given_back
from bot.views.message import Message


async def hold(
    uow: UnitOfWork,
    job: Job[HeldCause],
    name: str,
    question: Message,
    suggestions: tuple[str, ...] = (),
    to: Recipient | None = None,
    wait: float | None = None,
    key: str | None = None,
) -> None:
    """Ask the person of the job's start the `question` with this `name`, and let the start wait for the answer.

    `suggestions` are the texts with the options corrected that the question offers to start. The question is asked
    where the person wrote, unless `to` says where, and once for each `key`. The start waits so many seconds, by
    default `start_question`.
    """
    # A row may be asked about twice, each time in another attempt.
    key = key or f"{job.row.key}:asked:{job.row.attempts}"
    await uow.reply_privately(to or recipient_of(job), question, key=key)
    wait = uow.timing.start_question if wait is None else wait
    await hold_row(uow, job, held(name, job.row.key, uow.now, wait, suggestions), "asked first")


async def hold_secret(
    services: Services,
    job: Job[AskingCause],
    *,
    to: Recipient | None = None,
    wait: float | None = None,
    key: str | None = None,
) -> None:
    """Ask whether a task is meant without what looks like a secret. That was left out before the task was stored."""
    cause, question = job.cause, secret_sentences.ask_without(job.row.key, secret_sentences.YOUR_TASK)
    if isinstance(cause, MessageCause) and cause.pick is not None and cause.is_literal:
        page = job.workspace.slack.permalink(cause.channel, cause.pick.ts)
        question = secret_sentences.ask_without(job.row.key, "This message", page=page)
    # A crash before this commit asks nobody, and after it the row waits.
    async with services.unit_of_work_for(job) as uow:
        await hold(uow, job, secret_sentences.QUESTION, question, to=to, wait=wait, key=key)


def held(name: str, key: str, now: float, wait: float, suggestions: tuple[str, ...] = ()) -> Hold:
    """Return what the row of a start with this key waits for, which is asked about `now`: at most `wait` seconds."""
    return Hold(name, key, now + wait, now, suggestions)


_WAITING: Final = {start_sentences.ROOM, start_sentences.APPROVAL, start_sentences.PAUSED}


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
                await _end(uow, key, cause, "declined")
                await self._reply_declined(uow, job, cause)
            elif cause is not None:
                await _record_left_out(uow, job, given)
                if (
                    isinstance(cause, AskingCause) and cause.confirmation.as_reply
                ):  # nothing else takes the place of the question
                    cause = replace(cause, response_url=None)
                    await uow.reply_privately(to, start_sentences.SENT_ON)
                await go_on(uow, key, job.workspace.team, cause)
            else:
                reply = given.answer == start_sentences.AS_REPLY
                said, replaces = await why_too_late(uow, job, key, reply=reply)
                await uow.reply_privately(replace(to, replaces=replaces), said)
            await finish(uow, job)

    async def _reply_declined(self, uow: UnitOfWork, job: CommandJob, cause: HeldCause) -> None:
        """Answer who does not want it any more. A text that stands nowhere else is given back."""
        to = recipient_of(job)
        first, *others = self._declined(cause, job.workspace)
        await uow.reply_privately(to, first)
        for number, message in enumerate(others, start=2):
            await uow.reply_privately(replace(to, replaces=False), message, key=f"{to.cause}:{number}")

    def _declined(self, cause: HeldCause, workspace: Workspace) -> Sequence[Message]:
        if is_reply(cause):
            return [start_sentences.REPLY_CANCELLED]
        if self.declined is not None or isinstance(cause, ActionCause):
            return [self.declined or start_sentences.START_CANCELLED]
        return start_sentences.start_cancelled(text_of(cause, workspace))

    async def not_answered(self, job: Job[HeldCause], _hold: Hold) -> None:
        """Close the row: nobody answered, and nothing was started."""
        async with self.services.unit_of_work_for(job) as uow:
            await _end(uow, job.row.key, job.cause, "not answered")
            await lanes.release(uow.tx, job.claim)


@dataclass(frozen=True, slots=True)
class GivenBack(StartQuestion):
    """A start, or a reply, waits for an admin; its text comes back below `head` if nobody answers in time."""

    head: Callable[[bool], Message]

    async def not_answered(self, job: Job[HeldCause], hold: Hold) -> None:
        """Give the text back to who asked."""
        async with self.services.unit_of_work_for(job) as uow:
            await give_back(uow, job.workspace, hold.subject, self.head)
            await lanes.release(uow.tx, job.claim)


async def answer_refusal(
    uow: UnitOfWork, job: Job[HeldCause], refusal: Message, session: Session | None = None
) -> None:
    """Answer the `refusal` of what is asked for, about `session` if it is about one.

    The row waits until its person presses one of the buttons of the refusal, or is closed. A crash before the commit
    has the gates asked again.
    """
    if isinstance(refusal, ForNow):
        to, wait = recipient_of(job, session), uow.timing.start_room
        await hold(uow, job, refusal.question, refusal, to=to, wait=wait)
    else:
        await finish_with(uow, job, refusal, session)


async def waiting_start(tx: Transaction, key: str, team: str) -> HeldCause | None:
    """The start or the reply with this key, if it waits for room, an admin, or the end of a pause."""
    row = await inbox.get(tx, key)
    if row is None or row.team != team or not isinstance(row.cause, HeldCause) or row.cause.hold is None:
        return None
    return row.cause if row.cause.hold.question in _WAITING else None


async def wait_longer(uow: UnitOfWork, key: str, cause: HeldCause, question: str, wait: float) -> None:
    """Have the start or the reply with this key wait so many seconds more, for the answer to another question."""
    until = uow.now + wait
    hold, lane = Hold(question, key, until, uow.now), held_lane(question, key)
    row = await inbox.get(uow.tx, key)
    if row is not None:
        await inbox.move(uow.tx, key, lane, replace(cause, hold=hold), row.ts)
        await inbox.reschedule(uow.tx, key, until, "asked an admin")
        uow.wakes[lane] = until - uow.now


async def start_approved(uow: UnitOfWork, workspace: Workspace, key: str, *, granted: bool = False) -> HeldCause | None:
    """Have the start or the reply with this key worked on, as it is meant. Returns it; None if it waits no more.

    If an admin has `granted` this very one, its person isn't asked either whether they start too many.
    """
    cause = await waiting_start(uow.tx, key, workspace.team)
    if cause is None:
        return None
    meant = await _as_meant(uow, workspace, cause)
    if granted and not is_reply(cause):
        meant = replace(meant, confirmation=replace(meant.confirmation, beyond=True))
    lane = await _lane_of_held(uow, key, workspace.team, meant)
    # What it has waited counts as no outage. Once only: it does not wait any more.
    await inbox.bring_back(uow.tx, key, lane, meant, uow.now)
    uow.wakes[lane] = 0.0
    return meant


async def _as_meant(uow: UnitOfWork, workspace: Workspace, cause: HeldCause) -> HeldCause:
    """What is worked on once an admin has approved it: nobody is asked about it any more."""
    if isinstance(cause, ActionCause):
        return replace(cause, hold=None)
    if not isinstance(cause, MessageCause) or not is_reply(cause):
        return replace(cause, hold=None, confirmation=replace(cause.confirmation, again=True, as_task=True))
    thread = await threads.get(uow.tx, workspace.team, cause.channel, cause.root_ts)
    session = await sessions.locked(uow.tx, thread.session_id) if thread is not None else None
    if session is not None:  # who asks an admin wants it woken, and what that takes is what the admin approves
        await held_reply.allow(uow, workspace, session)
    return replace(cause, hold=None, was_held=True)


async def give_back(uow: UnitOfWork, workspace: Workspace, key: str, head: Callable[[bool], Message]) -> None:
    """End the start or the reply with this key, and give its text back in a direct message.

    That begins with what `head` says of a start, or with True of a reply. A press has no text.
    """
    cause = await waiting_start(uow.tx, key, workspace.team)
    if cause is None:
        return
    await _end(uow, key, cause, "not approved")
    said = head(is_reply(cause))
    messages = [said]
    if not isinstance(cause, ActionCause):
        messages = given_back(said.text, said.text, {"Your text": text_of(cause, workspace)})
    for number, message in enumerate(messages):
        row = uow.post_row(f"given-back:{key}:{number}", workspace.team, cause.user or "", None, message)
        await uow.add_to_outbox(row)


async def _end(uow: UnitOfWork, key: str, cause: HeldCause, reason: str) -> None:
    """Close a row that waited; of a message it stays in the lane of its thread, so that it never acts again."""
    row = await inbox.get(uow.tx, key)
    if row is not None and isinstance(cause, MessageCause):
        await inbox.move(uow.tx, key, _lane_of(key, row.team, cause), replace(cause, hold=None), row.ts)
    await inbox.finish(uow.tx, [key], uow.now, reason=reason)


def text_of(cause: AskingCause, workspace: Workspace) -> str:
    """What was written to ask for a start, or as a reply, as its author reads it."""
    return plain(without_mention(cause.text, workspace.bot_user)).strip()


def start_questions(services: Services) -> list[StartQuestion]:
    """The questions about starts: is a repeated one meant, or a command, what becomes of options that are wrong.

    The last ones ask nothing: a start waits for room, for the admin who was asked, or for the end of a pause.
    """
    return [
        StartQuestion(services, start_sentences.REPEATED, start_sentences.START_DECLINED),
        StartQuestion(services, start_sentences.MANY, start_sentences.START_DECLINED),
        StartQuestion(services, start_sentences.OPTIONS, None),
        StartQuestion(services, start_sentences.COMMAND, start_sentences.START_CANCELLED),
        StartQuestion(services, secret_sentences.QUESTION, secret_sentences.NOT_SENT),
        StartQuestion(services, start_sentences.ROOM, None),
        GivenBack(services, start_sentences.APPROVAL, None, start_sentences.not_approved),
        GivenBack(services, start_sentences.PAUSED, None, pause_sentences.not_tried),
    ]


async def go_on(uow: UnitOfWork, key: str, team: str, cause: HeldCause) -> None:
    """Have the row worked on at once: a message in the lane of its thread, a command in a lane of its own."""
    lane = await _lane_of_held(uow, key, team, cause)
    await inbox.confirm(uow.tx, key, lane, cause, uow.now)
    uow.wakes[lane] = 0.0


def _lane_of(key: str, team: str, cause: AskingCause) -> str:
    return thread_lane(team, cause.channel, cause.root_ts) if isinstance(cause, MessageCause) else own_lane(key)


async def _lane_of_held(uow: UnitOfWork, key: str, team: str, cause: HeldCause) -> str:
    """The lane in which what has waited is worked on: a press in that of the session that it is about."""
    if not isinstance(cause, ActionCause):
        return _lane_of(key, team, cause)
    session = await sessions.get(uow.tx, cause.argument)
    return own_lane(key) if session is None else session.lane


def _answered(row: InboxRow[Cause] | None, job: CommandJob, given: AnswerGiven, now: float) -> HeldCause | None:
    """The cause of a start with this answer noted in it; None if it does not wait for an answer of this person's."""
    if row is None or row.ready_at <= now or not _is_theirs(row, job) or _asked_before_edit(row, job):
        return None
    assert isinstance(row.cause, HeldCause)
    hold, before = row.cause.hold, row.cause.confirmation
    if hold is None or hold.question != given.question:
        return None
    many = given.question == start_sentences.MANY
    beyond = before.beyond or many
    if isinstance(row.cause, ActionCause):
        held = replace(row.cause, hold=None, confirmation=Confirmation(beyond=beyond))
        return held if given.answer in {NO, start_sentences.AGAIN} else None
    offered = dict(zip(start_sentences.corrected_answers(), hold.suggestions, strict=False))
    corrected = given.answer in start_sentences.corrected_answers()
    if corrected and given.answer not in offered:
        return None
    answer = Confirmation(
        corrected=before.corrected or corrected,
        as_written=before.as_written or given.answer == start_sentences.AS_WRITTEN,
        again=before.again or (given.answer == start_sentences.AGAIN and not many),
        beyond=beyond,
        as_task=before.as_task or given.answer == start_sentences.AS_TASK,
        as_reply=before.as_reply or given.answer == start_sentences.AS_REPLY,
    )
    text = offered.get(given.answer, row.cause.text)
    if given.question == secret_sentences.QUESTION:
        # Asked first of all: what else there is to ask comes next. Answered so, a command is a task.
        meant = replace(before, as_task=True) if isinstance(row.cause, CommandCause) else before
        url = job.cause.response_url
        cause = replace(row.cause, with_secret=False, confirmation=meant, hold=None, response_url=url)
        if given.answer != secret_sentences.AS_IT_IS:
            return cause
        allowed = isinstance(cause, MessageCause) and cause.pick is None and job.workspace.policy.sends_secrets
        return replace(cause, as_it_is=True) if allowed and isinstance(cause, MessageCause) else None
    return replace(row.cause, text=text, confirmation=answer, hold=None, response_url=job.cause.response_url)


async def _record_left_out(uow: UnitOfWork, job: CommandJob, given: AnswerGiven) -> None:
    """Record that a message is sent without what looked like a secret, or with it. What that was is not stored."""
    if given.question == secret_sentences.QUESTION:
        action = audit.SENT_AS_IT_IS if given.answer == secret_sentences.AS_IT_IS else audit.LEFT_OUT
        row = AuditRow(job.workspace.team, uow.now, job.cause.user or "", action, "", job.cause.channel)
        await audit.add(uow.tx, row)


def _is_theirs(row: InboxRow[Cause], job: CommandJob) -> bool:
    same = (job.workspace.team, job.cause.user)
    return isinstance(row.cause, HeldCause) and (row.team, row.cause.user) == same


def _asked_before_edit(row: InboxRow[Cause], job: CommandJob) -> bool:
    """Whether the pressed button asks about what the message said before its last edit, which was asked about anew."""
    waits = isinstance(row.cause, HeldCause) and row.cause.hold is not None
    return waits and bool(job.cause.pressed_on and row.edited_ts and job.cause.pressed_on < row.edited_ts)


async def why_too_late(uow: UnitOfWork, job: CommandJob, key: str, *, reply: bool) -> tuple[Message, bool]:
    """What came of the start with this `key`, or the `reply`, that waits no more, and whether that replaces a question.

    Nobody is told to send again what was started or sent: an admin may have approved it meanwhile.
    """
    row, session = await inbox.get(uow.tx, key), await sessions.get(uow.tx, session_id(key))
    if session is not None and (session.team, session.requester) == (job.workspace.team, job.cause.user):
        return start_sentences.started_already(session.title, permalink(job.workspace, session)), True
    if row is not None and _is_theirs(row, job) and isinstance(row.cause, AskingCause) and row.cause.hold is None:
        return start_sentences.ANSWERED_ALREADY, False  # what comes of it takes the place of the question
    if row is not None and _is_theirs(row, job) and _asked_before_edit(row, job):
        return start_sentences.EDITED_SINCE, True
    standing = await inbox.standing(uow.tx, key)
    if row is None and standing is not None and standing.sent:
        return start_sentences.SENT_ALREADY, True
    if row is None and standing is not None and standing.reason is None:
        team, channel, ts = thread_of(standing.lane) or ("", "", "")  # of a press that of the session it is about
        thread = job.workspace.slack.permalink(channel, ts) if team == job.workspace.team else None
        return start_sentences.answered_already(thread), True
    return start_sentences.ANSWER_EXPIRED if reply else start_sentences.START_EXPIRED, True
