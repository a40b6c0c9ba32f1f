"""What people have set for themselves and for channels: a row for each setting that has a value."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.settings_values import Scope, Setting, SettingError, Value, as_json, read
from bot.store.database.connection import insert
from bot.store.table_spec import RowsToErase, TableSpec, blank, by_subject
from bot.store.tables import settings

Chosen = dict[Setting, Value]

_OF: Final = settings.c
_CHOSEN: Final = select(_OF.scope, _OF.subject, _OF.key, _OF.value).where(  # built once: every reply executes it
    _OF.team == bindparam("of_team"),
    or_(
        and_(_OF.scope == Scope.CHANNEL.value, _OF.subject == bindparam("of_channel")),
        and_(_OF.scope == Scope.PERSON.value, _OF.subject.in_(bindparam("users", expanding=True))),
    ),
)


async def put(
    tx: AsyncConnection, team: str, scope: Scope, subject: str, setting: Setting, value: Value, who: str, at: float
) -> None:
    """Store what `who` has set for a channel or a person, in place of what was set before."""
    key = {"team": team, "scope": scope.value, "subject": subject, "key": setting.value}
    changed = {"value": as_json(value), "who": who, "at": at}
    statement = insert(tx.dialect.name, settings).values(key | changed)
    await tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


async def remove(tx: AsyncConnection, team: str, scope: Scope, subject: str, setting: Setting) -> None:
    """Delete what was set for a channel or a person, so that something else holds again."""
    of = settings.c
    of_one = (of.team == team, of.scope == scope.value, of.subject == subject, of.key == setting.value)
    await tx.execute(delete(settings).where(*of_one))


async def chosen(
    tx: AsyncConnection, team: str, channel: str | None, users: Collection[str]
) -> tuple[Chosen, dict[str, Chosen]]:
    """Return what is set for a channel, and by each of `users` who has set something for themselves.

    A value that this version does not know is left out.
    """
    of_channel: Chosen = {}
    of_people: dict[str, Chosen] = {}
    for row in await tx.execute(_CHOSEN, {"of_team": team, "of_channel": channel or "", "users": list(users)}):
        theirs = of_channel if row.scope == Scope.CHANNEL.value else of_people.setdefault(row.subject, {})
        _add(theirs, row.key, row.value)
    return of_channel, of_people


def _add(to: Chosen, key: str, value: Any) -> None:
    try:
        setting = Setting(key)
        to[setting] = read(setting, value)
    except (SettingError, ValueError):
        return  # of another version


def about_person(spec: TableSpec, user: str) -> list[RowsToErase]:
    """What a person has set for themselves, to be deleted; what they have set for channels stays without their id."""
    return [*by_subject(spec, user), *blank("who")(spec, user)]
