"""An instant that a wrong clock has written is brought back, in each column of each table, whichever rule it has."""

import inspect
import re

import pytest
from sqlalchemy import BigInteger, Column, Float, select, text

from bot.features import TABLES, metadata
from bot.store import due
from bot.store.instants import Instants, any_late, bring_back, in_state, put_on
from bot.timing import HOUR, PRODUCTION
from tests.store.rows import NOW, filled

DECLARED = [one for spec in TABLES for one in spec.instants]
MOVING = [one for one in DECLARED if one.moves]

NO_INSTANT = "it is an amount"
ONLY_SET = "only whether it is set counts"
A_RECORD = "nobody changes a record of who changed what"
LENGTH = "a wait that a wrong clock has noted keeps its length"
A_KEY = "it is part of a key"
STORES_CLOCK = "each heartbeat brings it back, by the clock of the store"
EXCEPTED = {
    **dict.fromkeys(
        ("acus", "worked", "progress_acus", "acus_before", "acus_after", "corrected_from"),
        NO_INSTANT,
    ),
    "threads.muted_at": ONLY_SET,
    "audit.at": A_RECORD,
    "waiting_times.since": LENGTH,
    "waiting_times.ended_at": LENGTH,
    "recent_spend.slot": A_KEY,
    "lanes.claimed_at": "nobody reads it",
    "workers.started_at": STORES_CLOCK,
    "workers.seen_at": STORES_CLOCK,
    "sessions.updated_at": "it is Devin's",
    "sessions.wake_allowed": "it is Devin's",
}
# What nobody reads the instant of, or Devin says.
DUE_EXCEPTED = {
    *("alert-bots", "alerts", "unmarked", "poll", "capabilities", "cycles", "key-expiry", "digest", "corrections")
}


def shown(column: Column[object]) -> str:
    return f"{column.table.name}.{column.name}"


def named(one: Instants) -> str:
    return ", ".join(map(shown, one.columns)) + (" until" if one.deadline else "")


def test_each_instant_is_declared_or_excepted_with_a_reason():
    numbers = {
        shown(column): column.name
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Float | BigInteger) and column.name != "seq"
    }
    declared = {shown(column) for one in DECLARED for column in one.columns}
    excepted = {name for name, column in numbers.items() if column in EXCEPTED or name in EXCEPTED}
    assert set(numbers) - declared - excepted == set(), "say in its TableSpec how far in the future it may be"
    assert declared & excepted == set()
    columns = set(numbers.values())
    assert {name for name in EXCEPTED if name not in numbers and name not in columns} == set()


def test_each_note_of_what_is_due_is_declared_or_excepted():
    names = [
        function("X", *["X"] * (len(inspect.signature(function).parameters) - 1))
        for _, function in inspect.getmembers(due, inspect.isfunction)
        if function.__module__ == due.__name__ and not inspect.iscoroutinefunction(function)
        if inspect.signature(function).return_annotation is str
    ]
    prefixes = {name.partition(":")[0] for name in names}
    declared = set(re.findall(r'_named\("([\w-]+)"\)', inspect.getsource(due)))
    assert prefixes == declared | DUE_EXCEPTED
    assert set(due.IN_STATES) <= prefixes


@pytest.mark.parametrize("one", DECLARED, ids=named)
async def test_an_hour_too_late_is_brought_back(db, one: Instants):
    table, allowed = one.table, one.ahead(PRODUCTION)
    late = NOW + allowed + HOUR
    values = filled(table, "x") | {column.name: late for column in one.columns} | _met(one)
    async with db.write() as tx:
        await tx.execute(table.insert().values(values))
        assert await tx.scalar(any_late(one, NOW, PRODUCTION))
        assert await bring_back(tx, one, NOW, PRODUCTION, strictly=False) == 1
        row = (await tx.execute(select(*one.columns))).one()
        assert set(row) == {NOW + allowed if one.deadline else NOW}
        assert not await tx.scalar(any_late(one, NOW, PRODUCTION))


@pytest.mark.parametrize("one", [one for one in DECLARED if one.ahead(PRODUCTION)], ids=named)
async def test_what_its_rule_allows_stays_until_the_clock_is_known_to_be_set_back(db, one: Instants):
    soon = NOW + one.ahead(PRODUCTION)
    values = filled(one.table, "x") | {column.name: soon for column in one.columns} | _met(one)
    async with db.write() as tx:
        await tx.execute(one.table.insert().values(values))
        assert not await tx.scalar(any_late(one, NOW, PRODUCTION))
        assert await bring_back(tx, one, NOW, PRODUCTION, strictly=False) == 0
        assert await bring_back(tx, one, NOW, PRODUCTION, strictly=True) == (0 if one.deadline else 1)


@pytest.mark.parametrize("one", MOVING, ids=named)
async def test_what_waits_is_put_on_with_the_clock_and_what_is_done_is_not(db, one: Instants):
    waiting, done = (
        filled(one.table, state) | {"state": state} | {column.name: NOW for column in one.columns}
        for state in (_met(one)["state"], "done")
    )
    async with db.write() as tx:
        await tx.execute(one.table.insert().values([waiting, done]))
        assert await put_on(tx, one, HOUR) == 1
        found = await tx.execute(select(*one.columns).order_by(one.table.c.state == "done"))
        assert [set(row) for row in found] == [{NOW + HOUR}, {NOW}]


def test_instants_in_a_state_are_found_by_their_names():
    late = NOW + HOUR
    state = {"v": 1, "poll": {"swept_at": late, "watermark": late}, "since": {"C1:B1": late, "C2:B2": 5}}
    found = in_state(state, frozenset({"swept_at", "since"}), NOW + 30, NOW)
    assert found == {"v": 1, "poll": {"swept_at": NOW, "watermark": late}, "since": {"C1:B1": NOW, "C2:B2": 5}}


# ------------------------------------------------------------ a sweep costs little

LARGE = {"inbox", "outbox", "posts", "turn_ends", "spend", "sessions", "past_sessions"}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("one", [one for one in DECLARED if one.watched and one.table.name in LARGE], ids=named)
async def test_a_sweep_reads_an_index_of_the_rows_that_wait(db, one: Instants):
    how = {"dialect": db._reading.dialect, "compile_kwargs": {"literal_binds": True}}
    statement = any_late(one, NOW, PRODUCTION).compile(**how)
    async with db.read() as tx:
        plan = [row.detail for row in await tx.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
    assert not [step for step in plan if re.fullmatch(rf"SCAN {one.table.name}", step)], plan


def _met(one: Instants) -> dict[str, object]:
    """Values that a row needs to be one that the rule is about."""
    name, column = one.table.name, one.columns[0].name
    if name == "due":
        return {"name": _name_in(one)}
    if name == "inbox" and one.rows is not None:
        return {"state": "open"} | ({"lane": "in:held:q:s"} if one.deadline else {"lane": "in:T1"})
    if name in {"outbox", "posts"} and one.rows is not None:
        return {"state": "open"}
    if name == "fan_outs" and one.rows is not None:
        return {"state": "asked"}
    if name == "turn_ends" and column == "remind_at":
        return {"settled_at": None}
    return {"acus": 1.0} if name == "spend" else {}


def _name_in(one: Instants) -> str:
    written = str(one.rows.compile(compile_kwargs={"literal_binds": True}))
    found = re.search(r"LIKE '([^%']+)", written) or re.search(r"'([^']+:)'", written)
    assert found is not None, written
    return found[1].replace("/", "") + "X"
