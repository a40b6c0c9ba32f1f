"""What people have set for themselves and for channels; on both databases."""

from sqlalchemy import insert

from bot.domain.notify_choice import NotifyChoice
from bot.domain.settings_values import Detail, Scope, Setting, Value
from bot.store import settings
from bot.store.database.connection import Database
from bot.store.tables import settings as table
from tests.store.rows import CHANNEL, NOW, TEAM


async def put(db: Database, scope: Scope, subject: str, setting: Setting, value: Value, team: str = TEAM) -> None:
    async with db.write() as tx:
        await settings.put(tx, team, scope, subject, setting, value, "U9", NOW)


async def chosen(db: Database, channel: str | None = CHANNEL, user: str = "U1") -> tuple[object, object]:
    async with db.read() as tx:
        of_channel, of_people = await settings.chosen(tx, TEAM, channel, [user])
    return of_channel, of_people.get(user, {})


async def test_nothing_is_set_at_first(db: Database) -> None:
    assert await chosen(db) == ({}, {})
    assert await chosen(db, None, "") == ({}, {})


async def test_each_channel_and_person_has_its_own_values(db: Database) -> None:
    await put(db, Scope.CHANNEL, CHANNEL, Setting.REPOS, ("acme/web", "acme/api"))
    await put(db, Scope.PERSON, "U1", Setting.LIMIT, 10)
    await put(db, Scope.PERSON, "U1", Setting.REMINDERS, False)
    await put(db, Scope.PERSON, CHANNEL, Setting.MODE, "fast")
    await put(db, Scope.PERSON, "U1", Setting.MODE, "fast", team="T2")
    mine = {Setting.LIMIT: 10, Setting.REMINDERS: False}
    assert await chosen(db) == ({Setting.REPOS: ("acme/web", "acme/api")}, mine)
    assert await chosen(db, "C2", "U2") == ({}, {})


async def test_the_last_value_counts_until_it_is_removed(db: Database) -> None:
    for detail in (Detail.FINAL, Detail.LINK):
        await put(db, Scope.CHANNEL, CHANNEL, Setting.DETAIL, detail)
    assert await chosen(db) == ({Setting.DETAIL: Detail.LINK}, {})
    async with db.write() as tx:
        await settings.remove(tx, TEAM, Scope.CHANNEL, CHANNEL, Setting.DETAIL)
        await settings.remove(tx, TEAM, Scope.CHANNEL, CHANNEL, Setting.DETAIL)
    assert await chosen(db) == ({}, {})


async def test_what_another_version_has_stored_is_left_out(db: Database) -> None:
    row = {"team": TEAM, "scope": "person", "subject": "U1", "who": "U1", "at": NOW}
    async with db.write() as tx:
        for key, value in (("mode", "no mode!"), ("colour", "red"), ("limit", 5)):
            await tx.execute(insert(table).values(row | {"key": key, "value": value}))
    assert await chosen(db) == ({}, {Setting.LIMIT: 5})


async def test_several_people_are_asked_about_at_once(db: Database) -> None:
    await put(db, Scope.PERSON, "U1", Setting.NOTIFY, NotifyChoice.OFF)
    await put(db, Scope.PERSON, "U3", Setting.NOTIFY, NotifyChoice.DONE)
    async with db.read() as tx:
        _, found = await settings.chosen(tx, TEAM, None, ["U1", "U2"])
    assert found == {"U1": {Setting.NOTIFY: NotifyChoice.OFF}}
