"""The inbox: what is next in a lane, and what becomes of a row."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from bot.domain.causes import (
    ActionCause,
    CommandCause,
    Confirmation,
    Hold,
    MessageCause,
    SearchStart,
    StartCause,
    UnreadableCause,
)
from bot.domain.file import SlackFile
from bot.store import inbox
from bot.store.database.connection import Database
from bot.store.inbox import InboxRow
from bot.store.tables import inbox as table
from tests.store.rows import CHANNEL, LANE, NOW, TEAM, asked, written


async def store(db: Database, *rows: InboxRow) -> None:
    async with db.write() as tx:
        await inbox.add(tx, rows)


async def head(db: Database, lane: str = LANE) -> InboxRow | None:
    async with db.read() as tx:
        return await inbox.head(tx, lane)


async def head_key(db: Database, lane: str = LANE) -> str | None:
    row = await head(db, lane)
    return row and row.key


async def in_order(db: Database, lane: str = LANE) -> list[str]:
    """The keys of a lane in the order in which they are worked off."""
    keys = []
    while row := await head(db, lane):
        keys.append(row.key)
        async with db.write() as tx:
            await inbox.finish(tx, [row.key], NOW)
    return keys


async def raw(db: Database, key: str) -> dict[str, Any]:
    """Everything that stands in a row, whatever its state."""
    async with db.read() as tx:
        return dict((await tx.execute(select(table).where(table.c.key == key))).mappings().one())


# ------------------------------------------------------------ order


async def test_a_lane_is_worked_off_by_slacks_time_whatever_came_first(db: Database) -> None:
    await store(db, asked("late", ts="1750000009.000000"), asked("early", ts="1750000001.000000"))
    await store(db, asked("middle", ts="1750000005.000000"))
    assert await in_order(db) == ["early", "middle", "late"]


async def test_urgent_rows_go_before_older_ones_and_among_themselves_by_time(db: Database) -> None:
    await store(
        db,
        asked("reply", ts="1750000001.000000"),
        asked("stop 2", ts="1750000009.000000", urgent=True),
        asked("stop 1", ts="1750000008.000000", urgent=True),
    )
    assert await in_order(db) == ["stop 1", "stop 2", "reply"]


async def test_at_the_same_instant_the_key_decides_so_that_the_order_is_always_the_same(db: Database) -> None:
    await store(db, asked("b"), asked("c"), asked("a"))
    assert await in_order(db) == ["a", "b", "c"]


async def test_other_lanes_are_not_checked(db: Database) -> None:
    await store(db, asked("here", ts="1750000009.000000"), asked("there", lane="in:other"))
    assert await head_key(db) == "here"
    assert await head_key(db, "in:empty") is None


async def test_a_row_that_is_not_ready_still_holds_its_place(db: Database) -> None:
    await store(
        db,
        asked("settles", ts="1750000001.000000", ready_at=NOW + 0.5),
        asked("ready", ts="1750000002.000000", ready_at=NOW),
    )
    row = await head(db)
    assert row is not None
    assert (row.key, row.ready_at) == ("settles", NOW + 0.5)


async def test_everything_a_row_carries_comes_back(db: Database) -> None:
    files = (SlackFile("F1", "log.txt", "text/plain", 5, "https://files.slack.com/F1"), SlackFile("F2"))
    cause = written("a\nb 😀", mention=True, files=files, left_out=("No.",), search_start=SearchStart(None), unsent=2)
    row = asked("all", cause=cause, ready_at=NOW + 0.25, urgent=True)
    await store(db, row)
    assert await head(db) == row


# ------------------------------------------------------------ a row's life


async def test_later_keeps_the_place_and_counts_the_attempts(db: Database) -> None:
    await store(db, asked("first", ts="1750000001.000000"), asked("second", ts="1750000002.000000"))
    async with db.write() as tx:
        await inbox.reschedule(tx, "first", NOW + 60, "rate limited")
        await inbox.reschedule(tx, "first", NOW + 90, "rate limited")
    row = await head(db)
    assert row is not None
    assert (row.key, row.ready_at, row.attempts) == ("first", NOW + 90, 2)
    assert (await raw(db, "first"))["reason"] == "rate limited"


async def test_a_row_that_is_done_keeps_its_key_and_loses_its_text(db: Database) -> None:
    await store(db, asked("k"))
    async with db.write() as tx:
        await inbox.finish(tx, ["k"], NOW + 1, reason="stopped before")
    row = await raw(db, "k")
    assert (row["state"], row["payload"], row["done_at"], row["reason"]) == (
        "done",
        {"v": 1},
        NOW + 1,
        "stopped before",
    )
    await store(db, asked("k"))
    assert await head(db) is None


async def test_a_dead_letter_keeps_its_text_and_its_reason(db: Database) -> None:
    await store(db, asked("k"))
    async with db.write() as tx:
        await inbox.finish(tx, ["k"], NOW + 1, dead=True, reason="DevinRefused")
    row = await raw(db, "k")
    assert (row["state"], row["payload"]["text"], row["reason"]) == ("dead", "words of k", "DevinRefused")
    await store(db, asked("k"))
    assert await head(db) is None


async def test_what_is_closed_stays_as_it_is(db: Database) -> None:
    await store(db, asked("k"))
    async with db.write() as tx:
        await inbox.finish(tx, ["k"], NOW + 1, dead=True, reason="first")
        await inbox.finish(tx, ["k"], NOW + 2, reason="second")
        await inbox.reschedule(tx, "k", NOW, "third")
        await inbox.move(tx, "k", "in:elsewhere", written("moved"), "1.0")
        await inbox.note(tx, "k", written("noted"))
        await inbox.confirm(tx, "k", "in:elsewhere", written("confirmed"), NOW)
        assert await inbox.get(tx, "k") is None
    row = await raw(db, "k")
    assert (row["state"], row["reason"], row["done_at"], row["lane"]) == ("dead", "first", NOW + 1, LANE)
    assert row["payload"]["text"] == "words of k"


async def test_a_lane_has_open_rows_until_they_are_closed(db: Database) -> None:
    await store(db, asked("k"), asked("other", lane="in:elsewhere"))
    async with db.write() as tx:
        assert await inbox.has_open(tx, LANE)
        await inbox.finish(tx, ["k"], NOW)
        assert not await inbox.has_open(tx, LANE)
        assert await inbox.knows_lane(tx, LANE)
        assert not await inbox.knows_lane(tx, "in:nobody")


async def test_many_rows_are_closed_at_once(db: Database) -> None:
    await store(db, *(asked(f"k{number}") for number in range(5)))
    async with db.write() as tx:
        await inbox.finish(tx, ["k0", "k3", "unknown"], NOW)
        await inbox.finish(tx, [], NOW)
    assert await in_order(db) == ["k1", "k2", "k4"]


async def test_the_intent_is_noted_and_taken_back(db: Database) -> None:
    await store(db, asked("k"))
    for intent in (NOW, None):
        async with db.write() as tx:
            await inbox.intend(tx, "k", intent)
        row = await head(db)
        assert row is not None
        assert row.intent_at == intent


async def test_a_row_that_is_moved_takes_the_place_its_time_gives_it(db: Database) -> None:
    await store(
        db,
        asked("old", lane="in:elsewhere", ts="1750000001.000000"),
        asked("new", lane="in:elsewhere", ts="1750000009.000000"),
        asked("moved", ts="1750000005.000000"),
    )
    async with db.write() as tx:
        await inbox.move(tx, "moved", "in:elsewhere", written("moved"), "1750000005.000000")
    assert await head(db) is None
    assert (await raw(db, "moved"))["payload"]["text"] == "moved"
    assert await in_order(db, "in:elsewhere") == ["old", "moved", "new"]


async def test_a_row_that_waits_for_a_yes_goes_on_at_once_in_the_lane_that_is_named(db: Database) -> None:
    command = CommandCause("U1", CHANNEL, "fix it", hold=Hold("start_again", "k", NOW + 600))
    confirmed = replace(command, hold=None, confirmation=Confirmation(again=True))
    waiting = asked("k", cause=command, lane="in:k", ready_at=NOW + 600)
    await store(db, waiting)
    async with db.write() as tx:
        await inbox.confirm(tx, "k", LANE, confirmed, NOW + 3)
    assert await head(db) == replace(waiting, cause=confirmed, lane=LANE, ready_at=NOW + 3)


async def test_what_a_flow_notes_on_a_row_leaves_it_in_its_place(db: Database) -> None:
    await store(db, asked("k"), asked("other"))
    async with db.write() as tx:
        await inbox.note(tx, "k", written("words of k", unsent=3))
        row, other = await inbox.get(tx, "k"), await inbox.get(tx, "other")
    assert row == replace(asked("k"), cause=written("words of k", unsent=3))
    assert other == asked("other")


async def test_the_row_of_a_message_becomes_that_of_its_command_once_something_is_noted(db: Database) -> None:
    await store(db, asked("k"))
    stop = ActionCause("stop", "s", "U1", written=True, unsent=3)
    async with db.write() as tx:
        await inbox.note(tx, "k", stop)
        assert await inbox.get(tx, "k") == replace(asked("k"), cause=stop)


async def test_faults_of_our_own_are_counted_apart_from_waits(db: Database) -> None:
    await store(db, asked("k"), asked("other"))
    async with db.write() as tx:
        await inbox.failed(tx, "k")
        await inbox.failed(tx, "k")
        await inbox.reschedule(tx, "k", NOW, "rate limited")
        row, other = await inbox.get(tx, "k"), await inbox.get(tx, "other")
    assert row is not None
    assert other is not None
    assert (row.failures, row.attempts, other.failures) == (2, 1, 0)


# ------------------------------------------------------------ what waits


async def test_the_waiting_rows_of_a_lane_are_found_by_kind_in_order(db: Database) -> None:
    await store(
        db,
        asked("c", ts="1750000003.000000"),
        asked("a", ts="1750000001.000000"),
        asked("action", cause=ActionCause("stop", "s", "U1"), ts="1750000002.000000"),
        asked("start", cause=StartCause("s"), ts="1750000004.000000"),
        asked("there", lane="in:other"),
        asked("done"),
    )
    async with db.write() as tx:
        await inbox.finish(tx, ["done"], NOW)
        found = await inbox.waiting(tx, LANE, MessageCause, StartCause)
    assert [row.key for row in found] == ["a", "c", "start"]


async def test_a_row_that_cannot_be_read_is_next_in_its_lane_and_waits_as_no_kind(db: Database) -> None:
    await store(db, asked("odd", ts="1750000001.000000"), asked("good", ts="1750000002.000000"))
    async with db.write() as tx:
        await tx.execute(update(table).where(table.c.key == "odd").values(payload={"v": 99, "news": True}))
        found = await inbox.waiting(tx, LANE, MessageCause)
        row = await inbox.head(tx, LANE)
    assert [row.key for row in found] == ["good"]
    assert row is not None
    assert (row.key, row.kind) == ("odd", "message")
    assert row.cause == UnreadableCause("message", "unreadable: message of version 99", {"v": 99, "news": True})


async def test_a_lane_is_known_as_long_as_anything_stands_in_it(db: Database) -> None:
    await store(db, asked("k"))
    async with db.write() as tx:
        await inbox.finish(tx, ["k"], NOW)
        assert await inbox.knows_lane(tx, LANE)
        assert not await inbox.knows_lane(tx, "in:other")


async def test_open_lanes_are_named_once_with_the_instant_their_first_row_is_ready_and_a_person(db: Database) -> None:
    await store(
        db,
        asked("late", ready_at=NOW + 9),
        asked("soon", ready_at=NOW + 1),
        asked("other", lane="in:other", ready_at=NOW + 5),
        asked("start", lane="in:start", cause=StartCause("s"), ready_at=NOW + 7),
        asked("done", lane="in:done"),
    )
    async with db.write() as tx:
        await inbox.finish(tx, ["done"], NOW)
        expected = [(LANE, NOW + 1, "U1"), ("in:other", NOW + 5, "U1"), ("in:start", NOW + 7, None)]
        assert await inbox.open_lanes(tx) == expected
        assert await inbox.count_open(tx) == 4


async def test_a_lane_with_very_many_rows_hides_no_other_from_the_sweep(db: Database) -> None:
    await store(db, *(asked(f"k{number}", ready_at=NOW + number) for number in range(20)))
    await store(db, asked("other", lane="in:other", ready_at=NOW + 99))
    async with db.read() as tx:
        assert [lane for lane, *_ in await inbox.open_lanes(tx, limit=10)] == [LANE, "in:other"]


# ------------------------------------------------------------ lines of a DM


def dm(key: str, second: int, channel: str = CHANNEL, team: str = TEAM) -> InboxRow:
    ts = f"17500000{second:02}.000000"
    return asked(key, lane=f"in:{team}:{channel}:{ts}", ts=ts)


async def earlier(db: Database, row: InboxRow, prefix: str = f"in:{TEAM}:{CHANNEL}:") -> bool:
    async with db.read() as tx:
        return await inbox.earlier_in_channel(tx, prefix, row)


async def test_an_older_open_row_of_the_channel_is_seen_a_younger_or_closed_one_is_not(db: Database) -> None:
    first, second, third = (dm(key, second) for key, second in (("first", 1), ("second", 2), ("third", 3)))
    await store(db, first, second, third)
    assert [await earlier(db, row) for row in (first, second, third)] == [False, True, True]
    async with db.write() as tx:
        await inbox.finish(tx, ["first"], NOW)
    assert [await earlier(db, row) for row in (second, third)] == [False, True]


async def test_an_older_row_that_waits_for_devin_holds_up_no_other_line(db: Database) -> None:
    await store(db, dm("first", 1), dm("second", 2))
    async with db.write() as tx:
        await inbox.reschedule(tx, "first", NOW + 60, "rate limited")
    assert not await earlier(db, dm("second", 2))


async def test_older_rows_of_the_own_lane_do_not_count(db: Database) -> None:
    row = dm("second", 2)
    await store(db, asked("first", lane=row.lane, ts="1750000001.000000"), row)
    assert not await earlier(db, row)


async def test_signs_of_like_in_a_channels_name_mean_themselves(db: Database) -> None:
    await store(db, dm("other", 1, channel="CAB"), dm("percent", 1, channel="C%B"), dm("under", 5, channel="C_B"))
    assert not await earlier(db, dm("new", 9, channel="C_B"), "in:T1:C_X:")
    assert await earlier(db, dm("new", 9, channel="C_B"), "in:T1:C_B:")
    assert not await earlier(db, dm("new", 3, channel="C_B"), "in:T1:C_B:")
    assert await earlier(db, dm("new", 3, channel="C%B"), "in:T1:C%B:")
    assert not await earlier(db, dm("new", 3, channel="C/B"), "in:T1:C/B:")
