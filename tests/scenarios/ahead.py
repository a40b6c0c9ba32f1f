"""A clock that can be put ahead, a store that can be looked into, and sessions that are there before the bot is."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select

from bot.domain.session import Lifecycle, Session
from bot.features import metadata
from bot.slack.threads import stamp
from bot.store import audit, posts, sessions, tables, threads
from bot.store.database.schema import migrate
from bot.store.posts import Post
from bot.store.threads import Thread
from tests.scenarios.harness import ANN, Harness

TEAM, ORG = "T0PLAY", "org-play"


class Ahead:
    """The bot's clock: the wall's, and what it was put ahead. Putting it ahead also refills what the pace had taken."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.passed = seconds

    def __call__(self) -> float:
        return time.time() + self.seconds

    def steady(self) -> float:
        """What the clock says that nobody sets."""
        return time.monotonic() + self.passed

    def put(self, seconds: float) -> None:
        """Let that much time pass for the bot."""
        self.seconds += seconds
        self.passed += seconds

    def set(self, seconds: float) -> None:
        """Set the bot's clock by so many seconds, without that they pass."""
        self.seconds += seconds


@dataclass(frozen=True)
class Running:
    """A session that the bot has known for a while: its thread, its card, and its ids on both sides."""

    id: str
    devin_id: str
    channel: str
    ts: str
    card_ts: str


async def rows(on: Harness, table: str, **values: Any) -> list[dict[str, Any]]:
    """What stands in a table of the bot's store, with these values."""
    wanted = tables.metadata.tables[table]
    conditions = [wanted.c[name] == value for name, value in values.items()]
    async with on.store.scan() as tx:
        return [dict(row) for row in (await tx.execute(select(wanted).where(*conditions))).mappings()]


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait for what no simulator can be asked to wait for."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.05)


async def write(on: Harness, work: Callable[[Any], Any]) -> None:
    """Do something in one transaction of the bot's store."""
    async with on.store.write() as tx:
        await work(tx)


async def running(on: Harness, count: int, channels: Sequence[str], users: Sequence[str] = (ANN,)) -> list[Running]:
    """So many sessions as a bot that has run for a while knows them, spread over channels, each with its asker.

    The bot must not run.
    """
    await on.slack.limits(enabled=False)
    made = await on.devin.create_sessions(
        count, prompt="A long task", tags=["devin-bridge"], status="running", status_detail="working"
    )
    seen = {row["bare_id"]: row for row in await on.devin.sessions()}
    headers = {"Authorization": f"Bearer {on.environment['SLACK_BOT_TOKEN']}"}
    async with httpx.AsyncClient(trust_env=False, headers=headers, base_url=on.environment["SLACK_API_URL"]) as http:
        askers = [users[number % len(users)] for number in range(count)]
        known = [
            await _posted(on, http, bare_id, channels[number % len(channels)], askers[number])
            for number, bare_id in enumerate(made)
        ]
    await migrate(on.store, metadata)
    async with on.store.write() as tx:
        for one, asker in zip(known, askers, strict=True):
            await _keep(tx, one, seen[one.devin_id], asker)
    await on.slack.limits(enabled=True)
    return known


async def _posted(on: Harness, http: httpx.AsyncClient, devin_id: str, channel: str, asker: str) -> Running:
    key = devin_id[:10]
    ts = await on.slack.say(asker, channel, "a long task, please")
    body = {"channel": channel, "thread_ts": ts, "text": "The card", "metadata": stamp(f"card:{key}")}
    answer = await http.post("chat.postMessage", json=body)
    return Running(key, devin_id, channel, ts, answer.json()["ts"])


async def _keep(tx: Any, one: Running, devin: dict[str, Any], asker: str) -> None:
    now = time.time()
    session = Session(
        id=one.id,
        team=TEAM,
        org_id=ORG,
        channel=one.channel,
        thread_ts=one.ts,
        requester=asker,
        prompt="A long task",
        lifecycle=Lifecycle.OPEN,
        reference=f"slack-{TEAM}-{one.channel}-{one.ts}",
        devin_id=one.devin_id,
        url=f"https://app.devin.ai/sessions/{one.devin_id}",
        created_at=now - 600,
        spoken_at=now - 600,
    )
    await sessions.add(tx, session)
    seen = {"status": "running", "detail": "working", "updated_at": devin["updated_at"], "figures_at": now - 600}
    await sessions.change(tx, one.id, **seen)
    await threads.put(tx, Thread(TEAM, one.channel, one.ts, one.id, False, one.ts), now)
    await posts.add(tx, Post("card", one.id, TEAM, one.channel, "seed", now, one.id))
    await posts.posted(tx, f"card:{one.id}", one.card_ts, 1, None, now)


async def recorded_changes(on: Harness) -> list[dict[str, Any]]:
    """The audit rows about changes: without starts, replies and links by email, which nobody made as a change."""
    return [row for row in await rows(on, "audit") if row["action"] not in {*audit.WORK, audit.LINK}]
