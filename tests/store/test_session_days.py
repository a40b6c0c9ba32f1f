"""The days of sessions: which are recorded, with which outcome, and that what is counted of a day adds up and stays."""

import asyncio
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.billing import billing_day, bounds
from bot.domain.outcomes import Outcome, is_running, outcome_of
from bot.domain.session import Lifecycle, Session, Snapshot
from bot.store import session_days, sessions, spend, tables
from bot.store.database.connection import Database
from tests.store.rows import ORG, TEAM, session

DAY = date(2026, 5, 20)
START = float(bounds(DAY)[0])
TODAY = START + 3600
TOMORROW = START + 25 * 3600
NEXT_DAY = DAY + timedelta(days=1)


async def add(db: Database, *made: Session) -> None:
    async with db.write() as tx:
        for one in made:
            await sessions.add(tx, one)


async def poll(db: Database, name: str, snapshot: Snapshot, now: float) -> None:
    """Store what a poll found, as the poller does."""
    async with db.write() as tx:
        tracked = (await sessions.tracked(tx, [name]))[name]
        await sessions.apply_snapshot(tx, tracked.session, snapshot)
        await session_days.record_polled(tx, [(tracked, snapshot)], now)


async def carry_over(db: Database, now: float, most: int = 50) -> list[str]:
    async with db.write() as tx:
        found = await session_days.running_unrecorded(tx, ORG, now, most)
        await session_days.record_running(tx, found, now)
    return found


async def days(db: Database) -> dict[str, dict[str, str]]:
    """The outcomes by session and day."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    async with db.read() as tx:
        for row in await tx.execute(select(tables.spend)):
            found[row.session_id][row.day] = row.outcome
    return dict(found)


async def counted(db: Database, first: date, last: date, team: str = TEAM, org: str = ORG) -> dict[Outcome, int]:
    async with db.read() as tx:
        return (await session_days.outcomes_and_costs(tx, team, org, first, last, 5))[0]


def at(now: float, *state: Any, **more: Any) -> Snapshot:
    return Snapshot(*state, updated_at=int(now), **more)


async def test_the_last_state_seen_on_a_day_is_its_outcome_and_the_day_before_stays(db: Database) -> None:
    await add(db, session("s", created_at=START, spoken_at=START, snapshot=at(START, "running", "working")))
    await poll(db, "s", at(TODAY, "running", "waiting_for_user"), TODAY)
    await poll(db, "s", at(TODAY + 1, "running", "working"), TODAY + 1)
    await poll(db, "s", at(TOMORROW, "running", "finished"), TOMORROW)
    await poll(db, "s", at(TOMORROW, "running", "finished"), TOMORROW + 86_400)  # as it was: not active on that day
    assert await days(db) == {"s": {"2026-05-20": "running", "2026-05-21": "done"}}


async def test_a_session_at_work_is_active_on_each_day_although_it_does_not_change(db: Database) -> None:
    works = at(START - 9, "running", "working")
    await add(db, *(session(name, created_at=START - 9, spoken_at=0.0, snapshot=works) for name in ("a", "b", "c")))
    await add(db, session("elsewhere", org_id="org-2", snapshot=works))
    assert sorted([*await carry_over(db, TODAY, most=2), *await carry_over(db, TODAY, most=2)]) == ["a", "b", "c"]
    assert await carry_over(db, TODAY + 60) == []
    assert await carry_over(db, TOMORROW, most=1) != []
    assert await counted(db, DAY, DAY) == {Outcome.RUNNING: 3}
    assert await counted(db, NEXT_DAY, NEXT_DAY) == {Outcome.RUNNING: 1}


@pytest.mark.parametrize(
    ("state", "runs"),
    [
        (("new",), True),
        (("resuming", "working"), True),
        (("running",), True),
        (("running", "planning"), True),
        (("running", "waiting_for_user"), False),
        (("running", "waiting_for_credentials"), False),
        (("running", "finished"), False),
        (("suspended", "inactivity"), False),
        (("exit",), False),
    ],
)
async def test_who_is_at_work_is_the_same_in_a_query(db: Database, state: tuple[str, ...], runs: bool) -> None:
    made = session("s", snapshot=Snapshot(*state))
    await add(db, made, session("away", snapshot=Snapshot(*state, archived=True), lifecycle=Lifecycle.OPEN))
    await add(db, session("over", snapshot=Snapshot(*state), lifecycle=Lifecycle.ENDED))
    assert is_running(made) is runs
    assert await carry_over(db, TODAY) == (["s"] if runs else [])


async def test_a_stop_that_comes_before_the_day_is_recorded_stays(db: Database) -> None:
    await add(db, session("s", snapshot=at(START - 9, "running", "working")))
    async with db.write() as tx:
        found = await session_days.running_unrecorded(tx, ORG, TODAY, 50)
        await sessions.change(tx, "s", archived=True, stopped_by="U1")
        await session_days.record(tx, "s", TODAY)
        await session_days.record_running(tx, found, TODAY)
    assert found == ["s"]
    assert await days(db) == {"s": {"2026-05-20": "stopped"}}


async def test_a_session_that_devin_never_had_is_not_counted(db: Database) -> None:
    await add(db, session("refused", devin_id=None, lifecycle=Lifecycle.REFUSED))
    async with db.write() as tx:
        await session_days.record(tx, "refused", TODAY)
        await session_days.record(tx, "unknown", TODAY)
    assert await days(db) == {}


async def test_a_worker_whose_clock_is_behind_does_not_write_the_day_that_is_over(db: Database) -> None:
    await add(db, session("s", snapshot=at(START, "running", "working")))
    await poll(db, "s", at(TODAY, "running", "working"), START)
    await poll(db, "s", at(TODAY, "running", "finished"), START - 2)
    assert await days(db) == {"s": {"2026-05-20": "done"}}


async def test_over_several_days_each_session_counts_once_with_its_last_outcome(db: Database) -> None:
    await add(db, *(session(name, snapshot=at(START, "running", "working")) for name in ("a", "b")))
    await add(db, session("theirs", team="T2", snapshot=at(START, "running", "working")))
    for name in ("a", "b", "theirs"):
        await poll(db, name, at(TODAY, "running", "working"), TODAY)
    await poll(db, "a", at(TOMORROW, "running", "finished"), TOMORROW)
    assert await counted(db, DAY, NEXT_DAY) == {Outcome.DONE: 1, Outcome.RUNNING: 1}
    assert await counted(db, DAY, NEXT_DAY, team="T2") == {Outcome.RUNNING: 1}
    assert await counted(db, DAY, NEXT_DAY, org="org-2") == {}


async def test_days_without_acus_change_no_sum(db: Database) -> None:
    await add(db, *(session(name, snapshot=at(START, "running", "working")) for name in ("a", "b")))
    await carry_over(db, TODAY)
    async with db.write() as tx:
        assert await spend.by_day(tx, ORG, DAY, DAY) == {}
        await spend.add(tx, ORG, DAY, {"a": 1.5})
        assert await spend.by_day(tx, ORG, DAY, DAY) == {DAY: 1.5}
        assert (await session_days.outcomes_and_costs(tx, TEAM, ORG, DAY, DAY, 5))[1] == [("a", 1.5)]
    assert await counted(db, DAY, DAY) == {Outcome.RUNNING: 2}


# ---------------------------------------------------------------- any order of states and days

NAMES = ("a", "b", "c")
SNAPSHOTS = [
    Snapshot("running", "working"),
    Snapshot("running", "waiting_for_user"),
    Snapshot("running", "waiting_for_user", asks=False),
    Snapshot("running", "finished"),
    Snapshot("suspended", "inactivity"),
    Snapshot("suspended", "usage_limit_exceeded"),
    Snapshot("error"),
    Snapshot("running", "working", archived=True),
]
STOP, CYCLE = "stop", "cycle"
Act = tuple[int, str, Snapshot | str]  # after so many hours, with this session, what
ACTS = st.tuples(st.sampled_from([0, 1, 7, 24, 50]), st.sampled_from(NAMES), st.sampled_from([*SNAPSHOTS, STOP, CYCLE]))


class Model:
    """What should be recorded: written down for each change by a second way, without a store."""

    def __init__(self) -> None:
        self.days: dict[date, dict[str, Outcome]] = defaultdict(dict)
        self.last: dict[str, Outcome] = {}

    def write(self, name: str, one: Session, now: float) -> None:
        self.last[name] = self.days[billing_day(now)][name] = outcome_of(one, self.last.get(name))

    def counts(self, day: date) -> dict[Outcome, int]:
        return dict(Counter(self.days[day].values()))


async def _act(db: Database, model: Model, name: str, what: Snapshot | str, now: float) -> None:
    async with db.write() as tx:
        known = {key: one.session for key, one in (await sessions.tracked(tx, NAMES)).items()}
    if what == STOP:
        async with db.write() as tx:
            await sessions.change(tx, name, archived=True, stopped_by="U1")
            await session_days.record(tx, name, now)
            stopped = await sessions.get(tx, name)
        assert stopped is not None
        model.write(name, stopped, now)
    elif isinstance(what, Snapshot):
        found = at(now, what.status, what.detail, asks=what.asks, archived=what.archived)
        await poll(db, name, found, now)
        model.write(name, known[name].with_snapshot(found), now)
    else:
        await carry_over(db, now)
        for key, one in known.items():
            if is_running(one):
                model.write(key, one, now)


async def _play(store: str, acts: Sequence[Act]) -> None:
    db, model, now = Database(store), Model(), START
    finished: dict[date, dict[Outcome, int]] = {}
    try:
        await add(db, *(session(name, created_at=0.0, spoken_at=0.0, snapshot=Snapshot()) for name in NAMES))
        for hours, name, what in acts:
            later = now + hours * 3600
            if billing_day(later) != billing_day(now):
                finished[billing_day(now)] = await counted(db, billing_day(now), billing_day(now))
            now = later
            await _act(db, model, name, what, now)
            today = billing_day(now)
            assert await counted(db, today, today) == model.counts(today)
            assert sum((await counted(db, today, today)).values()) == len(model.days[today])
        for day, counts in finished.items():
            assert await counted(db, day, day) == counts == model.counts(day)
    finally:
        await db.close()


@settings(max_examples=25, deadline=None)
@given(acts=st.lists(ACTS, min_size=1, max_size=12))
def test_the_outcomes_of_a_day_add_up_to_its_sessions_and_stay(sqlite_template: Path, acts: list[Act]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = shutil.copy(sqlite_template, Path(folder) / "store.db")
        asyncio.run(_play(f"sqlite:///{store}", acts))
