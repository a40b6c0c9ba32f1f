"""Readiness warns of posts that could have been sent long ago, and of a disk that fills up."""

from bot.server import health
from bot.server.health import Backlog
from bot.store import outbox
from tests.store.rows import NOW, said

LONG_AGO = NOW - 420


async def test_a_post_that_could_have_been_sent_is_warned_of_after_five_minutes(make, either_store, clock):
    clock.now = NOW
    async with either_store.db.write() as tx:
        await outbox.add(tx, [said("a", next_at=NOW - 299, thread="t1"), said("b", next_at=NOW + 60, thread="t2")])
        await outbox.add(tx, [said("c", next_at=LONG_AGO, thread="t2")])  # behind one that is to be tried again later
    assert await Backlog(make(either_store, clock)).warnings() == []
    async with either_store.db.write() as tx:
        await outbox.add(tx, [said("d", next_at=LONG_AGO, thread="t3")])
    late = "A Slack post has been ready to send for 7 minutes and is still waiting."
    assert await Backlog(make(either_store, clock)).warnings() == [late]


async def test_a_disk_with_little_room_is_warned_of(make, store, clock, monkeypatch):
    clock.now = NOW
    monkeypatch.setattr(health, "LEAST_ROOM", 2**62)
    (warning,) = await Backlog(make(store, clock)).warnings()
    assert warning.startswith("The store's disk has ")
    assert warning.endswith(" MiB left.")
