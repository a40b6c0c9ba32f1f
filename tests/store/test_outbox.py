"""The outbox: what is said next in a channel, and what becomes of what is to be said."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.store import lanes, outbox
from bot.store.database.connection import Database
from bot.store.lanes import ClaimLostError
from bot.store.outbox import FIRST, USUAL, OutboxRow
from bot.store.row_claims import Sender
from bot.store.tables import outbox as table
from bot.store.tables import workers
from bot.timing import PRODUCTION
from tests.store.rows import LEASE, NOW, OUT, drawn, said

OTHER = "1750000001.000100"  # another thread
ME = Sender("me", LEASE)

only_postgres = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


async def store(db: Database, *rows: OutboxRow) -> None:
    async with db.write() as tx:
        await outbox.add(tx, rows)


async def head(db: Database, now: float = NOW, sender: Sender = ME) -> OutboxRow | None:
    async with db.read() as tx:
        return (await outbox.heads(tx, db, [OUT], now, sender)).get(OUT)


async def head_key(db: Database, now: float = NOW, sender: Sender = ME) -> str | None:
    row = await head(db, now, sender)
    return row and row.key


async def take(db: Database, key: str, sender: Sender = ME, now: float = NOW) -> OutboxRow | None:
    async with db.write() as tx:
        found = await outbox.by_key(tx, key)
        assert found is not None
        return (await outbox.take(tx, db, [found.seq], sender, now)).get(found.seq)


async def taken(db: Database, key: str, sender: Sender = ME, now: float = NOW) -> OutboxRow:
    row = await take(db, key, sender, now)
    assert row is not None
    return row


async def say(db: Database, row: OutboxRow, ts: str | None = "1750000100.000000", now: float = NOW) -> None:
    """As the sender does it."""
    held = await taken(db, row.key, now=now)
    async with db.write() as tx:
        await outbox.start(tx, held, now)
    async with db.write() as tx:
        await outbox.sent(tx, held, ts, now)


async def in_order(db: Database, every: float = 0.0) -> list[str]:
    """The keys in the order in which they are said, one after so many seconds."""
    keys, now = [], NOW
    while row := await head(db, now):
        keys.append(row.key)
        await say(db, row, now=now)
        now += every
    return keys


async def by_key(db: Database, key: str) -> OutboxRow:
    async with db.read() as tx:
        row = await outbox.by_key(tx, key)
    assert row is not None
    return row


async def raw(db: Database, key: str) -> dict[str, Any]:
    async with db.read() as tx:
        return dict((await tx.execute(select(table).where(table.c.key == key))).mappings().one())


# ------------------------------------------------------------ order


async def test_a_thread_is_posted_to_in_the_order_in_which_it_was_written(db: Database) -> None:
    await store(db, *(said(key) for key in ("c", "a", "b")))
    await store(db, said("d"))
    assert await in_order(db) == ["c", "a", "b", "d"]


async def test_in_a_backlog_it_is_the_turn_of_a_thread_that_waits_behind_all_that_were_just_spoken_in(
    db: Database,
) -> None:
    threads = [f"t{number:03}" for number in range(120)]
    await store(db, *(said(f"{thread} {part}", thread=thread) for thread in threads for part in range(2)))
    for second in range(60):  # a post a second, as long as a turn lasts
        await say(db, await by_key(db, f"{threads[second]} 0"), now=NOW + second)
    assert await head_key(db, NOW + 59.5) == "t060 0"


async def test_within_a_thread_rank_overtakes_nobody(db: Database) -> None:
    await store(db, said("first", rank=USUAL), said("second", rank=FIRST))
    assert await in_order(db) == ["first", "second"]


async def test_between_threads_the_rank_decides_then_the_age(db: Database) -> None:
    await store(
        db,
        said("usual", thread="t1"),
        said("last", thread="t2", rank=USUAL + 1),
        said("question", thread="t3", rank=FIRST),
        said("usual too", thread="t4"),
    )
    assert await in_order(db) == ["question", "usual", "usual too", "last"]


async def test_threads_take_turns_so_that_a_long_answer_holds_up_no_other(db: Database) -> None:
    await store(
        db, *(said(f"long {part}") for part in range(3)), said("short", thread=OTHER), said("third", thread="t3")
    )
    assert await in_order(db, every=1.0) == ["long 0", "short", "third", "long 1", "long 2"]


async def test_what_ranks_first_does_not_wait_for_its_threads_turn(db: Database) -> None:
    await store(db, said("a1"), said("b1", thread=OTHER))
    await say(db, await by_key(db, "a1"))
    await store(db, said("question", rank=FIRST))
    assert await head_key(db, NOW + 1) == "question"


async def test_a_thread_that_was_not_spoken_in_for_long_has_lost_no_turn(db: Database) -> None:
    await store(db, said("a1"))
    await say(db, await by_key(db, "a1"))
    await store(db, said("a2"), said("b1", thread=OTHER))
    assert await head_key(db, NOW + PRODUCTION.thread_turn - 1) == "b1"
    assert await head_key(db, NOW + PRODUCTION.thread_turn + 1) == "a2"


async def test_a_thread_that_waits_does_not_hold_up_another(db: Database) -> None:
    await store(db, said("waits", next_at=NOW + 60), said("behind it"), said("elsewhere", thread=OTHER))
    assert await in_order(db) == ["elsewhere"]
    assert await head_key(db, NOW + 60) == "waits"


async def test_a_post_with_unknown_outcome_holds_up_its_thread_only(db: Database) -> None:
    await store(db, said("unknown"), said("behind it"), said("elsewhere", thread=OTHER))
    row = await taken(db, "unknown")
    async with db.write() as tx:
        await outbox.start(tx, row, NOW)
        await outbox.reschedule(tx, row, NOW + 5, "outcome unknown", unknown=True)
    assert await in_order(db) == ["elsewhere"]
    again = await head(db, NOW + 5)
    assert again is not None
    assert (again.key, again.state, again.sending_at, again.attempts) == ("unknown", "sending", NOW, 1)


async def test_a_dead_letter_holds_up_nobody(db: Database) -> None:
    await store(db, said("dies"), said("lives"))
    row = await taken(db, "dies")
    async with db.write() as tx:
        await outbox.mark_dead(tx, row, "invalid_blocks", NOW)
    assert await in_order(db) == ["lives"]


async def test_a_new_card_comes_before_the_posts_of_its_thread_and_of_others(db: Database) -> None:
    await store(db, said("chat", thread=OTHER), drawn(), said("answer"))
    assert await in_order(db) == ["card:s", "chat", "answer"]


async def test_a_card_that_is_not_there_yet_holds_up_its_thread(db: Database) -> None:
    await store(db, drawn(next_at=NOW + 60), said("post"))
    assert await head(db) is None


async def test_other_lanes_are_not_checked(db: Database) -> None:
    await store(db, said("there", lane="out:T1:C2"))
    assert await head(db) is None


async def test_the_same_thread_name_in_another_lane_holds_up_nobody(db: Database) -> None:
    await store(db, said("there", lane="out:T1:C2"), said("here"))
    assert await in_order(db) == ["here"]


async def test_each_lane_has_a_head_of_its_own_and_an_instant_of_its_own(db: Database) -> None:
    due, waiting, empty = (f"out:T1:{channel}" for channel in ("C2", "C3", "C4"))
    await store(db, said("here"), said("there", lane=due), said("later", lane=waiting, next_at=NOW + 5))
    lanes = [OUT, due, waiting, empty]
    async with db.read() as tx:
        heads = await outbox.heads(tx, db, lanes, NOW, ME)
        instants = await outbox.next_at(tx, db, lanes, NOW, ME)
    assert {lane: row.key for lane, row in heads.items()} == {OUT: "here", due: "there"}
    assert instants == {OUT: NOW, due: NOW, waiting: NOW + 5}


# ------------------------------------------------------------ keys


async def test_what_is_added_twice_is_said_once(db: Database) -> None:
    await store(db, said("k", payload={"text": "first"}))
    await store(db, said("k", payload={"text": "second"}), said("k2"))
    assert (await by_key(db, "k")).payload["text"] == "first"
    assert await in_order(db) == ["k", "k2"]
    await store(db, said("k"))
    assert await in_order(db) == []


async def test_everything_a_row_carries_comes_back(db: Database) -> None:
    row = said(
        "all",
        payload={"text": "a\nb 😀", "blocks": [{"type": "section"}], "none": None},
        follow={"cause": "cmd:1"},
        thread_ts=None,
        session_id="s",
        rank=FIRST,
        expires_at=NOW + 600,
    )
    await store(db, row)
    found = await by_key(db, "all")
    assert found.seq > 0
    assert found.payload == {"v": 1, **row.payload}
    assert (found.follow, found.thread_ts, found.session_id) == ({"cause": "cmd:1"}, None, "s")
    assert (found.rank, found.expires_at) == (FIRST, NOW + 600)
    await store(db, said("bare"))
    assert (await by_key(db, "bare")).follow is None
    async with db.read() as tx:
        assert await outbox.by_key(tx, "unknown") is None


async def test_nothing_that_follows_is_an_absent_value_not_a_json_null(db: Database) -> None:
    await store(db, said("k"))
    async with db.read() as tx:
        found = await tx.execute(select(table.c.key).where(table.c.follow.is_(None)))
    assert found.scalars().all() == ["k"]


# ------------------------------------------------------------ a row's life


async def test_what_was_said_keeps_its_key_and_its_ts_and_loses_its_text(db: Database) -> None:
    await store(db, said("k", follow={"cause": "cmd:1"}))
    row = await taken(db, "k")
    async with db.write() as tx:
        await outbox.start(tx, row, NOW)
    assert ((await by_key(db, "k")).state, (await by_key(db, "k")).sending_at) == ("sending", NOW)
    async with db.write() as tx:
        await outbox.sent(tx, row, "1750000100.000000", NOW + 1)
    after = await raw(db, "k")
    assert (after["state"], after["ts"], after["sent_at"]) == ("sent", "1750000100.000000", NOW + 1)
    assert (after["payload"], after["follow"], after["sending_at"]) == ({"v": 1}, None, None)


async def test_a_row_that_is_put_back_was_certainly_not_said(db: Database) -> None:
    await store(db, said("k"))
    row = await taken(db, "k")
    async with db.write() as tx:
        await outbox.start(tx, row, NOW)
        await outbox.reschedule(tx, row, NOW + 30, "ratelimited")
    again = await by_key(db, "k")
    assert (again.state, again.sending_at, again.next_at, again.attempts) == ("open", None, NOW + 30, 1)
    assert await head(db, NOW + 29) is None
    assert await head_key(db, NOW + 30) == "k"


async def test_each_try_is_counted_once_whether_it_was_marked_or_is_simply_repeated(db: Database) -> None:
    await store(db, said("eyes", kind="reaction", thread=OTHER), said("post"))
    for tries in (1, 2):
        reaction, post = await taken(db, "eyes"), await taken(db, "post")
        async with db.write() as tx:
            await outbox.reschedule(tx, reaction, NOW, "ratelimited")  # which bears no mark
            await outbox.start(tx, post, NOW)
            await outbox.reschedule(tx, post, NOW, "ratelimited")
        assert [(await by_key(db, key)).attempts for key in ("eyes", "post")] == [tries, tries]


async def test_the_same_can_be_said_in_another_form(db: Database) -> None:
    await store(db, said("k"))
    row = await taken(db, "k")
    async with db.write() as tx:
        await outbox.replace_payload(tx, row, {"v": 1, "text": "plain"})
    assert (await by_key(db, "k")).payload == {"v": 1, "text": "plain"}


async def test_a_row_marked_dead_keeps_its_text_and_its_reason(db: Database) -> None:
    await store(db, said("k"))
    row = await taken(db, "k")
    async with db.write() as tx:
        await outbox.mark_dead(tx, row, "channel_not_found", NOW + 1)
    dead = await raw(db, "k")
    assert (dead["state"], dead["reason"], dead["payload"]["text"]) == ("dead", "channel_not_found", "words of k")
    await store(db, said("k"))
    assert await head(db) is None


async def test_what_is_open_for_a_session_can_be_marked_dead(db: Database) -> None:
    await store(
        db,
        drawn(thread="t4"),
        said("post", session_id="s"),
        said("being said", session_id="s", thread=OTHER),
        said("eyes", session_id="s", kind="reaction", lane="react:T1"),
        said("other", session_id="s2", thread="t3"),
    )
    being_said = await taken(db, "being said")
    async with db.write() as tx:
        await outbox.start(tx, being_said, NOW)
        assert await outbox.mark_session_dead(tx, "s", "channel_not_found", NOW) == 3
        assert await outbox.mark_session_dead(tx, "s", "channel_not_found", NOW) == 0
    states = {key: (await by_key(db, key)).state for key in ("card:s", "post", "being said", "eyes", "other")}
    assert states == {"card:s": "dead", "post": "dead", "being said": "dead", "eyes": "open", "other": "open"}
    async with db.write() as tx:
        await outbox.sent(tx, being_said, "1750000100.000000", NOW)
    assert (await by_key(db, "being said")).state == "sent", "it arrived all the same"


async def test_what_was_marked_dead_while_somebody_had_it_in_hand_stays_dead(db: Database) -> None:
    await store(
        db,
        drawn(thread="t3"),
        said("post", session_id="s"),
        said("repeated", session_id="s", thread=OTHER),
    )
    card, post, repeated = [await taken(db, key) for key in ("card:s", "post", "repeated")]
    async with db.write() as tx:
        await outbox.mark_session_dead(tx, "s", "channel_not_found", NOW)
        await outbox.sent(tx, card, "1750000100.000000", NOW)
        await outbox.reschedule(tx, post, NOW, "rate limited")
        with pytest.raises(ClaimLostError):
            await outbox.start(tx, repeated, NOW)
    states = {key: (await by_key(db, key)).state for key in ("card:s", "post", "repeated")}
    assert states == {"card:s": "sent", "post": "dead", "repeated": "dead"}, "the card arrived all the same"
    assert await head(db) is None


async def test_faults_of_our_own_are_counted_and_move_nothing(db: Database) -> None:
    await store(db, said("k"))
    before = await taken(db, "k")
    async with db.write() as tx:
        await outbox.failed(tx, before)
        await outbox.failed(tx, before)
    assert await by_key(db, "k") == replace(before, attempts=2)


# ------------------------------------------------------------ claims


async def beat(db: Database, *names: str) -> None:
    for name in names:
        async with db.write() as tx:
            await lanes.beat(tx, db, name, LEASE)


async def fall_silent(db: Database, worker: str) -> None:
    """The worker was last seen longer ago than a lease."""
    gone = update(workers).where(workers.c.id == worker).values(seen_at=workers.c.seen_at - LEASE - 1)
    async with db.write() as tx:
        await tx.execute(gone)


@pytest.fixture
def at_now(db: Database) -> None:
    """SQLite tells who is alive by our clock, and the rows here are of another time."""
    db.clock = lambda: NOW


async def test_what_is_in_hand_holds_up_its_thread_and_no_other(db: Database, at_now: None) -> None:
    await store(db, said("hangs"), said("behind it"), said("elsewhere", thread=OTHER), said("third", thread="t3"))
    row = await taken(db, "hangs")
    mine = replace(ME, in_hand={row.seq})
    assert await head_key(db, NOW, mine) == "elsewhere"
    await say(db, await by_key(db, "elsewhere"))
    assert await head_key(db, NOW, mine) == "third"
    await say(db, await by_key(db, "third"))
    assert (await head(db, NOW, mine), await next_at(db, sender=mine)) == (None, None)


async def test_what_another_living_worker_has_in_hand_is_not_for_us(db: Database, at_now: None) -> None:
    await beat(db, "me", "other")
    await store(db, said("theirs"), said("behind it"), said("elsewhere", thread=OTHER))
    await taken(db, "theirs", Sender("other", LEASE))
    assert await take(db, "theirs") is None
    assert await head_key(db) == "elsewhere"
    await say(db, await by_key(db, "elsewhere"))
    assert (await head(db), await next_at(db)) == (None, None)


async def test_a_worker_that_fell_silent_is_replaced_and_writes_nothing_any_more(db: Database, at_now: None) -> None:
    await beat(db, "me", "silent")
    await store(db, said("k"))
    old = await taken(db, "k", Sender("silent", LEASE))
    async with db.write() as tx:
        await outbox.start(tx, old, NOW)
    await fall_silent(db, "silent")
    assert await head_key(db) == "k"
    new = await taken(db, "k")
    assert (new.owner, new.epoch, new.state) == ("me", old.epoch + 1, "sending")
    writes = (
        lambda tx: outbox.start(tx, old, NOW),
        lambda tx: outbox.sent(tx, old, "1750000100.000000", NOW),
        lambda tx: outbox.reschedule(tx, old, NOW, "late"),
        lambda tx: outbox.mark_dead(tx, old, "late", NOW),
        lambda tx: outbox.failed(tx, old),
        lambda tx: outbox.replace_payload(tx, old, {}),
    )
    for write in writes:
        async with db.write() as tx:
            with pytest.raises(ClaimLostError):
                await write(tx)
    assert await by_key(db, "k") == new
    async with db.read() as tx:
        assert (await outbox.held(tx, [old]), await outbox.held(tx, [new])) == (set(), {new.seq})


async def test_of_posts_that_are_marked_together_those_are_left_out_that_another_worker_took_over(
    db: Database, at_now: None
) -> None:
    await beat(db, "me", "other")
    await store(db, said("kept"), said("lost", thread=OTHER))
    async with db.write() as tx:
        seqs = [(await by_key(db, key)).seq for key in ("kept", "lost")]
        rows = list((await outbox.take(tx, db, seqs, ME, NOW)).values())
        await outbox.start_taken(tx, rows, NOW)
    begun = [await by_key(db, key) for key in ("kept", "lost")]
    assert {(row.state, row.attempts, row.sending_at) for row in begun} == {("sending", 1, NOW)}
    await fall_silent(db, "me")
    await taken(db, "lost", Sender("other", LEASE))
    async with db.write() as tx:
        assert await outbox.all_sent(tx, [(row, f"{row.seq}.0") for row in rows], NOW) == {rows[0].seq}
    kept, lost = await raw(db, "kept"), await raw(db, "lost")
    assert (kept["state"], kept["ts"], kept["owner"], kept["payload"]) == ("sent", f"{rows[0].seq}.0", None, {"v": 1})
    assert (lost["state"], lost["ts"], lost["owner"]) == ("sending", None, "other")


async def test_an_old_claim_of_ones_own_is_taken_again(db: Database, at_now: None) -> None:
    await beat(db, "me")
    await store(db, said("k"))
    first = await taken(db, "k")
    assert await head_key(db) == "k"
    again = await taken(db, "k")
    assert (first.epoch, again.epoch) == (1, 2)


async def test_what_was_given_back_is_in_nobodys_hand(db: Database) -> None:
    await store(db, said("said"), said("put back", thread=OTHER), said("given up", thread="t3"))
    said_, put_back, dead = [await taken(db, key) for key in ("said", "put back", "given up")]
    async with db.write() as tx:
        await outbox.sent(tx, said_, "1750000100.000000", NOW)
        await outbox.reschedule(tx, put_back, NOW + 5, "rate limited")
        await outbox.mark_dead(tx, dead, "channel_not_found", NOW)
    assert [(await by_key(db, key)).owner for key in ("said", "put back", "given up")] == [None, None, None]
    assert await take(db, "put back") is None, "it is not due"
    assert [await take(db, key, now=NOW + 5) is None for key in ("said", "put back", "given up")] == [True, False, True]


async def test_a_worker_that_leaves_frees_its_rows_and_who_is_alone_frees_all(db: Database, at_now: None) -> None:
    await beat(db, "me", "a", "b")
    await store(db, said("of a"), said("of b", thread=OTHER))
    await taken(db, "of a", Sender("a", LEASE))
    await taken(db, "of b", Sender("b", LEASE))
    async with db.write() as tx:
        await outbox.leave(tx, "a")
    assert [(await by_key(db, key)).owner for key in ("of a", "of b")] == [None, "b"]
    async with db.write() as tx:
        await outbox.free_all(tx)
    assert (await by_key(db, "of b")).owner is None


@only_postgres  # an SQLite file has one process only
async def test_of_many_processes_that_take_a_row_at_once_exactly_one_wins(
    url: str, opened: Callable[[str], Database]
) -> None:
    stores = [opened(url) for _ in range(4)]
    names = [f"w{number}" for number in range(4)]
    await beat(stores[0], *names)
    for attempt in range(8):
        await store(stores[0], said(f"k{attempt}", thread=f"t{attempt}"))
        tries = (take(db, f"k{attempt}", Sender(name, LEASE)) for db, name in zip(stores, names, strict=True))
        won = [row for row in await asyncio.gather(*tries) if row is not None]
        assert [row.epoch for row in won] == [1]


# ------------------------------------------------------------ waits


async def next_at(db: Database, now: float = NOW, sender: Sender = ME) -> float | None:
    async with db.read() as tx:
        return (await outbox.next_at(tx, db, [OUT], now, sender)).get(OUT)


async def test_a_lane_with_nothing_to_say_is_not_checked_again(db: Database) -> None:
    assert await next_at(db) is None
    await store(db, said("k"))
    await in_order(db)
    assert await next_at(db) is None


async def test_a_lane_is_checked_when_its_first_row_may_go(db: Database) -> None:
    await store(
        db,
        said("a", next_at=NOW + 5),
        said("b", thread=OTHER, next_at=NOW + 3),
        said("behind b", thread=OTHER, next_at=NOW),
    )
    assert await next_at(db) == NOW + 3
    assert await next_at(db, now=NOW + 2) == NOW + 3
    assert await next_at(db, now=NOW + 3) == NOW + 3
    assert await next_at(db, now=NOW + 4) == NOW + 4, "at once, since something waits already"


async def test_the_head_is_there_exactly_when_the_wait_is_over(db: Database) -> None:
    await store(db, said("a", next_at=NOW + 5), said("b", thread=OTHER, next_at=NOW + 3))
    at = await next_at(db)
    assert at is not None
    assert await head(db, at - 0.001) is None
    assert await head_key(db, at) == "b"


async def test_open_lanes_and_their_instants_are_known(db: Database) -> None:
    await store(
        db,
        said("a", next_at=NOW + 5),
        said("b", next_at=NOW + 3),
        said("c", lane="react:T1", next_at=NOW + 9),
        said("d", lane="priv:d"),
    )
    await say(db, await by_key(db, "d"), None)
    row = await taken(db, "a", now=NOW + 5)
    async with db.write() as tx:
        await outbox.start(tx, row, NOW + 5)
    async with db.read() as tx:
        assert sorted(await outbox.open_lanes(tx)) == [(OUT, NOW + 3), ("react:T1", NOW + 9)]
        assert await outbox.count_open(tx) == 3
