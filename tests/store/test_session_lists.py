"""What lists of sessions are made of, and the list that a person was shown last; on both databases."""

from typing import Any

from bot.domain.session import Lifecycle, Session, Snapshot
from bot.store import session_lists, sessions
from bot.store.database.connection import Database
from tests.store.rows import NOW, TEAM, session

DAY = 86_400.0


async def add(db: Database, *given: Session) -> None:
    async with db.write() as tx:
        for one in given:
            await sessions.add(tx, one)


async def by_id(db: Database, bare: str, user: str = "U1") -> set[str]:
    async with db.read() as tx:
        return {one.id for one in await session_lists.by_id(tx, TEAM, user, bare)}


async def show(db: Database, *session_ids: str, now: float = NOW, user: str = "U1", team: str = TEAM) -> None:
    async with db.write() as tx:
        await session_lists.show(tx, team, user, session_ids, now)


async def shown(db: Database, after: float = NOW, user: str = "U1", team: str = TEAM) -> list[str] | None:
    async with db.read() as tx:
        return await session_lists.shown(tx, team, user, after)


async def test_live_sessions_and_those_that_ended_lately_are_listed(db: Database) -> None:
    def of_ours(name: str, lifecycle: Lifecycle, **more: Any) -> Session:
        return session(name, lifecycle=lifecycle, **more)

    await add(
        db,
        of_ours("open", Lifecycle.OPEN, created_at=NOW),
        of_ours("queued", Lifecycle.QUEUED, created_at=NOW + 2),
        of_ours("ended", Lifecycle.ENDED, created_at=NOW + 1, ended_at=NOW),
        of_ours("uncertain", Lifecycle.UNCERTAIN, created_at=NOW + 3, ended_at=NOW),
        of_ours("ended long ago", Lifecycle.ENDED, ended_at=NOW - 1),
        of_ours("refused", Lifecycle.REFUSED, ended_at=NOW),
        of_ours("bens", Lifecycle.OPEN, requester="U2"),
        of_ours("other team", Lifecycle.OPEN, team="T2"),
    )
    async with db.read() as tx:
        found = await session_lists.of_person(tx, TEAM, "U1", NOW)
    assert [one.id for one in found] == ["uncertain", "queued", "ended", "open"]


async def test_an_id_of_ours_or_of_devins_may_be_shortened(db: Database) -> None:
    await add(
        db,
        session("3f9a2c1b00112233", devin_id="devin-77aa88bb99cc"),
        session("3f9a2c9900112233", lifecycle=Lifecycle.ENDED, devin_id="devin-55aa88bb99cc"),
        session("3f9a2c1b99999999", requester="U2"),
    )
    assert await by_id(db, "3f9a2c1b") == {"3f9a2c1b00112233"}
    assert await by_id(db, "3f9a2c") == {"3f9a2c1b00112233", "3f9a2c9900112233"}
    assert await by_id(db, "77aa88") == {"3f9a2c1b00112233"}
    assert await by_id(db, "55aa88bb99cc") == {"3f9a2c9900112233"}
    assert await by_id(db, "9a2c1b") == set()
    assert await by_id(db, "77aa88", user="U2") == set()


async def test_too_short_a_beginning_stands_for_no_session(db: Database) -> None:
    await add(db, session("3f9a2c1b", devin_id="devin-77aa8"))
    assert await by_id(db, "3f9a2") == set()
    assert await by_id(db, "77aa8") == {"3f9a2c1b"}, "a whole id counts however short"


async def test_signs_of_a_pattern_are_signs_of_an_id(db: Database) -> None:
    await add(db, session("s", devin_id="devin-abc_def1"), session("t", devin_id="devin-abcxdef1"))
    assert await by_id(db, "abc_def") == {"s"}
    assert await by_id(db, "%%%%%%%") == set()


async def test_the_list_that_was_shown_last_counts_until_it_is_too_old(db: Database) -> None:
    assert await shown(db) is None
    await show(db, "a", "b")
    assert await shown(db) == ["a", "b"]
    assert await shown(db, NOW + 1) is None
    await show(db, "b", "c", "a", now=NOW + DAY)
    assert await shown(db, NOW + DAY) == ["b", "c", "a"]
    await show(db, now=NOW + DAY)
    assert await shown(db) == [], "the person saw that there are none"


async def test_each_person_has_a_list(db: Database) -> None:
    await show(db, "a")
    await show(db, "b", user="U2")
    await show(db, "c", team="T2")
    assert [await shown(db), await shown(db, user="U2"), await shown(db, team="T2")] == [["a"], ["b"], ["c"]]


async def test_what_runs_is_listed_and_counted_for_its_own_workspace_alone(db: Database) -> None:
    def found(name: str, status: str, detail: str | None, age: float, **more: Any) -> Session:
        return session(name, snapshot=Snapshot(status, detail), created_at=NOW - age, **more)

    await add(
        db,
        found("works", "running", "working", 3),
        found("new", "new", None, 2),
        found("queued", "", None, 1, lifecycle=Lifecycle.QUEUED),
        found("older", "running", None, 9),
        found("own", "running", "working", 0, requester="U9"),
        *(found(detail, "running", detail, 0) for detail in ("waiting_for_user", "waiting_for_approval", "finished")),
        found("asleep", "suspended", "inactivity", 0),
        found("of others", "running", "working", 0, team="T2"),
        found("queued by others", "", None, 0, team="T2", lifecycle=Lifecycle.QUEUED),
    )
    async with db.read() as tx:
        listed, number, own = await session_lists.running(tx, TEAM, "U9", 3)
        assert ([one.id for one in listed], number, own) == (["queued", "new", "works"], 5, 1)
        assert await session_lists.running(tx, "T3", "U9", 3) == ([], 0, 0)
