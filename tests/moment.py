"""The clock of a test that begins at the same moment whenever it is run, because what a day brings depends on the hour.

Importing this module replaces `time.time`, so it has to be the first: what keeps a reference keeps one to this clock.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

# A Wednesday in the middle of a month, after the digests of the day, with the billing day before it long over.
USUAL: Final = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)


class _Clock:
    """The wall's clock, so many seconds ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return _wall() + self.ahead


_wall, clock = time.time, _Clock()
time.time = clock


def in_utc(text: str) -> datetime:
    """The moment that a text such as `2027-01-01T00:03` names."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@contextmanager
def beginning(moment: datetime) -> Iterator[None]:
    """Let the clock of this process run on from a moment, and be the wall's again afterwards."""
    clock.ahead = moment.timestamp() - _wall()
    try:
        yield
    finally:
        clock.ahead = 0.0
