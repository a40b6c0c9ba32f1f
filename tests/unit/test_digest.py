"""The answer to a question about usage."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import Is, snapshot

from bot.domain.amounts import Price, half_up
from bot.domain.billing import Withheld, WithheldBecause
from bot.domain.cycle import calendar_month
from bot.domain.forecast import Forecast
from bot.domain.outcomes import Outcome
from bot.views.cycle import CycleFigures
from bot.views.dates import long_date
from bot.views.digest import HOURS, Figures, MostExpensive, change, report
from bot.views.text import tenths_of_acus
from tests import sentences
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

FIGURES = Figures(
    day=date(2025, 3, 9),
    total=12.5,
    through_slack=12.5,
    usual=10.0,
    outcomes={Outcome.DONE: 3, Outcome.RUNNING: 1},
    pull_requests_opened=2,
    pull_requests_merged=1,
    waiting=1,
    most_expensive=(
        MostExpensive(
            "Fix the login test", 7.25, "https://acme.slack.com/p1", "https://app.devin.ai/sessions/a", "Ada"
        ),
        MostExpensive("Upgrade", 5.25),
    ),
    cycle=CycleFigures(calendar_month(date(2025, 3, 9)), used=99.0, limit=1200.0, forecast=Forecast(310.0, 380.0)),
)
MARCH = sentences.cycle("March", "99 of 1,200 ACUs (8 %)", "310\u2013380")
RESULTS = (
    sentences.sessions_by_outcome(4, "3 done", "1 running"),
    "2 pull requests opened, 1 merged.",
    sentences.ONE_WAITING_NOW,
)


def yesterday(figures):
    scope = f"Billing day {long_date(figures.day)}, {HOURS}."
    return report("Devin yesterday", scope, figures, compared=True)


def test_an_anomaly_is_a_line_where_days_are_compared():
    unusual = replace(FIGURES, anomaly_limit=11.25)
    expected = sentences.anomaly("Sunday", "11.3 ACUs")
    assert written(yesterday(unusual).blocks).splitlines()[3] == expected
    assert expected not in written(report("Devin today, so far", "", unusual, compared=False).blocks)


def test_an_answer_names_its_day():
    message = yesterday(FIGURES)
    assert_valid(message)
    assert written(message.blocks) == (
        f"{sentences.YESTERDAY}\n{sentences.billing_day('Sunday, 9 March 2025')}\n"
        f"*12.5 ACUs* · {sentences.compared('▲ 25 %', '10')}\n"
        f"{sentences.parts('12.5', '0')}\n"
        f"{RESULTS[0]}\n{RESULTS[1]}\n{RESULTS[2]}\n"
        f"{MARCH}\n"
        f"{sentences.MOST_EXPENSIVE}\n"
        "1. <https://acme.slack.com/p1|Fix the login test>: 7.3 ACUs · Ada · "
        "<https://app.devin.ai/sessions/a|Devin>\n"
        "2. Upgrade: 5.3 ACUs"
    )
    assert message.blocks == snapshot(
        [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": Is(sentences.YESTERDAY)},
            },
            {
                "type": "context",
                "elements": [
                    {"type": "mrkdwn", "text": Is(sentences.billing_day("Sunday, 9 March 2025")), "verbatim": True}
                ],
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(
                        f"*12.5 ACUs* · {sentences.compared('▲ 25 %', '10')}\n"
                        f"{sentences.parts('12.5', '0')}\n"
                        f"{RESULTS[0]}\n{RESULTS[1]}\n{RESULTS[2]}\n"
                        f"{MARCH}"
                    ),
                    "verbatim": True,
                },
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(
                        f"{sentences.MOST_EXPENSIVE}\n"
                        "1. <https://acme.slack.com/p1|Fix the login test>: 7.3 ACUs · Ada · "
                        "<https://app.devin.ai/sessions/a|Devin>\n"
                        "2. Upgrade: 5.3 ACUs"
                    ),
                    "verbatim": True,
                },
            },
        ]
    )


@pytest.mark.parametrize(
    ("facts", "spent", "results"),
    [
        ({}, "12.5 ACUs", RESULTS),
        ({"total": None, "waiting": 0}, "12.5 ACUs through Slack", RESULTS[:2]),
        ({"total": 1.0, "pull_requests_opened": 0, "pull_requests_merged": 0}, "1 ACU", (RESULTS[0], RESULTS[2])),
        ({"total": None, "no_acus_reported": True}, "", RESULTS),
    ],
)
def test_the_notification_says_the_figures_in_one_plain_line(facts, spent, results):
    figures = replace(FIGURES, **facts)
    found = yesterday(figures).text
    assert found == sentences.figures_in_short(sentences.YESTERDAY, spent, *results)
    assert with_markup([found]) == []


def test_an_answer_about_an_empty_day():
    message = yesterday(Figures(date(2025, 1, 1)))
    assert_valid(message)
    assert written(message.blocks) == (
        f"{sentences.YESTERDAY}\n{sentences.billing_day('Wednesday, 1 January 2025')}\n"
        "*0 ACUs* through Slack\n"
        f"{sentences.NO_TOTAL}\n"
        f"{sentences.NO_ACTIVE_SESSIONS}\n"
        f"{sentences.NOTHING_USED}"
    )


@pytest.mark.parametrize(
    ("because", "named", "sentence"),
    [
        (WithheldBecause.PERMISSION, "ViewOrgConsumption", sentences.OWN_SESSIONS_ONLY),
        (WithheldBecause.NOT_FOUND, "ViewOrgConsumption", sentences.NO_BILL),
        (WithheldBecause.QUOTA, "out_of_quota", sentences.no_bill_for_quota("out_of_quota")),
    ],
)
def test_figures_from_our_own_rows_say_why(because, named, sentence):
    message = yesterday(replace(FIGURES, total=None, withheld=Withheld(because, named)))
    assert_valid(message)
    assert (
        written(message.blocks).splitlines()[2] == f"*12.5 ACUs* through Slack · {sentences.compared('▲ 25 %', '10')}"
    )
    assert written(message.blocks).endswith(sentence)
    assert message.blocks[-1]["elements"][0]["text"] == sentence


def amounts(**facts):
    """The lines of a digest between its title and the number of sessions, and those behind the list."""
    quiet = replace(FIGURES, most_expensive=(), cycle=None, pull_requests_opened=0, pull_requests_merged=0, waiting=0)
    lines = written(yesterday(replace(quiet, **facts)).blocks).splitlines()
    at = lines.index(RESULTS[0])
    return lines[2:at], lines[at + 1 :]


@pytest.mark.parametrize(
    ("total", "through_slack", "parts"),
    [
        (12.5, 7.25, [sentences.parts("7.3", "5.2")]),
        (12.5, 0.0, [sentences.parts("0", "12.5")]),
        (12.5, 0.001, [sentences.parts("under 0.1", "12.5")]),
        (1.0, 0.35, [sentences.parts("0.4", "0.6")]),  # each part rounded by itself would make 1.1
        (0.0, 0.0, []),
    ],
)
def test_what_came_through_slack_and_what_came_otherwise_add_up(total, through_slack, parts):
    assert amounts(total=total, through_slack=through_slack)[0][1:] == parts


def test_a_count_of_our_own_that_is_above_the_bill_is_explained():
    above, below = amounts(total=12.5, through_slack=12.75)
    assert above == [f"*12.5 ACUs* · {sentences.compared('▲ 25 %', '10')}", sentences.parts("12.5", "0")]
    assert below == [sentences.NOTHING_USED_HERE, sentences.counted_by_session("12.8 ACUs")]


@given(st.dictionaries(st.sampled_from(["devin", "review"]), st.floats(0, 1e6)), st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_parts_that_are_shown_add_up_to_the_total_that_is_shown(products, corrected, own):
    """Whatever Devin bills at first and after a correction, and however little of it our own sessions account for."""
    for total in (sum(products.values()), corrected):
        (shown, *parts), below = amounts(total=total, through_slack=own)
        whole = acus_in(re.match(r"\*(.+) ACUs?\*", shown)[1])
        pairs = [re.fullmatch(r"(.+) through Slack, (.+) elsewhere", line).groups() for line in parts]
        ours, others = [acus_in(part) for part in pairs[0]] if pairs else (0, 0)
        assert ours + others == whole
        assert min(ours, others) >= 0
        above = half_up(own, 1) > half_up(total, 1)
        assert (sentences.counted_by_session(tenths_of_acus(own)) in below) is above


def acus_in(written_amount):
    return 0 if written_amount == "under 0.1" else Decimal(written_amount.replace(",", ""))


def test_a_bill_that_is_not_in_yet_is_said_to_be_not_in_yet():
    above, below = amounts(total=None, through_slack=7.25, not_in_yet=date(2025, 3, 9))
    assert above == ["*7.3 ACUs* through Slack", sentences.bill_not_in("Sunday, 9 March 2025")]
    assert below == [sentences.NOTHING_USED_HERE]


@pytest.mark.parametrize("total", [0.0, None])
def test_a_plan_without_acus_is_not_called_quiet(total):
    facts = {"total": total, "through_slack": 0.0, "no_acus_reported": True}
    assert amounts(**facts) == ([sentences.PLAN_WITHOUT_ACUS], [])
    assert amounts(**facts, no_acus_said=True) == ([sentences.PLAN_WITHOUT_ACUS_AGAIN], [])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(19_200.0, [sentences.worked("5 h 20 min")]), (90.0, [sentences.worked("1 minute")]), (0.0, [])],
)
def test_a_plan_without_acus_has_working_time_instead(seconds, said):
    assert amounts(total=None, through_slack=0.0, no_acus_reported=True, worked=seconds) == (
        [sentences.PLAN_WITHOUT_ACUS],
        said,
    )


def test_a_plan_without_acus_has_no_cycle():
    figures = replace(FIGURES, total=0.0, through_slack=0.0, no_acus_reported=True)
    assert MARCH not in written(yesterday(figures).blocks)


def test_with_a_price_money_stands_beside_the_totals_and_nothing_else():
    message = yesterday(replace(FIGURES, price=Price(Decimal("2.25"), "USD")))
    march = sentences.cycle("March", "99 of 1,200 ACUs (8 %, 222.75 USD)", "310\u2013380")
    assert_valid(message)
    assert written(message.blocks) == (
        f"{sentences.YESTERDAY}\n{sentences.billing_day('Sunday, 9 March 2025')}\n"
        f"*12.5 ACUs (28.13 USD)* · {sentences.compared('▲ 25 %', '10')}\n"
        f"{sentences.parts('12.5', '0')}\n"
        f"{RESULTS[0]}\n{RESULTS[1]}\n{RESULTS[2]}\n"
        f"{march}\n"
        f"{sentences.MOST_EXPENSIVE}\n"
        "1. <https://acme.slack.com/p1|Fix the login test>: 7.3 ACUs · Ada · "
        "<https://app.devin.ai/sessions/a|Devin>\n"
        "2. Upgrade: 5.3 ACUs"
    )
    title = sentences.YESTERDAY
    assert message.text == sentences.figures_in_short(title, "12.5 ACUs (28.13 USD)", *RESULTS)


def test_with_a_price_what_came_through_slack_has_its_money_where_the_total_is_not_known():
    above, _ = amounts(total=None, price=Price(Decimal("2.25"), "USD"))
    assert above == ["*12.5 ACUs (28.13 USD)* through Slack", sentences.NO_TOTAL]


def test_a_plan_that_counts_only_the_whole_says_so():
    above, below = amounts(total=12.5, through_slack=0.0, no_acus_reported=True)
    assert above == [f"*12.5 ACUs* · {sentences.compared('▲ 25 %', '10')}", sentences.NO_ACUS_OF_SESSIONS]
    assert below == []


@pytest.mark.parametrize(
    ("total", "mean", "words"),
    [
        (43.2, 36.0, sentences.compared("▲ 20 %", "36")),
        (5.0, 10.0, sentences.compared("▼ 50 %", "10")),
        (0.0, 10.0, sentences.compared("▼ 100 %", "10")),
        (5000.0, 1.0, sentences.compared("▲ 499,900 %", "1")),
        (10.0, 10.0, sentences.AS_USUAL),
        (10.0, 0.0, sentences.NOTHING_TO_COMPARE_WITH),
        (10.0, None, sentences.NOTHING_TO_COMPARE_WITH),
    ],
)
def test_the_change_is_shown_in_percent_or_in_words(total, mean, words):
    assert change(total, mean) == words


def test_extreme_input_stays_within_the_limits_and_calls_nobody():
    entry = MostExpensive(
        NASTY * 500, 1e12, "https://acme.slack.com/" + "p" * 900, "https://app.devin.ai/" + "x" * 900, NASTY
    )
    message = yesterday(
        replace(FIGURES, most_expensive=(entry,) * 100, withheld=Withheld(WithheldBecause.PERMISSION, NASTY * 99))
    )
    assert_valid(message)
    assert_calls_nobody(message)
