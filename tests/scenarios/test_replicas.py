"""Several processes on one PostgreSQL: some receive, some work, and it looks as if there were one."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from bot.connect import StartError
from bot.process import ProcessKind
from bot.timing import Timing
from tests import postgres
from tests.scenarios.harness import ANN, GENERAL, Harness, harness
from tests.scenarios.observations import sent_to_devin
from tests.scenarios.test_events import signed, typed

WEB, WORKER = ProcessKind.WEB, ProcessKind.WORKER
PATIENCE = 30.0
QUEUE = "devin_bridge_pgqueuer.pgqueuer"
WHO_POLLS = text("SELECT owner FROM lanes WHERE name LIKE 'tick:poll:%'")


@dataclass
class Replicas:
    """One process that receives and two that work, between the Slack and the Devin of `on`."""

    on: Harness
    web: Harness
    workers: list[Harness]

    async def reply(self, ts: str, session: str, words: str) -> None:
        """Write a reply, and wait until Devin has it."""
        await self.on.slack.say(ANN, GENERAL, words, thread_ts=ts)
        async with asyncio.timeout(PATIENCE):
            while not any(words in one for one in await sent_to_devin(self.on, session)):
                await asyncio.sleep(0.02)  # the simulator has no event for it

    async def poller(self) -> str | None:
        """The name of the process that polls Devin."""
        async with self.on.store.read() as tx:
            owner: str | None = (await tx.execute(WHO_POLLS)).scalar_one_or_none()
        return owner

    async def poller_but(self, other: str | None) -> str:
        """The same, once it is another than `other`."""
        async with asyncio.timeout(PATIENCE):
            while (owner := await self.poller()) in {None, other}:
                await asyncio.sleep(0.05)  # the store has no event for it
        return str(owner)


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[str]:
    """The address of an empty store of its own, with the schema."""
    async with postgres.created(postgres_server) as address:
        yield address


@pytest.fixture
async def replicas(tmp_path: Path, timing: Timing, database: str) -> AsyncIterator[Replicas]:
    """One process that receives, and two that work."""
    more = {"DATABASE_URL": database, "BOT_LEASE_SECONDS": "3"}
    async with harness(tmp_path, "http", timing=timing, start=False, **more) as on, AsyncExitStack() as stack:
        started = [on.replica(kind) for kind in (WORKER, WORKER, WEB)]
        for replica in started:
            await replica.start()
            stack.push_async_callback(replica.close)
        yield Replicas(on, started[2], started[:2])


async def test_what_one_process_receives_another_works_on(replicas: Replicas) -> None:
    on = replicas.on
    ts, session = await on.started()
    await replicas.reply(ts, session, "use the new API")
    await on.devin.say(session, "Done with the new API.")
    await on.wait_for_post(GENERAL, ts, "Done with the new API.")


async def test_each_process_says_what_it_is_and_only_a_receiver_takes_what_slack_sends(replicas: Replicas) -> None:
    async with httpx.AsyncClient() as http:
        for replica, name, answer in ((replicas.web, "web", 401), (replicas.workers[0], "worker", 404)):
            url = f"http://127.0.0.1:{replica.port}"
            assert (await http.get(f"{url}/readyz")).json()["process"] == name
            assert (await http.post(f"{url}/slack/events")).status_code == answer
            assert f'process="{name}",' in (await http.get(f"{url}/metrics")).text


async def test_what_one_receiver_has_answered_another_does_not_answer_again(replicas: Replicas) -> None:
    one, other = replicas.web, replicas.on.replica(WEB)
    await other.start()
    body, headers = command(one)
    first = await asked(one, body, headers)
    async with asyncio.timeout(PATIENCE):
        # What was published later came later: once one such request is known there, the first one is too.
        # A slow answer has no content either: it says nothing of what is known.
        while not (await asked(one, *(later := command(one)))).content or (await asked(other, *later)).content:
            pass
    again = await asked(other, body, headers)
    assert (first.status_code, bool(first.content)) == (200, True)
    assert (again.status_code, again.content) == (200, b"")
    await other.close()


def command(on: Harness) -> tuple[bytes, dict[str, str]]:
    """A slash command as Slack posts it, with its signature."""
    body = typed("list")
    return body, signed(on, body) | {"Content-Type": "application/x-www-form-urlencoded"}


async def asked(receiver: Harness, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """What a receiver answers to a slash command with this body and these headers."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(f"http://127.0.0.1:{receiver.port}/slack/events", content=body, headers=headers)


async def test_one_worker_polls_and_another_takes_over_when_it_stops(replicas: Replicas) -> None:
    on = replicas.on
    ts, session = await on.started()
    first = await replicas.poller_but(None)
    await replicas.workers[0].stop()
    if await replicas.poller() == first:  # it was the other one
        await replicas.workers[0].start()
        await replicas.workers[1].stop()
    await replicas.poller_but(first)
    await on.devin.say(session, "Still here.")
    await on.wait_for_post(GENERAL, ts, "Still here.")


async def test_with_the_queue_emptied_and_its_connections_cut_work_goes_on(replicas: Replicas, database: str) -> None:
    ts, session = await replicas.on.started()
    await postgres.run(database, postgres.LEAVE, f"TRUNCATE {QUEUE}, {QUEUE}_log, {QUEUE}_statistics")
    await replicas.reply(ts, session, "fix the header after the cut")
    await replicas.reply(ts, session, "fix the footer after the cut")
    received = [one for one in await sent_to_devin(replicas.on, session) if "after the cut" in one]
    assert len(received) == 2


@pytest.mark.parametrize("kind", [WEB, WORKER])
async def test_an_sqlite_file_is_for_one_process(tmp_path: Path, kind: ProcessKind) -> None:
    async with harness(tmp_path, "http", start=False) as on:
        with pytest.raises(StartError) as refused:
            await on.replica(kind).start()
    assert str(refused.value) == (
        f"SQLite supports only one process: start it with `python -m bot run`. For `{kind}` set DATABASE_URL to"
        " PostgreSQL."
    )


async def test_with_socket_mode_nothing_is_left_for_a_process_that_only_receives(tmp_path: Path, database: str) -> None:
    async with harness(tmp_path, "socket", start=False, DATABASE_URL=database) as on:
        with pytest.raises(StartError) as refused:
            await on.replica(WEB).start()
    assert str(refused.value) == (
        "With SLACK_APP_TOKEN, Slack sends everything to the workers. Start only workers, or leave SLACK_APP_TOKEN"
        " empty"
        " to receive over HTTP."
    )


async def test_a_replica_leaves_the_schema_to_the_command_for_it(tmp_path: Path, postgres_server: str) -> None:
    async with (
        postgres.created(postgres_server, None) as empty,
        harness(tmp_path, "http", start=False, DATABASE_URL=empty) as on,
    ):
        with pytest.raises(StartError) as refused:
            await on.replica(WORKER).start()
    assert str(refused.value) == (
        "The store's schema doesn't match this release. Run `python -m bot migrate` once, then start again."
    )


async def test_behind_a_pooler_a_replica_needs_the_direct_address(tmp_path: Path, database: str) -> None:
    pooled = f"{database}{'&' if '?' in database else '?'}pgbouncer=true"
    async with harness(tmp_path, "http", start=False, DATABASE_URL=pooled) as on:
        with pytest.raises(StartError) as refused:
            await on.replica(WORKER).start()
        worker = on.replica(WORKER)
        worker.environment = on.environment | {"DATABASE_DIRECT_URL": database}
        await worker.start()
        await worker.close()
    assert str(refused.value) == (
        "DATABASE_URL points to a pooler, which doesn't support LISTEN. Set DATABASE_DIRECT_URL to PostgreSQL itself."
    )
