"""Who works on which lane: one at a time, and nobody who has been replaced writes anything."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from bot.store import lanes
from bot.store.database.connection import Database
from bot.store.lanes import Claim, ClaimLostError
from bot.store.tables import lanes as table
from bot.store.tables import workers
from tests import postgres

LEASE = 30.0
LANE = "in:T1:C1:1"

only_postgres = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


async def beat(db: Database, *names: str) -> None:
    for name in names:
        async with db.write() as tx:
            await lanes.beat(tx, db, name, LEASE)


async def claim(db: Database, worker: str, lane: str = LANE) -> Claim | None:
    async with db.write() as tx:
        return await lanes.claim(tx, db, lane, worker, LEASE)


async def claimed(db: Database, worker: str, lane: str = LANE) -> Claim:
    taken = await claim(db, worker, lane)
    assert taken is not None
    return taken


async def release(db: Database, held: Claim) -> None:
    async with db.write() as tx:
        await lanes.release(tx, held)


async def fall_silent(db: Database, worker: str, seconds: float = LEASE + 1) -> None:
    """The worker was last seen so long ago."""
    async with db.write() as tx:
        await tx.execute(update(workers).where(workers.c.id == worker).values(seen_at=workers.c.seen_at - seconds))


async def owners(db: Database) -> dict[str, str | None]:
    async with db.read() as tx:
        return {row.name: row.owner for row in await tx.execute(select(table.c.name, table.c.owner))}


async def alive(db: Database) -> list[str]:
    async with db.read() as tx:
        return sorted((await tx.execute(select(workers.c.id))).scalars())


async def write_with(db: Database, held: Claim) -> None:
    async with db.write() as tx:
        await lanes.hold(tx, held)


async def check(db: Database, held: Claim) -> None:
    async with db.read() as tx:
        await lanes.check(tx, held)


async def test_a_lane_that_is_worked_on_is_nobody_elses(db: Database) -> None:
    await beat(db, "a", "b")
    held = await claimed(db, "a")
    assert (held.lane, held.owner) == (LANE, "a")
    assert await claim(db, "b") is None
    assert await claim(db, "b", "in:other") is not None
    await release(db, held)
    assert await claim(db, "b") is not None


async def test_each_claim_counts_the_epoch_up(db: Database) -> None:
    await beat(db, "a")
    epochs = []
    for _ in range(3):
        held = await claimed(db, "a")
        epochs.append(held.epoch)
        await release(db, held)
    assert epochs == [1, 2, 3]


async def test_while_a_claim_is_good_it_may_be_checked_and_written_with(db: Database) -> None:
    await beat(db, "a")
    held = await claimed(db, "a")
    await check(db, held)
    await write_with(db, held)
    await check(db, held)
    await release(db, held)
    assert await owners(db) == {LANE: None}


async def test_a_claim_that_was_given_back_is_no_longer_good(db: Database) -> None:
    await beat(db, "a")
    held = await claimed(db, "a")
    await release(db, held)
    for use in (check, write_with, release):
        with pytest.raises(ClaimLostError, match=LANE):
            await use(db, held)


async def test_an_old_claim_of_ones_own_is_taken_again(db: Database) -> None:
    await beat(db, "a")
    old = await claimed(db, "a")
    new = await claimed(db, "a")
    assert new.epoch == old.epoch + 1
    with pytest.raises(ClaimLostError):
        await check(db, old)
    await check(db, new)


async def test_a_worker_that_fell_silent_is_replaced_and_one_that_still_beats_is_not(db: Database) -> None:
    await beat(db, "a", "b")
    await claimed(db, "a")
    await fall_silent(db, "a", LEASE - 5)
    assert await claim(db, "b") is None
    await beat(db, "a")
    await fall_silent(db, "a", LEASE + 5)
    assert (await claimed(db, "b")).epoch == 2


async def test_a_worker_that_froze_and_came_back_writes_nothing(db: Database) -> None:
    await beat(db, "frozen", "b")
    old = await claimed(db, "frozen")
    await fall_silent(db, "frozen")
    new = await claimed(db, "b")
    await beat(db, "frozen")  # back again
    for use in (check, write_with, release):
        with pytest.raises(ClaimLostError, match=LANE):
            await use(db, old)
    await check(db, new)
    await release(db, new)
    with pytest.raises(ClaimLostError):
        await write_with(db, old)
    assert await owners(db) == {LANE: None}


async def test_what_a_frozen_worker_wrote_in_that_transaction_is_taken_back(db: Database) -> None:
    await beat(db, "frozen", "b")
    old = await claimed(db, "frozen")
    await fall_silent(db, "frozen")
    await release(db, await claimed(db, "b"))

    async def finish() -> None:
        async with db.write() as tx:
            await tx.execute(update(table).values(claimed_at=1.0))
            await lanes.release(tx, old)

    with pytest.raises(ClaimLostError):
        await finish()
    async with db.read() as tx:
        assert (await tx.execute(select(table.c.claimed_at))).scalars().all() == [None]


async def test_an_owner_of_whom_nothing_is_known_is_replaced(db: Database) -> None:
    await claimed(db, "never seen")
    await beat(db, "b")
    assert await claim(db, "b") is not None


async def test_a_worker_that_leaves_frees_its_lanes_at_once(db: Database) -> None:
    await beat(db, "a", "b")
    for lane in ("in:1", "in:2"):
        await claimed(db, "a", lane)
    theirs = await claimed(db, "b", "in:3")
    async with db.write() as tx:
        await lanes.leave(tx, "a")
    assert await owners(db) == {"in:1": None, "in:2": None, "in:3": "b"}
    assert await alive(db) == ["b"]
    await check(db, theirs)
    assert (await claimed(db, "b", "in:1")).epoch == 2


async def test_who_holds_the_store_alone_frees_every_lane(db: Database) -> None:
    await beat(db, "killed")
    old = await claimed(db, "killed")
    async with db.write() as tx:
        await lanes.free_all(tx)
    assert (await owners(db), await alive(db)) == ({LANE: None}, [])
    assert (await claimed(db, "new")).epoch == old.epoch + 1


async def test_a_beat_keeps_a_worker_alive_and_purges_those_long_gone(db: Database) -> None:
    await beat(db, "old", "recent", "a")
    await fall_silent(db, "old", 21 * LEASE)
    await fall_silent(db, "recent", 19 * LEASE)
    await beat(db, "a")
    assert await alive(db) == ["a", "recent"]


async def test_a_worker_keeps_the_instant_it_started_at(db: Database) -> None:
    await beat(db, "a")
    await fall_silent(db, "a", 10)
    await beat(db, "a")
    async with db.read() as tx:
        row = (await tx.execute(select(workers))).one()
    assert row.seen_at >= row.started_at


# ------------------------------------------------------------ several processes


@only_postgres  # an SQLite file has one process only
async def test_of_many_processes_that_claim_at_once_exactly_one_wins(
    url: str, opened: Callable[[str], Database]
) -> None:
    stores = [opened(url) for _ in range(4)]
    names = [f"w{number}" for number in range(4)]
    await beat(stores[0], *names)
    for attempt in range(8):
        lane = f"in:{attempt}"
        taken = await asyncio.gather(*(claim(store, name, lane) for store, name in zip(stores, names, strict=True)))
        won = [held for held in taken if held is not None]
        assert len(won) == 1
        assert (await owners(stores[0]))[lane] == won[0].owner


@only_postgres
async def test_of_many_processes_that_replace_a_silent_one_exactly_one_wins(
    url: str, opened: Callable[[str], Database]
) -> None:
    stores = [opened(url) for _ in range(4)]
    names = [f"w{number}" for number in range(4)]
    await beat(stores[0], "silent", *names)
    for attempt in range(5):
        await claimed(stores[0], "silent", f"in:{attempt}")
    await fall_silent(stores[0], "silent")
    for attempt in range(5):
        taken = await asyncio.gather(
            *(claim(store, name, f"in:{attempt}") for store, name in zip(stores, names, strict=True))
        )
        assert [held.epoch for held in taken if held is not None] == [2]


@only_postgres
async def test_a_claim_waits_for_another_that_is_not_committed_yet_and_then_yields(
    db: Database, other: Database, url: str
) -> None:
    await beat(db, "a", "b")
    async with db.write() as tx:
        held = await lanes.claim(tx, db, LANE, "a", LEASE)
        second = asyncio.create_task(claim(other, "b"))
        await postgres.until_blocked(url)
    assert held is not None
    assert await second is None


@only_postgres
async def test_a_claim_that_is_not_committed_in_the_end_leaves_the_lane_to_the_next(
    db: Database, other: Database, url: str
) -> None:
    await beat(db, "a", "b")
    second: list[asyncio.Task[Claim | None]] = []

    async def fail() -> None:
        async with db.write() as tx:
            await lanes.claim(tx, db, LANE, "a", LEASE)
            second.append(asyncio.create_task(claim(other, "b")))
            await postgres.until_blocked(url)
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    won = await second[0]
    assert won is not None
    assert won.owner == "b"


@only_postgres
async def test_nobody_takes_a_lane_over_in_the_middle_of_its_last_transaction(
    db: Database, other: Database, url: str
) -> None:
    await beat(db, "slow", "b")
    held = await claimed(db, "slow")
    await fall_silent(db, "slow")
    async with db.write() as tx:
        await lanes.hold(tx, held)
        second = asyncio.create_task(claim(other, "b"))
        await postgres.until_blocked(url)
        await lanes.release(tx, held)
    won = await second
    assert won is not None
    assert won.epoch == held.epoch + 1
