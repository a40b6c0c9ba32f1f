"""Ends of turns: open until somebody answers or the session goes on; on both databases."""

from dataclasses import replace

from bot.domain.announcements import AnnouncementKind, TurnEnd
from bot.domain.turn_ends import AnnouncedEnd
from bot.store import turn_ends
from bot.store.database.connection import Database
from tests.store.rows import NOW, TEAM

MESSAGE = {"text": "Which one?", "blocks": [{"type": "divider"}]}
ASKED = AnnouncedEnd("s:e1:0", TEAM, "s", 1, TurnEnd(AnnouncementKind.QUESTION), MESSAGE, NOW, ("Rust", "Go"))
LIMIT = replace(ASKED, key="s:2", number=2, end=TurnEnd(AnnouncementKind.LIMIT, "out_of_credits"))


async def add(db: Database, *ends: AnnouncedEnd) -> None:
    async with db.write() as tx:
        for end in ends:
            await turn_ends.add(tx, end)


async def get(db: Database, key: str) -> AnnouncedEnd | None:
    async with db.read() as tx:
        return await turn_ends.get(tx, key)


async def settle(db: Database, at: float, by: str | None = None, answer: str | None = None) -> list[str]:
    async with db.write() as tx:
        return await turn_ends.settle(tx, "s", at, by, answer)


async def test_an_end_is_read_as_it_was_announced_and_the_first_one_with_a_key_stays(db: Database) -> None:
    await add(db, ASKED, LIMIT, replace(ASKED, number=7))
    assert [await get(db, "s:e1:0"), await get(db, "s:2"), await get(db, "other")] == [ASKED, LIMIT, None]


async def test_the_open_ends_of_a_session_are_settled_once_with_who_answered_what(db: Database) -> None:
    other = replace(ASKED, key="t:1", session_id="t")
    await add(db, ASKED, other)
    assert await settle(db, NOW + 5, "U1", "Rust") == ["s:e1:0"]
    assert await settle(db, NOW + 9, "U2", "Go") == []
    settled = replace(ASKED, settled_at=NOW + 5, answered_by="U1", answer="Rust")
    assert [await get(db, "s:e1:0"), await get(db, "t:1")] == [settled, other]
    assert not settled.is_open


async def test_what_a_post_shows_is_forgotten(db: Database) -> None:
    await add(db, ASKED)
    async with db.write() as tx:
        await turn_ends.blank_message(tx, ASKED.key)
    assert await get(db, ASKED.key) == replace(ASKED, message=None)
