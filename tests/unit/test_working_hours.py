"""Which seconds are working hours, in which zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.working_hours import working_seconds

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
HOUR = 3600.0


def at(zone, *parts):
    return datetime(*parts, tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ((2026, 11, 26, 10), (2026, 11, 26, 12), 2),  # a Thursday
        ((2026, 11, 26, 7), (2026, 11, 26, 9), 0),
        ((2026, 11, 26, 16), (2026, 11, 27, 10), 2),  # overnight
        ((2026, 11, 27, 16), (2026, 11, 30, 10), 2),  # over a weekend
        ((2026, 11, 28, 0), (2026, 11, 29, 23), 0),
        ((2026, 11, 23, 0), (2026, 11, 30, 0), 40),
        ((2026, 10, 23, 0), (2026, 10, 27, 0), 16),  # the clocks are put back on Sunday
    ],
)
def test_they_are_those_of_an_office(begin, end, hours):
    assert working_seconds(at(BERLIN, *begin), at(BERLIN, *end), BERLIN) == hours * HOUR


def test_each_zone_has_its_own():
    begin, end = at(UTC, 2026, 11, 26, 8), at(UTC, 2026, 11, 26, 16)
    assert [working_seconds(begin, end, zone) / HOUR for zone in (UTC, BERLIN, NEW_YORK)] == [7, 8, 2]


def test_what_ends_before_it_begins_has_none():
    begin, end = at(UTC, 2026, 11, 26, 12), at(UTC, 2026, 11, 26, 10)
    assert working_seconds(begin, end, UTC) == 0


instants = st.integers(0, 40 * 86_400).map(lambda after: at(UTC, 2026, 10, 1) + after)


@given(st.tuples(instants, instants, instants), st.sampled_from([UTC, BERLIN, NEW_YORK, ZoneInfo("Asia/Kolkata")]))
def test_spans_that_follow_each_other_add_up_to_the_whole(parts, zone):
    first, middle, last = sorted(parts)
    halves = working_seconds(first, middle, zone) + working_seconds(middle, last, zone)
    assert halves == working_seconds(first, last, zone) <= last - first
