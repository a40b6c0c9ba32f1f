"""What becomes of two sends of one session that fail at the same time."""

import asyncio

from bot.conversation.session_card import announce_channel_lost
from bot.slack.errors import ChannelGone, ContentRefused
from bot.store import outbox, posts, sessions
from bot.store.tables import outbox as table
from bot.store.tables import posts as posts_table
from bot.views import blocks
from bot.views.answers import failures as failure_sentences
from bot.views.message import Message
from tests.flows.sending import senders_of
from tests.said import a_session
from tests.store.rows import NOW, held, held_card, said, session, standing


async def test_a_post_and_a_card_that_find_the_channel_gone_together_are_marked_dead_and_announced_once(
    make, either_store, clock
):
    """Each marks the other's row dead too: on PostgreSQL they must not wait for each other in a circle."""
    clock.now, db = NOW, either_store.db
    services = make(either_store, clock)
    failure, editor = senders_of(services).failures, senders_of(services).editor
    for number in range(8):
        name, thread = f"s{number}", f"t{number}"
        async with db.write() as tx:
            await sessions.add(tx, session(name, thread_ts=thread))
            await standing(tx, name)
            await posts.redraw(tx, [f"card:{name}"], NOW)
            await outbox.add(tx, [said(f"say:{name}", session_id=name, thread=thread, thread_ts=thread)])
            card, post = await held_card(tx, db, name), await held(tx, db, f"say:{name}")
        await asyncio.gather(
            editor.fail(card, ChannelGone("is_archived", "chat.update")),
            failure.handle(post, ChannelGone("is_archived", "chat.postMessage")),
        )
    sends = [row for row in await either_store.rows(table, table.c.seq) if not row["key"].startswith("lost:")]
    dead = [*sends, *await either_store.rows(posts_table)]
    assert [(row["state"], row["owner"]) for row in dead] == [("dead", None)] * 16
    announced = [row["key"] for row in await either_store.rows(table, table.c.seq) if row["key"].startswith("lost:")]
    assert announced == [f"lost:s{number}:channel:0:" for number in range(8)]


async def test_a_private_answer_whose_blocks_are_refused_is_given_plainly_once(make, either_store, clock):
    clock.now, db = NOW, either_store.db
    failure = senders_of(make(either_store, clock)).failures
    asked = {"text": "Again?", "blocks": [blocks.section("Really again?")], "user": "U1", "response_url": None}
    states = []
    async with db.write() as tx:
        await outbox.add(tx, [said("priv:1", kind="private", payload=asked)])
    for _ in range(2):
        async with db.write() as tx:
            row = await held(tx, db, "priv:1")
        await failure.handle(row, ContentRefused("invalid_blocks", "chat.postEphemeral"))
        (stored,) = await either_store.rows(table)
        states.append((stored["state"], stored["payload"]["text"], stored["payload"]["blocks"]))
    assert states == [("open", "Really again?", []), ("dead", "Really again?", [])]


async def test_a_post_whose_blocks_are_refused_is_sent_in_its_plainer_forms_one_after_the_other(
    make, either_store, clock
):
    """Each refusal is the outcome of its try, so nothing is lost and nothing is posted twice."""
    clock.now, db = NOW, either_store.db
    services = make(either_store, clock)
    text = Message("In all 3.", [blocks.section("3 as words")])
    chart = Message("In all 3.", [{"type": "data_visualization"}], Message("In all 3.", [{"type": "table"}], text))
    async with services.unit_of_work() as uow:
        await uow.add_to_outbox(uow.post_row("digest:1", "T1", "C1", None, chart))
    kinds = []
    for _ in range(5):
        async with db.write() as tx:
            row = await held(tx, db, "digest:1")
            await outbox.start(tx, row, NOW)
        await senders_of(services).failures.handle(row, ContentRefused("invalid_blocks", "chat.postMessage"))
        (stored,) = await either_store.rows(table)
        kinds.append((stored["state"], [block["type"] for block in stored["payload"]["blocks"]]))
        if stored["state"] == "dead":
            break
    assert kinds == [("open", ["table"]), ("open", ["section"]), ("open", []), ("dead", [])]
    assert stored["payload"]["text"] == "3 as words"


async def announced_to_the_asker(either_store):
    """The texts of what waits to be sent to the asker directly, and the keys of it."""
    rows = await either_store.rows(table, table.c.seq)
    return [(row["key"], row["payload"]["text"]) for row in rows if row["channel"] == "U1"]


async def refused(make, either_store, clock, key, error="not_in_channel"):
    """Have a post of the session refused for good."""
    services, db = make(either_store, clock), either_store.db
    async with db.write() as tx:
        await outbox.add(tx, [said(key, session_id="s")])
        post = await held(tx, db, key)
    await senders_of(services).failures.handle(post, ChannelGone(error, "chat.postMessage"))


async def removed(make, either_store, clock, event):
    """Announce what Slack's event about a removal says."""
    services = make(either_store, clock)
    async with services.unit_of_work() as uow:
        await announce_channel_lost(uow, session(), Message("removed"), event)


async def test_each_loss_of_a_channel_is_announced_once(make, either_store, clock):
    clock.now, db = NOW, either_store.db
    async with db.write() as tx:
        await sessions.add(tx, session())
        await standing(tx)
    await refused(make, either_store, clock, "say:1")
    await removed(make, either_store, clock, "ev:1")  # why the post was refused
    await refused(make, either_store, clock, "say:2")
    assert [key for key, _ in await announced_to_the_asker(either_store)] == ["lost:s:channel:0:"]
    await removed(make, either_store, clock, "ev:2")  # invited in between, without a post
    await refused(make, either_store, clock, "say:3")
    assert [key for key, _ in await announced_to_the_asker(either_store)][1:] == ["lost:s:channel:0:ev:2"]
    async with db.write() as tx:
        await outbox.add(tx, [said("say:4", session_id="s")])
        arrived = await held(tx, db, "say:4")
        await outbox.sent(tx, arrived, "1750000060.000000", NOW)
    await refused(make, either_store, clock, "say:5")
    await refused(make, either_store, clock, "say:6")
    assert [key for key, _ in await announced_to_the_asker(either_store)][2:] == [f"lost:s:channel:{arrived.seq}:"]


async def test_the_asker_reads_that_only_some_people_may_post(make, either_store, clock):
    clock.now = NOW
    async with either_store.db.write() as tx:
        await sessions.add(tx, session())
        await standing(tx)
    await refused(make, either_store, clock, "say:1", "restricted_action_read_only_channel")
    ((_, text),) = await announced_to_the_asker(either_store)
    assert text == failure_sentences.posting_restricted("C1", a_session()).text


async def test_nobody_is_written_to_about_the_channel_of_an_asker_who_was_erased(make, either_store, clock):
    clock.now = NOW
    async with either_store.db.write() as tx:
        await sessions.add(tx, session(requester=""))
        await standing(tx)
    await refused(make, either_store, clock, "say:1")
    assert [row["key"] for row in await either_store.rows(table)] == ["say:1"]


async def test_reactions_that_come_too_late_are_dropped_together_without_a_token_of_their_method(
    make, either_store, clock
):
    clock.now, db = NOW, either_store.db
    send, late = senders_of(make(either_store, clock, team="T1")).send, 40
    asked = {"ts": "1", "name": "eyes"}
    ends = [NOW - 1] * late + [NOW + 9]
    rows = [
        said(f"react:{number}", kind="reaction", lane="react:T1", payload=asked, expires_at=end)
        for number, end in enumerate(ends)
    ]
    async with db.write() as tx:
        await outbox.add(tx, rows)
    assert await send.work("react:T1") == 0.0
    found = {row["key"]: (row["state"], row["reason"]) for row in await either_store.rows(table)}
    assert found.pop(f"react:{late}") == ("open", None)
    assert set(found.values()) == {("dead", "expired")}
