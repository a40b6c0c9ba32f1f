"""What becomes of two sends of one session that fail at the same time."""

import asyncio

from bot.flows.failure import Failure
from bot.slack.errors import ChannelGone
from bot.store import outbox, sessions
from bot.store.tables import outbox as table
from tests.store.rows import NOW, TEAM, drawn, held, said, session


async def test_a_post_and_a_card_that_find_the_channel_gone_together_are_given_up_and_told_once(
    make, either_store, clock
):
    """Each gives up the other's row too: on PostgreSQL they must not wait for each other in a circle."""
    clock.now, db = NOW, either_store.db
    failure = Failure(make(either_store, clock))
    for number in range(8):
        name, thread = f"s{number}", f"t{number}"
        async with db.write() as tx:
            await sessions.add(tx, session(name, thread_ts=thread))
            await outbox.add(tx, [drawn(name, thread=thread, thread_ts=thread, team=TEAM)])
            await outbox.sent(tx, await held(tx, db, f"card:{name}"), "1750000050.000000", NOW)
            await outbox.redraw(tx, [name], outbox.USUAL, NOW)
            await outbox.add(tx, [said(f"say:{name}", session_id=name, thread=thread, thread_ts=thread)])
            rows = [await held(tx, db, key) for key in (f"card:{name}", f"say:{name}")]
        gone = (ChannelGone("is_archived", "chat.update"), ChannelGone("is_archived", "chat.postMessage"))
        await asyncio.gather(*(failure.handle(row, error) for row, error in zip(rows, gone, strict=True)))
    given_up = [row for row in await either_store.rows(table, table.c.seq) if not row["key"].startswith("lost:")]
    assert {(row["state"], row["owner"]) for row in given_up} == {("dead", None)}
    told = [row["key"] for row in await either_store.rows(table, table.c.seq) if row["key"].startswith("lost:")]
    assert told == [f"lost:s{number}:channel" for number in range(8)]
