"""The daily digest and the answer to a question about usage."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace
from datetime import date

import pytest
from inline_snapshot import snapshot

from bot.domain.billing import Period
from bot.views.digest import NOTHING_BEFORE, OWN_ROWS_ONLY, UNCHANGED, Figures, MostExpensive, change, digest, usage
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

FIGURES = Figures(
    day=date(2025, 3, 9),
    total=12.5,
    mean_before=10.0,
    started=4,
    finished=3,
    waiting=1,
    most_expensive=(
        MostExpensive(
            "Fix the login test", 7.25, "https://acme.slack.com/p1", "https://app.devin.ai/sessions/a", "Ada"
        ),
        MostExpensive("Upgrade", 5.25),
    ),
    month=99.0,
)


def test_a_digest_names_its_day():
    message = digest(FIGURES)
    assert_valid(message)
    assert message.text == snapshot("""\
Devin on Sunday, 9 March 2025. Billing day 08:00 UTC to 08:00 UTC.
*12.5 ACUs*, 25 % more than the mean of the seven days before (10 ACUs).
Sessions: 4 started, 3 finished, 1 waiting for somebody.
The month so far: 99 ACUs.
*Dearest sessions*
1. <https://acme.slack.com/p1|Fix the login test>: 7.25 ACUs · Ada · <https://app.devin.ai/sessions/a|Devin>
2. Upgrade: 5.25 ACUs\
""")
    assert message.blocks == snapshot(
        [
            {"type": "header", "text": {"type": "plain_text", "text": "Devin on Sunday, 9 March 2025"}},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": "Billing day 08:00 UTC to 08:00 UTC.", "verbatim": True}],
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": """\
*12.5 ACUs*, 25 % more than the mean of the seven days before (10 ACUs).
Sessions: 4 started, 3 finished, 1 waiting for somebody.
The month so far: 99 ACUs.\
""",
                    "verbatim": True,
                },
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": """\
*Dearest sessions*
1. <https://acme.slack.com/p1|Fix the login test>: 7.25 ACUs · Ada · <https://app.devin.ai/sessions/a|Devin>
2. Upgrade: 5.25 ACUs\
""",
                    "verbatim": True,
                },
            },
        ]
    )


def test_a_digest_of_an_empty_day():
    message = digest(Figures(date(2025, 1, 1)))
    assert_valid(message)
    assert message.text == snapshot("""\
Devin on Wednesday, 1 January 2025. Billing day 08:00 UTC to 08:00 UTC.
The total could not be read from Devin this time.
Sessions: 0 started, 0 finished, 0 waiting for somebody.
No session of Devin Bridge used anything in this time.\
""")


def test_figures_from_our_own_rows_say_so():
    message = digest(replace(FIGURES, own_rows_only="ViewOrgConsumption"))
    assert_valid(message)
    expected = OWN_ROWS_ONLY.format(permission="ViewOrgConsumption")
    assert message.text.endswith(expected)
    assert message.blocks[-1]["elements"][0]["text"] == expected
    assert expected == snapshot(
        ":information_source: Counted from the sessions of Devin Bridge alone, because its key for Devin lacks the permission `ViewOrgConsumption`. An admin of your Devin organisation can grant it to the service user."
    )


@pytest.mark.parametrize(
    ("total", "mean", "words"),
    [
        (12.5, 10.0, "25 % more than the mean of the seven days before (10 ACUs)"),
        (5.0, 10.0, "50 % less than the mean of the seven days before (10 ACUs)"),
        (0.0, 10.0, "100 % less than the mean of the seven days before (10 ACUs)"),
        (5000.0, 1.0, "499,900 % more than the mean of the seven days before (1 ACU)"),
        (10.0, 10.0, UNCHANGED),
        (10.0, 0.0, NOTHING_BEFORE),
        (10.0, None, NOTHING_BEFORE),
    ],
)
def test_the_change_is_told_in_percent_or_in_words(total, mean, words):
    assert change(total, mean) == words


@pytest.mark.parametrize("period", list(Period))
def test_usage_says_which_days_it_means(period):
    message = usage(period, FIGURES)
    assert_valid(message)
    assert (
        message.text.splitlines()[0]
        == {
            Period.TODAY: "Devin today, so far. Billing day Sunday, 9 March 2025, 08:00 UTC to 08:00 UTC, still running.",
            Period.YESTERDAY: "Devin yesterday. Billing day Sunday, 9 March 2025, 08:00 UTC to 08:00 UTC.",
            Period.WEEK: (
                "Devin in the last seven days. "
                "Seven billing days up to Sunday, 9 March 2025, each 08:00 UTC to 08:00 UTC."
            ),
        }[period]
    )


def test_extreme_input_stays_within_the_limits_and_calls_nobody():
    entry = MostExpensive(
        NASTY * 500, 1e12, "https://acme.slack.com/" + "p" * 900, "https://app.devin.ai/" + "x" * 900, NASTY
    )
    message = digest(replace(FIGURES, most_expensive=(entry,) * 100, own_rows_only=NASTY * 99))
    assert_valid(message)
    assert_calls_nobody(message)
