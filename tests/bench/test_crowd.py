"""What the measurements start from is what a bot has that has been at work."""

import time
from pathlib import Path

from bench.crowd import fill
from bench.wire import ORG
from bot.features import metadata
from bot.store import due, posts, sessions, watched_sessions
from bot.store.database.connection import Database
from bot.store.database.schema import check_current
from bot.store.watched_sessions import Sweep


async def test_a_crowd_is_watched_and_its_cards_stand(tmp_path: Path) -> None:
    url, changed_at = f"sqlite:///{tmp_path}/bot.db", int(time.time()) - 60
    await fill(url, ["one", "two", "three"], changed_at)
    db = Database(url)
    await check_current(db, metadata)
    async with db.read() as tx:
        assert await watched_sessions.any_watched(tx, ORG, time.time()) == (True, True)
        assert sorted(await watched_sessions.slice_of(tx, ORG, Sweep(0.0, 0, 0), "", 9)) == ["one", "three", "two"]
        card = await posts.get(tx, "card:crowd0")
        first = await sessions.get(tx, "crowd0")
        poll = await due.read(tx, due.poll(ORG))
        assert await posts.count_open(tx, time.time()) == 0
    assert card is not None
    assert first is not None
    assert (card.state, card.ts) == ("sent", first.thread_ts)
    assert poll is not None
    assert poll.state["poll"]["watermark"] == changed_at
    await db.close()
