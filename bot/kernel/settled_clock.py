"""The clock of all flows: the system's, but where that is set, what it said before, until the store has followed."""

from bot.store.database.connection import Clock
from bot.timing import PRODUCTION


class SettledClock:
    """Says what the system's clock says, and goes on from what it said before while a step of it is not followed.

    `bot.kernel.upkeep.clock` sees the step, puts the instants in the store right, and has it followed. So no flow takes
    what has waited a moment for a day old.
    """

    def __init__(self, system: Clock, steady: Clock, step: float = PRODUCTION.clock_step) -> None:
        """Compare the `system` clock with the `steady` one, which nobody sets; `step` seconds apart it was set."""
        self._system = system
        self.steady = steady  # for waits within the process, never stored
        self._step = step
        self._lead = system() - steady()

    def __call__(self) -> float:
        """Unix seconds, UTC."""
        now, since = self._system(), self.steady()
        if abs(now - since - self._lead) >= self._step:
            return since + self._lead
        self._lead = now - since  # it drifts, and is slewed
        return now

    @property
    def behind(self) -> float:
        """By how many seconds the system's clock was put on, or with a minus set back, since that was followed."""
        ahead = self._system() - self.steady() - self._lead
        return ahead if abs(ahead) >= self._step else 0.0

    def follow(self) -> None:
        """Say what the system's clock says from now on."""
        self._lead = self._system() - self.steady()
