"""A session's ACUs belong to the day on which Devin says it used them, also where the bot was away when a day ended."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import billing_day, bounds
from bot.features.digest import digest_root
from bot.store import due
from bot.timing import DAY, HOUR, Timing
from bot.views.dates import weekday_date
from bot.views.doubts import ABOUT
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, GENERAL, OPS, Harness, harness
from tests.scenarios.observations import polled, set_budget, settled
from tests.scenarios.short_waits import AWAY

pytestmark = [
    pytest.mark.timing(
        consumption_backfill=0.1,
        consumption_interval=0.5,
        digest_tick=0.3,
        fan_out_pause=0.02,
        fan_out_poll=0.2,
        fan_out_slow_poll=0.2,
    )
]
Begin = Callable[[Harness], Awaitable[str]]


class Days:
    """The billing day on which the stories begin, and the way from one instant to the next, for the bot and Devin."""

    def __init__(self, on: Harness, clock: Ahead) -> None:
        self._on, self._clock = on, clock
        self.monday = billing_day(clock() + DAY)
        self.tuesday = billing_day(clock() + 2 * DAY)

    async def go(self, day: date, hours: float) -> None:
        """Let it be so many hours after a day began."""
        seconds = bounds(day)[0] + hours * HOUR - self._clock()
        self._clock.put(seconds)
        await self._on.devin.clock(advance=seconds)


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing, clock: Ahead
) -> AsyncIterator[Harness]:
    """A bot whose digest is due two hours after a billing day ended."""
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_TIMEZONE": "UTC", "BOT_DIGEST_TIME": "10:00"} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, start=False, **settings) as everything:
        yield everything


async def booked(on: Harness) -> dict[str, float]:
    """The ACUs that are booked by day, of all sessions; a day may be there with none."""
    found: dict[str, float] = {}
    for row in await rows(on, "spend"):
        found[row["day"]] = round(found.get(row["day"], 0.0) + row["acus"], 6)
    return {day: acus for day, acus in found.items() if acus}


async def in_a_thread(on: Harness) -> str:
    """A session under a mention."""
    _, session = await on.started()
    return session


async def in_a_fan_out(on: Harness) -> str:
    """The only session of a fan-out."""
    await on.slack.slash(ADA, GENERAL, "fanout bump all orgs=all")
    preview = await on.slack.wait_for_ephemeral(ADA, "Start 1 session?")
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    await on.slack.wait_for_message(GENERAL, "0 of 1 finished · 1 queued")
    [made] = on.simulated_devin.world.held.by_age
    await on.devin.set(made.bare_id, status="running", status_detail="working")
    return str(made.bare_id)


of_both_kinds = pytest.mark.parametrize("begin", [in_a_thread, in_a_fan_out])


async def away_when_monday_ends(on: Harness, days: Days, begin: Begin = in_a_thread) -> str:
    """The bot sees 2 ACUs on Monday. While it is away Devin uses 8 more, and 2 on Tuesday. Then the bot is back."""
    await days.go(days.monday, 20)
    await on.start()
    session = await begin(on)
    await on.devin.spend(session, 2.0)
    await until(lambda: _is(on, {days.monday.isoformat(): 2.0}))
    if begin is in_a_thread:  # a fan-out is followed as long as it goes on
        await settled(on)
    await on.stop()
    await on.devin.spend(session, 8.0)
    await days.go(days.tuesday, 1.5)
    await on.devin.spend(session, 2.0)
    await on.start()
    return session


async def _is(on: Harness, amounts: dict[str, float]) -> bool:
    return await booked(on) == amounts


async def usage(on: Harness, words: str) -> str:
    return str((await on.slack.slash(ADA, GENERAL, f"usage {words}"))["answer"])


@of_both_kinds
async def test_what_was_used_while_the_bot_was_away_is_booked_on_the_day_on_which_devin_says(
    on: Harness, clock: Ahead, begin: Begin
) -> None:
    days = Days(on, clock)
    await away_when_monday_ends(on, days, begin)
    await until(lambda: _is(on, {days.monday.isoformat(): 10.0, days.tuesday.isoformat(): 2.0}))
    yesterday, today = await usage(on, "yesterday"), await usage(on, "today")
    assert "*10 ACUs*" in yesterday
    assert "10 through Slack, 0 outside Slack" in yesterday
    assert "*2 ACUs*" in today
    assert "2 through Slack, 0 outside Slack" in today
    assert "bout" not in yesterday + today
    assert len(await on.devin.log("session_daily")) == 1
    await days.go(days.tuesday, 25.5)  # Tuesday is asked about once it is over
    await on.devin.wait_for_calls("session_daily", 2)
    await until(lambda: _has_nothing_to_ask(on, days.tuesday))
    await on.stop()
    await on.start()
    await days.go(days.tuesday, 26)
    assert await booked(on) == {days.monday.isoformat(): 10.0, days.tuesday.isoformat(): 2.0}
    assert len(await on.devin.log("session_daily")) == 2


async def _has_nothing_to_ask(on: Harness, day: date) -> bool:
    return all(row["ask_at"] is None for row in await rows(on, "spend") if row["day"] <= day.isoformat())


async def test_the_digest_after_an_outage_waits_for_devins_days(on: Harness, clock: Ahead) -> None:
    days = Days(on, clock)
    await on.devin.fault("session_daily", 503, **AWAY)
    await away_when_monday_ends(on, days)
    await on.devin.wait_for_calls("session_daily")
    await days.go(days.tuesday, 2.1)
    await on.devin.clear_faults()
    root = await on.slack.wait_for_message(OPS, digest_root.DAY)
    assert "*10 ACUs on " in root["rendered"]
    assert "through Slack 10 · outside Slack 0" in root["rendered"]


@of_both_kinds
async def test_where_the_key_may_not_read_the_bill_such_days_are_about_right_and_devin_is_not_asked(
    on: Harness, clock: Ahead, begin: Begin
) -> None:
    days = Days(on, clock)
    await on.devin.permissions(revoke=["ViewOrgConsumption"])
    await away_when_monday_ends(on, days, begin)
    await until(lambda: _is(on, {days.monday.isoformat(): 2.0, days.tuesday.isoformat(): 10.0}))
    why = ABOUT.format(days=weekday_date(days.monday))
    yesterday, today = await usage(on, "yesterday"), await usage(on, "today")
    assert "*about 2 ACUs* through Slack" in yesterday
    assert why in yesterday
    assert "*about 10 ACUs* through Slack" in today
    assert ABOUT.format(days=weekday_date(days.tuesday)) in today
    for scope in ("org", "#C0GENERAL", "each-person"):
        await set_budget(on.slack, f"{scope} 100 a day")
    budgets = str((await on.slack.slash(ADA, GENERAL, "budget list"))["answer"])
    said = budgets.count("about 10 of 100 ACUs today")  # in the notification and in the list
    assert said == 2 * (3 if begin is in_a_fan_out else 2)  # the session in the thread is not Ada's
    assert ABOUT.format(days=weekday_date(days.tuesday)) in budgets
    week = await usage(on, "week")
    assert "*about 2 ACUs*" in week
    assert ": about 10 ACUs through Slack so far" in week
    root = await days_digest(on, days)
    assert f"*about 2 ACUs through Slack on {weekday_date(days.monday)}*" in root
    assert why in root
    await days.go(days.tuesday, 25.5)
    week = await usage(on, "week")  # which both days are in, so that its sum is right
    assert "*12 ACUs* through Slack" in week
    assert "bout" not in week
    by_day = await usage(on, "week by day")
    assert ": about 2 ACUs · 1 session" in by_day
    assert ": about 10 ACUs · 1 session" in by_day
    assert await on.devin.log("session_daily") == []


async def days_digest(on: Harness, days: Days) -> str:
    await days.go(days.tuesday, 2.1)
    return str((await on.slack.wait_for_message(OPS, digest_root.DAY))["rendered"])


async def test_a_key_that_may_read_the_bill_alone_is_refused_once_a_day_and_not_once_a_session(
    on: Harness, clock: Ahead
) -> None:
    days = Days(on, clock)
    await on.devin.fault("session_daily", 403, **AWAY)
    await days.go(days.monday, 20)
    await on.start()
    for task in ("fix test one", "fix test two", "fix test three"):
        _, session = await on.started(task)
        await on.devin.spend(session, 1.0)
    await until(lambda: _is(on, {days.monday.isoformat(): 3.0}))
    await days.go(days.tuesday, 1.5)
    await until(lambda: _is_refused(on, clock))
    await polled(on, 4)
    assert len(await on.devin.log("session_daily")) == 1
    assert "bout" not in await usage(on, "yesterday")  # nothing was missed
    await days.go(days.tuesday, 26)
    await on.devin.wait_for_calls("session_daily", 2)
    await until(lambda: _is_refused(on, clock))
    await on.devin.clear_faults()
    await days.go(days.tuesday, 51)
    await until(lambda: _has_nothing_to_ask(on, days.monday))
    assert len(await on.devin.log("session_daily")) == 5


async def _is_refused(on: Harness, clock: Ahead) -> bool:
    """Whether it is noted that Devin is not asked again before a day is over."""
    return any(row["at"] > clock() + HOUR for row in await rows(on, "due", name=due.session_bills("org-play")))


async def test_a_session_that_devin_does_not_find_keeps_what_is_booked_and_is_asked_about_a_day_later(
    on: Harness, clock: Ahead
) -> None:
    days = Days(on, clock)
    await on.devin.fault("session_daily", 404, **AWAY)
    await away_when_monday_ends(on, days)
    await on.devin.wait_for_calls("session_daily", 2)  # in both forms of its id
    await polled(on, 4)
    assert len(await on.devin.log("session_daily")) == 2
    yesterday = await usage(on, "yesterday")
    assert "about 2 through Slack, about 8 outside Slack" in yesterday
    assert ABOUT.format(days=weekday_date(days.monday)) in yesterday
    await on.devin.clear_faults()
    await days.go(days.tuesday, 26)
    await until(lambda: _is(on, {days.monday.isoformat(): 10.0, days.tuesday.isoformat(): 2.0}))
