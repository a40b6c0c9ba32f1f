"""What `spend` adds up to by day and by session is right after whatever is done to its rows, by whomever."""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import Booked
from bot.features import TABLES
from bot.features.budgets import spend_rows as budget_spend
from bot.features.budgets.rules import ScopeKind
from bot.features.usage import spend_people_rows
from bot.features.usage.spend_group_rows import Spending
from bot.features.usage.spend_people_rows import SpentOnDay
from bot.store import erasure, ownership, session_days, sessions, spend
from bot.store import tables as stored
from bot.store.database.connection import Database
from tests import postgres
from tests.store.rows import NOW, ORG, TEAM, session
from tests.store.sums import check_sums

DAYS = (date(2025, 6, 2), date(2025, 6, 3), date(2025, 6, 4))
PEOPLE, CHANNELS = ("U1", "U2"), ("C1", "D1")
NAMES = ("a", "b", "c", "gone")
Step = tuple[Any, ...]

_NAME, _DAY = st.sampled_from(NAMES), st.sampled_from(DAYS)
_ACUS = st.integers(0, 3_000_000).map(lambda number: number / 1_000_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), _DAY, st.dictionaries(_NAME, _ACUS, min_size=1)),
        st.tuples(st.just("book"), _NAME, st.dictionaries(_DAY, _ACUS, min_size=1)),
        st.tuples(st.just("was active"), st.sampled_from(NAMES[:-1])),
        st.tuples(st.just("other owner"), _NAME, st.sampled_from(PEOPLE), st.sampled_from(CHANNELS)),
        st.tuples(st.just("erase"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("purge"), _DAY),
        st.tuples(st.just("own")),
    ),
    max_size=12,
)


async def do(tx: AsyncConnection, what: str, *of: Any) -> None:
    """Do to the rows of `spend` what some part of the bot does."""
    if what == "add":
        await spend.add(tx, ORG, of[0], of[1])
    elif what == "book":
        await spend.book(tx, ORG, of[0], {day: Booked(acus, None, asked=False) for day, acus in of[1].items()})
    elif what == "was active":
        await session_days.record(tx, of[0], NOW)
    elif what == "other owner":
        owner = {"requester": of[1], "channel": of[2]}
        await tx.execute(update(stored.spend).where(stored.spend.c.session_id == of[0]).values(owner))
    elif what == "erase":
        for rows in erasure.of_person([spec for spec in TABLES if spec.table is stored.spend], of[0]):
            await rows.erase(tx, await rows.find(tx), NOW)
    elif what == "purge":
        await tx.execute(delete(stored.spend).where(stored.spend.c.day < of[0].isoformat()))
    else:
        await ownership.assign_unowned(tx, [spec for spec in TABLES if spec.table is stored.spend], TEAM, ORG)


async def fill(tx: AsyncConnection) -> None:
    await tx.execute(delete(stored.spend))
    await tx.execute(delete(stored.sessions))
    for name, user, channel in zip(NAMES[:-1], (*PEOPLE, PEOPLE[0]), (*CHANNELS, CHANNELS[0]), strict=True):
        await sessions.add(tx, session(name, requester=user, channel=channel, thread_ts=name))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_the_sums_are_those_of_the_rows_whatever_is_done(db: Database, steps: list[Step]) -> None:
    async with db.write() as tx:
        await fill(tx)
        for step in steps:
            await do(tx, *step)
            await check_sums(tx)


async def test_figures_come_from_the_sums_also_where_nobody_knows_whose_they_are(db: Database) -> None:
    async with db.write() as tx:
        await fill(tx)
        await spend.add(tx, ORG, DAYS[0], {"a": 1.0, "b": 2.0, "c": 0.5, "gone": 4.0})
        await spend.add(tx, ORG, DAYS[1], {"a": 0.25})
        await ownership.assign_unowned(tx, TABLES, TEAM, ORG)
        people = await budget_spend.spent(tx, TEAM, ScopeKind.PERSON, DAYS[0], DAYS[1], "U1")
        assert {user: float(acus) for user, acus in people.items()} == {"U1": 1.75}
        assert await spend.by_day(tx, ORG, DAYS[0], DAYS[2]) == {DAYS[0]: 7.5, DAYS[1]: 0.25}
        found = await spend_people_rows.by_day(tx, Spending(TEAM, ORG, DAYS[0], DAYS[0]))
    assert sorted(found, key=lambda row: row.acus) == [
        SpentOnDay(DAYS[0], "U1", "C1", 1.5),
        SpentOnDay(DAYS[0], "U2", "D", 2.0),
        SpentOnDay(DAYS[0], None, None, 4.0),
    ]


async def test_where_no_row_is_left_no_sum_is(db: Database) -> None:
    async with db.write() as tx:
        await fill(tx)
        for day in DAYS:
            await spend.add(tx, ORG, day, {"a": 0.1, "b": 0.2, "c": 0.3})
        await tx.execute(delete(stored.spend))
        assert (await tx.execute(select(stored.spend_days))).all() == []
        assert (await tx.execute(select(stored.session_totals))).all() == []


async def test_two_writers_that_add_to_one_sum_lose_nothing(db: Database) -> None:
    async with db.write() as tx:
        await fill(tx)

    async def write(name: str) -> None:
        for _ in range(10):
            async with db.write() as tx:
                await spend.add(tx, ORG, DAYS[0], {name: 0.1})

    await asyncio.gather(write("a"), write("c"))  # both of one person in one channel
    async with db.write() as tx:
        await check_sums(tx)
        assert [round(acus, 9) for acus in await tx.scalars(select(stored.spend_days.c.acus))] == [2.0]


async def test_a_restore_of_the_data_alone_adds_up_the_same(
    postgres_server: str, opened: Callable[..., Database], tmp_path: Path
) -> None:
    """As PostgreSQL's own tools do it, whose connection looks in no schema, and which copy the sums too."""
    async with postgres.created(postgres_server) as source, postgres.created(postgres_server) as target:
        async with opened(source).write() as tx:
            await fill(tx)
            for day in DAYS:
                await spend.add(tx, ORG, day, {"a": 0.1, "b": 0.2, "c": 0.3})
        data = ("--data-only", "--table=spend", "--table=spend_days", "--table=session_totals")
        dump = str(tmp_path / "dump")
        for line in (
            ["pg_dump", *data, "--format=custom", f"--file={dump}", f"--dbname={source}"],
            ["pg_restore", "--data-only", "--exit-on-error", f"--dbname={target}", dump],
        ):
            process = await asyncio.create_subprocess_exec(str(postgres.BINARIES / line[0]), *line[1:])
            assert await process.wait() == 0
        async with opened(target).write() as tx:
            assert await tx.scalar(select(func.count()).select_from(stored.spend)) == 9
            assert await tx.scalar(select(func.count()).select_from(stored.session_totals)) == 3
            await check_sums(tx)
