"""A reply that would wake a session after a long sleep, or at the usual limit: it waits until a person decides.

The rows of such replies wait in a lane of their own, so that a stop, and whatever else happens in the thread, does not
wait for the answer. A yes brings all of them back into the lane of the thread, where their `ts` keeps their order. If
the session wakes in another way, they are brought back as well. The choices carry the session and the key of the reply
that was asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.conversation.session_costs import cost_so_far
from bot.domain.causes import Cause, HeldCause, Hold, MessageCause
from bot.domain.commands.presses import AnswerGiven
from bot.domain.lane import held_lane, thread_lane
from bot.domain.session import Lifecycle, Session, is_asleep
from bot.domain.waking import WakeQuestion, wake_question
from bot.kernel.gates import Asker, Gates
from bot.kernel.job import CommandJob, Job, Reschedule, finish, recipient_of
from bot.kernel.questions import held_rows, hold_row
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import inbox, lanes, people, sessions
from bot.store.inbox import InboxRow
from bot.views.answers import sessions as session_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.answers import wakings as waking_sentences
from bot.views.message import Message

LEFT_ASLEEP: Final = "left asleep"

HeldRows = Sequence[InboxRow[MessageCause]]


async def hold_if_in_doubt(services: Services, job: Job[MessageCause], session: Session) -> bool:
    """Hold the job's reply if a person has to decide first whether it may wake `session`. Returns whether it waits.

    Raises Reschedule if replies that were held have to go first.
    """
    if job.row.intent_at is not None:
        return False  # Devin may have it already, which a look-up finds out
    if _question(session, job.workspace, services.clock()) is None:
        await _let_earlier_go_first(services, job, session)
        return False
    async with services.unit_of_work_for(job) as uow:
        fresh = await sessions.locked(uow.tx, session.id)
        question = _question(fresh, job.workspace, uow.now) if fresh else None
        if fresh is None or question is None:
            raise Reschedule(services.timing.just_begun_retry, "the session was woken just now")
        await _hold(uow, job, fresh, question)
    return True


async def _let_earlier_go_first(services: Services, job: Job[MessageCause], session: Session) -> None:
    async with services.db.read() as tx:
        if not await inbox.has_open(tx, held_lane(waking_sentences.QUESTION, session.id)):
            return
    async with services.unit_of_work_for(job) as uow:
        await _bring_back(uow, session, await held(uow, session))
    raise Reschedule(services.timing.just_begun_retry, "replies that were held go first")


async def _hold(uow: UnitOfWork, job: Job[MessageCause], session: Session, question: WakeQuestion) -> None:
    row, asked = job.row, None
    if await _was_asked(uow, session, row.cause.user):
        await uow.reply_privately(recipient_of(job, session), waking_sentences.WAITS_TOO, key=f"{row.key}:waits")
    else:
        asked = uow.now
        price = job.workspace.policy.acu_price
        cost = await cost_so_far(uow.tx, price, session.id, session.snapshot.acus, uow.now)
        message = waking_sentences.ask_to_wake(session, question, _target(session, row), cost)
        # A row may be asked about twice, each time in another attempt.
        await uow.reply_privately(recipient_of(job, session), message, key=f"{row.key}:asked:{row.attempts}")
    hold = Hold(waking_sentences.QUESTION, session.id, uow.now + uow.timing.wake_question, asked)
    await hold_row(uow, job, hold, "asked whether to wake the session")


async def _was_asked(uow: UnitOfWork, session: Session, user: str) -> bool:
    """Whether `user` was asked lately about an earlier reply. Slack shows a private question only for a while."""
    since = uow.now - uow.timing.wake_asked
    holds = [row.cause.hold for row in await held(uow, session) if row.cause.user == user]
    return any(hold.asked_at is not None and hold.asked_at > since for hold in holds if hold is not None)


@dataclass(frozen=True, slots=True)
class WakeHeld:
    """The question whether replies may wake a session."""

    services: Services
    gates: Gates
    name: str = waking_sentences.QUESTION

    async def not_answered(self, job: Job[HeldCause], hold: Hold) -> None:
        """Bring the replies back if their session is awake; give them up if it is gone or if nobody decided in time."""
        async with self.services.unit_of_work_for(job) as uow:
            session = await sessions.locked(uow.tx, hold.subject)
            if session is None:
                await finish(uow, job)
                return
            rows = await held(uow, session)
            until = max(row.cause.hold.until for row in rows if row.cause.hold)
            if _question(session, job.workspace, uow.now) is None:
                await _bring_back(uow, session, rows)
            elif until <= uow.now:
                await _leave_unsent(uow, session, rows, "")
            else:
                await inbox.reschedule(uow.tx, job.row.key, until, "asked whether to wake the session")
                uow.wakes[job.row.lane] = until - uow.now
            await lanes.release(uow.tx, job.claim)

    async def _refusal(self, job: CommandJob, session_id: str) -> Message | None:
        """Why the session may not be woken by the press of `job`, or None."""
        session = await self.services.session(session_id)
        if session is None or not is_asleep(session):
            return None
        who = Asker(job.workspace, session.requester, session.channel, job.cause.user or "")
        return await self.gates.wake_refusal(who, session, kept=True)

    async def answered(self, job: CommandJob, given: AnswerGiven) -> None:
        """Wake the session and send what was held, or leave it asleep.

        Where a budget is used up, nothing is woken: the question stays, and can be answered once there is room.
        """
        session_id, _, key = given.subject.partition("|")
        wakes, to = given.answer == waking_sentences.WAKE, recipient_of(job)
        refusal = await self._refusal(job, session_id) if wakes else None
        async with self.services.unit_of_work_for(job) as uow:
            session = await sessions.locked(uow.tx, session_id)
            rows = await held(uow, session) if session else []
            if session is None or (session.team, session.channel) != (job.workspace.team, job.cause.channel):
                await uow.reply_privately(to, session_sentences.NO_SESSION_HERE)
            elif key not in {row.key for row in rows}:
                await uow.reply_privately(to, await _what_came_of_it(uow, session, key))
            elif refusal is not None:
                await uow.reply_privately(replace(to, replaces=False), refusal)
            elif wakes:
                question = await allow(uow, job.workspace, session)
                await _bring_back(uow, session, rows)
                await uow.reply_privately(to, waking_sentences.waking(question, len(rows)))
            else:
                by = await people.name_of(uow.tx, session.team, job.cause.user or "")
                await _leave_unsent(uow, session, rows, by)
                await uow.reply_privately(to, waking_sentences.KEPT_ASLEEP)
            await finish(uow, job)


async def leave_asleep(services: Services, job: CommandJob, session: Session) -> bool:
    """Give up the replies that wait to wake `session`, which a person stops, and close the row of `job`.

    Returns False if no replies wait; then nothing is written, and the row stays open.
    """
    async with services.unit_of_work_for(job) as uow:
        rows = await held(uow, session)
        if rows:
            await _leave_unsent(uow, session, rows, await people.name_of(uow.tx, session.team, job.cause.user or ""))
            await finish(uow, job)
    return bool(rows)


async def _what_came_of_it(uow: UnitOfWork, session: Session, key: str) -> Message:
    if session.lifecycle is not Lifecycle.OPEN:
        return stop_sentences.already_ended(session)
    # An open row is on its way, because it is not held any more.
    sent = await inbox.state_of(uow.tx, key) in {"open", "done"}
    return waking_sentences.WOKEN_BEFORE if sent else waking_sentences.LEFT_BEFORE


async def allow(uow: UnitOfWork, workspace: Workspace, session: Session) -> WakeQuestion | None:
    """Store that `session` may be woken from this sleep. Returns what would have been asked."""
    question = _question(session, workspace, uow.now)
    if question is not None:
        await sessions.change(uow.tx, session.id, wake_allowed=session.snapshot.updated_at)
    return question


async def _bring_back(uow: UnitOfWork, session: Session, rows: HeldRows) -> None:
    """Have `rows` worked on in the lane of their thread."""
    for row in rows:
        cause = replace(row.cause, hold=None, was_held=True)
        await inbox.bring_back(uow.tx, row.key, session.lane, cause, uow.now)
    uow.wakes[session.lane] = 0.0


async def ask_others_anew(uow: UnitOfWork, row: InboxRow[MessageCause]) -> None:
    """Have those that wait with `row` asked about anew if the question was asked about `row`, which waits no more."""
    hold = row.cause.hold
    if hold is None or hold.question != waking_sentences.QUESTION or hold.asked_at is None:
        return
    for other in await held_rows(uow, hold.question, hold.subject, MessageCause):
        if other.key != row.key:
            lane = thread_lane(row.team, other.cause.channel, other.cause.root_ts)
            await inbox.bring_back(uow.tx, other.key, lane, replace(other.cause, hold=None), uow.now)
            uow.wakes[lane] = 0.0


async def _leave_unsent(uow: UnitOfWork, session: Session, rows: HeldRows, by: str) -> None:
    """Close `rows`, which are not sent, and announce that once: `by` left the session asleep, or nobody decided."""
    await close(uow, session, rows, LEFT_ASLEEP)
    await uow.post(f"unsent:{rows[0].key}", session, waking_sentences.left_asleep(by, len(rows)))


async def close(uow: UnitOfWork, session: Session, rows: HeldRows, reason: str) -> None:
    """Close `rows` as dead for `reason` in the lane of their thread, where they stay so that they never act again."""
    for row in rows:
        await inbox.move(uow.tx, row.key, session.lane, replace(row.cause, hold=None), row.ts)
    await inbox.finish(uow.tx, [row.key for row in rows], uow.now, dead=True, reason=reason)


async def held(uow: UnitOfWork, session: Session) -> HeldRows:
    """The replies that wait for an answer whether they may wake `session`, in order."""
    return await held_rows(uow, waking_sentences.QUESTION, session.id, MessageCause)


def _question(session: Session, workspace: Workspace, now: float) -> WakeQuestion | None:
    return wake_question(session, workspace.policy.wake_limits, now)


def _target(session: Session, row: InboxRow[Cause]) -> str:
    return f"{session.id}|{row.key}"
