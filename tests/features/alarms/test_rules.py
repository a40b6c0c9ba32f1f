"""When the spending of a running session is an alarm, and what the post of an alarm says."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import Money
from bot.domain.outliers import usual_limit, usual_limit_of
from bot.domain.session import Lifecycle, Session, Snapshot
from bot.features.alarms.rules import Alarm, AlarmKind, AlarmState, Runaway, is_the_same, runaway, was_woken
from bot.features.alarms.sentences import alarm_post, reminder
from bot.views.sentences import IN_DIRECT_MESSAGE

WORKING = Snapshot("running", "working", title="Fix <it>", acus=12.3)
SESSION = Session(
    "s1", "T1", "org-1", "C1", "1.0", "U1", "p", lifecycle=Lifecycle.OPEN, snapshot=WORKING, url="https://d/s1"
)
FACTS = {"silent": 6.2, "hour": 6.2, "limit": 5.0, "acus": 12.3, "progress": 6.1}
ALARM = Alarm("runaway:s1:1", AlarmKind.RUNAWAY, "s1", "T1", "org-1", "C0ADMINS", 100.0, FACTS)
LINK = "https://acme.slack.com/archives/C1/p1"


@pytest.mark.parametrize(
    ("hours", "limit"),
    [
        ([], 0.0),
        ([2.0], 2.0),
        ([1.0, 1.0, 1.0, 9.0], 1.0),  # one expensive hour moves nothing
        ([1.0, 2.0, 3.0], 2.0 + 3.5 * 1.4826 * 1.0),
        ([1.0, 2.0, 3.0, 4.0, 100.0], 3.0 + 3.5 * 1.4826 * 1.0),
    ],
)
def test_what_an_hour_usually_costs_at_most(hours, limit):
    assert usual_limit(hours) == pytest.approx(limit)
    assert usual_limit_of(Counter(hours)) == pytest.approx(limit)


@given(st.lists(st.integers(0, 30), max_size=30))
def test_the_usual_limit_by_how_often_each_amount_occurs_is_the_same(hours):
    assert usual_limit_of(Counter(hours)) == pytest.approx(usual_limit(hours))


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30))
def test_the_usual_limit_is_never_below_the_median_and_grows_with_the_unit(hours):
    assert usual_limit(hours) >= median(hours)
    assert usual_limit([2 * hour for hour in hours]) == pytest.approx(2 * usual_limit(hours))


@pytest.mark.parametrize(
    ("silent", "hour", "usual", "found"),
    [
        (5.0, 5.0, 0.0, None),
        (5.1, 0.0, 0.0, Runaway(5.1, None, 5.0)),
        (0.0, 5.1, 0.0, Runaway(None, 5.1, 5.0)),
        (0.0, 6.0, 7.0, None),  # usual here
        (0.0, 7.1, 7.0, Runaway(None, 7.1, 7.0)),
        (9.0, 8.0, 7.0, Runaway(9.0, 8.0, 7.0)),
    ],
)
def test_what_runs_away(silent, hour, usual, found):
    assert runaway(silent, hour, usual, 5.0) == found


def test_what_not_all_readers_may_see_has_neither_title_nor_links():
    shown = alarm_post(ALARM, SESSION, "", LINK, stand_in=IN_DIRECT_MESSAGE)
    assert shown.text == "A session in a DM has spent 6.2 ACUs since its last message or pull request."
    assert "Fix" not in str(shown.blocks)
    assert LINK not in str(shown.blocks)


def test_what_comes_back_is_the_same_unless_there_was_progress():
    silent, hour = Runaway(6.0, None, 5.0), Runaway(None, 6.0, 5.0)
    there = replace(SESSION, progress_acus=6.1)
    assert is_the_same(ALARM, silent, there)
    assert not is_the_same(ALARM, silent, replace(there, progress_acus=8.0))
    assert is_the_same(ALARM, hour, replace(there, progress_acus=8.0))


def test_a_session_that_somebody_wrote_to_after_its_stop_was_woken():
    stopped = replace(ALARM, state=AlarmState.STOPPED, changed_at=200.0)
    assert not was_woken(stopped, replace(SESSION, spoken_at=199.0))
    assert was_woken(stopped, replace(SESSION, spoken_at=201.0))
    assert not was_woken(replace(stopped, state=AlarmState.ACKNOWLEDGED), replace(SESSION, spoken_at=201.0))


def shown(alarm, session=SESSION, by=""):
    message = alarm_post(alarm, session, by, LINK, Money(Decimal("27.675"), "USD"))
    rows = [block for block in message.blocks if block["type"] == "actions"]
    return message.blocks[0]["text"]["text"], [button["text"]["text"] for row in rows for button in row["elements"]]


TITLE = f"*<{LINK}|Fix &lt;it&gt;>* (<https://d/s1|Open in Devin>)"
SPENT = f"{TITLE} has spent 6.2 ACUs since its last message or pull request."


def test_an_open_alarm():
    assert shown(ALARM) == (f":rotating_light: {SPENT}", ["Stop", "Keep running", "Snooze 4 h"])
    message = alarm_post(ALARM, SESSION, "", LINK, Money(Decimal("27.675"), "USD"))
    assert message.text == "Fix &lt;it&gt; has spent 6.2 ACUs since its last message or pull request."
    message = alarm_post(ALARM, replace(SESSION, requester_name="ann"), "", LINK, Money(Decimal("27.675"), "USD"))
    assert message.blocks[1]["elements"][0]["text"] == "12.3 ACUs (27.68 USD) in all · started by ann · <#C1>"


def test_an_expensive_hour():
    alarm = replace(ALARM, facts=FACTS | {"silent": None, "hour": 7.14, "limit": 5.5})
    said = "has spent 7.1 ACUs in the last hour (usually up to 5.5)."
    assert shown(alarm)[0] == f":rotating_light: {TITLE} {said}"
    assert reminder(alarm).text == f"The snooze is over, and the session {said}"


def test_in_the_sessions_thread_it_needs_no_title():
    alarm = replace(ALARM, thread_ts="1.0")
    assert shown(alarm)[0].startswith(":rotating_light: *<https://d/s1|This session>* has spent 6.2 ACUs ")
    assert alarm_post(alarm, SESSION, "", LINK).blocks[1]["elements"][0]["text"] == "12.3 ACUs in all"


@pytest.mark.parametrize(
    ("changed", "line", "buttons"),
    [
        ({"state": AlarmState.ACKNOWLEDGED}, ":white_check_mark: ada says this is fine.", ["Stop"]),
        ({"state": AlarmState.STOPPED}, ":black_square_for_stop: Stopped by ada.", []),
        (
            {"state": AlarmState.SNOOZED, "snoozed_until": 1_800_000_000.0},
            ":zzz: Snoozed by ada until <!date^1800000000^{date_short_pretty} at {time}|Jan 15, 2027 at 8:00 AM UTC>.",
            ["Stop", "Keep running"],
        ),
    ],
)
def test_what_somebody_has_decided(changed, line, buttons):
    assert shown(replace(ALARM, user="U0ADA", **changed), by="ada") == (f":rotating_light: {SPENT}\n{line}", buttons)


def test_who_has_no_name_is_somebody():
    decided = [replace(ALARM, user="U0ADA", state=state) for state in (AlarmState.ACKNOWLEDGED, AlarmState.STOPPED)]
    assert [shown(one)[0].splitlines()[1] for one in decided] == [
        ":white_check_mark: Someone says this is fine.",
        ":black_square_for_stop: Stopped by Someone.",
    ]
    snoozed = replace(ALARM, state=AlarmState.SNOOZED, snoozed_until=1_800_000_000.0)
    assert shown(snoozed)[0].splitlines()[1].startswith(":zzz: Snoozed by someone until <!date^1800000000^")


def test_an_alarm_that_is_over_says_why_and_has_no_buttons():
    over = replace(ALARM, over_at=200.0, state=AlarmState.ACKNOWLEDGED)
    asleep = replace(SESSION, snapshot=replace(WORKING, status="suspended", detail="inactivity"))
    assert shown(over, asleep) == (f":checkered_flag: {SPENT}\nResolved: session asleep.", [])
    assert shown(over) == (f":checkered_flag: {SPENT}\nResolved: Devin is still working, at its usual rate.", [])
    assert shown(over, None)[0].endswith("\nResolved: session gone.")
    assert alarm_post(over, SESSION).text.startswith("Resolved: Fix &lt;it&gt; has spent 6.2 ACUs")


def test_spend_that_cannot_be_read():
    alarm = replace(ALARM, kind=AlarmKind.UNREAD, facts={"since": 1_800_000_000.0})
    since = "<!date^1800000000^{date_short_pretty} at {time}|Jan 15, 2027 at 8:00 AM UTC>"
    assert alarm_post(alarm).text == "No usage data from Devin for an hour."
    assert shown(alarm) == (
        f":warning: No usage data from Devin since {since}. Until it's back, there are no alarms about sessions.",
        [],
    )
    over = replace(alarm, over_at=1_800_003_600.0)
    assert alarm_post(over).text == "Usage data is back."
    assert shown(over)[0].startswith(f":white_check_mark: Usage data is back. It was missing from {since} to ")
