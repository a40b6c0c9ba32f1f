"""The way of a fan-out: its table is posted, its sessions are asked for, followed and perhaps stopped.

1. The message with the table is posted (`bot.features.fan_out.drawer`). If it cannot be, nothing is started.
2. Once it stands, the rows that create the sessions and the one that carries the fan-out on are stored with that.
3. Devin is asked how the sessions stand, and asked to stop them if somebody wants that; the table shows it.
4. When all are over, or after a week, the end is posted in the thread.

A crash anywhere repeats at most calls that change nothing. The claim on the lane is given back every few seconds.
"""

from functools import partial
from math import inf
from typing import ClassVar

from bot.conversation.lookup import SessionLookup
from bot.devin.errors import DevinConflict, DevinError, DevinNotFound, DevinRateLimited, DevinRefused
from bot.devin.models import DevinSession
from bot.domain.causes import TaskCause
from bot.domain.session import TERMINAL_STATUSES, DisplayState, Lifecycle, bare_id
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out import table_sentences as fan_out_table
from bot.features.fan_out.drawer import touch
from bot.features.fan_out.fan_outs import RUN, FanOutOrganisations, audited
from bot.features.fan_out.rules import FanOut, FanOutSession, FanOutState, PollIntervals, reference_of
from bot.features.fan_out.session import facts_of, record
from bot.kernel.job import Job, finish, go_on
from bot.kernel.organisation import Organisation
from bot.kernel.tasks import Kernel
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import audit

log = get_logger(__name__)


class RunFanOut:
    """Carries a fan-out on, from wherever it has got to."""

    name: ClassVar[str] = RUN

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services
        self._lookup = SessionLookup(kernel.services)
        self._organisations = FanOutOrganisations(kernel.services)

    async def run(self, job: Job[TaskCause]) -> None:
        """Work on the fan-out until something has to be waited for, or until it is over."""
        found = await self._read(job)
        if found is None:  # it was erased
            await self._services.close(job)
            return
        fan_out, running = found[0], FanOutState.RUNNING
        wait = await self._ask_devin(job, *found) if fan_out.state is running else 0.0
        if (found := await self._read(job)) is None:
            await self._services.close(job)
        elif found[0].state is running and not self._is_over(*found):
            await self._wait(job, found[0], wait)
        else:
            await self._end(job, *found)

    async def on_dead(self, uow: UnitOfWork, job: Job[TaskCause], _reason: str, /) -> None:
        """Stop following the fan-out; its sessions go on at Devin, and a press of a button carries it on."""
        fan_out = await fan_outs.get(uow.tx, job.cause.subject)
        if fan_out is not None:
            await self._post_end(uow, fan_out, await fan_outs.sessions_of(uow.tx, fan_out.id))

    async def _read(self, job: Job[TaskCause]) -> tuple[FanOut, list[FanOutSession]] | None:
        async with self._services.db.read() as tx:
            # The fan-out first: if a session changes between the two reads, it is shown once more.
            fan_out = await fan_outs.get(tx, job.cause.subject)
            return None if fan_out is None else (fan_out, await fan_outs.sessions_of(tx, fan_out.id))

    # ------------------------------------------------------------ Devin

    async def _ask_devin(self, job: Job[TaskCause], fan_out: FanOut, sessions: list[FanOutSession]) -> float:
        """Stop what is to be stopped, and ask about what is due. Returns the seconds until something is due again."""
        services, timing = self._services, self._services.timing
        until = services.clock.steady() + timing.progress_interval
        intervals = PollIntervals(timing.fan_out_first_poll, timing.fan_out_poll, timing.fan_out_slow_poll)
        # The one that was asked about longest ago first, so that none that fails holds up the others.
        for session in sorted(sessions, key=lambda session: session.polled_at):
            if services.clock.steady() >= until:
                return 0.0
            stop = fan_out.stopped_at is not None and session.is_to_be_stopped
            due = session.is_followed and intervals.due_at(session) <= services.clock()
            if not (stop or due):
                continue
            try:
                await (self._stop(job, fan_out, session) if stop else self._poll(job, fan_out, session))
            except DevinRateLimited as limited:
                return min(limited.retry_after or timing.fan_out_poll, timing.row_longest_asked)
            except DevinError as error:
                log.warning("session of a fan-out not read", org_id=session.org_id, error=str(error))
                await self._store(job, fan_out, session, {"polled_at": services.clock()})
        current = await self._current(fan_out)
        if fan_out.stopped_at is not None and any(session.is_to_be_stopped for session in current):
            return timing.fan_out_stop_retry
        at = intervals.next_poll(current)
        return timing.fan_out_poll if at is None else max(at - services.clock(), 0.1)

    async def _current(self, fan_out: FanOut) -> list[FanOutSession]:
        async with self._services.db.read() as tx:
            return await fan_outs.sessions_of(tx, fan_out.id)

    async def _poll(self, job: Job[TaskCause], fan_out: FanOut, session: FanOutSession) -> None:
        """Store how a session stands at Devin. Of two with its reference the younger one is ended.

        A second one appears when a worker freezes after the check of its claim, before the call.
        """
        organisation = await self._organisations.of(job.workspace, session.org_id)
        reference = reference_of(fan_out, session)
        made, _ = await self._lookup.all_made(organisation, reference, fan_out.created_at)
        if not made and session.devin_id is not None:
            # The list may leave out what somebody has archived at Devin.
            made = [await organisation.devin.get_session(session.devin_id)]
        made.sort(key=partial(_age, session))
        for younger in made[1:]:
            if younger.status not in TERMINAL_STATUSES:
                await self._end_younger(organisation, younger.session_id)
        values: dict[str, object] = {"polled_at": self._services.clock()}
        if made:
            known = session.reason if session.lifecycle is Lifecycle.OPEN else None
            values |= facts_of(session, made[0]) | {"intent_at": None, "accepted_at": None, "reason": known}
        await self._store(job, fan_out, session, values, made[0] if made else None)

    async def _end_younger(self, organisation: Organisation, devin_id: str) -> None:
        # A crash right here ends it once more at the next poll, which changes nothing.
        try:
            await organisation.devin.terminate(devin_id)
        except (DevinConflict, DevinNotFound):
            log.info("second session of a fan-out already over", devin_id=bare_id(devin_id))
        else:
            log.warning("second session of a fan-out ended", devin_id=bare_id(devin_id))

    async def _stop(self, job: Job[TaskCause], fan_out: FanOut, session: FanOutSession) -> None:
        organisation = await self._organisations.of(job.workspace, session.org_id)
        assert session.devin_id is not None
        await self._services.check_claim(job)
        # A crash from here on archives the session once more, which changes nothing.
        try:
            stopped = await organisation.devin.archive(session.devin_id)
        except DevinRefused as refused:
            log.warning("session of a fan-out not stopped", org_id=session.org_id, error=str(refused))
            await self._store(job, fan_out, session, {"reason": fan_out_table.NOT_STOPPED})
        else:
            acus = max(session.acus_before + stopped.acus_consumed, session.acus)
            values: dict[str, object] = {"display": DisplayState.STOPPED, "acus": acus}
            await self._store(job, fan_out, session, values, stopped)

    async def _store(
        self,
        job: Job[TaskCause],
        fan_out: FanOut,
        session: FanOutSession,
        values: dict[str, object],
        made: DevinSession | None = None,
    ) -> None:
        """Store what Devin says about a session; it is a new version if the table shows anything of it."""
        shown = any(getattr(session, name) != value for name, value in values.items() if name != "polled_at")
        # A crash before this commit asks Devin again, and what was spent is counted then.
        async with self._services.unit_of_work_for(job) as uow:
            if shown:
                await touch(uow, fan_out.id)
            # Not one that a person has just asked for again.
            attempt = (uow.tx, fan_out.id, session.org_id, [Lifecycle.OPEN, Lifecycle.UNCERTAIN], session.attempt)
            if await fan_outs.change_session_while(*attempt, **values) and made is not None:
                stopped = values.get("display") is DisplayState.STOPPED
                await record(uow, fan_out, session, made, stopped=stopped)

    # ------------------------------------------------------------ waiting, and the end

    def _is_over(self, fan_out: FanOut, sessions: list[FanOutSession]) -> bool:
        begun = fan_out.begun_at or fan_out.created_at
        too_old = self._services.clock() - begun > self._services.timing.fan_out_followed
        starts = any(not session.is_over and not session.is_followed for session in sessions)
        return all(session.is_over for session in sessions) or (too_old and not starts)

    async def _wait(self, job: Job[TaskCause], fan_out: FanOut, seconds: float) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            changed = await self._has_changed(uow, fan_out)
            await go_on(uow, job, 0.0 if changed else seconds)

    async def _has_changed(self, uow: UnitOfWork, fan_out: FanOut) -> bool:
        """Whether the fan-out has a newer version than `fan_out`. It is locked, so that none comes unseen."""
        await fan_outs.change(uow.tx, fan_out.id, ts=fan_out.ts)
        current = await fan_outs.get(uow.tx, fan_out.id)
        return current is not None and current.version != fan_out.version

    async def _end(self, job: Job[TaskCause], fan_out: FanOut, sessions: list[FanOutSession]) -> None:
        """End the fan-out, and close the row, unless something has changed meanwhile."""
        # A crash before this commit posts nothing, and what was read is read again.
        async with self._services.unit_of_work_for(job) as uow:
            if await self._has_changed(uow, fan_out):
                await go_on(uow, job, 0.0)
                return
            if fan_out.state is FanOutState.RUNNING:
                await self._post_end(uow, fan_out, sessions)
            await finish(uow, job)

    async def _post_end(self, uow: UnitOfWork, fan_out: FanOut, sessions: list[FanOutSession]) -> None:
        """End the fan-out: the asker is mentioned in its thread, once for each time that it ends."""
        await touch(uow, fan_out.id)
        await fan_outs.change_while(uow.tx, fan_out.id, FanOutState.RUNNING, state=FanOutState.OVER)
        key = f"{fan_out.message_key}:end:{fan_out.version}"
        message = fan_out_table.ended(fan_out, sessions)
        await uow.add_to_outbox(uow.post_row(key, fan_out.team, fan_out.channel, fan_out.ts, message))
        counts: dict[str, int] = {}
        for session in sessions:
            counts[session.state.value] = counts.get(session.state.value, 0) + 1
        await audit.add(uow.tx, audited(fan_out, uow.now, "done", counts))


def _age(session: FanOutSession, made: DevinSession) -> tuple[float, bool, str]:
    """The key that sorts what was made for a session, oldest first; of equally old ones that which it has first."""
    is_another = session.devin_id is None or bare_id(session.devin_id) != bare_id(made.session_id)
    return made.created_at or inf, is_another, made.session_id
