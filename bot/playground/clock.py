"""The one clock of the playground: the wall's, and what it was put ahead. Slack, Devin and the bot go by it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as TimeOfDay  # noqa: N812  beside the module of the same name
from typing import Final

from bot.playground.devin.state import BILLING_START, DAY

DIGEST_TIME: Final = TimeOfDay(9, 5)  # UTC: the billing day that ended at 08:00 has settled by then
BILLING_DAY_ENDS: Final = TimeOfDay(BILLING_START // 3600)
SETTLING: Final = 3600.0  # late bookings: a billing day counts as over this long after its end


@dataclass(slots=True)
class SimulatedClock:
    """Unix seconds that never run backwards."""

    ahead: float = 0.0

    def now(self) -> float:
        """The time that everybody in the playground goes by."""
        return time.time() + self.ahead

    def jump_to(self, at: float) -> None:
        """Let the time until then pass without waiting."""
        self.ahead += max(at - self.now(), 0.0)

    def read(self) -> dict[str, float | str]:
        """As the page shows it."""
        now = self.now()
        return {
            "now": now,
            "ahead": self.ahead,
            "digest_at": next_digest(now),
            "billing_day_ends": next_end_of_billing_day(now),
            "timezone": "UTC",
        }


def next_digest(now: float) -> float:
    """When the bot posts its next digest."""
    return _next(DIGEST_TIME, now)


def next_end_of_billing_day(now: float) -> float:
    """When the billing day that is running ends."""
    return _next(BILLING_DAY_ENDS, now)


def newest_settled_day(now: float) -> int:
    """The instant at which the newest billing day began that is over and settled."""
    return int((now - SETTLING - BILLING_START) // DAY) * DAY + BILLING_START - DAY


def spoken(at: float) -> str:
    """A moment as a person says it."""
    when = datetime.fromtimestamp(at, UTC)
    return f"{when:%A, %B} {when.day}, {when.year}, {when.hour % 12 or 12}:{when:%M %p} UTC"


def _next(time_of_day: TimeOfDay, now: float) -> float:
    moment = datetime.fromtimestamp(now, UTC)
    today = datetime.combine(moment.date(), time_of_day, UTC)
    return (today if today > moment else today + timedelta(days=1)).timestamp()
