"""How fast the bot may speak: one instant for each channel and for each method.

A bucket is kept as its theoretical arrival time: taking a token moves `next_at` by `interval`, and a token may be
taken while `next_at` is at most `burst - 1` intervals ahead of now.
"""

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert
from bot.store.tables import pace


async def take(tx: AsyncConnection, name: str, now: float, interval: float, burst: int = 1) -> float:
    """Take a token; answers 0, or the seconds until there is one."""
    await tx.execute(insert(tx, pace).values(name=name, next_at=0.0).on_conflict_do_nothing())
    ahead = (burst - 1) * interval
    from_now = case((pace.c.next_at > now, pace.c.next_at), else_=now)
    taken = await tx.execute(
        update(pace)
        .where(pace.c.name == name, pace.c.next_at <= now + ahead)
        .values(next_at=from_now + interval)
        .returning(pace.c.next_at)
    )
    if taken.scalar_one_or_none() is not None:
        return 0.0
    held = await tx.execute(select(pace.c.next_at).where(pace.c.name == name))
    return max(float(held.scalar_one()) - ahead - now, 0.001)


async def block(tx: AsyncConnection, name: str, until: float) -> None:
    """Nothing before this instant: what a 429 with its wait asks for."""
    statement = insert(tx, pace).values(name=name, next_at=until)
    later = case((pace.c.next_at > until, pace.c.next_at), else_=until)
    await tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"next_at": later}))


async def ready_at(tx: AsyncConnection, name: str, interval: float, burst: int = 1) -> float:
    """From when on there is a token. Unknown names are full."""
    found = (await tx.execute(select(pace.c.next_at).where(pace.c.name == name))).scalar_one_or_none()
    return 0.0 if found is None else found - (burst - 1) * interval
