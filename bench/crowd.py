"""A store that knows many sessions: `python -m bench.crowd DATABASE_URL CHANGED_AT`, Devin's ids on its input.

Each session has what a real one has after its start: its row, its thread, and its card that stands in the channel.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bench.wire import CHANNELS, ORG, PEOPLE, TEAM
from bot.conversation.follow.poll import PollState
from bot.domain.session import Lifecycle, Session, Snapshot
from bot.features import metadata
from bot.store import due, posts, sessions, threads
from bot.store.database.connection import Database
from bot.store.database.schema import migrate
from bot.store.posts import Post
from bot.store.threads import Thread

PIECE: Final = 500


def _session(number: int, devin_id: str, changed_at: int, now: float) -> Session:
    ts = f"{int(now) - 86_400}.{number:06d}"
    return Session(
        id=f"crowd{number}",
        team=TEAM,
        org_id=ORG,
        channel=f"C0{number % CHANNELS:04d}",
        thread_ts=ts,
        requester=f"U0{number % PEOPLE:04d}",
        prompt="Keep the tests green",
        lifecycle=Lifecycle.OPEN,
        reference=f"slack-{TEAM}-C0{number % CHANNELS:04d}-{ts}",
        devin_id=devin_id,
        url=f"https://app.devin.ai/sessions/{devin_id}",
        snapshot=Snapshot("running", "working", updated_at=changed_at),
        created_at=now - 86_400,
        spoken_at=now - 3600,
    )


async def fill(url: str, devin_ids: Sequence[str], changed_at: int) -> list[Session]:
    """Bring the schema up and store a session for each id; the sessions."""
    db, now = Database(url), time.time()
    await migrate(db, metadata)
    known = [_session(number, devin_id, changed_at, now) for number, devin_id in enumerate(devin_ids)]
    for start in range(0, len(known), PIECE):
        async with db.write() as tx:
            for session in known[start : start + PIECE]:
                await _remember(tx, session, now)
    state = PollState(watermark=changed_at, polled_at=now)
    async with db.write() as tx:
        await due.write(tx, due.poll(ORG), now, {"v": 1, "poll": asdict(state)})
    await db.close()
    return known


async def _remember(tx: AsyncConnection, session: Session, now: float) -> None:
    assert session.thread_ts is not None
    await sessions.add(tx, session)
    place = Thread(TEAM, session.channel, session.thread_ts, session.id, False, session.thread_ts)
    await threads.put(tx, place, now)
    await posts.add(tx, Post("card", session.id, TEAM, session.channel, "bench", now, session.id))
    await posts.posted(tx, f"card:{session.id}", session.thread_ts, 1, None, session.created_at)


if __name__ == "__main__":
    asyncio.run(fill(sys.argv[1], json.load(sys.stdin), int(sys.argv[2])))
