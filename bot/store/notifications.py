"""What people chose about being mentioned: in one thread, or everywhere."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.notify_choice import NotifyChoice
from bot.store.database.connection import insert
from bot.store.tables import notifications, threads


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a choice holds: in the thread `ts` of a channel, or everywhere if both are empty."""

    channel: str = ""
    ts: str = ""


EVERYWHERE: Final = Scope()


async def choose(tx: AsyncConnection, team: str, user: str, scope: Scope, choice: NotifyChoice) -> None:
    """Store what `user` chose for `scope`, in place of what they chose for it before."""
    values = {"team": team, "user": user, "channel": scope.channel, "thread": scope.ts, "choice": choice}
    statement = insert(tx.dialect.name, notifications).values(values)
    key = ["team", "user", "channel", "thread"]
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_={"choice": choice}))


async def choices(
    tx: AsyncConnection, team: str, users: Collection[str], scope: Scope
) -> dict[str, tuple[Scope, NotifyChoice]]:
    """What holds in `scope` for those of `users` who chose something, and for which scope they did.

    What a person chose for the thread goes before what they chose everywhere.
    """
    whose = notifications.c.team == team, notifications.c.user.in_(users)
    where = tuple_(notifications.c.channel, notifications.c.thread).in_([("", ""), (scope.channel, scope.ts)])
    # An empty channel sorts first, so the choice for the thread replaces the other.
    found = await tx.execute(select(notifications).where(*whose, where).order_by(notifications.c.channel))
    return {row.user: (Scope(row.channel, row.thread), NotifyChoice(row.choice)) for row in found}


def of_deleted_thread() -> ColumnElement[bool]:
    """The condition that a choice holds in one thread, and that this belongs to no stored session."""
    its_thread = (
        threads.c.team == notifications.c.team,
        threads.c.channel == notifications.c.channel,
        threads.c.ts == notifications.c.thread,
    )
    return and_(notifications.c.channel != "", ~exists().where(*its_thread))
