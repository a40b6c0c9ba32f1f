"""What came of pull requests: the figures, and the report that shows them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import Money
from bot.domain.billing import Period
from bot.domain.periods import Span, days_between
from bot.domain.questions import By, Question
from bot.features.report.rules import (
    MATURITY,
    ActiveSessions,
    OpenedPullRequest,
    Outcomes,
    Ratio,
    Result,
    Used,
    most_used,
    outcomes_of,
)
from bot.features.report.sentences import (
    EXPLAINED,
    MOST_ROWS,
    GroupOutcomes,
    OpenPullRequest,
    OutcomeReport,
    outcome_report,
)
from bot.features.usage.figure_sentences import MostExpensive
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

HOUR, DAY = 3600.0, 86_400.0
NOW = 100 * DAY
MARCH = days_between(date(2025, 3, 1), date(2025, 3, 9))
SPAN = Span(MARCH[0], MARCH[-1], MARCH)
MONTH = Question(Period.MONTH)


def opened(url, at=NOW - DAY, *, merged=None, closed=None, sessions=("a",)):
    return OpenedPullRequest(url, at, merged, closed, sessions)


# ---------------------------------------------------------------- figures


def test_each_pull_request_counts_once_and_a_session_with_two_of_them_too():
    found = outcomes_of(
        [
            opened("1", merged=NOW - DAY + 2 * HOUR),
            opened("2", merged=NOW - DAY, sessions=("a", "b")),  # merged already when it was first seen
            opened("3", closed=NOW),
            opened("4", NOW - MATURITY - 1),
            opened("5", NOW - MATURITY),
        ],
        [
            ActiveSessions(1, 1.0, Result.MERGED),
            ActiveSessions(1, 2.0, Result.NONE, acus_of_others=2.0, wasted=True),
            ActiveSessions(1, 1.0, Result.NONE, acus_of_others=1.0),
            ActiveSessions(1, 0.5, Result.STALE, "Fix", wasted=True),
            ActiveSessions(1, 0.25, Result.STALE, wasted=True),
            ActiveSessions(4, 9.0, Result.OPEN, acus_of_others=9.0),
        ],
        {"a": 4.0, "b": 2.0, "c": 9.0},
        NOW,
    )
    assert found == Outcomes(
        opened=5,
        merged=2,
        closed=1,
        ages=(MATURITY + 1, MATURITY),
        spent=6.0,
        times_to_merge=(2 * HOUR,),
        sessions_with=7,
        sessions_without=2,
        spent_by_all=18.0,
        unmerged={Result.NONE: Used(2.0, 1), Result.STALE: Used(0.75, 2)},
    )
    assert found.merge_rate == Ratio(2, 4)  # the one that is open for not longer than fourteen days says nothing yet
    assert found.acus_per_merged == Ratio(6.0, 2)
    assert found.median_time_to_merge == 2 * HOUR


@given(st.integers(0, 50), st.integers(0, 50), st.lists(st.floats(0, 90 * DAY), max_size=50))
def test_a_merge_rate_is_a_share_and_needs_five(merged, closed, ages):
    rate = replace(NOTHING, opened=1, merged=merged, closed=closed, ages=tuple(ages)).merge_rate
    assert (rate.value is None) == (rate.denominator < 5)
    assert rate.value is None or 0 <= rate.value <= 1


def test_the_most_used_playbooks():
    names = ["Fix", None, "Upgrade", "Fix", "Alpha", "Upgrade", "Fix"]
    active = [ActiveSessions(1, 0.0, Result.NONE, name) for name in names]
    assert most_used(active, 2) == [("Fix", 3), ("Upgrade", 2)]


# ---------------------------------------------------------------- the report


NOTHING = Outcomes(0, 0, 0, (), 0.0, (), 0, 0, 0.0)
WASTE = {Result.NONE: Used(3.4, 3), Result.CLOSED: Used(1.25, 1), Result.STALE: Used(0.0, 1)}
MANY = Outcomes(8, 5, 1, (12 * DAY, HOUR), 10.25, (HOUR, 2 * HOUR, 30 * HOUR), 7, 3, 26.0, WASTE)
FEW = Outcomes(4, 2, 1, (12 * DAY,), 10.25, (), 4, 0, 10.25)
REPORT = OutcomeReport(
    MANY,
    open=(OpenPullRequest("https://github.com/acme/web/pull/1", "acme/web#1", 12 * DAY),),
    playbooks=(("Fix bugs", 5), ("Upgrade", 1)),
    unmerged=(
        MostExpensive("Fix <3", 2.5, "https://acme.slack.com/archives/C1/p1", "https://app.devin.ai/sessions/a", "Ada"),
        MostExpensive("in a private channel", 1.25),
    ),
)


def test_a_report():
    message = outcome_report(MONTH, SPAN, REPORT)
    assert_valid(message)
    counts = "8 pull requests opened: 5 merged, 1 closed unmerged, 2 open."
    sessions = "10 sessions: 7 with a pull request, 3 without."
    assert message.text == f"Devin in March, so far: results. {counts} {sessions}"
    assert written(message.blocks) == (
        f"Devin in March, so far: results\n9 finished billing days, March 1\N{EN DASH}9, 2025, each "
        f"8:00 AM to 8:00 AM UTC.\n*{counts}*\nMerge rate: 83% (5 of 6)\nACUs per merged pull request: 2.1 (10.3 "
        f"÷ 5)\nCounting sessions that opened none: 5.2 (26 ÷ 5)\n"
        f"Time to merge: 2 h (median of 3)\n{sessions}\n*ACUs with nothing merged*\n• Without a pull "
        f"request: 3.4 ACUs in 3 sessions\n• Closed unmerged: 1.3 ACUs in 1 session\n1. "
        f"<https://acme.slack.com/archives/C1/p1|Fix &lt;3> "
        f"(<https://app.devin.ai/sessions/a|Open in Devin>): 2.5 ACUs · Ada\n2. in a private channel: "
        f"1.3 ACUs\n*Open, the oldest "
        f"first*\n• <https://github.com/acme/web/pull/1|acme/web#1>: 12 d\n*Most used playbooks*\n• Fix "
        f"bugs: 5 sessions\n• Upgrade: 1 session\n{EXPLAINED}"
    )


def test_a_ratio_below_five_is_withheld_with_both_its_numbers():
    assert written(outcome_report(MONTH, SPAN, OutcomeReport(FEW)).blocks).splitlines()[3:7] == [
        "Merge rate: not enough data (2 of 3; needs at least 5)",
        "ACUs per merged pull request: not enough data (10.3 ÷ 2; needs at least 5)",
        "Counting sessions that opened none: not enough data (10.3 ÷ 2; needs at least 5)",
        "4 sessions: 4 with a pull request, 0 without.",
    ]


def test_with_a_price_and_on_a_plan_without_acus():
    priced = replace(REPORT, cost=Money(Decimal("20.5"), "USD"))
    assert "ACUs per merged pull request: 2.1 (10.3 ÷ 5, 4.10 USD each)" in written(
        outcome_report(MONTH, SPAN, priced).blocks
    )
    free = OutcomeReport(replace(MANY, spent=0.0, unmerged={Result.NONE: Used(0.0, 3)}))
    lines = written(outcome_report(MONTH, SPAN, free).blocks).splitlines()
    assert lines[3:6] == [
        "Merge rate: 83% (5 of 6)",
        "Time to merge: 2 h (median of 3)",
        "10 sessions: 7 with a pull request, 3 without.",
    ]


def test_periods_in_which_nothing_happened():
    nothing = outcome_report(MONTH, SPAN, OutcomeReport(NOTHING))
    assert_valid(nothing)
    assert nothing.text == ("Devin in March, so far: results. No pull requests were opened. No sessions were active.")
    assert written(nothing.blocks) == (
        "Devin in March, so far: results\n"
        "9 finished billing days, March 1\N{EN DASH}9, 2025, each 8:00 AM to 8:00 AM UTC.\n"
        "*No pull requests were opened.*\n"
        "No sessions were active."
    )
    empty = outcome_report(MONTH, Span(MARCH[0], MARCH[0], ()), None)
    assert_valid(empty)
    assert empty.text == "Devin in March, so far: results. No day of this period is finished yet."


def test_the_report_by_group():
    groups = (
        GroupOutcomes("Ada", MANY),
        GroupOutcomes("Ben", FEW),
        GroupOutcomes("Cat", replace(NOTHING, sessions_without=1)),
        *[GroupOutcomes("more", replace(FEW, opened=2, merged=1))] * (MOST_ROWS - 1),
    )
    message = outcome_report(replace(MONTH, by=By.PERSON), SPAN, OutcomeReport(MANY, groups=groups))
    assert_valid(message)
    found = [line for line in written(message.blocks).splitlines() if line.startswith("• ")]
    assert found[:3] == [
        "• Ada: 8 pull requests opened, 5 merged · merge rate 83% (5 of 6) · ACUs per merged one 2.1 (10.3 ÷ 5) · "
        "10 sessions, 3 without a pull request",
        (
            "• Ben: 4 pull requests opened, 2 merged · merge rate not enough data (2 of 3; needs at least 5) "
            "· ACUs per merged one not enough data (10.3 ÷ 2; needs at least 5) · 4 sessions, 0 without a "
            "pull request"
        ),
        "• Cat: no pull requests · 1 session, 1 without a pull request",
    ]
    assert found[-1] == "• and 2 more: 4 pull requests opened, 2 merged"


@pytest.mark.parametrize("number", [5, 7])
def test_only_the_oldest_open_ones_are_listed(number):
    report = replace(REPORT, outcomes=replace(MANY, unmerged={}), open=REPORT.open * number, playbooks=())
    lines = [line for line in written(outcome_report(MONTH, SPAN, report).blocks).splitlines() if line.startswith("• ")]
    assert len(lines) == (5 if number == 5 else 6)
    assert (lines[-1] == "• and 2 more") == (number == 7)


def test_what_others_wrote_calls_nobody():
    one = OpenPullRequest("https://github.com/" + "x" * 900, NASTY, DAY)
    report = OutcomeReport(MANY, (one,) * 9, ((NASTY, 2),) * 5, unmerged=(MostExpensive(NASTY, 1.0, requester=NASTY),))
    message = outcome_report(MONTH, SPAN, report)
    assert_valid(message)
    assert_calls_nobody(message)
    assert with_markup([message.text]) == []
