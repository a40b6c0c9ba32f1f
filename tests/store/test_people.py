"""People, as last read from Slack."""

from dataclasses import replace

from bot.domain.person import Person
from bot.store import people
from bot.store.database.connection import Database
from tests.store.rows import NOW, TEAM

ANN = Person("U1", "ann", is_admin=True, tz="Europe/Berlin")
BEN = Person("U2", "ben")


async def put(db: Database, person: Person, now: float = NOW, team: str = TEAM) -> None:
    async with db.write() as tx:
        await people.put(tx, team, person, now)


async def get(db: Database, user: str = "U1", read_after: float = NOW, team: str = TEAM) -> Person | None:
    async with db.read() as tx:
        return await people.get(tx, team, user, read_after)


async def test_a_person_is_remembered_until_it_is_time_to_ask_again(db: Database) -> None:
    await put(db, ANN)
    assert await get(db) == ANN
    assert await get(db, read_after=NOW + 1) is None


async def test_the_newest_answer_counts(db: Database) -> None:
    await put(db, ANN)
    guest = replace(ANN, name="ann b.", is_admin=False, is_guest=True)
    await put(db, guest, NOW + 9)
    assert await get(db, read_after=NOW + 9) == guest


async def test_an_earlier_description_that_comes_late_changes_nothing(db: Database) -> None:
    gone = replace(ANN, deleted=True)
    await put(db, gone, NOW + 9)
    await put(db, ANN, NOW)
    assert await get(db, read_after=NOW + 9) == gone


def test_two_descriptions_differ_only_by_what_a_row_holds() -> None:
    described = replace(BEN, email="ben@example.com", team=TEAM)
    assert people.is_stored_as(described, BEN)
    assert people.is_stored_as(replace(described, name="b\0n"), replace(BEN, name="b\ufffdn"))
    for flag in ("is_guest", "is_external", "is_bot", "is_admin", "deleted"):
        assert not people.is_stored_as(replace(described, **{flag: True}), BEN)
    assert not people.is_stored_as(replace(described, name="benny"), BEN)
    assert not people.is_stored_as(replace(described, tz="Europe/Berlin"), BEN)


async def test_people_of_other_teams_are_others(db: Database) -> None:
    await put(db, ANN)
    assert await get(db, team="T2") is None
    assert await get(db, "U2") is None
    await put(db, replace(ANN, name="other"), team="T2")
    assert await get(db) == ANN


async def test_flags_come_back_as_they_were(db: Database) -> None:
    for number, flag in enumerate(("is_guest", "is_external", "is_bot", "is_admin", "deleted")):
        person = replace(Person(f"U{number}", "x"), **{flag: True})
        await put(db, person)
        assert await get(db, f"U{number}") == person


async def test_an_odd_sign_in_a_name_is_no_obstacle(db: Database) -> None:
    await put(db, replace(ANN, name="a\0nn \ud83d"))
    person = await get(db)
    assert person is not None
    assert person.name == "a\ufffdnn \ufffd"
