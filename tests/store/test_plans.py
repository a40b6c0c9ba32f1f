"""What a working bot executes again and again finds its rows by an index, however many rows are finished.

The store has many finished rows, and each statement is explained with the parameters that it was executed with.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import Lifecycle, Snapshot
from bot.features import TABLES, metadata
from bot.features.budgets import spend_rows as budget_spend
from bot.features.budgets.rules import ScopeKind
from bot.features.budgets.spend_rows import Reached
from bot.store import (
    channels,
    identities,
    inbox,
    lanes,
    outbox,
    ownership,
    people,
    posts,
    rate_limits,
    session_days,
    session_lists,
    sessions,
    settings,
    spend,
    threads,
    turn_ends,
    waiting_times,
    watched_sessions,
)
from bot.store.closed_rows import Passed
from bot.store.database.connection import Database
from bot.store.purge import purge
from bot.store.row_claims import Sender
from bot.store.table_spec import never
from bot.store.threads import Thread
from bot.timing import PRODUCTION
from tests.store.rows import LANE, LEASE, NOW, ORG, OUT, TEAM, asked, said, session, standing

MANY, MILLION, IN_ONE_LANE = 20_000, 1_000_000, 50
AT_ONCE = 10_000  # rows that a transaction copies: a statement is given up after a while
DAY = date(2025, 6, 15)
CHANNELS, PEOPLE = 50, 500
FIRST, DAYS = date(2024, 6, 1), 400  # of what was spent; `DAY` is among them
SENDER = Sender("w", LEASE)
GROWN = frozenset({"inbox", "outbox", "posts", "session_totals", "sessions", "spend", "spend_days", "threads"})
# What may be read from end to end: only the rows that are open stand in it.
_OF_OPEN_ROWS = re.compile(r"ix_(inbox_open|outbox_open|outbox_thread|posts_open)\b")
_WHOLE = re.compile(r"^SCAN (\w+)|Seq Scan on (\w+)")
_SEARCHED = re.compile(r"^SEARCH (outbox|earlier|recent)\b")
_SORTED = re.compile(r"TEMP B-TREE|^\s*(->)?\s*(Incremental )?Sort\b")
_ALIASES = {"earlier": "outbox", "recent": "outbox"}

only_sqlite = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)

Statement = tuple[str, Any]
Step = Callable[[AsyncConnection], Awaitable[object]]


async def fill(db: Database, many: int) -> None:
    """Store one row of each table that grows, and so many copies that are finished."""
    where = f"'C' || (n % {CHANNELS})"  # SQLite puts together before it divides
    thread = "'1750000000.' || n"
    async with db.write() as tx:
        await sessions.add(tx, session("s", lifecycle=Lifecycle.ENDED, ended_at=NOW, reference="r"))
        await threads.put(tx, Thread(TEAM, "C1", "1750000000.000100", "s", True, "1750000000.000100"), NOW)
        await standing(tx)
        await inbox.add(tx, [asked("k")])
        await outbox.add(tx, [said("k")])
        await spend.add(tx, ORG, DAY, {"s": 1.0})
        await tx.execute(text("UPDATE inbox SET state = 'done', done_at = ready_at"))
        await tx.execute(text("UPDATE outbox SET state = 'sent', ts = '1', sent_at = next_at, session_id = 's'"))
        await tx.execute(text("UPDATE threads SET unread_from = NULL"))
    copy = partial(multiply, db, many)
    lane = {"lane": f"'in:{TEAM}:' || {where} || ':' || {thread}"}
    await copy("inbox", key="'k' || n", done_at=f"{NOW} - n * 60", **lane)
    await multiply(db, IN_ONE_LANE, "inbox", key="'here' || n", done_at=f"{NOW} - n")
    await copy("outbox", key="'k' || n", lane=f"'out:{TEAM}:' || {where}", sent_at=f"{NOW} - n * 60", ts="'' || n")
    await copy("sessions", id="'s' || n", reference="'r' || n", bare_id="'b' || n", channel=where, thread_ts=thread)
    await copy("threads", channel=where, ts=thread, session_id="'s' || n")
    await copy("posts", key="'card:s' || n", subject="'s' || n", session_id="'s' || n")
    days = f"(n % {DAYS})"
    day = f"date('{FIRST}', {days} || ' days')" if db.is_sqlite else f"CAST(DATE '{FIRST}' + {days} AS VARCHAR)"
    await copy("spend", session_id="'s' || n", day=day, requester=f"'U' || (n % {PEOPLE})", channel=where)
    async with db.write() as tx:
        await sessions.add(tx, session("open", thread_ts="1750000000.000200"))
        await inbox.add(tx, [asked("open")])
        await outbox.add(tx, [said("open")])
    if not db.is_sqlite:
        async with db.write() as tx:
            await tx.execute(text("ANALYZE"))


async def multiply(db: Database, copies: int, table: str, **changed: str) -> None:
    """Copy the first row of `table` so many times, numbered n, with these columns made from n."""
    columns = [column.name for column in metadata.tables[table].columns if column.name != "seq"]
    made = ", ".join(changed.get(name, f"one.{name}") for name in columns)
    for first in range(1, copies + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, copies)
        numbers = f"SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}"
        async with db.write() as tx:
            await tx.execute(
                text(
                    f"INSERT INTO {table} ({', '.join(columns)}) WITH RECURSIVE numbers(n) AS ({numbers}) "
                    f"SELECT {made} FROM numbers, (SELECT * FROM {table} LIMIT 1) AS one"
                )
            )


@contextmanager
def collected() -> Iterator[list[Statement]]:
    """The statements that are executed in the block, with their parameters."""
    found: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        found.setdefault(statement, parameters[0] if many else parameters)

    statements: list[Statement] = []
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        statements += [one for one in found.items() if one[0].split()[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}]


async def plan(tx: AsyncConnection, statement: Statement) -> list[str]:
    """How the store finds the rows of a statement, a line for each step."""
    explain = "EXPLAIN QUERY PLAN" if tx.dialect.name == "sqlite" else "EXPLAIN"
    found = await tx.exec_driver_sql(f"{explain} {statement[0]}", statement[1])
    return [str(row[-1]) for row in found]


def faults(steps: Sequence[str], *, sorts: bool) -> list[str]:
    """The `steps` that read a table that grows from end to end, or that sort, unless the statement `sorts` few rows."""
    read = [
        step for step in steps if (whole := _WHOLE.search(step)) and _grows(whole) and not _OF_OPEN_ROWS.search(step)
    ]
    return read + ([] if sorts else [step for step in steps if _SORTED.search(step)])


def _grows(whole: re.Match[str]) -> bool:
    name = next(filter(None, whole.groups()))
    return _ALIASES.get(name, name) in GROWN


async def a_reply(tx: AsyncConnection, db: Database) -> None:
    """What is executed for a reply, from its row to its end."""
    assert await inbox.knows_lane(tx, LANE)
    assert await inbox.has_open(tx, LANE)
    claim = await lanes.claim(tx, db, LANE, "w", LEASE)
    assert claim is not None
    assert await inbox.head(tx, LANE) is not None
    await lanes.check(tx, claim)
    await lanes.hold(tx, claim)
    await sessions.get(tx, "open")
    await threads.get(tx, TEAM, "C1", "1750000000.000100")
    await people.get(tx, TEAM, "U1", NOW)
    await identities.get(tx, TEAM, "U1")
    await settings.chosen(tx, TEAM, "C1", ["U1"])
    await sessions.page_cursor(tx, "open")
    await inbox.intend(tx, "open", NOW)
    await sessions.spoke(tx, "open", "U1", NOW)
    await sessions.apply_reply_status(tx, "open", Snapshot("running", updated_at=1_750_000_001))
    await posts.redraw(tx, ["card:open"], NOW)
    await posts.redraw_homes(tx, ["open"], NOW, NOW)
    await waiting_times.end(tx, "open", NOW)
    await turn_ends.settle(tx, "open", NOW)
    await session_days.record(tx, "open", NOW)
    await threads.advance_last_seen(tx, TEAM, "C1", "1750000000.000100", "1750000009.000000")
    await outbox.devin_wrote(tx, "open", before="1750000009.000000")
    await inbox.finish(tx, ["open"], NOW)
    await lanes.release(tx, claim)


async def a_poll(tx: AsyncConnection) -> None:
    """What is executed for a change at Devin."""
    await sessions.by_bare_ids(tx, ORG, ["bopen"])
    await sessions.tracked(tx, ["open"])
    await spend.add(tx, ORG, DAY, {"open": 1.0})
    await spend.booked(tx, "open", DAY)
    await spend.of_session(tx, "open")
    await posts.redraw(tx, ["card:open"], NOW, gives_way=True)


async def a_post(tx: AsyncConnection, db: Database) -> None:
    """What is executed for a post that is sent, and for an edit."""
    found = await outbox.by_key(tx, "open")
    assert found is not None
    await rate_limits.take(tx, OUT, NOW, 1.0)
    row = (await outbox.take(tx, db, [found.seq], SENDER, NOW))[found.seq]
    await outbox.start_taken(tx, [row], NOW)
    await channels.get_each(tx, TEAM, ["C1"])
    await outbox.held(tx, [row])
    await outbox.start(tx, row, NOW)
    await rate_limits.block(tx, OUT, NOW)
    await outbox.all_sent(tx, [(row, "1750000010.000000")], NOW)
    await posts.take(tx, db, "card:s", SENDER, NOW)


async def a_start_of_the_process(tx: AsyncConnection) -> None:
    """What is executed before the bot is ready."""
    await ownership.assign_unowned(tx, [spec for spec in TABLES if spec.table.name in GROWN], TEAM, ORG)
    await outbox.count_open(tx)
    await inbox.count_open(tx)
    await outbox.overdue_since(tx, NOW)


async def a_poll_without_a_change(tx: AsyncConnection) -> None:
    """What is executed in each cycle, however many sessions are open."""
    await watched_sessions.any_watched(tx, ORG, NOW)
    await watched_sessions.without_tag(tx, ORG, tags_refused=False)
    await watched_sessions.expecting(tx, ORG, NOW, NOW)
    await session_days.running_unrecorded(tx, ORG, NOW, 50)


async def a_catch_up(tx: AsyncConnection) -> None:
    """What is executed after a start and for each thread that catch-up reads."""
    await threads.mark_spoken_unread(tx, TEAM, NOW)
    last = await threads.end_of_batch(tx, TEAM, ("", ""))
    assert last is not None
    await threads.mark_batch_unread(tx, TEAM, ("", ""), last, ("1750000009.000000", "1750000000.000000"))
    await threads.unread(tx, TEAM)
    await channels.mark_unread(tx, TEAM, "1750000000.000100", ["C1"])


async def a_look_at_budgets(tx: AsyncConnection) -> None:
    """What is executed each minute and before each start, of few sums by day, which may be sorted."""
    reached = Reached(Decimal(1), 1, "cycle:2025-06-01")
    for kind in (ScopeKind.EACH_PERSON, ScopeKind.EACH_CHANNEL, ScopeKind.EACH_SESSION):
        await budget_spend.spent(tx, TEAM, kind, DAY, DAY, reached)
    for kind, subject in ((ScopeKind.PERSON, "U1"), (ScopeKind.CHANNEL, "C1"), (ScopeKind.EACH_SESSION, "open")):
        await budget_spend.spent(tx, TEAM, kind, DAY, DAY, subject)
    await spend.by_day(tx, ORG, DAY, DAY)


async def the_choice_of_rows(tx: AsyncConnection, db: Database) -> None:
    """Which open row is next, of few: these may be sorted."""
    await inbox.open_lanes(tx)
    await outbox.open_lanes(tx)
    await outbox.heads(tx, db, [OUT], NOW, SENDER)
    await outbox.next_at(tx, db, [OUT], NOW, SENDER)
    await posts.next_edit(tx, db, (TEAM, posts.MESSAGE), NOW, SENDER)
    await spend.doubts(tx, ORG, DAY, DAY)
    await channels.to_ask_about(tx, TEAM, NOW, 5)
    await sessions.of_message(tx, TEAM, "C1", "1750000010.000000")
    await channels.asked_in_last(tx, TEAM, 50)


@pytest.fixture(params=[MANY, pytest.param(MILLION, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
async def grown(request: pytest.FixtureRequest, db: Database) -> AsyncIterator[Database]:
    await fill(db, request.param)
    yield db
    if not db.is_sqlite:  # row by row, the triggers of a million would take longer than the tests
        async with db.write() as tx:
            await tx.execute(text(f"TRUNCATE {', '.join(sorted(GROWN))}"))


async def faults_of(db: Database, *, sorts: bool, step: Step) -> list[str]:
    with collected() as statements:
        async with db.write() as tx:
            await step(tx)
    return await _explained(db, statements, sorts=sorts)


async def _explained(db: Database, statements: Sequence[Statement], *, sorts: bool) -> list[str]:
    assert statements
    async with db.write() as tx:
        found = {sql: faults(await plan(tx, (sql, values)), sorts=sorts) for sql, values in statements}
    return [f"{' '.join(sql.split())[:300]}\n    {wrong}" for sql, wrong in found.items() if wrong]


async def test_what_is_executed_again_and_again_scans_nothing_and_sorts_nothing(grown: Database) -> None:
    db = grown
    found = await faults_of(db, sorts=True, step=lambda tx: the_choice_of_rows(tx, db))
    found += await faults_of(db, sorts=True, step=a_poll_without_a_change)
    found += await faults_of(db, sorts=True, step=a_look_at_budgets)
    for step in (a_poll, a_start_of_the_process, a_catch_up):
        found += await faults_of(db, sorts=False, step=step)
    found += await faults_of(db, sorts=False, step=lambda tx: a_reply(tx, db))
    found += await faults_of(db, sorts=False, step=lambda tx: a_post(tx, db))
    assert not found, "\n".join(found)


@only_sqlite
async def test_whose_turn_it_is_in_a_channel_costs_no_more_where_much_is_posted_in_others(grown: Database) -> None:
    with collected() as statements:
        async with grown.read() as tx:
            await outbox.heads(tx, grown, [OUT], NOW, SENDER)
    async with grown.read() as tx:
        steps = [step for statement in statements for step in await plan(tx, statement)]
    searched = [step for step in steps if _SEARCHED.search(step)]
    assert searched
    assert not [step for step in searched if not re.search(r"\((lane|rowid)=\?", step)]


@only_sqlite
async def test_what_runs_in_a_workspace_is_read_and_counted_by_indexes_of_that_alone(grown: Database) -> None:
    with collected() as statements:
        async with grown.read() as tx:
            await session_lists.running(tx, TEAM, "U0ADA", 5)
    async with grown.read() as tx:
        steps = {step for statement in statements for step in await plan(tx, statement)}
    assert steps == {"SEARCH sessions USING INDEX ix_sessions_runs (team=?)"}


@only_sqlite
async def test_a_poll_reads_a_part_of_what_is_open_and_never_all_of_it(grown: Database) -> None:
    sweep = watched_sessions.Sweep(NOW, int(NOW), 1)
    with collected() as cycle:
        async with grown.read() as tx:
            await session_days.running_unrecorded(tx, ORG, NOW, 50)
    with collected() as slices:
        async with grown.read() as tx:
            await watched_sessions.slice_of(tx, ORG, sweep, "b", 200)
    async with grown.read() as tx:
        read = [step for statement in cycle for step in await plan(tx, statement)]
        sliced = [step for statement in slices for step in await plan(tx, statement)]
    dated = [f"SEARCH sessions USING INDEX ix_sessions_awake (org_id=? AND outcome_day{sign}?)" for sign in "=<>"]
    assert read == dated
    assert sliced == ["SEARCH sessions USING INDEX ix_sessions_watched (org_id=? AND bare_id>?)"]


async def test_purges_find_what_is_old_by_an_index(grown: Database) -> None:
    async with grown.write() as tx:
        await tx.execute(text(f"UPDATE sessions SET ended_at = {NOW - 60} WHERE id IN ('s1', 's2')"))
    with collected() as statements:
        await inbox.purge_texts(grown, NOW)
        await outbox.purge_texts(grown, NOW)
        for purge_closed in (inbox.purge, outbox.purge):
            passed = Passed()
            await purge_closed(grown, NOW, passed)
            await purge_closed(grown, NOW, replace(passed, all=False))
        async with grown.write() as tx:
            await watched_sessions.close_unwatched(tx, NOW - 1)
            assert await sessions.purge(tx, NOW - 1) == 2
    found = await _explained(grown, statements, sorts=False)
    assert not found, "\n".join(found)


async def test_purges_by_age_scan_no_table_that_grows(grown: Database) -> None:
    with collected() as statements:
        for spec in TABLES:
            if spec.old is not never:
                async with grown.write() as tx:
                    await purge(tx, spec.table, spec.old(NOW, PRODUCTION), spec.kept)
    found = await _explained(grown, statements, sorts=False)
    assert not found, "\n".join(found)
