"""Rate limits: a token bucket for each channel and for each API method.

A bucket is stored as one instant, its theoretical arrival time. To take a token moves `next_at` by `interval`, and a
token may be taken while `next_at` is at most `burst - 1` intervals ahead of now.
"""

from functools import cache
from typing import Any, Final

from sqlalchemy import Float, bindparam, case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import rate_limits

_HELD: Final = select(rate_limits.c.next_at).where(rate_limits.c.name == bindparam("bucket"))


@cache
def _taking(dialect: str) -> Any:
    """The statement that takes a token, built once, because the sender executes it for each row."""
    now, interval = bindparam("now", type_=Float), bindparam("interval", type_=Float)
    statement = insert(dialect, rate_limits).values(name=bindparam("bucket"), next_at=now + interval)
    return statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"next_at": case((rate_limits.c.next_at > now, rate_limits.c.next_at), else_=now) + interval},
        where=rate_limits.c.next_at <= bindparam("latest", type_=Float),
    ).returning(rate_limits.c.next_at)


@cache
def _blocking(dialect: str) -> Any:
    """The statement that blocks a bucket, built once, because it is executed after each post."""
    until = bindparam("until", type_=Float)
    statement = insert(dialect, rate_limits).values(name=bindparam("bucket"), next_at=until)
    later = case((rate_limits.c.next_at > until, rate_limits.c.next_at), else_=until)
    return statement.on_conflict_do_update(index_elements=["name"], set_={"next_at": later})


async def take(tx: AsyncConnection, name: str, now: float, interval: float, burst: int = 1) -> float:
    """Take a token from the bucket `name`, which gets one each `interval` and holds `burst`.

    Returns 0, or without taking one the seconds until there is a token.
    """
    ahead = (burst - 1) * interval
    bucket = {"bucket": name, "now": now, "interval": interval, "latest": now + ahead}
    taken = await tx.execute(_taking(tx.dialect.name), bucket)
    if taken.scalar_one_or_none() is not None:
        return 0.0
    held = await tx.execute(_HELD, {"bucket": name})
    return max(float(held.scalar_one()) - ahead - now, 0.001)


async def block(tx: AsyncConnection, name: str, until: float) -> None:
    """Allow no token from the bucket `name` before `until`, as after a post or when Slack answered with 429."""
    await tx.execute(_blocking(tx.dialect.name), {"bucket": name, "until": until})


async def ready_at(tx: AsyncConnection, name: str, interval: float, burst: int = 1) -> float:
    """The instant from which on the bucket `name` has a token; 0 for a bucket that is not stored, which is full."""
    found = (await tx.execute(_HELD, {"bucket": name})).scalar_one_or_none()
    return 0.0 if found is None else found - (burst - 1) * interval
