"""What becomes of two sends of one session that fail at the same time."""

import asyncio

from bot.flows.deliver.cards import CardEditor
from bot.flows.deliver.failures import SendFailures
from bot.flows.shared_channels import SharedChannels
from bot.slack.errors import ChannelGone
from bot.store import cards, outbox, sessions
from bot.store.tables import cards as cards_table
from bot.store.tables import outbox as table
from tests.store.rows import NOW, held, held_card, said, session, standing


async def test_a_post_and_a_card_that_find_the_channel_gone_together_are_marked_dead_and_announced_once(
    make, either_store, clock
):
    """Each marks the other's row dead too: on PostgreSQL they must not wait for each other in a circle."""
    clock.now, db = NOW, either_store.db
    services = make(either_store, clock)
    failure, editor = SendFailures(services), CardEditor(services, SharedChannels(services))
    for number in range(8):
        name, thread = f"s{number}", f"t{number}"
        async with db.write() as tx:
            await sessions.add(tx, session(name, thread_ts=thread))
            await standing(tx, name)
            await cards.redraw(tx, [name], NOW)
            await outbox.add(tx, [said(f"say:{name}", session_id=name, thread=thread, thread_ts=thread)])
            card, post = await held_card(tx, db, name), await held(tx, db, f"say:{name}")
        await asyncio.gather(
            editor.fail(card, ChannelGone("is_archived", "chat.update")),
            failure.handle(post, ChannelGone("is_archived", "chat.postMessage")),
        )
    posts = [row for row in await either_store.rows(table, table.c.seq) if not row["key"].startswith("lost:")]
    dead = [*posts, *await either_store.rows(cards_table)]
    assert [(row["state"], row["owner"]) for row in dead] == [("dead", None)] * 16
    announced = [row["key"] for row in await either_store.rows(table, table.c.seq) if row["key"].startswith("lost:")]
    assert announced == [f"lost:s{number}:channel" for number in range(8)]
