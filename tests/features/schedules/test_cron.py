"""Cron expressions: when they are due, and in which words people read that."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.features.schedules.cron import dated_times, next_due, parse_cron, weekly_times
from bot.features.schedules.sentences import cron_in_words

BERLIN, NEW_YORK, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
THURSDAY = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()  # winter time in Berlin and New York
IN_JULY = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 8 * * 1-5", "Monday to Friday at 9:00 AM (Europe/Berlin)"),
        ("0 8 * * MON,wed", "on Mondays and Wednesdays at 9:00 AM (Europe/Berlin)"),
        ("30 23 * * 0", "on Mondays at 12:30 AM (Europe/Berlin)"),  # late on Sunday in UTC
        ("0 8 * * 7", "on Sundays at 9:00 AM (Europe/Berlin)"),
        ("30 7,16 * * *", "every day at 8:30 AM and 5:30 PM (Europe/Berlin)"),
        ("0 1,23 * * 1", "on Mondays at 2:00 AM (Europe/Berlin); on Tuesdays at 12:00 AM (Europe/Berlin)"),
        ("*/15 * * * *", "every 15 minutes"),
        ("* * * * *", "every minute"),
        ("5 * * * *", "every hour at 5 past"),
        ("@hourly", "every hour"),
        ("0 */2 * * *", "every 2 hours"),
        ("0 8-16 * * 1-5", "Monday to Friday every hour from 9:00 AM to 5:00 PM (Europe/Berlin)"),
        ("1,2,4,8,16 8 * * *", "every day 5 times, first at 9:01 AM (Europe/Berlin)"),
        ("0 8 1 * *", "on day 1 of the month at 9:00 AM (Europe/Berlin)"),
        ("0 8 1,15 1-2 *", "on day 1 and 15 of the month in January and February at 9:00 AM (Europe/Berlin)"),
        ("0 8 13 * 5", "on day 13 of the month and on Fridays at 9:00 AM (Europe/Berlin)"),
        ("0 8 * jun *", "every day in June at 10:00 AM (Europe/Berlin)"),
        ("30 23 1,27 * *", "on day 2 and 28 of the month at 12:30 AM (Europe/Berlin)"),
        ("30 23 28 * *", "on day 28 of the month at 11:30 PM (UTC; the days differ in Europe/Berlin)"),
        ("30 12,23 1 * *", "on day 1 of the month at 12:30 PM and 11:30 PM (UTC; the days differ in Europe/Berlin)"),
        ("30 23 * jun *", "every day in June at 11:30 PM (UTC; the days differ in Europe/Berlin)"),
        (
            "30 23 13 * 5",
            "on day 13 of the month and on Fridays at 11:30 PM (UTC; the days differ in Europe/Berlin)",
        ),
        ("0 9 L * *", "`0 9 L * *` (cron, in UTC)"),
        ("0 9 30 2 *", "`0 9 30 2 *` (cron, in UTC)"),  # never
    ],
)
def test_an_expression_has_words(expression, words):
    assert cron_in_words(expression, BERLIN, THURSDAY) == words.replace(" (Europe/Berlin);", ";")


def test_the_words_follow_the_clocks_of_the_zone():
    assert cron_in_words("0 8 * * *", BERLIN, IN_JULY) == "every day at 10:00 AM (Europe/Berlin)"
    assert cron_in_words("0 3 * * 1", NEW_YORK, THURSDAY) == "on Sundays at 10:00 PM (America/New_York)"
    assert cron_in_words("0 3 * * 1", KOLKATA, THURSDAY) == "on Mondays at 8:30 AM (Asia/Kolkata)"
    assert cron_in_words("0 3 2 * *", NEW_YORK, THURSDAY) == "on day 1 of the month at 10:00 PM (America/New_York)"
    unsure = "at 3:00 AM (UTC; the days differ in America/New_York)"
    assert cron_in_words("0 3 1 * *", NEW_YORK, THURSDAY) == f"on day 1 of the month {unsure}"
    assert cron_in_words("0 3 29 * *", NEW_YORK, THURSDAY) == f"on day 29 of the month {unsure}"
    assert cron_in_words("0 3 1 * *", UTC, THURSDAY) == "on day 1 of the month at 3:00 AM (UTC)"


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("0 12 * * *", "2026-11-27 12:00"),  # now is not after now
        ("1 12 * * *", "2026-11-26 12:01"),
        ("0 9 * * 1", "2026-11-30 09:00"),
        ("0 9 13 * 5", "2026-11-27 09:00"),
        ("0 9 31 * *", "2026-12-31 09:00"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("0 9 */2 * 1", "2026-11-27 09:00"),
    ],
)
def test_when_it_is_due_next(expression, due):
    cron = parse_cron(expression)
    assert cron is not None
    found = next_due(cron, THURSDAY)
    assert found is not None
    assert f"{datetime.fromtimestamp(found, UTC):%Y-%m-%d %H:%M}" == due


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *",
     "x * * * *", "* * 15W * *", "* * * * 1#2", "@reboot", "*-5 * * * *", "1,,2 * * * *"],
)  # fmt: skip
def test_what_is_no_expression_is_not_read(expression):
    assert parse_cron(expression) is None


@given(st.text("0123456789*/-, @LW#abc\n", max_size=30))
def test_any_text_has_words(text):
    assert cron_in_words(text, BERLIN, THURSDAY)


@given(
    st.sets(st.integers(0, 59), min_size=1, max_size=3),
    st.sets(st.integers(0, 23), min_size=1, max_size=3),
    st.sets(st.integers(0, 6), min_size=1),
    st.sampled_from([BERLIN, NEW_YORK, KOLKATA, UTC]),
)
def test_the_next_run_is_one_of_the_times_of_its_week(minutes, hours, weekdays, zone):
    fields = [",".join(map(str, sorted(numbers))) for numbers in (minutes, hours)]
    cron = parse_cron(f"{fields[0]} {fields[1]} * * {','.join(map(str, sorted(weekdays)))}")
    due = cron and next_due(cron, THURSDAY)
    assert cron
    assert due
    local = datetime.fromtimestamp(due, zone)
    assert local.hour * 60 + local.minute in weekly_times(cron, zone, due)[local.weekday()]


@given(
    st.integers(0, 59),
    st.sets(st.integers(0, 23), min_size=1, max_size=3),
    st.sets(st.integers(1, 31), max_size=3),
    st.sets(st.integers(1, 12), max_size=3),
    st.sets(st.integers(0, 6), max_size=2),
    st.sampled_from([BERLIN, NEW_YORK, KOLKATA, UTC]),
)
def test_the_next_run_is_on_one_of_its_dates_in_the_zone(minute, hours, days, months, weekdays, zone):
    written = (",".join(map(str, sorted(numbers))) or "*" for numbers in (hours, days, months, weekdays))
    cron = parse_cron(f"{minute} {' '.join(written)}")
    due = cron and next_due(cron, THURSDAY)
    assume(cron is not None and due is not None)
    dated = dated_times(cron, zone, due)
    if dated is not None:
        local = datetime.fromtimestamp(due, zone)
        assert dated.is_due_on(local.date())
        assert local.hour * 60 + local.minute in dated.minutes
