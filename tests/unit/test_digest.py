"""The answer to a question about usage."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import Is, snapshot

from bot.domain.amounts import Money, half_up
from bot.domain.billing import Withheld, WithheldBecause
from bot.domain.cycle import calendar_month
from bot.domain.outcomes import Outcome
from bot.features.consumption.forecast import Forecast
from bot.features.consumption.sentences import CycleFigures
from bot.features.usage.figure_sentences import NO_TOTAL, Figures, MostExpensive, change, report
from bot.views.dates import HOURS, long_date
from bot.views.text import tenths_of_acus
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
MARCH = "March: 99 of 1,200 ACUs (8%) · forecast 310\N{EN DASH}380"
RESULTS = (
    "4 sessions, as of Sun, Mar 9: 3 done, 1 running.",
    "2 pull requests opened, 1 merged.",
    "1 session is waiting for someone now.",
)


def yesterday(figures):
    scope = f"Billing day {long_date(figures.day)}, {HOURS}."
    return report("Devin yesterday", scope, figures, compared=True)


def test_an_anomaly_is_a_line_where_days_are_compared():
    unusual = replace(FIGURES, anomaly_limit=11.25)
    expected = ":warning: Unusually high for a Sunday: up to 11.3 ACUs would be normal."
    assert written(yesterday(unusual).blocks).splitlines()[3] == expected
    assert expected not in written(report("Devin today, so far", "", unusual, compared=False).blocks)


def test_an_answer_names_its_day():
    message = yesterday(FIGURES)
    assert_valid(message)
    assert written(message.blocks) == (
        "Devin yesterday\nBilling day Sunday, March 9, 2025, 8:00 AM to 8:00 AM UTC.\n"
        f"*12.5 ACUs* · ▲ 25% (usual 10)\n12.5 through Slack, 0 outside Slack\n{RESULTS[0]}\n{RESULTS[1]}\n"
        f"{RESULTS[2]}\n{MARCH}\n*Most ACUs used*\n"
        "1. <https://acme.slack.com/p1|Fix the login test> (<https://app.devin.ai/sessions/a|Open in Devin>): 7.3 ACUs · Ada\n"
        "2. Upgrade: 5.2 ACUs"
    )
    assert message.blocks == snapshot(
        [
            {"type": "header", "text": {"type": "plain_text", "text": "Devin yesterday"}},
            {
                "type": "context",
                "elements": [
                    {
                        "type": "mrkdwn",
                        "text": "Billing day Sunday, March 9, 2025, 8:00 AM to 8:00 AM UTC.",
                        "verbatim": True,
                    }
                ],
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(
                        f"*12.5 ACUs* · ▲ 25% (usual 10)\n12.5 through Slack, 0 outside Slack\n{RESULTS[0]}\n{RESULTS[1]}\n"
                        f"{RESULTS[2]}\n{MARCH}"
                    ),
                    "verbatim": True,
                },
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": (
                        "*Most ACUs used*\n"
                        "1. <https://acme.slack.com/p1|Fix the login test> (<https://app.devin.ai/sessions/a|Open in Devin>): 7.3 ACUs · Ada\n"
                        "2. Upgrade: 5.2 ACUs"
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
        ({"total": None, "waiting": 0}, "12.5 ACUs through Slack", (NO_TOTAL, *RESULTS[:2])),
        ({"total": 1.0, "pull_requests_opened": 0, "pull_requests_merged": 0}, "1 ACU", (RESULTS[0], RESULTS[2])),
        ({"total": None, "no_acus_reported": True}, "", RESULTS),
    ],
)
def test_the_notification_says_the_figures_in_one_plain_line(facts, spent, results):
    figures = replace(FIGURES, **facts)
    found = yesterday(figures).text
    assert found == " ".join([f"Devin yesterday: {spent}." if spent else "Devin yesterday.", *results])
    assert with_markup([found]) == []


def test_an_answer_about_an_empty_day():
    message = yesterday(Figures(date(2025, 1, 1)))
    assert_valid(message)
    assert written(message.blocks) == (
        "Devin yesterday\nBilling day Wednesday, January 1, 2025, 8:00 AM to 8:00 AM UTC.\n*0 "
        "ACUs* through Slack\nThe total couldn't be read from Devin this time.\nNo active "
        "sessions."
    )


@pytest.mark.parametrize(
    ("because", "named", "sentence"),
    [
        (
            WithheldBecause.PERMISSION,
            "ViewOrgConsumption",
            (
                ":information_source: Counted from the sessions of Devin Bridge alone, because its key "
                "lacks the permission `ViewOrgConsumption`. A Devin admin can grant it to the service "
                "user."
            ),
        ),
        (
            WithheldBecause.NOT_FOUND,
            "ViewOrgConsumption",
            (
                ":information_source: Counted from the sessions of Devin Bridge alone, because Devin has no bill for this organization. If your plan is billed in ACUs, a Devin admin can grant `ViewOrgConsumption` to the service user."
            ),
        ),
        (
            WithheldBecause.QUOTA,
            "out_of_quota",
            (
                ":information_source: Counted from the sessions of Devin Bridge alone, because Devin "
                "shows no bill while a quota is used up (`out_of_quota`). A Devin admin can raise it."
            ),
        ),
    ],
)
def test_figures_from_our_own_rows_say_why(because, named, sentence):
    message = yesterday(replace(FIGURES, total=None, withheld=Withheld(because, named)))
    assert_valid(message)
    assert written(message.blocks).splitlines()[2] == "*12.5 ACUs* through Slack · ▲ 25% (usual 10)"
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
        (12.5, 7.25, ["7.3 through Slack, 5.2 outside Slack"]),
        (12.5, 0.0, ["0 through Slack, 12.5 outside Slack"]),
        (12.5, 0.001, ["under 0.1 through Slack, 12.5 outside Slack"]),
        (1.0, 0.35, ["0.4 through Slack, 0.6 outside Slack"]),  # each part rounded by itself would make 1.1
        (0.0, 0.0, []),
    ],
)
def test_what_came_through_slack_and_what_came_otherwise_add_up(total, through_slack, parts):
    assert amounts(total=total, through_slack=through_slack)[0][1:] == parts


def test_a_count_of_our_own_that_is_above_the_bill_is_explained():
    above, below = amounts(total=12.5, through_slack=12.75)
    assert above == ["*12.5 ACUs* · ▲ 25% (usual 10)", "12.8 through Slack, -0.3 outside Slack"]
    assert below == [
        "No session in this workspace used anything in this period.",
        "Added up session by session, 12.8 ACUs came through Slack. Devin's bill is lower: it has a credit, or counts use around 8:00 AM UTC toward another day.",
    ]


@given(st.dictionaries(st.sampled_from(["devin", "review"]), st.floats(0, 1e6)), st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_parts_that_are_shown_add_up_to_the_total_that_is_shown(products, corrected, own):
    """Whatever Devin bills at first and after a correction, and however little of it our own sessions account for."""
    for total in (sum(products.values()), corrected):
        (shown, *parts), below = amounts(total=total, through_slack=own)
        whole = acus_in(re.match(r"\*(.+) ACUs?\*", shown)[1])
        pairs = [re.fullmatch(r"(.+) through Slack, (.+) outside Slack", line).groups() for line in parts]
        ours, others = [acus_in(part) for part in pairs[0]] if pairs else (0, 0)
        assert ours + others == whole
        above = half_up(own, 1) > half_up(total, 1)
        assert min(ours, others) >= 0 or above
        assert (
            f"Added up session by session, {tenths_of_acus(own)} came through Slack. Devin's bill is lower: it has a credit, or counts use around 8:00 AM UTC toward another day."
            in below
        ) is above


def acus_in(written_amount):
    return 0 if written_amount == "under 0.1" else Decimal(written_amount.replace(",", ""))


def test_a_bill_that_is_not_in_yet_is_said_to_be_not_in_yet():
    above, below = amounts(total=None, through_slack=7.25, not_in_yet=date(2025, 3, 9))
    assert above == [
        "*7.3 ACUs* through Slack",
        "Devin's bill for Sunday, March 9, 2025 isn't in yet, so usage outside Slack isn't known.",
    ]
    assert below == ["No session in this workspace used anything in this period."]


@pytest.mark.parametrize("total", [0.0, None])
def test_a_plan_without_acus_is_not_called_quiet(total):
    facts = {"total": total, "through_slack": 0.0, "no_acus_reported": True}
    assert amounts(**facts) == (
        [
            (
                "Devin reports no ACUs for your sessions, as on plans that aren't billed in ACUs. "
                "Devin's own usage page shows what they cost."
            )
        ],
        [],
    )
    assert amounts(**facts, no_acus_said=True) == (["Devin reports no ACUs."], [])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (19_200.0, ["Devin worked for 5 h 20 min on the finished ones."]),
        (90.0, ["Devin worked for 1 minute on the finished ones."]),
        (0.0, []),
    ],
)
def test_a_plan_without_acus_has_working_time_instead(seconds, said):
    assert amounts(total=None, through_slack=0.0, no_acus_reported=True, worked=seconds) == (
        [
            (
                "Devin reports no ACUs for your sessions, as on plans that aren't billed in ACUs. "
                "Devin's own usage page shows what they cost."
            )
        ],
        said,
    )


def test_a_plan_without_acus_has_no_cycle():
    figures = replace(FIGURES, total=0.0, through_slack=0.0, no_acus_reported=True)
    assert MARCH not in written(yesterday(figures).blocks)


def dollars(amount):
    return Money(Decimal(amount), "USD")


def test_with_a_price_money_stands_beside_the_totals_and_nothing_else():
    message = yesterday(replace(FIGURES, cost=dollars("28.125"), cycle=replace(FIGURES.cycle, cost=dollars("222.75"))))
    march = "March: 99 of 1,200 ACUs (8%, 222.75 USD) · forecast 310\N{EN DASH}380"
    assert_valid(message)
    assert written(message.blocks) == (
        "Devin yesterday\nBilling day Sunday, March 9, 2025, 8:00 AM to 8:00 AM UTC.\n"
        f"*12.5 ACUs (28.13 USD)* · ▲ 25% (usual 10)\n12.5 through Slack, 0 outside Slack\n{RESULTS[0]}\n"
        f"{RESULTS[1]}\n{RESULTS[2]}\n{march}\n*Most ACUs used*\n"
        "1. <https://acme.slack.com/p1|Fix the login test> (<https://app.devin.ai/sessions/a|Open in Devin>): 7.3 ACUs · Ada\n"
        "2. Upgrade: 5.2 ACUs"
    )
    title = "Devin yesterday"
    assert message.text == " ".join([f"{title}: 12.5 ACUs (28.13 USD).", *RESULTS])


def test_with_a_price_what_came_through_slack_has_its_money_where_the_total_is_not_known():
    above, _ = amounts(total=None, cost=dollars("28.125"))
    assert above == ["*12.5 ACUs (28.13 USD)* through Slack", "The total couldn't be read from Devin this time."]


def test_a_plan_that_counts_only_the_whole_says_so():
    above, below = amounts(total=12.5, through_slack=0.0, no_acus_reported=True)
    assert above == [
        "*12.5 ACUs* · ▲ 25% (usual 10)",
        "Devin reports no ACUs for single sessions, so usage through Slack isn't known.",
    ]
    assert below == []


@pytest.mark.parametrize(
    ("total", "mean", "words"),
    [
        (43.2, 36.0, "▲ 20% (usual 36)"),
        (5.0, 10.0, "▼ 50% (usual 10)"),
        (0.0, 10.0, "▼ 100% (usual 10)"),
        (5000.0, 1.0, "▲ far above (usual 1)"),
        (10.0, 10.0, "as usual"),
        (10.0, 0.0, "no usage in the seven days before to compare with"),
        (10.0, None, "no usage in the seven days before to compare with"),
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
