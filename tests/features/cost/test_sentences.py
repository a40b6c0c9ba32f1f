"""What a person is shown of the costs of their own sessions."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from inline_snapshot import snapshot

from bot.domain.amounts import Money
from bot.domain.cycle import Cycle, calendar_month
from bot.domain.outcomes import Outcome
from bot.features.cost import sentences as own_cost_sentences
from bot.features.cost.sentences import OwnCosts, OwnSession
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

COSTS = OwnCosts(
    Cycle(date(2025, 3, 1), date(2025, 3, 31)),
    date(2025, 3, 9),
    acus=12.5,
    outcomes={Outcome.DONE: 2, Outcome.LIMITED: 1},
    most_expensive=(OwnSession("Fix login", 9.25, Outcome.DONE, "https://acme.slack.com/p1", "https://d/s1"),),
    worked=600.0,
)
COUNTS = "3 sessions: 2 done, 1 at a limit."


def test_the_sessions_of_a_cycle():
    message = own_cost_sentences.own_cost(COSTS)
    assert_valid(message)
    assert message.text == f"Your sessions in this billing cycle: 12.5 ACUs. {COUNTS}"
    assert written(message.blocks) == (
        f"Your sessions in this billing cycle\n*12.5 ACUs*\n{COUNTS}\n*Most ACUs used*\n"
        "1. <https://acme.slack.com/p1|Fix login> (<https://d/s1|Open in Devin>): 9.3 ACUs · done\n"
        "March. Counted through Mar 9. Devin's days start at 8:00 AM UTC.\n"
        "Counted from Devin's figures, which can be a few minutes old."
    )


def test_with_a_price_and_with_more_to_say():
    lines = written(
        own_cost_sentences.own_cost(replace(COSTS, cost=Money(Decimal("28.125"), "USD")), ["More."]).blocks
    ).splitlines()
    assert lines[1:4] == ["*12.5 ACUs (28.13 USD)*", COUNTS, "More."]


def test_a_plan_without_acus():
    message = own_cost_sentences.own_cost(replace(COSTS, acus=0.0, most_expensive=(), no_acus=True))
    worked = "Devin worked for 10 minutes on them."
    assert message.text == (
        "Your sessions in this billing cycle: Devin reports no ACUs for them yet; on some plans "
        f"it never does. {worked} {COUNTS}"
    )
    assert written(message.blocks).splitlines()[1:4] == [
        "Devin reports no ACUs for them yet; on some plans it never does.",
        worked,
        COUNTS,
    ]


def test_at_the_begin_of_a_cycle_nothing_was_used_yet():
    lines = written(own_cost_sentences.own_cost(replace(COSTS, acus=0.0, most_expensive=())).blocks).splitlines()
    assert lines[1:3] == ["*0 ACUs*", COUNTS]


def test_a_cycle_without_sessions():
    message = own_cost_sentences.own_cost(replace(COSTS, outcomes={}), ["More."])
    assert message.text == "None of your sessions was active in this billing cycle (March)."
    assert written(message.blocks) == snapshot(
        "None of your sessions was active in this billing cycle (March).\nMore.\n"
        "Counted through Mar 9. Devin's days start at 8:00 AM UTC."
    )


def test_a_month_that_only_stands_for_a_cycle_is_not_called_one():
    month = replace(COSTS, cycle=calendar_month(date(2025, 3, 9)))
    assert own_cost_sentences.own_cost(month).text == f"Your sessions in March: 12.5 ACUs. {COUNTS}"
    none = own_cost_sentences.own_cost(replace(month, outcomes={}))
    assert none.text == "None of your sessions was active in March."


def test_a_title_calls_nobody():
    message = own_cost_sentences.own_cost(
        replace(COSTS, most_expensive=(OwnSession(NASTY * 50, 1.0, Outcome.DONE),) * 5)
    )
    assert_valid(message)
    assert_calls_nobody(message)
    assert with_markup([message.text]) == []
