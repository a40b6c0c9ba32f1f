"""What was spent, by session and day, and what Devin billed."""

from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import exact_sum
from bot.domain.billing import Billed
from bot.domain.questions import By
from bot.domain.session import Snapshot
from bot.features.budgets import spend_rows as budget_spend
from bot.features.budgets.rules import ScopeKind
from bot.features.budgets.spend_rows import Reached
from bot.features.consumption import rows as corrections
from bot.features.consumption.rules import Correction, by_product
from bot.features.cost import rows as person_spend
from bot.features.usage import spend_group_rows as spend_groups
from bot.features.usage.spend_group_rows import Spending
from bot.store import session_days, sessions, spend
from bot.store.database.connection import Database
from tests.store.rows import NOW, ORG, TEAM, session

MON, TUE, WED = date(2025, 6, 2), date(2025, 6, 3), date(2025, 6, 4)


async def add(db: Database, day: date, **amounts: float) -> None:
    async with db.write() as tx:
        await spend.add(tx, ORG, day, amounts)


async def bill(db: Database, *days: tuple[date, float], now: float = NOW) -> None:
    async with db.write() as tx:
        await spend.put_consumption(tx, ORG, {day: by_product(acus, {}) for day, acus in days}, now)


async def test_what_a_session_spends_on_a_day_adds_up(db: Database) -> None:
    await add(db, MON, a=1.5, b=2.0)
    await add(db, MON, a=0.25)
    await add(db, TUE, a=4.0)
    await add(db, TUE)
    async with db.read() as tx:
        assert await spend.by_day(tx, ORG, MON, WED) == {MON: 3.75, TUE: 4.0}
        assert await spend.by_day(tx, ORG, TUE, TUE) == {TUE: 4.0}
        assert await spend.by_day(tx, ORG, WED, WED) == {}


async def consumed(tx: AsyncConnection, org_id: str, first: date, last: date) -> dict[date, float | None]:
    return {day: figure.acus for day, figure in (await spend.billed(tx, org_id, first, last)).items()}


async def test_the_most_expensive_sessions_come_first_and_only_those_that_are_recorded(db: Database) -> None:
    async with db.write() as tx:
        for name in ("a", "b", "c", "d"):
            await sessions.add(tx, session(name))
    await add(db, MON, a=1.0, b=3.0, c=0.0, gone=99.0)
    await add(db, TUE, a=2.5, d=3.0)
    await add(db, WED, a=50.0)
    async with db.read() as tx:
        _, costs, _ = await session_days.outcomes_and_costs(tx, TEAM, ORG, MON, TUE, 5)
        assert costs == [("a", 3.5), ("b", 3.0), ("d", 3.0)]
        _, costs, spent = await session_days.outcomes_and_costs(tx, TEAM, ORG, MON, TUE, 1)
        assert (costs, spent) == ([("a", 3.5)], 9.5)


async def test_whose_spending_it_was_is_known_longer_than_the_session(db: Database) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("a", requester="U1", channel="C1"))
        await sessions.add(tx, session("b", requester="U1", channel="D1"))
        await sessions.add(tx, session("c", requester="U2", channel="C1"))
    await add(db, MON, a=1.0, b=2.0, c=4.0, unknown=8.0)
    await add(db, TUE, a=0.5)
    async with db.write() as tx:
        await tx.execute(sessions.sessions.delete())
    week, days = Spending(TEAM, ORG, MON, TUE), (MON, TUE)
    async with db.read() as tx:
        people = await spend_groups.grouped(tx, week, By.PERSON)
        channels = await spend_groups.grouped(tx, week, By.CHANNEL)
        by_person = await budget_spend.spent(tx, TEAM, ScopeKind.EACH_PERSON, *days, Reached(Decimal(0), 1, ""))
        by_channel = await budget_spend.spent(tx, TEAM, ScopeKind.EACH_CHANNEL, *days, Reached(Decimal(0), 1, ""))
        of_many = await budget_spend.spent(tx, TEAM, ScopeKind.EACH_PERSON, *days, Reached(Decimal("3.6"), 1, ""))
        of_ann = await budget_spend.spent(tx, TEAM, ScopeKind.PERSON, *days, "U1")
        of_one = await person_spend.of_person(tx, TEAM, "U1", *days)
        assert await spend.by_day(tx, ORG, MON, TUE, TEAM, "C1") == {MON: 5.0, TUE: 0.5}
    found = [(one.key, one.acus, one.sessions, one.purged) for one in people]
    assert found == [(None, 8.0, 1, True), ("U2", 4.0, 1, False), ("U1", 3.5, 2, False)]
    assert [(one.key, one.acus) for one in channels] == [(None, 8.0), ("C1", 5.5), ("D", 2.0)]
    assert by_person == {"U1": Decimal("3.5"), "U2": Decimal(4)}
    assert by_channel == {"C1": Decimal("5.5")}
    assert of_many == {"U2": Decimal(4)}
    assert of_ann == {"U1": Decimal("3.5")}
    assert [(one.session_id, one.acus, one.stored) for one in of_one] == [("b", 2.0, False), ("a", 1.5, False)]


async def test_a_plan_reports_none_if_sessions_are_done_and_no_one_of_them_has_acus(db: Database) -> None:
    async def reports_none(after: float = NOW) -> bool:
        async with db.read() as tx:
            return await spend.reports_none(tx, TEAM, ORG, after, NOW + 10)

    async with db.write() as tx:
        await sessions.add(tx, session("works", snapshot=Snapshot(status="running")))
        await sessions.add(tx, session("done", snapshot=Snapshot(status="running")))
    assert await reports_none() is False
    async with db.write() as tx:
        await sessions.change(tx, "done", done_at=NOW + 5)
    assert await reports_none() is True
    assert await reports_none(NOW + 6) is False
    async with db.write() as tx:
        await sessions.change(tx, "works", done_at=NOW + 9, acus=0.5)
    assert await reports_none() is False


async def test_what_was_billed_is_replaced_by_the_newest_reading(db: Database) -> None:
    await bill(db, (MON, 5.0), (TUE, 1.0))
    await bill(db, (TUE, 3.5), now=NOW + 60)
    await bill(db)
    async with db.read() as tx:
        assert await consumed(tx, ORG, MON, WED) == {MON: 5.0, TUE: 3.5}
        assert await consumed(tx, ORG, TUE, TUE) == {TUE: 3.5}
        assert await spend.billed(tx, ORG, MON, WED) == {
            MON: Billed(5.0, NOW, by_product(5.0, {})),
            TUE: Billed(3.5, NOW + 60, by_product(3.5, {})),
        }


async def test_reading_a_day_again_replaces_all_its_products(db: Database) -> None:
    early = {MON: by_product(3.5, {"devin": 3.0, "review": 0.5}), TUE: by_product(1.0, {"devin": 1.0})}
    async with db.write() as tx:
        await spend.put_consumption(tx, ORG, early, NOW)
        await spend.put_consumption(tx, "org-2", early, NOW)
        await spend.put_consumption(tx, ORG, {MON: by_product(4.0, {"cascade": 3.0})}, NOW + 60)
        await spend.confirm_consumption(tx, ORG, [TUE], NOW + 90)
    async with db.read() as tx:
        assert await spend.consumed_by_product(tx, ORG, MON, WED) == {
            MON: {"cascade": Decimal(3), "other": Decimal(1)},
            TUE: {"devin": Decimal(1)},
        }
        assert await spend.read_at(tx, ORG, MON, WED) == {MON: NOW + 60, TUE: NOW + 90}
        assert await consumed(tx, "org-2", MON, WED) == {MON: 3.5, TUE: 1.0}


amounts = st.floats(0, 1e9)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts, st.dictionaries(st.sampled_from(["devin", "cascade", "other", "new one"]), amounts))
async def test_products_are_stored_to_the_last_digit(db: Database, total: float, named: dict[str, float]) -> None:
    async with db.write() as tx:
        await spend.put_consumption(tx, ORG, {MON: by_product(total, named)}, NOW)
    async with db.read() as tx:
        assert await consumed(tx, ORG, MON, MON) == {MON: total}
        stored = (await spend.consumed_by_product(tx, ORG, MON, MON))[MON]
    assert exact_sum(stored.values()) == Decimal(repr(total))


async def test_changes_of_a_bill_come_in_the_order_in_which_they_were_seen(db: Database) -> None:
    first, second, third = Correction(TUE, 1.0, 2.0), Correction(MON, 5.0, 4.0), Correction(TUE, 2.0, 3.0)
    async with db.write() as tx:
        assert await corrections.last_before(tx, ORG, NOW) == 0
        await corrections.add(tx, ORG, [], NOW)
        await corrections.add(tx, ORG, [first, second], NOW)
        await corrections.add(tx, "org-2", [first], NOW)
        await corrections.add(tx, ORG, [third], NOW + 60)
    async with db.read() as tx:
        all_of_them = await corrections.after(tx, ORG, 0)
        seen = await corrections.last_before(tx, ORG, NOW + 60)
        newest = await corrections.after(tx, ORG, seen)
        assert (all_of_them.changes, newest.changes) == ((first, second, third), (third,))
        assert await corrections.after(tx, ORG, newest.seq) == corrections.Changes((), newest.seq)


async def test_days_are_compared_as_days_over_the_turn_of_a_year(db: Database) -> None:
    await add(db, date(2025, 12, 31), a=1.0)
    await add(db, date(2026, 1, 1), a=2.0)
    async with db.read() as tx:
        both = await spend.by_day(tx, ORG, date(2025, 12, 30), date(2026, 1, 1))
        assert both == {date(2025, 12, 31): 1.0, date(2026, 1, 1): 2.0}
        assert await spend.by_day(tx, ORG, date(2026, 1, 1), date(2026, 12, 31)) == {date(2026, 1, 1): 2.0}
