"""A row that is marked dead is closed and its loss announced together, whenever the process dies."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text, update
from structlog.testing import capture_logs

from bot.devin.errors import DevinForbidden, DevinRateLimited
from bot.domain.session import Lifecycle
from bot.kernel.job import Job, finish
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import inbox, sessions, threads
from bot.store.database.connection import Database, Transaction
from bot.store.tables import inbox as inbox_table
from bot.store.tables import lanes as lanes_table
from bot.store.tables import outbox as outbox_table
from bot.store.tables import sessions as sessions_table
from bot.store.threads import Thread
from bot.timing import PRODUCTION
from bot.views.answers import failures as failure_sentences
from bot.views.answers import starts as start_sentences
from bot.views.message import Message
from tests.flows.conftest import Make, SetClock, Store, dispatcher
from tests.store.rows import CHANNEL, LANE, NOW, TEAM, THREAD, asked, session

NEITHER = ("open", [])
BOTH = ("dead", ["Not done: DevinForbidden"])


class Death(BaseException):
    """The process is gone."""


@dataclass
class Lost:
    """A flow whose work is refused and marked dead; announcing that may fail half way, by a fault of our own."""

    fails: bool = False
    runs: int = 0

    async def run(self, job: Job) -> None:
        del job
        self.runs += 1
        raise DevinForbidden("Missing permission", status=403)

    async def on_dead(self, uow: UnitOfWork, job: Job, reason: str, /) -> None:
        await uow.add_to_outbox(
            uow.post_row(f"lost:{job.row.key}", TEAM, CHANNEL, None, Message(f"Not done: {reason}"))
        )
        if self.fails:
            await uow.tx.execute(text("INSERT INTO no_such_table VALUES (1)"))


class DiesAtCommit:
    """The store in the hands of a process that dies right before, or right after, its n-th commit."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, moment: str) -> None:
        write, left = Database.write, itertools.count(number - 1, -1)

        @asynccontextmanager
        async def dying(db: Database, **how: bool) -> AsyncIterator[Transaction]:
            async with write(db, **how) as tx:
                yield tx
                dies = next(left) == 0
                if dies and moment == "before":
                    raise Death
            if dies:
                raise Death

        patch.setattr(Database, "write", dying)


async def state(store: Store) -> tuple[str, list[str]]:
    """What became of the row, and what was announced."""
    (row,) = await store.rows(inbox_table)
    return row["state"], [one["payload"]["text"] for one in await store.rows(outbox_table)]


@pytest.fixture
async def flow(make: Make, either_store: Store, clock: SetClock) -> Lost:
    clock.now = NOW
    async with either_store.db.write() as tx:
        await inbox.add(tx, [asked("row")])
    return Lost()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
async def test_a_row_that_is_marked_dead_is_announced_and_closed_or_neither(
    make: Make, either_store: Store, clock: SetClock, flow: Lost, number: int, moment: str
) -> None:
    dispatch = dispatcher(make(either_store, clock, team=TEAM), {"message": flow})
    with pytest.MonkeyPatch.context() as patch:
        DiesAtCommit(patch, number, moment)
        with suppress(Death):
            await dispatch.work(LANE)
    assert await state(either_store) in (NEITHER, BOTH)
    await dispatch.work(LANE)
    assert await state(either_store) == BOTH
    assert flow.runs == (2 if (number, moment) == (2, "before") else 1)  # nothing is tried again once it is announced


async def test_what_cannot_be_announced_is_closed_all_the_same_and_nothing_of_it_is_said(
    make: Make, either_store: Store, clock: SetClock, flow: Lost
) -> None:
    flow.fails = True
    await dispatcher(make(either_store, clock, team=TEAM), {"message": flow}).work(LANE)
    assert await state(either_store) == ("dead", [])


# ---------------------------------------------------------------- rate limits


@dataclass
class Limited:
    """A flow whose call hits a rate limit each time."""

    retry_after: float | None

    async def run(self, job: Job) -> None:
        raise DevinRateLimited(f"Slow down, {job.row.key}", status=429, retry_after=self.retry_after)

    async def on_dead(self, uow: UnitOfWork, job: Job, reason: str, /) -> None:
        raise AssertionError(f"{job.row.key} is dead: {reason}, at {uow.now}")


@pytest.mark.parametrize(
    ("retry_after", "waits"), [(None, [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]), (7.0, [7.0, 7.0]), (3600.0, [300.0])]
)
async def test_a_rate_limit_is_waited_for_as_asked_and_else_for_seconds_that_grow(
    make: Make, either_store: Store, clock: SetClock, flow: Lost, retry_after: float | None, waits: list[float]
) -> None:
    del flow  # only its row
    dispatch = dispatcher(make(either_store, clock, team=TEAM), {"message": Limited(retry_after)})
    waited = []
    for _ in waits:
        waited.append(await dispatch.work(LANE))
        clock.now += waited[-1]
    assert waited == waits


# ---------------------------------------------------------------- a row that cannot be read


START_FAILED = start_sentences.start_failed("ref").text


@dataclass
class Works:
    """A flow that closes each row it is given."""

    services: Services
    keys: list[str] = field(default_factory=list)

    async def run(self, job: Job) -> None:
        self.keys.append(job.row.key)
        async with self.services.unit_of_work_for(job) as uow:
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job, reason: str, /) -> None:
        raise AssertionError("It can be asked about nothing.")


@pytest.fixture
async def unreadable(either_store: Store, clock: SetClock) -> Callable[..., Awaitable[None]]:
    """Stores a row that cannot be read, and a good one behind it in the same lane."""
    clock.now = NOW

    async def store(**values: Any) -> None:
        odd = {"payload": {"v": 99, "words": "fix it", "response_url": "https://hooks.slack.com/x"}} | values
        async with either_store.db.write() as tx:
            await inbox.add(tx, [asked("odd", ts="1750000000.000001"), asked("good")])
            await tx.execute(update(inbox_table).where(inbox_table.c.key == "odd").values(odd))

    return store


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "unreadable: message of version 99"),
        ({"payload": {"v": 1}}, "unreadable: ValidationError"),  # as if it were closed
        ({"kind": "wish", "payload": {"v": 1, "text": "fix it"}}, "unreadable: wish of version 1"),
        ({"kind": "task", "payload": {"v": 1, "task": "wish", "subject": "w"}}, "unreadable: task wish"),
    ],
)
async def test_a_row_that_cannot_be_read_is_dead_at_once_and_its_lane_goes_on(
    make: Make, either_store: Store, clock: SetClock, unreadable: Any, values: Any, reason: str
) -> None:
    await unreadable(**values)
    services = make(either_store, clock, team=TEAM)
    works = Works(services)
    with capture_logs() as lines:
        for _ in range(2):
            await dispatcher(services, {"message": works}).work(LANE)
    good, odd = await either_store.rows(inbox_table, inbox_table.c.key)
    assert (odd["state"], odd["reason"], good["state"], works.keys) == ("dead", reason, "done", ["good"])
    (line,) = (line for line in lines if line["event"] == "row dropped")
    flow = odd["payload"].get("task", odd["kind"])
    assert (line["log_level"], line["kind"], line["key"], line["reason"]) == ("error", flow, "odd", reason)
    died = f'devin_bridge_dead_letters_total{{kind="{flow}"}} 1.0'
    assert died in services.metrics.exposition().decode()
    assert odd["payload"].get("response_url") is None
    assert await either_store.rows(outbox_table) == []  # its thread is nobody's


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, failure_sentences.not_readable("ref", maybe_done=False).text),
        ({"intent_at": NOW}, failure_sentences.not_readable("ref", maybe_done=True).text),
        ({"kind": "start"}, START_FAILED),
    ],
)
async def test_in_a_sessions_thread_a_row_that_cannot_be_read_is_announced(
    make: Make, either_store: Store, clock: SetClock, unreadable: Any, values: Any, said: str
) -> None:
    await unreadable(**values)
    async with either_store.db.write() as tx:
        await sessions.add(tx, session(lifecycle=Lifecycle.QUEUED))
        await threads.put(tx, Thread(TEAM, CHANNEL, THREAD, "s", False, THREAD), NOW)
    await dispatcher(make(either_store, clock, team=TEAM), {}).work(LANE)
    (post,) = await either_store.rows(outbox_table)
    assert (post["payload"]["text"], post["thread_ts"], post["session_id"]) == (said, THREAD, "s")
    (about,) = await either_store.rows(sessions_table)
    assert about["lifecycle"] == ("refused" if said == START_FAILED else "queued")


async def test_a_worker_whose_lane_was_taken_over_neither_announces_nor_closes(
    make: Make, either_store: Store, clock: SetClock, flow: Lost
) -> None:
    run = flow.run

    async def overtaken(job: Job) -> None:
        async with either_store.db.write() as tx:
            await tx.execute(update(lanes_table).values(owner="another", epoch=lanes_table.c.epoch + 1))
        await run(job)

    flow.run = overtaken
    await dispatcher(make(either_store, clock, team=TEAM), {"message": flow}).work(LANE)
    assert await state(either_store) == NEITHER


# ---------------------------------------------------------------- what is not connected


async def test_a_row_of_a_workspace_that_is_not_connected_waits_unclaimed(
    make: Make, either_store: Store, clock: SetClock, flow: Lost
) -> None:
    dispatch = dispatcher(make(either_store, clock, team="T2"), {"message": flow})
    assert await dispatch.work(LANE) is None
    assert await either_store.rows(lanes_table) == []
    assert await state(either_store) == NEITHER
    assert flow.runs == 0


async def test_a_row_whose_organisation_is_not_connected_waits_as_in_an_outage(
    make: Make, either_store: Store, clock: SetClock, flow: Lost
) -> None:
    services = make(either_store, clock, team=TEAM)

    async def run(job: Job) -> None:
        del job
        _ = services.organisations["org-gone"]

    flow.run = run
    dispatch = dispatcher(services, {"message": flow})
    assert await dispatch.work(LANE) == PRODUCTION.row_first_retry
    assert await state(either_store) == NEITHER
    clock.now += PRODUCTION.row_outage + 1
    await dispatch.work(LANE)
    assert await state(either_store) == ("dead", ["Not done: OrganisationNotConnectedError"])
