"""What Devin bills for the days that went by: an office's usual spending, and on top what sessions really spent.

There are weekends, a day that took twice as much as others, and a figure that is corrected a day later.
"""

from datetime import UTC, datetime
from typing import Final

from bot.playground.clock import newest_settled_day, next_digest
from bot.playground.devin.state import DAY, World

WEEKDAYS: Final = (36.0, 39.5, 42.0, 41.0, 33.5, 4.5, 2.0)  # ACUs, from Monday on
CHANGES: Final = (0.4, -2.6, 1.8, 3.2, -0.8, -3.4, 2.2, 0.9, -1.7)  # from day to day; as many as no week fits into
SPIKE: Final = 2.2  # times the usual, on a Wednesday of the week before the first digest's
LATE: Final = 0.6  # ACUs of reviews that are booked a day late, on the day before the first digest's
SHARES: Final = (("review", 0.12), ("cascade", 0.08))  # of a day; the rest is Devin's own work
OTHERS: Final = 0.4  # of that is spent in each other organisation
DAYS: Final = 92  # more than the bot reads back
_WEDNESDAY: Final = 2


class Books:
    """Writes the figure of each billing day once it is over, so that the digest has something to tell."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._first = newest_settled_day(next_digest(world.now()))  # the day that the first digest is about
        self._written = self._first - DAYS * DAY
        self._spike = next(day for day in range(self._first - 7 * DAY, 0, -DAY) if _weekday(day) == _WEDNESDAY)

    def write(self) -> None:
        """Write up to the newest day that is over."""
        newest = newest_settled_day(self._world.now())
        if newest <= self._written:
            return
        held, org_id = self._world.held, self._world.org_id
        while self._written < newest:
            self._written += DAY
            for organization in held.organizations:
                self._write(organization["org_id"], self._written)
        late = held.figures[org_id, self._first - DAY]
        if newest == self._first:
            held.figures[org_id, self._first - DAY] = late | {"review": round(late["review"] + LATE, 6)}
        self._world.changed()

    def _write(self, org_id: str, day: int) -> None:
        products = self.usual(day)
        if org_id != self._world.org_id:
            products = {name: round(acus * OTHERS, 2) for name, acus in products.items()}
        products["devin"] = round(products["devin"] + self._world.held.spent[org_id, day], 6)
        self._world.held.figures[org_id, day] = products

    def usual(self, day: int) -> dict[str, float]:
        """What all but the sessions of the playground spent on a day in the bot's organisation, by product."""
        acus = max(0.5, WEEKDAYS[_weekday(day)] + CHANGES[day // DAY % len(CHANGES)])
        acus *= SPIKE if day == self._spike else 1
        products = {name: round(acus * share, 2) for name, share in SHARES}
        return {"devin": round(acus - sum(products.values()), 2), **products}


def _weekday(day: int) -> int:
    return datetime.fromtimestamp(day, UTC).weekday()
