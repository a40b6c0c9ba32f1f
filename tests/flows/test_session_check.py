"""Whether a session is over: one 404 does not say so, one that lasts does, and a 409 never."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from bot.conversation.session_check import SessionCheck
from bot.devin.client import Devin
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.store import inbox, lanes
from bot.timing import PRODUCTION
from tests.flows.conftest import ONCE, ORG, Make, SetClock, Store
from tests.store.rows import LANE, LEASE, NOW, asked

BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
LASTS = PRODUCTION.not_found_lasts
Answers = list[httpx.Response]


def found(status: str, **facts: Any) -> httpx.Response:
    return httpx.Response(200, json={"session_id": BARE, "status": status, **facts})


def refused(status: int) -> httpx.Response:
    return httpx.Response(status, json={"detail": "No"})


@pytest.fixture
def answers() -> Answers:
    return []


@pytest.fixture
async def services(make: Make, store: Store, clock: SetClock, answers: Answers) -> AsyncIterator[Services]:
    clock.now, store.db.clock = NOW, clock

    def answer(_: httpx.Request) -> httpx.Response:
        last = answers[-1]
        return httpx.Response(last.status_code, content=last.content)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        yield make(store, clock, devin=Devin(http, "cog_test", ORG, patience=ONCE))


@pytest.fixture
async def over(services: Services, store: Store, answers: Answers) -> Any:
    """Ask for the session, which is answered as a test says; answers whether it is over."""
    await store.session("s", NOW, devin_id=BARE)
    row = asked("row")
    async with store.db.write() as tx:
        await inbox.add(tx, [row])
        claim = await lanes.claim(tx, store.db, LANE, "worker", LEASE)
    (workspace,) = services.workspaces
    job = Job(row, claim, workspace)

    async def ask(answer: httpx.Response) -> bool:
        answers.append(answer)
        session = await services.session("s")
        assert session is not None
        return (await SessionCheck(services).ask(job, session)).over

    return ask


Over = Callable[[httpx.Response], Any]


@pytest.mark.parametrize(("status", "expected"), [("exit", True), ("error", True), ("running", False), ("new", False)])
async def test_the_status_says_whether_a_session_is_over(over: Over, status: str, expected: bool) -> None:
    assert await over(found(status)) is expected


@pytest.mark.parametrize("status", [409, 403, 429, 500])
async def test_any_other_refusal_says_nothing(over: Over, clock: SetClock, status: int) -> None:
    for _ in range(3):
        assert await over(refused(status)) is False
        clock.now += LASTS


async def test_a_404_that_lasts_says_that_it_is_gone(over: Over, clock: SetClock) -> None:
    for _ in range(5):
        assert await over(refused(404)) is False
        clock.now += LASTS / 5
    assert await over(refused(404)) is True


async def test_a_session_that_was_found_meanwhile_is_not_gone(over: Over, clock: SetClock) -> None:
    assert await over(refused(404)) is False
    clock.now += LASTS / 2
    assert await over(found("running")) is False
    clock.now += LASTS / 2
    assert await over(refused(404)) is False


async def test_a_404_of_another_day_does_not_count(over: Over, clock: SetClock) -> None:
    assert await over(refused(404)) is False
    clock.now += PRODUCTION.row_outage + 1
    assert await over(refused(404)) is False
    clock.now += LASTS
    assert await over(refused(404)) is True


async def test_it_is_noted_that_a_session_is_archived(over: Over, services: Services) -> None:
    for archived in (True, False):
        await over(found("running", is_archived=archived))
        session = await services.session("s")
        assert session is not None
        assert session.snapshot.archived is archived
