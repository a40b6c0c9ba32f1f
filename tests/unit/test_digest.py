"""The daily digest and the answer to a question about usage."""

from dataclasses import replace
from datetime import date

import pytest
from inline_snapshot import Is, snapshot

from bot.domain.billing import Period
from bot.views.digest import NOTHING_BEFORE, OWN_ROWS_ONLY, UNCHANGED, Figures, MostExpensive, change, digest, usage
from tests import sentences
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
    assert message.text == (
        f"{sentences.digest_title('Sunday, 9 March 2025')}. {sentences.BILLING_DAY}\n"
        f"*12.5 ACUs*, {sentences.compared('25 % more', '10 ACUs')}.\n"
        f"{sentences.counts(4, 3, 1)}\n"
        f"{sentences.month('99 ACUs')}\n"
        f"{sentences.MOST_EXPENSIVE}\n"
        "1. <https://acme.slack.com/p1|Fix the login test>: 7.25 ACUs · Ada · "
        "<https://app.devin.ai/sessions/a|Devin>\n"
        "2. Upgrade: 5.25 ACUs"
    )
    assert message.blocks == snapshot(
        [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": Is(sentences.digest_title("Sunday, 9 March 2025"))},
            },
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": Is(sentences.BILLING_DAY), "verbatim": True}],
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(
                        f"*12.5 ACUs*, {sentences.compared('25 % more', '10 ACUs')}.\n"
                        f"{sentences.counts(4, 3, 1)}\n"
                        f"{sentences.month('99 ACUs')}"
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
                        "1. <https://acme.slack.com/p1|Fix the login test>: 7.25 ACUs · Ada · "
                        "<https://app.devin.ai/sessions/a|Devin>\n"
                        "2. Upgrade: 5.25 ACUs"
                    ),
                    "verbatim": True,
                },
            },
        ]
    )


def test_a_digest_of_an_empty_day():
    message = digest(Figures(date(2025, 1, 1)))
    assert_valid(message)
    assert message.text == (
        f"{sentences.digest_title('Wednesday, 1 January 2025')}. {sentences.BILLING_DAY}\n"
        f"{sentences.NO_TOTAL}\n"
        f"{sentences.counts(0, 0, 0)}\n"
        f"{sentences.NOTHING_USED}"
    )


def test_figures_from_our_own_rows_say_so():
    message = digest(replace(FIGURES, own_rows_only="ViewOrgConsumption"))
    assert_valid(message)
    expected = OWN_ROWS_ONLY.format(permission="ViewOrgConsumption")
    assert message.text.endswith(expected)
    assert message.blocks[-1]["elements"][0]["text"] == expected
    assert expected == sentences.OWN_SESSIONS_ONLY


@pytest.mark.parametrize(
    ("total", "mean", "words"),
    [
        (12.5, 10.0, sentences.compared("25 % more", "10 ACUs")),
        (5.0, 10.0, sentences.compared("50 % less", "10 ACUs")),
        (0.0, 10.0, sentences.compared("100 % less", "10 ACUs")),
        (5000.0, 1.0, sentences.compared("499,900 % more", "1 ACU")),
        (10.0, 10.0, UNCHANGED),
        (10.0, 0.0, NOTHING_BEFORE),
        (10.0, None, NOTHING_BEFORE),
    ],
)
def test_the_change_is_shown_in_percent_or_in_words(total, mean, words):
    assert change(total, mean) == words


@pytest.mark.parametrize("period", list(Period))
def test_usage_says_which_days_it_means(period):
    message = usage(period, FIGURES)
    assert_valid(message)
    assert (
        message.text.splitlines()[0]
        == {
            Period.TODAY: f"{sentences.TODAY}. {sentences.running_day('Sunday, 9 March 2025')}",
            Period.YESTERDAY: f"{sentences.YESTERDAY}. {sentences.billing_day('Sunday, 9 March 2025')}",
            Period.WEEK: f"{sentences.WEEK}. {sentences.seven_days('Sunday, 9 March 2025')}",
        }[period]
    )


def test_extreme_input_stays_within_the_limits_and_calls_nobody():
    entry = MostExpensive(
        NASTY * 500, 1e12, "https://acme.slack.com/" + "p" * 900, "https://app.devin.ai/" + "x" * 900, NASTY
    )
    message = digest(replace(FIGURES, most_expensive=(entry,) * 100, own_rows_only=NASTY * 99))
    assert_valid(message)
    assert_calls_nobody(message)
