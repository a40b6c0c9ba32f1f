"""The lists other than of sessions that people were shown last, whose numbers they may type, by kind."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import numbered_lists


async def show(tx: AsyncConnection, team: str, user: str, kind: str, entries: Sequence[str], now: float) -> None:
    """Store that `user` is shown a list of this `kind` with `entries`, by their ids, in place of the one before."""
    shown = {"entries": list(entries), "shown_at": now}
    statement = insert(tx.dialect.name, numbered_lists).values(team=team, user=user, kind=kind, **shown)
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "user", "kind"], set_=shown))


async def shown(tx: AsyncConnection, team: str, user: str, kind: str, shown_after: float) -> list[str] | None:
    """The ids in the list of this `kind` that `user` was shown last; None if they were shown none after that."""
    columns = numbered_lists.c
    theirs = (columns.team == team, columns.user == user, columns.kind == kind)
    found = await tx.execute(select(columns.entries).where(*theirs, columns.shown_at >= shown_after))
    entries = found.scalar_one_or_none()
    return None if entries is None else [str(entry) for entry in entries]
