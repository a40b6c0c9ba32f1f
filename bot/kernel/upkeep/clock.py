"""What a clock that was wrong has left in the store is put right, so that nothing waits for an hour that never comes.

1. A sweep brings back what is later than its rule allows: work that waits is due now. Each table declares its rules.
2. Heartbeats store what the clock says. A clock that says less was set back: then nothing may be later than now.
3. While the process runs, its clock follows a step of the system's (`bot.kernel.settled_clock`) once the store has. If
   that was put on, what waits has not waited longer for it, and is put on too.
"""

from collections.abc import Sequence
from typing import ClassVar

from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import due, instants, lanes
from bot.store.table_spec import TableSpec

log = get_logger(__name__)


class ClockWatch:
    """Notices that the clock was set, and brings the instants in the store back."""

    sweep: ClassVar[str] = "sweep"  # the tick that calls `bring_back` and wakes all lanes

    def __init__(self, services: Services, specs: Sequence[TableSpec]) -> None:
        self._services = services
        self._declared = [one for spec in specs for one in spec.instants]

    async def tick(self) -> float:
        """Compare the clock with one that nobody sets. Returns the seconds until the next time."""
        clock = self._services.clock
        if step := clock.behind:
            log.warning("clock set", by=round(step, 1))
            if step > 0:
                await self._put_on(step)
            clock.follow()
            # It brings back what is too late, and wakes what is due now.
            self._services.engine.wake_by(self.sweep, 0.0)
        return self._services.timing.clock_check

    async def bring_back(self) -> None:
        """Bring back what is later than its rule allows, and all that is later than now if the clock was set back."""
        services, now = self._services, self._services.clock()
        async with services.db.scan() as tx:
            noted = await due.read(tx, due.CLOCK)
            set_back = noted is not None and noted.at > now + services.timing.clock_step
            watched = [one for one in self._declared if set_back or one.watched]
            late = [one for one in watched if await tx.scalar(instants.any_late(one, now, services.timing))]
        await self._bring(watched if set_back else late, now, strictly=set_back)
        if set_back:
            assert noted is not None
            log.warning("clock set back", by=round(noted.at - now, 1))

    async def _bring(self, found: Sequence[instants.Instants], now: float, *, strictly: bool) -> None:
        db, timing = self._services.db, self._services.timing
        for one in found:
            # A crash between two of these leaves the others to the next sweep, which finds them again.
            async with db.write() as tx:
                count = await instants.bring_back(tx, one, now, timing, strictly=strictly)
            if count:
                log.warning("instants brought back", table=one.table.name, rows=count)
        async with db.scan() as tx:
            states = await due.late_states(tx, now, timing, strictly=strictly)
        if states or strictly:
            async with db.write() as tx:
                for name, state in states.items():
                    await due.replace_state(tx, name, state)
                if strictly:
                    await due.write(tx, due.CLOCK, now, {"v": 1})

    async def _put_on(self, seconds: float) -> None:
        """Put on what waits, if no other process works on it, whose clock may be right."""
        services = self._services
        async with services.db.write() as tx:
            if await lanes.count_alive(tx, services.db, services.timing.lease) > 1:
                return
            for one in self._declared:
                if one.moves:
                    await instants.put_on(tx, one, seconds)
