"""Rate limits: a token bucket for each channel and for each API method.

A bucket is stored as one instant, its theoretical arrival time. To take a token moves `next_at` by `interval`, and a
token may be taken while `next_at` is at most `burst - 1` intervals ahead of now.
"""

import json
from collections.abc import Collection
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Float, bindparam, case, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import each_of, insert
from bot.store.tables import rate_limits

_HELD: Final = select(rate_limits).where(rate_limits.c.name.in_(bindparam("buckets", expanding=True)))


def _put(dialect: str, at: BindParameter[float]) -> Any:
    """The beginning of a statement for the buckets in the parameter `buckets`: an absent one begins with `at`."""
    each = each_of("buckets", dialect)
    # SQLite needs a condition here, or it takes ON for the beginning of a join.
    return insert(dialect, rate_limits).from_select(["name", "next_at"], select(each.c.value, at).where(true()))


# Both statements are built once, because the sender executes them again and again.


@cache
def _taking(dialect: str) -> Any:
    """The statement that takes a token of each bucket that has one."""
    now, interval = bindparam("now", type_=Float), bindparam("interval", type_=Float)
    return (
        _put(dialect, bindparam("full", type_=Float))
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"next_at": case((rate_limits.c.next_at > now, rate_limits.c.next_at), else_=now) + interval},
            where=rate_limits.c.next_at <= bindparam("latest", type_=Float),
        )
        .returning(rate_limits.c.name)
    )


@cache
def _blocking(dialect: str) -> Any:
    """The statement that blocks buckets."""
    until = bindparam("until", type_=Float)
    later = case((rate_limits.c.next_at > until, rate_limits.c.next_at), else_=until)
    return _put(dialect, until).on_conflict_do_update(index_elements=["name"], set_={"next_at": later})


def _named(names: Collection[str]) -> dict[str, str]:
    # Sorted, so that two workers that change the same buckets do not wait for each other in a circle.
    return {"buckets": json.dumps(sorted(names))}


async def take(tx: AsyncConnection, name: str, now: float, interval: float, burst: int = 1) -> float:
    """Take a token from the bucket `name`, which gets one each `interval` and holds `burst`.

    Returns 0, or without taking one the seconds until there is a token.
    """
    return (await take_each(tx, [name], now, interval, burst))[name]


async def take_each(
    tx: AsyncConnection, names: Collection[str], now: float, interval: float, burst: int = 1
) -> dict[str, float]:
    """Take a token from each of the buckets `names`, as `take` does from one; returns what that returns, by name."""
    ahead = (burst - 1) * interval
    asked = {"now": now, "interval": interval, "latest": now + ahead, "full": now + interval}
    taken = set(await tx.scalars(_taking(tx.dialect.name), asked | _named(names)))
    refused = [name for name in names if name not in taken]
    again = await ready_at_each(tx, refused, interval, burst) if refused else {}
    return dict.fromkeys(taken, 0.0) | {name: max(at - now, 0.001) for name, at in again.items()}


async def block(tx: AsyncConnection, name: str, until: float) -> None:
    """Allow no token from the bucket `name` before `until`, as after a post or when Slack answered with 429."""
    await block_each(tx, [name], until)


async def block_each(tx: AsyncConnection, names: Collection[str], until: float) -> None:
    """Allow no token from the buckets `names` before `until`."""
    await tx.execute(_blocking(tx.dialect.name), {"until": until, **_named(names)})


async def ready_at(tx: AsyncConnection, name: str, interval: float, burst: int = 1) -> float:
    """The instant from which on the bucket `name` has a token; 0 for a bucket that is not stored, which is full."""
    return (await ready_at_each(tx, [name], interval, burst))[name]


async def ready_at_each(
    tx: AsyncConnection, names: Collection[str], interval: float, burst: int = 1
) -> dict[str, float]:
    """The instants from which on the buckets `names` have a token, as `ready_at` says of one."""
    found = await tx.execute(_HELD, {"buckets": list(names)})
    return dict.fromkeys(names, 0.0) | {name: at - (burst - 1) * interval for name, at in found}
