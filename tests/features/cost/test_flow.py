"""What a person's own sessions used in this billing cycle, by our rows."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.domain.amounts import Price
from bot.domain.billing import billing_day
from bot.features.budgets import rows as budgets
from bot.features.budgets.rules import Scope, ScopeKind, Span
from bot.features.cost import sentences as own_cost_sentences
from bot.features.cost.flow import OwnCost
from bot.kernel.access import Access
from bot.store import spend
from bot.views.doubts import ABOUT
from tests.flows.conftest import ORG
from tests.markup import written


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


NOW = utc(2026, 5, 20, 12)


async def test_each_day_of_ones_sessions_has_the_price_that_was_valid_on_it(make, store, clock):
    clock.now = NOW
    rises = Price(Decimal(300), "JPY", ((date(2026, 5, 20), Decimal("350.5")),))
    own_cost = OwnCost(services := make(store, clock, acu_price=rises), Access(services))
    (workspace,) = services.workspaces
    await store.session("long", utc(2026, 5, 18, 12))
    await store.session("new", utc(2026, 5, 20, 9))
    await store.spent(date(2026, 5, 18), long=1.0)
    await store.spent(date(2026, 5, 20), long=2.0, new=1.0)
    message = await own_cost.answer(workspace, "U0ADA")
    assert message.text.startswith("Your sessions in May: 4 ACUs (1,352 JPY).")  # 300 + 3 x 350.5, a half up


@pytest.mark.parametrize(
    ("now", "month", "day"),
    [
        (utc(2026, 12, 1, 4), "November", "Nov 30"),  # 1 December in Berlin, and in Devin's bill still November
        (utc(2026, 12, 1, 8), "December", "Dec 1"),  # in Honolulu it is still November
        (utc(2026, 12, 31, 23), "December", "Dec 31"),
        (utc(2027, 1, 1, 7, 59), "December", "Dec 31"),
        (utc(2027, 1, 1, 8), "January", "Jan 1"),
    ],
)
async def test_the_last_day_that_is_counted_is_named_and_not_called_today(make, either_store, clock, now, month, day):
    store, clock.now = either_store, now
    own_cost = OwnCost(services := make(store, clock), Access(services))
    (workspace,) = services.workspaces
    await store.session("new", now - 60)
    await store.spent(billing_day(now), new=1.0)
    lines = written((await own_cost.answer(workspace, "U0ADA")).blocks).splitlines()
    assert lines[0] == f"Your sessions in {month}"
    assert f"{month}. Counted through {day}. Devin's days start at 8:00 AM UTC." in lines


async def test_only_ones_own_sessions_of_this_cycle_count(make, either_store, clock):
    store, clock.now = either_store, NOW
    own_cost = OwnCost(services := make(store, clock), Access(services))
    (workspace,) = services.workspaces
    assert (await own_cost.answer(workspace, "U0ADA")).text == own_cost_sentences.NONE_ACTIVE.format(cycle="May")
    noon = utc(2026, 5, 19, 12)
    await store.session("long", utc(2026, 4, 30, 12), title="Fix login")
    await store.session("new", noon, detail="finished")
    await store.session("others", noon, requester="U0BEN")
    await store.session("old", utc(2026, 4, 1, 12))
    await store.spent(date(2026, 4, 30), long=50.0, old=1.0)
    await store.spent(date(2026, 5, 1), long=1.0)
    await store.spent(date(2026, 5, 20), long=2.25, new=0.5, others=9.0)
    async with store.db.write() as tx:
        await budgets.put(tx, workspace.team, Scope(ScopeKind.ORG), Decimal(80), Span.CYCLE, (80,), NOW)
        await budgets.put(tx, workspace.team, Scope(ScopeKind.PERSON, "U0ADA"), Decimal(10), Span.DAY, (80,), NOW)
    message = await own_cost.answer(workspace, "U0ADA", "C0WORK")
    lines = re.sub(r"<!date[^>]*>", "DATE", written(message.blocks)).splitlines()
    assert lines[3:5] == [
        "The organization's budget: 12.8 of 80 ACUs this cycle (15%) · resets DATE",
        "Your budget: 2.8 of 10 ACUs today (27%) · resets DATE",
    ]
    assert written((await own_cost.answer(workspace, "U0ADA")).blocks) == (
        "Your sessions in May\n*3.8 ACUs*\n2 sessions: 1 done, 1 running.\n*Most ACUs used*\n"
        "1. <https://acme.slack.com/archives/C0WORK/p1777550400000000|Fix login> "
        "(<https://app.devin.ai/sessions/long|Open in Devin>): 3.3 ACUs · running\n"
        "2. <https://acme.slack.com/archives/C0WORK/p1779192000000000|Do new> "
        "(<https://app.devin.ai/sessions/new|Open in Devin>): 0.5 ACUs · done\n"
        f"May. Counted through May 20. Devin's days start at 8:00 AM UTC.\n{own_cost_sentences.SOURCE}"
    )


async def test_what_may_be_of_the_cycle_before_makes_the_sum_about_right_and_a_budgets_period_too(
    make, either_store, clock
):
    store, clock.now = either_store, NOW
    own_cost = OwnCost(services := make(store, clock), Access(services))
    (workspace,) = services.workspaces
    await store.session("a", utc(2026, 4, 30, 12))
    await store.session("others", utc(2026, 4, 30, 12), requester="U0BEN")
    await store.spent(date(2026, 5, 20), a=3.0)
    async with store.db.write() as tx:
        await budgets.put(tx, workspace.team, Scope(ScopeKind.PERSON, "U0ADA"), Decimal(10), Span.DAY, (80,), NOW)
        await spend.add(tx, ORG, date(2026, 5, 2), {"others": 9.0}, {"others": date(2026, 4, 30)})
        await spend.add(tx, ORG, date(2026, 5, 20), {"a": 1.0}, {"a": date(2026, 5, 18)})
    lines = written((await own_cost.answer(workspace, "U0ADA", "C0WORK")).blocks).splitlines()
    assert lines[1] == "*4 ACUs*"
    assert lines[3].startswith("Your budget: about 4 of 10 ACUs today (40%) · resets ")
    assert lines[-1] == ABOUT.format(days="Wed, May 20")
    async with store.db.write() as tx:
        await spend.add(tx, ORG, date(2026, 5, 2), {"a": 8.0}, {"a": date(2026, 4, 30)})
    message = await own_cost.answer(workspace, "U0ADA")
    assert message.text.startswith("Your sessions in May: about 12 ACUs. ")
    assert written(message.blocks).splitlines()[1] == "*about 12 ACUs*"
    assert written(message.blocks).endswith(ABOUT.format(days="Fri, May 1 to Sat, May 2"))
