"""The sweep of pull requests: once a day, also for sessions that are over, and again after a death or an outage."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from structlog.testing import capture_logs

from bot.devin.client import Devin
from bot.features.report import flow as sweep_module
from bot.features.report.flow import PullRequestSweep
from bot.kernel.services import Services
from bot.playground.devin import DevinControl, DevinSimulator
from bot.store import due
from bot.store.tables import pull_requests, sessions
from bot.timing import DAY, HOUR, PRODUCTION
from tests.flows.conftest import ONCE, ORG, Make, SetClock, Store

MORNING = datetime(2026, 5, 20, 7, 30, tzinfo=UTC).timestamp()  # half an hour before the billing day ends
SEEN = MORNING - 2 * HOUR
PULL = "https://github.com/acme/web/pull/1"


@dataclass
class Sweep:
    """A worker that sweeps, the simulated Devin that it asks, and the store."""

    services: Services
    devin: DevinControl
    clock: SetClock
    store: Store

    async def tick(self) -> float:
        (organisation,) = self.services.organisations
        return await PullRequestSweep(self.services).tick(organisation)

    async def followed(self, count: int, at: float = SEEN) -> list[str]:
        """Sessions at Devin whose open pull request was found at an instant; answers their ids."""
        (organisation,) = self.services.organisations
        names = [(await organisation.devin.create_session(f"task {number}")).session_id for number in range(count)]
        for name in names:
            await self.devin.pr(name, PULL)
            await self.store.session(name, at)
            await self.store.pull_request(name, PULL, at)
        return names

    async def states(self) -> dict[str, tuple[Any, ...]]:
        found = await self.store.rows(pull_requests, pull_requests.c.session_id)
        return {row["session_id"]: (row["state"], row["merged_at"], row["checked_at"]) for row in found}

    async def asked(self) -> int:
        return (await self.devin.counters()).get("list_sessions", 0)

    async def due_at(self) -> float | None:
        async with self.store.db.read() as tx:
            stored = await due.read(tx, due.pull_requests(ORG))
        return stored and stored.at


@pytest.fixture
async def sweep(make: Make, store: Store, clock: SetClock) -> AsyncIterator[Sweep]:
    clock.now = MORNING
    async with (
        DevinSimulator(org_id=ORG, now=clock) as devin,
        DevinControl(devin.control_url) as control,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        client = Devin(http, "cog_play", ORG, devin.base_url, patience=ONCE)
        yield Sweep(make(store, clock, devin=client), control, clock, store)


async def test_pull_requests_are_asked_for_daily_until_they_are_merged_also_after_the_session(sweep: Sweep) -> None:
    over, purged, hidden = await sweep.followed(3)
    await sweep.devin.terminate(over)
    await sweep.devin.archive(hidden)
    await sweep.devin.switch(archived_hidden=True)
    async with sweep.store.db.write() as tx:
        await tx.execute(delete(sessions).where(sessions.c.id == purged))
    for name, state in {over: "merged", purged: "closed", hidden: "in_review"}.items():
        await sweep.devin.pr(name, PULL, state)
    assert await sweep.tick() == PRODUCTION.idle_tick
    assert await sweep.states() == {
        over: ("merged", MORNING, MORNING),
        purged: ("closed", None, MORNING),
        hidden: ("in_review", None, MORNING),
    }
    assert await sweep.due_at() == MORNING + DAY
    sweep.clock.now += DAY - HOUR / 2
    assert await sweep.tick() == HOUR / 2
    await sweep.devin.pr(hidden, PULL, "merged")
    await sweep.devin.pr(purged, PULL, "merged")  # a closed one is asked for no more
    sweep.clock.now += HOUR / 2
    await sweep.tick()
    assert await sweep.states() == {
        over: ("merged", MORNING, MORNING),
        purged: ("closed", None, MORNING),
        hidden: ("merged", MORNING + DAY, MORNING + DAY),
    }


async def test_one_that_is_sixty_days_old_is_asked_for_no_more(sweep: Sweep) -> None:
    await sweep.followed(1, MORNING - 60 * DAY)
    (young,) = await sweep.followed(1, MORNING - 60 * DAY + 1)
    await sweep.tick()
    assert [name for name, row in (await sweep.states()).items() if row[2] == MORNING] == [young]


async def test_a_pull_request_that_came_after_the_end_is_found(sweep: Sweep) -> None:
    (name,) = await sweep.followed(1)
    await sweep.devin.pr(name, f"{PULL}2")
    await sweep.tick()
    found = {row["url"]: row["first_seen"] for row in await sweep.store.rows(pull_requests)}
    assert found == {PULL: SEEN, f"{PULL}2": MORNING}


async def test_without_open_pull_requests_nothing_is_asked_or_written(sweep: Sweep) -> None:
    (name,) = await sweep.followed(1)
    await sweep.store.pull_request(name, PULL, SEEN, "merged")
    await sweep.store.pull_request("fresh", PULL, MORNING - HOUR + 1)  # the poller has just found it
    assert await sweep.tick() == PRODUCTION.idle_tick
    assert (await sweep.asked(), await sweep.due_at()) == (0, None)


async def test_of_two_workers_one_asks(sweep: Sweep) -> None:
    await sweep.followed(1)
    await asyncio.gather(sweep.tick(), sweep.tick())
    assert await sweep.asked() == 1


async def test_after_an_outage_or_a_death_the_others_are_asked_for(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "BATCH_SIZE", 1)
    names = await sweep.followed(2)
    for name in names:
        await sweep.devin.pr(name, PULL, "merged")
    await sweep.devin.fault("list_sessions", "503", contains=sorted(names)[1])
    with capture_logs() as logs:
        assert await sweep.tick() == PRODUCTION.pull_request_retry
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["pull requests not read"]
    first, second = sorted((await sweep.states()).items())
    assert (first[1][0], second[1][0]) == ("merged", "open")
    # As a process that died in the middle, the failed one leaves the job claimed for a while.
    assert await sweep.tick() == PRODUCTION.pull_request_retry
    sweep.clock.now += PRODUCTION.pull_request_retry
    asked = await sweep.asked()
    await sweep.tick()
    assert [row[0] for row in (await sweep.states()).values()] == ["merged", "merged"]
    assert await sweep.asked() == asked + 1
    assert await sweep.due_at() == MORNING + DAY
