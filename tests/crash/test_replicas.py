"""Receivers and workers on one PostgreSQL, killed, frozen and replaced one by one while people write."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import ONE_DAY, billing_day
from bot.features.budgets import rows as budgets
from bot.features.budgets.rules import Scope, ScopeKind, Span
from bot.process import ProcessKind
from bot.store import tables
from tests import postgres
from tests.crash.scene import PATIENCE, Nursery, Scene, Victim, scene
from tests.crash.test_frozen import UNTIL_LEASE_IS_OVER, quiet
from tests.relay import relay
from tests.scenarios.ahead import TEAM, until
from tests.scenarios.harness import ANN, BOT, GENERAL
from tests.scenarios.observations import give_accounts, sent_to_devin

WEB, WORKER = ProcessKind.WEB, ProcessKind.WORKER
THREADS, REPLIES = 3, 8
PEOPLE, STARTS = 50, 9  # so many of each person: fewer than one is asked about


@dataclass
class LoadBalancer:
    """Hands each request to the next of the receivers that takes it, as the one before a company's replicas does.

    Each over a connection of its own, as nginx does unless it's told otherwise: one that is kept open for the next
    request might end in the moment in which that is sent.
    """

    ports: list[int] = field(default_factory=list)
    handed_on: Counter[int] = field(default_factory=Counter)  # requests that each has not answered yet
    url: str = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Take connections while the block runs."""
        server = await asyncio.start_server(self._hand_on, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/slack/events"
        async with server:
            yield

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ports.append(self.ports.pop(0))
        for port in list(self.ports):
            self.handed_on[port] += 1
            try:
                await relay((reader, writer), await asyncio.open_connection("127.0.0.1", port), for_one_request)
                break
            except OSError:
                continue
            finally:
                self.handed_on[port] -= 1
        writer.close()


def for_one_request(data: bytes) -> bytes:
    """Have the receiver close the connection once it has answered."""
    return data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) if data.startswith(b"POST ") else data


@dataclass
class Replicas:
    """The processes of one bot: who runs, and what stands before those that receive."""

    one: Scene
    balancer: LoadBalancer
    ports: dict[int, int] = field(default_factory=dict)  # by the place of the process in the scene

    async def start(self, kind: ProcessKind) -> Victim:
        """Start a process of this kind, and wait until it is up."""
        folder, environment = self.one.folder, self.one.on.environment
        victim = self.one.nursery.start(environment | {"VICTIM_FOLDER": str(folder), "PROCESS": kind})
        self.one.victims.append(victim)
        file = folder / f"port.{await asyncio.wrap_future(victim.born)}"

        async def is_up() -> bool:
            return file.exists() and bool(file.read_text())

        await until(is_up, PATIENCE)
        if kind is WEB:
            self.ports[id(victim)] = int(file.read_text())
            self.balancer.ports.append(self.ports[id(victim)])
        return victim

    async def end(self, victim: Victim, number: signal.Signals) -> None:
        """End a process; one that is asked to stop has no more requests, as where a platform replaces it."""
        port = self.ports.get(id(victim))
        if port is not None and number == signal.SIGTERM:
            self.balancer.ports.remove(port)

            async def all_answered() -> bool:
                return self.balancer.handed_on[port] == 0

            await until(all_answered)  # `preStop` in deploy/kubernetes waits, too
        victim.send(number)
        await victim.over()
        if port in self.balancer.ports:
            self.balancer.ports.remove(port)


@pytest.fixture
async def replicas(tmp_path: Path, nursery: Nursery, postgres_server: str) -> AsyncIterator[Replicas]:
    """Nobody runs yet."""
    balancer = LoadBalancer()
    async with (
        postgres.created(postgres_server) as database,
        scene(tmp_path, nursery, transport="http", DATABASE_URL=database) as one,
        balancer.open(),
    ):
        one.on.simulated_slack.request_url = balancer.url
        yield Replicas(one, balancer)


async def write(one: Scene, threads: dict[str, str]) -> None:
    """Write replies in all threads, and have Devin say something after each."""
    for number in range(REPLIES):
        for ts, session in threads.items():
            await one.slack.say(ANN, GENERAL, f"fix part {number}", thread_ts=ts)
            await one.devin.say(session, f"Step {number} is done.")
        await asyncio.sleep(UNTIL_LEASE_IS_OVER / 2)  # people take their time, and processes die meanwhile


async def test_every_process_is_killed_frozen_or_replaced_and_nothing_is_lost_or_doubled(replicas: Replicas) -> None:
    one = replicas.one
    workers = [await replicas.start(WORKER), await replicas.start(WORKER)]
    webs = [await replicas.start(WEB), await replicas.start(WEB)]
    threads = dict([await one.on.started(f"fix test {number} of three") for number in range(THREADS)])
    writing = asyncio.create_task(write(one, threads))

    workers[0].send(signal.SIGKILL)
    await replicas.start(WORKER)
    workers[1].send(signal.SIGSTOP)
    await replicas.end(webs[0], signal.SIGKILL)
    await replicas.start(WEB)
    await asyncio.sleep(UNTIL_LEASE_IS_OVER)  # nothing tells that a lease is over
    workers[1].send(signal.SIGCONT)
    await replicas.end(webs[1], signal.SIGTERM)
    await replicas.start(WEB)
    await replicas.end(workers[1], signal.SIGTERM)
    await replicas.start(WORKER)

    await writing
    for ts, session in threads.items():
        for number in range(REPLIES):
            await one.on.wait_for_post(GENERAL, ts, f"Step {number} is done.", within=PATIENCE)
        await all_arrived(one, session)
    await quiet(one.on.environment["DATABASE_URL"])
    await all_acknowledged(one)
    assert len(await one.devin.sessions()) == THREADS
    for ts, session in threads.items():
        assert numbers(await sent_to_devin(one.on, session)) == list(range(REPLIES))
        posted = [text for text in await one.on.thread(GENERAL, ts) if "is done." in text]
        assert numbers(posted) == list(range(REPLIES))


async def test_no_request_needs_a_second_attempt_while_every_process_is_replaced(replicas: Replicas) -> None:
    one = replicas.one
    running = [(kind, await replicas.start(kind)) for kind in (WEB, WORKER, WEB, WORKER)]
    threads = dict([await one.on.started(f"fix test {number} of three") for number in range(THREADS)])
    writing = asyncio.create_task(write(one, threads))

    for kind, victim in running:
        await replicas.start(kind)
        await replicas.end(victim, signal.SIGTERM)
    assert not writing.done(), "the processes were replaced after all replies"

    await writing
    await all_acknowledged(one)
    assert [len(reply["attempts"]) for reply in await replies(one)] == [1] * THREADS * REPLIES
    for session in threads.values():
        await all_arrived(one, session)
        assert numbers(await sent_to_devin(one.on, session)) == list(range(REPLIES))


async def replies(one: Scene) -> list[dict[str, Any]]:
    """How Slack's requests with the replies that people wrote went."""
    sent = await one.slack.deliveries(type="message")
    return [request for request in sent if request["payload"]["event"].get("text", "").startswith("fix part ")]


async def all_acknowledged(one: Scene) -> None:
    """Wait until each reply has its ack, be it at a retry, as Slack makes one when a receiver was killed."""

    async def none_waits() -> bool:
        return all(request["status"] != "pending" for request in await replies(one))

    await until(none_waits, PATIENCE)
    assert [request["status"] for request in await replies(one)] == ["acked"] * THREADS * REPLIES


async def all_arrived(one: Scene, session: str) -> None:
    """Wait until Devin has so many replies."""

    async def all_there() -> bool:
        return len(await sent_to_devin(one.on, session)) >= REPLIES

    await until(all_there, PATIENCE)


def numbers(texts: list[str]) -> list[int]:
    """The numbers in texts such as "fix part 3"."""
    return [int(word.strip(".")) for text in texts for word in text.split() if word.strip(".").isdecimal()]


async def a_company(one: Scene) -> list[str]:
    """People who may write in a channel, and twenty sessions of yesterday's that used 12 ACUs each."""
    world = one.on.simulated_slack.state.world
    people = [world.put_person({"id": f"U0P{number:02}"}).id for number in range(PEOPLE)]
    world.channels[GENERAL].members.update(people)
    day = billing_day(time.time()) - ONE_DAY
    rows = [{"session_id": f"over{number}", "acus": 12.0} for number in range(20)]
    of = {"day": day.isoformat(), "team": TEAM, "org_id": one.on.environment["DEVIN_ORG_ID"], "outcome": "done"}
    async with one.on.store.write() as tx:
        await tx.execute(tables.spend.insert(), [row | of for row in rows])
    return people


async def adopt_three(one: Scene) -> None:
    """Three sessions of the web app are at work in threads, without a limit of ours."""
    await give_accounts(one.on)
    for number in range(3):
        (made,) = await one.devin.create_sessions(
            prompt=f"migrate {number}", tags=["web"], user_id="user-ann", service_user_id=None
        )
        await one.devin.say(made, f"Migrating {number}.", status="running", status_detail="working")
        await one.slack.slash(ANN, GENERAL, f"adopt https://app.devin.ai/sessions/{made.removeprefix('devin-')}")
    await one.slack.wait("messages", 3, channel=GENERAL, text="Working", within=PATIENCE)


@pytest.mark.edge
@pytest.mark.timeout(900)
@pytest.mark.parametrize("adopted", [0, 3])
async def test_two_workers_admit_as_many_of_fifty_people_as_a_budget_of_5000_has_room_for(
    replicas: Replicas, adopted: int
) -> None:
    one = replicas.one
    for kind in (WORKER, WORKER, WEB):
        await replicas.start(kind)
    people = await a_company(one)
    if adopted:
        await adopt_three(one)
    async with one.on.store.write() as tx:
        await budgets.put(tx, TEAM, Scope(ScopeKind.ORG), Decimal(5_000), Span.DAY, (80,), time.time())
    tasks = [(user, f"{BOT} fix part {part} for {user}") for part in range(STARTS) for user in people]
    for user, text in tasks:
        await one.slack.say(user, GENERAL, text)

    async def all_answered() -> bool:
        ((begun,),) = await one.rows("SELECT count(*) FROM sessions WHERE acu_limit IS NOT NULL")
        refused = await one.slack.ephemerals(text="the organization's budget has less than 1 ACU left")
        return begun + len(refused) >= len(tasks)

    await until(all_answered, 600)
    limits = [acus for (acus,) in await one.rows("SELECT acu_limit FROM sessions WHERE acu_limit IS NOT NULL")]
    room = 5_000 - 12 * adopted
    assert sum(limits) == room
    assert (limits.count(12), len(limits)) == (room // 12, room // 12 + bool(room % 12))
    assert len(await one.devin.sessions()) == len(limits) + adopted
    assert len(limits) >= 300
