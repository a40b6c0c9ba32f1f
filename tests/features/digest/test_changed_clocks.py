"""The digests of a channel over both changes of the clocks: each billing day is in one, and so is each week."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from bot.features.digest.rules import Edition, Schedule
from bot.timing import PRODUCTION
from tests.features.digest.test_digest_editions import WEB, Channels, die, keys, roots, subscribe
from tests.features.digest.test_post import HOUR, digests, frozen_at, run, utc

WEEK = r"7 billing days from \w{3}, (\w{3} \d+) to \w{3}, (\w{3} \d+),"
SELDOM = replace(PRODUCTION, digest_tick=6 * HOUR)
LONDON_AT_NINE = Schedule(time(9), ZoneInfo("Europe/London"))


@pytest.fixture
def start(make, store):
    """Begin, as after a start of the process."""

    def begin():
        policy = {"admin_channel": None, "posts_quiet_days": True, "slack": Channels("xoxb-test")}
        return digests(make(store, lambda: datetime.now(UTC).timestamp(), SELDOM, **policy))

    return begin


async def texts(store):
    """The roots, each as (when it was stored in UTC, its text)."""
    return [
        (datetime.fromtimestamp(row["created_at"], UTC).strftime("%d %H:%M"), str(row["payload"]))
        for row in await roots(store)
    ]


async def days_told(store):
    """Of each daily digest when it was stored, and the day that it is about."""
    return [(at, re.search(r" on (\w{3}, \w{3} \d+)", text)[1]) for at, text in await texts(store)]


async def test_in_autumn_no_billing_day_is_left_out(start, store):
    with frozen_at(2026, 10, 23, 12) as frozen:
        await subscribe(store, Edition.DAILY, schedule=LONDON_AT_NINE)
        digest = start()
        await run(frozen, digest, utc(2026, 10, 25, 9), sent_in=store)
        await run(frozen, digest, utc(2026, 10, 25, 9, 2), PRODUCTION.digest_tick, sent_in=store)
        await run(frozen, digest, utc(2026, 10, 27), sent_in=store)
    # 25 October: 02:00 becomes 01:00 in London. From then on 09:00 is late enough for the day that has just ended.
    assert await days_told(store) == [
        ("24 08:00", "Thu, Oct 22"),
        ("25 09:00", "Fri, Oct 23"),
        ("25 09:00", "Sat, Oct 24"),
        ("26 09:00", "Sun, Oct 25"),
    ]


async def test_in_spring_no_billing_day_is_told_twice(start, store):
    with frozen_at(2027, 3, 26, 12) as frozen:
        await subscribe(store, Edition.DAILY, schedule=LONDON_AT_NINE)
        await run(frozen, start(), utc(2027, 3, 31), sent_in=store)
    # 28 March: 01:00 becomes 02:00 in London. At 09:00 the day that has just ended is not finished any more.
    assert await days_told(store) == [
        ("27 09:00", "Fri, Mar 26"),
        ("29 08:00", "Sat, Mar 27"),
        ("30 08:00", "Sun, Mar 28"),
    ]


@pytest.mark.parametrize("changed", [date(2026, 10, 25), date(2027, 3, 28)], ids=["autumn", "spring"])
async def test_each_billing_day_is_in_one_weekly_digest(start, store, changed):
    begin, end = changed - timedelta(days=10), changed + timedelta(days=10)
    with frozen_at(begin.year, begin.month, begin.day) as frozen:
        await subscribe(store, Edition.WEEKLY, schedule=LONDON_AT_NINE)
        await run(frozen, start(), utc(end.year, end.month, end.day), sent_in=store)
    weeks = [re.search(WEEK, text) for _, text in await texts(store)]
    days = [datetime.strptime(f"{day} {begin.year} Z", "%b %d %Y %z") for week in weeks for day in week.groups()]
    assert [(last - first).days for first, last in pairwise(days)] == [6, 1] * 2 + [6]


def not_posted(text):
    return re.findall(r"The digests? of [^.]* not posted: [^.]*\.", text)


async def test_of_two_that_come_at_once_the_second_waits_until_the_first_is_posted_or_lost(start, store):
    with frozen_at(2026, 10, 24, 12) as frozen:
        await subscribe(store, Edition.DAILY, schedule=LONDON_AT_NINE)
        digest = start()
        await run(frozen, digest, utc(2026, 10, 25, 9, 30), 600)
        assert await keys(store) == [f"{WEB}:2026-10-23"]
        await die(store, f"{WEB}:2026-10-23", "chat.postMessage: msg_too_long (blocks)")
        await run(frozen, digest, utc(2026, 10, 26, 10), 600, sent_in=store)
    assert await keys(store) == [f"{WEB}:2026-10-{day}" for day in (23, 24, 25)]
    assert [not_posted(text) for _, text in await texts(store)] == [
        [],
        ["The digest of Fri, Oct 23 was not posted: Slack rejected it."],
        [],
    ]


async def test_two_that_came_at_once_and_could_not_be_posted_are_logged_once_each(start, store):
    with frozen_at(2026, 10, 25, 8) as frozen, capture_logs() as logs:
        await subscribe(store, Edition.DAILY, schedule=LONDON_AT_NINE)
        digest = start()
        for day in (23, 24):
            await run(frozen, digest, utc(2026, 10, 25, 9, 10 * (day - 22)), 300)
            await die(store, f"{WEB}:2026-10-{day}", "expired")
        await run(frozen, digest, utc(2026, 10, 25, 10), 300)
    assert [line["day"] for line in logs if line["event"] == "digest skipped"] == ["2026-10-23", "2026-10-24"]


async def test_two_that_came_at_once_and_were_missed_are_named_by_the_next(start, store):
    with frozen_at(2026, 10, 24, 7) as frozen:
        await subscribe(store, Edition.DAILY, schedule=LONDON_AT_NINE)
        await run(frozen, start(), utc(2026, 10, 24, 9), sent_in=store)
        frozen.move_to(datetime(2026, 10, 25, 16, tzinfo=UTC))
        await run(frozen, start(), utc(2026, 10, 26, 10), sent_in=store)
    assert await keys(store) == [f"{WEB}:2026-10-22", f"{WEB}:2026-10-25"]
    assert not_posted((await texts(store))[-1][1]) == [
        "The digests of Fri, Oct 23 and Sat, Oct 24 were not posted: Devin Bridge wasn't running then."
    ]


async def test_who_subscribes_right_at_the_time_gets_both(start, store):
    with frozen_at(2026, 10, 25, 9) as frozen:
        await subscribe(store, Edition.DAILY, schedule=LONDON_AT_NINE)
        digest = start()
        await run(frozen, digest, utc(2026, 10, 25, 9, 5), 30, sent_in=store)
    assert await keys(store) == [f"{WEB}:2026-10-23", f"{WEB}:2026-10-24"]
