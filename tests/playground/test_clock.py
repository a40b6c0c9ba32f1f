"""The playground's clock: what is due when, and that it only goes ahead."""

import time
from datetime import UTC, datetime

import pytest

from bot.playground.books import LATE, Books
from bot.playground.clock import (
    SimulatedClock,
    newest_settled_day,
    next_digest,
    next_end_of_billing_day,
    spoken,
)
from bot.playground.devin import DevinSimulator
from bot.playground.slack import SlackSimulator

DAY = 86_400


def at(text: str) -> float:
    """An instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "digest", "billing_day"),
    [
        ("2026-03-01 07:59:59", "2026-03-01 09:05", "2026-03-01 08:00"),
        ("2026-03-01 08:00", "2026-03-01 09:05", "2026-03-02 08:00"),
        ("2026-03-01 09:04:59", "2026-03-01 09:05", "2026-03-02 08:00"),
        ("2026-03-01 09:05", "2026-03-02 09:05", "2026-03-02 08:00"),
        ("2026-02-28 23:30", "2026-03-01 09:05", "2026-03-01 08:00"),
    ],
)
def test_what_is_due_next(now: str, digest: str, billing_day: str) -> None:
    assert next_digest(at(now)) == at(digest)
    assert next_end_of_billing_day(at(now)) == at(billing_day)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-03-03 08:59:59", "2026-03-01 08:00"),  # late bookings may still come
        ("2026-03-03 09:00", "2026-03-02 08:00"),
        ("2026-03-04 07:00", "2026-03-02 08:00"),
    ],
)
def test_a_billing_day_settles_an_hour_after_its_end(now: str, day: str) -> None:
    assert newest_settled_day(at(now)) == at(day)


def test_time_never_runs_backwards() -> None:
    clock = SimulatedClock()
    clock.jump_to(time.time() - DAY)
    assert clock.ahead == 0
    clock.jump_to(time.time() + DAY)
    clock.jump_to(time.time() + DAY / 2)
    assert clock.ahead == pytest.approx(DAY, abs=1)
    assert clock.now() == pytest.approx(time.time() + DAY, abs=1)


def test_what_the_page_is_told() -> None:
    clock = SimulatedClock()
    told = clock.read()
    now = float(told["now"])
    assert told == {
        "now": pytest.approx(time.time(), abs=1),
        "ahead": 0.0,
        "digest_at": next_digest(now),
        "billing_day_ends": next_end_of_billing_day(now),
        "timezone": "UTC",
    }
    assert spoken(at("2026-03-01 09:05")) == "Sunday, March 1, 2026, 9:05 AM UTC"


def test_slack_and_devin_go_by_it_and_timestamps_only_grow() -> None:
    clock = SimulatedClock()
    slack, devin = SlackSimulator(wall=clock.now).state, DevinSimulator(now=clock.now).world
    before = slack.stamps.next()
    clock.jump_to(clock.now() + DAY)
    after = slack.stamps.next()
    assert float(after) - float(before) == pytest.approx(DAY, abs=1)
    assert slack.clock.now() == pytest.approx(clock.now(), abs=1)
    assert devin.now() == pytest.approx(clock.now(), abs=1)


async def test_a_clock_that_is_moved_for_limits_leaves_timestamps_alone() -> None:
    simulator = SlackSimulator()
    await simulator.perform("clock", {"advance": DAY})
    assert simulator.state.clock.now() == pytest.approx(time.time() + DAY, abs=1)
    assert float(simulator.state.stamps.next()) == pytest.approx(time.time(), abs=1)


def test_the_books_tell_of_each_day_that_is_over_with_what_sessions_spent() -> None:
    clock = SimulatedClock()
    clock.jump_to(next_digest(clock.now()) + 60)  # the running billing day is over by the next digest
    world = DevinSimulator(now=clock.now).world
    books = Books(world)
    books.write()
    figures = world.held.figures
    first = newest_settled_day(next_digest(clock.now()))
    assert (world.org_id, first) not in figures  # it is still running
    days = [first - back * DAY for back in range(1, 91)]
    assert [figures[world.org_id, day] for day in days] == [books.usual(day) for day in days]
    world.held.spent[world.org_id, first] = 1.25
    before = figures[world.org_id, first - DAY]
    clock.jump_to(next_digest(clock.now()))
    books.write()
    usual = books.usual(first)
    assert figures[world.org_id, first] == usual | {"devin": usual["devin"] + 1.25}
    assert figures[world.org_id, first - DAY] == before | {"review": round(before["review"] + LATE, 6)}
    clock.jump_to(next_digest(clock.now()))
    books.write()
    assert figures[world.org_id, first + DAY] == books.usual(first + DAY)


def test_the_books_have_weekends_and_a_spike() -> None:
    world = DevinSimulator().world
    books = Books(world)
    books.write()
    totals = {day: sum(products.values()) for (_, day), products in world.held.figures.items()}
    weekend = [acus for day, acus in totals.items() if datetime.fromtimestamp(day, UTC).weekday() > 4]
    assert max(weekend) < 10
    *usual, spike = sorted(acus for acus in totals.values() if acus not in weekend)
    assert 29 < usual[0] <= usual[-1] < 46
    assert spike > 85
