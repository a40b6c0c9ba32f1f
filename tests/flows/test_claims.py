"""Claims on rows of the outbox: those of many channels together, each once, and no mark that is too late delays one."""

import asyncio

import pytest

from bot.domain.lane import channel_lane, reaction_lane
from bot.kernel.sending.claims import Claims
from bot.store import outbox
from bot.store.lanes import ClaimLostError
from bot.store.outbox import OutboxRow
from bot.store.row_claims import Sender
from bot.store.tables import outbox as table
from bot.store.tables import rate_limits
from bot.timing import PRODUCTION
from tests.flows.sending import senders_of
from tests.store.rows import LEASE, NOW, said

CHANNELS = 20
LANES = [channel_lane("T1", f"C{number}") for number in range(CHANNELS)]
REACTIONS = reaction_lane("T1")


@pytest.fixture
async def claims(make, either_store, clock):
    clock.now = NOW
    async with either_store.db.write() as tx:
        await outbox.add(tx, [said(f"{lane} {part}", lane=lane, thread="t") for part in range(2) for lane in LANES])
    return Claims(make(either_store, clock, team="T1"))


async def found_in(claims: Claims, *lanes: str) -> list[OutboxRow]:
    """The rows that are next in `lanes`, which are asked for together."""
    rows = [row for row, _ in await asyncio.gather(*(claims.find(lane) for lane in lanes))]
    assert None not in rows
    return rows


async def taken_in(claims: Claims, *lanes: str) -> list[OutboxRow]:
    """The rows that are next in `lanes`, claimed together."""
    return await asyncio.gather(*(claims.take(row) for row in await found_in(claims, *lanes)))


async def test_the_posts_of_many_channels_are_claimed_together_each_its_own(claims, either_store):
    taken = await taken_in(claims, *LANES)
    assert [row.key for row in taken] == [f"{lane} 0" for lane in LANES]
    stored = {row["key"]: (row["state"], row["sending_at"]) for row in await either_store.rows(table)}
    assert [stored[row.key] for row in taken] == [("sending", NOW)] * CHANNELS
    buckets = {row["name"]: row["next_at"] for row in await either_store.rows(rate_limits)}
    assert buckets == dict.fromkeys(LANES, NOW + PRODUCTION.channel_interval)


async def test_of_two_that_take_the_same_row_together_one_gets_it(claims):
    first, again = await found_in(claims, LANES[0], LANES[0])
    taken = await asyncio.gather(claims.take(first), claims.take(again))
    assert sorted(isinstance(row, OutboxRow) for row in taken) == [False, True]


async def test_a_channel_that_just_got_a_post_rests_until_it_may_get_the_next_one(claims, clock):
    for row in await taken_in(claims, *LANES[:3]):
        await claims.mark_sent(row, "1750000100.000000")
    clock.now += PRODUCTION.channel_interval / 4
    assert await claims.find(LANES[0]) == (None, PRODUCTION.channel_interval * 3 / 4)
    clock.now += PRODUCTION.channel_interval * 3 / 4
    assert [row.key for row in await found_in(claims, *LANES[:3])] == [f"{lane} 1" for lane in LANES[:3]]


async def test_of_posts_marked_together_only_that_one_is_refused_which_another_worker_took_over(
    claims, either_store, clock
):
    db = either_store.db
    rows = await taken_in(claims, *LANES[:2])
    async with db.write() as tx:
        await outbox.take(tx, db, [rows[1].seq], Sender("another", LEASE), clock())
    with pytest.raises(ClaimLostError):
        await claims.check(rows[1])
    marked = await asyncio.gather(*(claims.mark_sent(row, "1.0") for row in rows), return_exceptions=True)
    assert [type(one) for one in marked] == [type(None), ClaimLostError]


async def test_a_reaction_is_claimed_at_once_behind_a_backlog_that_is_dropped_because_it_comes_too_late(
    make, either_store, clock, claims
):
    db, asked, late = either_store.db, {"ts": "1", "name": "eyes"}, 60
    like = {"kind": "reaction", "lane": REACTIONS, "payload": asked}
    rows = [said(f"react:{number}", **like, expires_at=NOW - 1) for number in range(late)]
    async with db.write() as tx:
        await outbox.add(tx, [*rows, said("react:new", **like, thread="new", expires_at=NOW + 600)])
    send = senders_of(make(either_store, clock, team="T1")).send
    assert await send.work(REACTIONS) == 0.0
    (fresh,) = await taken_in(claims, REACTIONS)
    assert fresh.key == "react:new"
