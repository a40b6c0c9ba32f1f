"""The buttons of a fan-out: under its preview it is started or left, under its table it is stopped or tried again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from bot.domain.commands.presses import AnswerGiven
from bot.domain.commands.spec import CommandSpec
from bot.domain.session import first_line
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out import sentences as views
from bot.features.fan_out.drawer import post_table, touch
from bot.features.fan_out.fan_outs import carry_on, enqueue_session, limit_of_each
from bot.features.fan_out.rules import FanOut, FanOutSession, FanOutState
from bot.features.fan_out.specs import RETRY_FAN_OUT, START_FAN_OUT, STOP_FAN_OUT
from bot.kernel.commands.handler import Handler
from bot.kernel.gates import Asker, Gates, Limit
from bot.kernel.job import CommandJob, finish, finish_with, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit
from bot.store.audit import AuditRow
from bot.views.message import Message

_BEGUN: Final = frozenset({FanOutState.RUNNING, FanOutState.OVER})
# What a person reads who declines a fan-out that is by now in this state.
_DECLINED: Final[Mapping[FanOutState, Message]] = {
    FanOutState.CANCELLED: views.CANCELLED,
    FanOutState.RUNNING: views.STARTED_BEFORE,
    FanOutState.OVER: views.NOT_RUNNING,
}


class FanOutPresses:
    """Takes what admins decide about a fan-out. Each decision is an audit row of the bot."""

    def __init__(self, services: Services, gates: Gates) -> None:
        self._services = services
        self._gates = gates

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the buttons do."""
        return {
            START_FAN_OUT: Handler(run=partial(self._press, self._start)),
            STOP_FAN_OUT: Handler(run=partial(self._press, self._stop)),
            RETRY_FAN_OUT: Handler(run=partial(self._press, self._retry)),
        }

    async def _press(self, act: Callable[[CommandJob, FanOut], Awaitable[None]], job: CommandJob) -> None:
        """Have `act` store the decision about the fan-out, or answer privately that there is none any more."""
        fan_out = await self._fan_out(job, job.cause.argument)
        if fan_out is None:
            await self._services.answer(job, views.EXPIRED if job.cause.chosen else views.GONE)
        else:
            await act(job, fan_out)

    async def _fan_out(self, job: CommandJob, fan_out_id: str) -> FanOut | None:
        async with self._services.db.read() as tx:
            fan_out = await fan_outs.get(tx, fan_out_id)
        return fan_out if fan_out is not None and fan_out.team == job.workspace.team else None

    # ------------------------------------------------------------ under the preview

    def _is_open(self, job: CommandJob, fan_out: FanOut) -> bool:
        is_new = self._services.clock() - fan_out.created_at <= self._services.timing.fan_out_question
        return fan_out.user == job.cause.user and is_new

    async def _start(self, job: CommandJob, fan_out: FanOut) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            answer = await self._admit(uow, job) if self._is_open(job, fan_out) else views.EXPIRED
            await finish_with(uow, job, answer)

    async def _admit(self, uow: UnitOfWork, job: CommandJob) -> Message:
        """Begin the fan-out, unless it was answered before or a budget has no room. Its limits are thereby reserved."""
        # Locks it first: what a first press of the same button has reserved is no reason to refuse the second one.
        if not await fan_outs.change_while(uow.tx, job.cause.argument, FanOutState.ASKED):
            return await self._settled(uow, job)
        fan_out, sessions = await self._current(uow, job)
        limit = await limit_of_each(uow.tx, self._gates, job.workspace, fan_out, max(len(sessions), 1))
        if isinstance(limit, Message):
            return limit
        await fan_outs.change(uow.tx, fan_out.id, state=FanOutState.RUNNING, acu_limit=limit.acus, begun_at=uow.now)
        await _limit(uow, fan_out, sessions, limit)
        return views.begun(await self._begin(uow, job))

    async def _settled(self, uow: UnitOfWork, job: CommandJob) -> Message:
        """What takes the place of a preview that was answered before, perhaps by a first press of the same button."""
        fan_out, sessions = await self._current(uow, job)
        return views.begun(len(sessions)) if fan_out.state in _BEGUN else views.EXPIRED

    async def _begin(self, uow: UnitOfWork, job: CommandJob) -> int:
        """Have the table posted, after which the sessions are started. Returns how many there are."""
        fan_out, sessions = await self._current(uow, job)
        await post_table(uow, fan_out)
        title = first_line(fan_out.options.title or fan_out.prompt)
        organisations = [session.org_id for session in sessions]
        await _audit(uow, job, fan_out, {"title": title, "organisations": organisations, "acu_limit": fan_out.limit})
        return len(sessions)

    # As the kind of the question under the preview (`bot.kernel.questions`), of which no row waits for the answer.
    name = views.QUESTION

    async def answered(self, job: CommandJob, given: AnswerGiven) -> None:
        """Leave the fan-out, which was declined."""
        fan_out = await self._fan_out(job, given.subject)
        async with self._services.unit_of_work_for(job) as uow:
            if fan_out is not None and self._is_open(job, fan_out):
                await fan_outs.change_while(uow.tx, fan_out.id, FanOutState.ASKED, state=FanOutState.CANCELLED)
            # Its state in this transaction: a press of the other button may have come first.
            now = await fan_outs.get(uow.tx, given.subject) if fan_out is not None else None
            await finish_with(uow, job, _DECLINED.get(now.state, views.EXPIRED) if now else views.EXPIRED)

    # ------------------------------------------------------------ under the table

    async def _stop(self, job: CommandJob, fan_out: FanOut) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await touch(uow, fan_out.id)
            fan_out, sessions = await self._current(uow, job)
            if fan_out.state not in _BEGUN or all(session.is_over for session in sessions):
                await uow.reply_privately(recipient_of(job), views.NOT_RUNNING)
            elif fan_out.stopped_at is not None:
                await uow.reply_privately(recipient_of(job), views.BEING_STOPPED)
            else:
                again = {"state": FanOutState.RUNNING, "begun_at": uow.now}
                await fan_outs.change(uow.tx, fan_out.id, stopped_at=uow.now, **again)
                await fan_outs.cancel_unstarted(uow.tx, fan_out.id)
                await carry_on(uow, fan_out, job.row.key)
                await _audit(uow, job, fan_out, {"sessions": sum(not session.is_over for session in sessions)})
            await finish(uow, job)

    async def _retry(self, job: CommandJob, fan_out: FanOut) -> None:
        who = Asker(job.workspace, fan_out.user, fan_out.channel, job.cause.user or "")
        refusal = await self._gates.start_refusal(who, again=True)
        if refusal is not None:
            await self._services.answer(job, refusal)
            return
        async with self._services.unit_of_work_for(job) as uow:
            await touch(uow, fan_out.id)
            fan_out, before = await self._current(uow, job)
            may = fan_out.state in _BEGUN and fan_out.stopped_at is None
            retried = sum(session.is_retried for session in before) if may else 0
            limit = (
                await limit_of_each(uow.tx, self._gates, job.workspace, fan_out, retried, again=True)
                if retried
                else None
            )
            if isinstance(limit, Message):
                await finish_with(uow, job, limit)
                return
            if limit is not None:
                again = await fan_outs.retry(uow.tx, fan_out.id)
                await fan_outs.change(uow.tx, fan_out.id, acu_limit=limit.acus)
                await _limit(uow, fan_out, again, limit)
                await self._ask_again(uow, job, fan_out, again)
                organisations = [session.org_id for session in again]
                failed = [session.url for session in before if session.is_broken]
                # The table shows the new sessions in place of those that have failed.
                replaced = {"sessions": failed} if failed else None
                await _audit(uow, job, fan_out, {"organisations": organisations}, replaced)
            else:
                await uow.reply_privately(recipient_of(job), views.NOTHING_TO_RETRY)
            await finish(uow, job)

    async def _ask_again(self, uow: UnitOfWork, job: CommandJob, fan_out: FanOut, again: list[FanOutSession]) -> None:
        await fan_outs.change(uow.tx, fan_out.id, state=FanOutState.RUNNING, begun_at=uow.now)
        for number, session in enumerate(again):
            await enqueue_session(uow, fan_out, session, number * self._services.timing.fan_out_pause)
        await carry_on(uow, fan_out, job.row.key)

    async def _current(self, uow: UnitOfWork, job: CommandJob) -> tuple[FanOut, list[FanOutSession]]:
        """The fan-out and its sessions as they are in this transaction, which has locked it."""
        fan_out = await fan_outs.get(uow.tx, job.cause.argument)
        assert fan_out is not None
        return fan_out, await fan_outs.sessions_of(uow.tx, fan_out.id)


async def _limit(uow: UnitOfWork, fan_out: FanOut, sessions: Sequence[FanOutSession], limit: Limit) -> None:
    """Store how much each of these sessions may use; others of the fan-out go on with what they were admitted with."""
    for session in sessions:
        await fan_outs.change_session(uow.tx, fan_out.id, session.org_id, acu_limit=limit.acus)


async def _audit(
    uow: UnitOfWork,
    job: CommandJob,
    fan_out: FanOut,
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:
    user, action = job.cause.user or "", job.cause.command
    await audit.add(uow.tx, AuditRow(fan_out.team, uow.now, user, action, fan_out.id, fan_out.channel, before, after))
