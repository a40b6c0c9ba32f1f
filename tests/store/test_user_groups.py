"""Who is in the user group of the admins, and who of them counts; on both databases."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from bot.domain.person import Person
from bot.store import people, user_groups
from bot.store.database.connection import Database
from tests.store.rows import NOW, TEAM

GROUP = "S1"
ANN = Person("U1", "ann")


async def put(db: Database, *known: Person, team: str = TEAM) -> None:
    async with db.write() as tx:
        for person in known:
            await people.put(tx, team, person, NOW)


async def replaced(db: Database, users: Collection[str], at: float = NOW, team: str = TEAM, group: str = GROUP) -> None:
    async with db.write() as tx:
        await user_groups.replace(tx, team, group, users, at)


async def members(db: Database, read_after: float = NOW, team: str = TEAM, group: str = GROUP) -> set[str]:
    async with db.read() as tx:
        return set(await user_groups.members(tx, team, group, read_after))


async def test_the_members_are_those_of_the_last_reading_while_it_counts(db: Database) -> None:
    await put(db, ANN, Person("U2", "ben"), Person("U3", "eve"))
    await replaced(db, ["U1", "U2"])
    assert await members(db) == {"U1", "U2"}
    await replaced(db, ["U2", "U3"], NOW + 9)
    assert await members(db, NOW + 9) == {"U2", "U3"}
    assert await members(db, NOW + 10) == set()
    await replaced(db, [], NOW + 10)
    assert await members(db) == set()


async def test_an_answer_that_was_overtaken_changes_nothing(db: Database) -> None:
    await put(db, ANN, Person("U2", "ben"))
    await replaced(db, ["U1"], NOW + 9)
    await replaced(db, ["U1", "U2"], NOW)
    assert await members(db) == {"U1"}


@pytest.mark.parametrize("fact", ["is_guest", "is_external", "deleted"])
async def test_who_is_no_full_member_of_the_workspace_by_now_does_not_count(db: Database, fact: str) -> None:
    await put(db, ANN)
    await replaced(db, ["U1", "U9"])
    assert await members(db) == {"U1"}, "nothing is known about the other one"
    await put(db, replace(ANN, **{fact: True}))
    assert await members(db) == set()


async def test_other_groups_and_other_teams_are_others(db: Database) -> None:
    await put(db, ANN)
    await put(db, Person("U1", "another ann"), team="T2")
    await replaced(db, ["U1"])
    assert (await members(db, group="S2"), await members(db, team="T2")) == (set(), set())
    await replaced(db, ["U1"], team="T2")
    await replaced(db, ["U1"], group="S2")
    await replaced(db, [])
    assert (await members(db), await members(db, group="S2"), await members(db, team="T2")) == (set(), {"U1"}, {"U1"})
