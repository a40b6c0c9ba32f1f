"""What is known about channels; on both databases."""

from bot.store import channels, sessions, tables
from bot.store.channels import KnownChannel
from bot.store.database.connection import Database
from tests.store.rows import NOW, TEAM, filled, session

LATER = "1750000009.000000"
FIRST = "1750000001.000000"


async def set_shared(db: Database, shared: bool, now: float = NOW) -> bool:
    async with db.write() as tx:
        return await channels.set_shared(tx, TEAM, "C1", shared, now)


async def unread(db: Database) -> dict[str, str | None]:
    async with db.read() as tx:
        return {one.channel: one.unread_from for one in await channels.unread(tx, TEAM)}


async def test_only_a_change_of_sharing_is_one(db: Database) -> None:
    said = [await set_shared(db, shared, NOW + number) for number, shared in enumerate((False, True, True, False))]
    assert said == [False, True, False, True]
    async with db.read() as tx:
        assert await channels.get(tx, TEAM, "C1") == KnownChannel(TEAM, "C1", False, NOW + 3, None)
        assert await channels.get(tx, TEAM, "C2") is None


async def test_a_channel_is_public_only_if_slack_said_so(db: Database) -> None:
    async with db.write() as tx:
        for number, channel in enumerate(("C1", "C2", "C3", "C3", "D1")):
            await sessions.add(tx, session(f"s{number}", channel=channel))
        await channels.set_shared(tx, TEAM, "C1", True, NOW)
        assert sorted(await channels.to_ask_about(tx, TEAM, NOW, 9)) == ["C1", "C2", "C3"]
        await channels.set_private(tx, TEAM, "C1", private=False, asked_at=NOW)
        await channels.set_private(tx, TEAM, "C2", private=True, asked_at=NOW + 1)
        assert await channels.to_ask_about(tx, TEAM, NOW, 9) == ["C3"]
        assert await channels.to_ask_about(tx, TEAM, NOW + 1, 9) == ["C3", "C1"]
        assert await channels.to_ask_about(tx, TEAM, NOW + 1, 1) == ["C3"]
        assert await channels.are_private(tx, TEAM) == {"C1": False, "C2": True}
        await channels.set_private(tx, TEAM, "C1", private=True)
        assert await channels.are_private(tx, TEAM) == {"C1": True, "C2": True}
        assert await channels.get(tx, TEAM, "C1") == KnownChannel(TEAM, "C1", True, NOW, None, is_private=True)


async def test_channels_of_fan_outs_and_of_purged_sessions_are_asked_about_too(db: Database) -> None:
    fan_out = filled(tables.fan_outs, team=TEAM, channel="C1", created_at=NOW)
    past = filled(tables.past_sessions, team=TEAM, channel="C2", ended_at=NOW - 1)
    async with db.write() as tx:
        await tx.execute(tables.fan_outs.insert(), [fan_out, {**fan_out, "id": "direct", "channel": "D1"}])
        elsewhere = {"session_id": "elsewhere", "team": "T2", "channel": "C3"}
        await tx.execute(tables.past_sessions.insert(), [past, {**past, "session_id": "d", "channel": "D"}])
        await tx.execute(tables.past_sessions.insert(), [{**past, **elsewhere}])
        assert await channels.to_ask_about(tx, TEAM, NOW, 9) == ["C1", "C2"]
        await channels.set_private(tx, TEAM, "C2", private=False, asked_at=NOW)
        assert await channels.to_ask_about(tx, TEAM, NOW + 1, 9) == ["C1", "C2"]
        assert await channels.to_ask_about(tx, TEAM, NOW, 9) == ["C1"]


async def test_channels_in_which_people_asked_last_are_unread_from_the_first_mark(db: Database) -> None:
    async with db.write() as tx:
        for number, channel in enumerate(("COLD", "C1", "C2", "C2")):
            await sessions.add(tx, session(f"s{number}", channel=channel, spoken_at=NOW + number))
        await sessions.add(tx, session("other", channel="CELSEWHERE", team="T2", spoken_at=NOW + 9))
        await channels.mark_unread(tx, TEAM, FIRST, await channels.asked_in_last(tx, TEAM, 1))
        await channels.mark_unread(tx, TEAM, LATER, {*await channels.asked_in_last(tx, TEAM, 2), "CNAMED"})
    assert await unread(db) == {"C2": FIRST, "C1": LATER, "CNAMED": LATER}


async def test_a_channel_that_was_marked_anew_stays_unread(db: Database) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("s", channel="C1"))
        await channels.mark_unread(tx, TEAM, FIRST, ["C1"])
        await channels.mark_read(tx, KnownChannel(TEAM, "C1", False, 0.0, LATER))
    assert await unread(db) == {"C1": FIRST}
    async with db.write() as tx:
        await channels.mark_read(tx, KnownChannel(TEAM, "C1", False, 0.0, FIRST))
    assert await unread(db) == {}
