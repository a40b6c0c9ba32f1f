"""What people chose about being mentioned in one thread; what they chose for all sessions is one of their settings."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.notify_choice import NotifyChoice
from bot.store.database.connection import insert
from bot.store.tables import notifications, threads


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a choice holds: in the thread `ts` of a channel."""

    channel: str
    ts: str


async def choose(tx: AsyncConnection, team: str, user: str, scope: Scope, choice: NotifyChoice) -> None:
    """Store what `user` chose for the thread, in place of what they chose for it before."""
    values = {"team": team, "user": user, "channel": scope.channel, "thread": scope.ts, "choice": choice}
    statement = insert(tx.dialect.name, notifications).values(values)
    key = ["team", "user", "channel", "thread"]
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_={"choice": choice}))


async def choices(tx: AsyncConnection, team: str, users: Collection[str], scope: Scope) -> dict[str, NotifyChoice]:
    """What those of `users` chose for the thread who did."""
    whose = notifications.c.team == team, notifications.c.user.in_(users)
    where = notifications.c.channel == scope.channel, notifications.c.thread == scope.ts
    found = await tx.execute(select(notifications.c.user, notifications.c.choice).where(*whose, *where))
    return {row.user: NotifyChoice(row.choice) for row in found}


async def following(tx: AsyncConnection, team: str, scope: Scope) -> list[str]:
    """Who wants to be mentioned in the thread, by what they chose for it."""
    where = notifications.c.team == team, notifications.c.channel == scope.channel, notifications.c.thread == scope.ts
    chosen = select(notifications.c.user).where(*where, notifications.c.choice != NotifyChoice.OFF)
    return list(await tx.scalars(chosen.order_by(notifications.c.user)))


def of_deleted_thread() -> ColumnElement[bool]:
    """The condition that the thread of a choice belongs to no stored session."""
    its_thread = (
        threads.c.team == notifications.c.team,
        threads.c.channel == notifications.c.channel,
        threads.c.ts == notifications.c.thread,
    )
    return ~exists().where(*its_thread)
