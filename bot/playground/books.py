"""What Devin bills for the days that went by: an office's usual spending, and on top what sessions really spent."""

from typing import Final

from bot.playground.clock import newest_settled_day, next_digest
from bot.playground.devin.state import DAY, World

USUAL: Final = (41.5, 38.0, 29.5, 44.0, 35.5, 31.0, 40.0, 34.0)  # ACUs a day, from the first digest's day back
DAYS: Final = 70  # more than the month that a digest can be about, and the four weeks before it


class Books:
    """Writes the figure of each billing day once it is over, so that the digest has something to tell."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._first = newest_settled_day(next_digest(world.now()))  # the day that the first digest is about
        self._written = self._first - DAYS * DAY

    def write(self) -> None:
        """Write up to the newest day that is over."""
        newest = newest_settled_day(self._world.now())
        if newest <= self._written:
            return
        held, org_id = self._world.held, self._world.org_id
        while self._written < newest:
            self._written += DAY
            usual = USUAL[(self._first - self._written) // DAY % len(USUAL)]
            held.figures[org_id, self._written] = {"devin": round(usual + held.spent[org_id, self._written], 6)}
        self._world.changed()
