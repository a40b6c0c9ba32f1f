"""The daily digest and the answer to a question about usage."""

from dataclasses import replace
from datetime import date

import pytest
from inline_snapshot import Is, snapshot

from bot.domain.billing import Period, Withheld, WithheldBecause
from bot.domain.outcomes import Outcome
from bot.views.digest import Figures, MostExpensive, change, digest, usage
from tests import sentences
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

FIGURES = Figures(
    day=date(2025, 3, 9),
    total=12.5,
    through_slack=12.5,
    mean_before=10.0,
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
    month=99.0,
)
RESULTS = (
    sentences.sessions_by_outcome(4, "3 done", "1 running"),
    "2 pull requests opened, 1 merged.",
    sentences.ONE_WAITING_NOW,
)


def test_a_digest_names_its_day():
    message = digest(FIGURES)
    assert_valid(message)
    assert written(message.blocks) == (
        f"{sentences.digest_title('Sunday, 9 March 2025')}\n{sentences.BILLING_DAY}\n"
        f"*12.5 ACUs* · {sentences.compared('▲ 25 %', '10')}\n"
        f"{sentences.parts('12.5', '0')}\n"
        f"{RESULTS[0]}\n{RESULTS[1]}\n{RESULTS[2]}\n"
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
                        f"*12.5 ACUs* · {sentences.compared('▲ 25 %', '10')}\n"
                        f"{sentences.parts('12.5', '0')}\n"
                        f"{RESULTS[0]}\n{RESULTS[1]}\n{RESULTS[2]}\n"
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
    found = {digest(figures).text, usage(Period.TODAY, figures).text}
    titles = (sentences.digest_title("Sunday, 9 March 2025"), sentences.TODAY)
    assert found == {sentences.figures_in_short(title, spent, *results) for title in titles}
    assert with_markup([*found]) == []


def test_a_digest_of_an_empty_day():
    message = digest(Figures(date(2025, 1, 1)))
    assert_valid(message)
    assert written(message.blocks) == (
        f"{sentences.digest_title('Wednesday, 1 January 2025')}\n{sentences.BILLING_DAY}\n"
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
    message = digest(replace(FIGURES, total=None, withheld=Withheld(because, named)))
    assert_valid(message)
    assert (
        written(message.blocks).splitlines()[2] == f"*12.5 ACUs* through Slack · {sentences.compared('▲ 25 %', '10')}"
    )
    assert written(message.blocks).endswith(sentence)
    assert message.blocks[-1]["elements"][0]["text"] == sentence


def amounts(**facts):
    """The lines of a digest between its title and the number of sessions, and those behind the list."""
    quiet = replace(FIGURES, most_expensive=(), month=None, pull_requests_opened=0, pull_requests_merged=0, waiting=0)
    lines = written(digest(replace(quiet, **facts)).blocks).splitlines()
    at = lines.index(RESULTS[0])
    return lines[2:at], lines[at + 1 :]


@pytest.mark.parametrize(
    ("total", "through_slack", "parts"),
    [
        (12.5, 7.25, [sentences.parts("7.25", "5.25")]),
        (12.5, 0.0, [sentences.parts("0", "12.5")]),
        (12.5, 0.001, [sentences.parts("under 0.01", "12.5")]),
        (1.0, 0.335, [sentences.parts("0.34", "0.66")]),  # each part rounded by itself would make 1.01
        (0.0, 0.0, []),
    ],
)
def test_what_came_through_slack_and_what_came_otherwise_add_up(total, through_slack, parts):
    assert amounts(total=total, through_slack=through_slack)[0][1:] == parts


def test_a_count_of_our_own_that_is_above_the_bill_is_explained():
    above, below = amounts(total=12.5, through_slack=12.75)
    assert above == [f"*12.5 ACUs* · {sentences.compared('▲ 25 %', '10')}", sentences.parts("12.5", "0")]
    assert below == [sentences.NOTHING_USED_HERE, sentences.counted_by_session("12.75 ACUs")]


def test_a_bill_that_is_not_in_yet_is_said_to_be_not_in_yet():
    above, below = amounts(total=None, through_slack=7.25, not_in_yet=date(2025, 3, 9))
    assert above == ["*7.25 ACUs* through Slack", sentences.bill_not_in("Sunday, 9 March 2025")]
    assert below == [sentences.NOTHING_USED_HERE]


@pytest.mark.parametrize("total", [0.0, None])
def test_a_plan_without_acus_is_not_called_quiet(total):
    assert amounts(total=total, through_slack=0.0, no_acus_reported=True) == ([sentences.PLAN_WITHOUT_ACUS], [])


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


@pytest.mark.parametrize("period", list(Period))
def test_usage_says_which_days_it_means(period):
    message = usage(period, FIGURES)
    assert_valid(message)
    assert (
        "\n".join(written(message.blocks).splitlines()[:2])
        == {
            Period.TODAY: f"{sentences.TODAY}\n{sentences.running_day('Sunday, 9 March 2025')}",
            Period.YESTERDAY: f"{sentences.YESTERDAY}\n{sentences.billing_day('Sunday, 9 March 2025')}",
            Period.WEEK: f"{sentences.WEEK}\n{sentences.seven_days('Sunday, 9 March 2025')}",
        }[period]
    )


def test_extreme_input_stays_within_the_limits_and_calls_nobody():
    entry = MostExpensive(
        NASTY * 500, 1e12, "https://acme.slack.com/" + "p" * 900, "https://app.devin.ai/" + "x" * 900, NASTY
    )
    message = digest(
        replace(FIGURES, most_expensive=(entry,) * 100, withheld=Withheld(WithheldBecause.PERMISSION, NASTY * 99))
    )
    assert_valid(message)
    assert_calls_nobody(message)
