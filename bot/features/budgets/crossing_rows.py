"""Which levels of budgets were reached. A row stands for one level in one period, and says that it was announced."""

from decimal import Decimal

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.budgets.rules import Standing
from bot.features.budgets.tables import crossings
from bot.store.database.connection import insert
from bot.store.tables import outbox

REPLACED = "a higher level was reached"


async def record(tx: AsyncConnection, team: str, standing: Standing, level: int, now: float) -> int | None:
    """Record that `standing` has reached `level`. Returns how often that was announced, this time included.

    None if it was announced before, unless the level was raised since, or the spending has fallen in between. Of two
    workers that record the same one gets None.
    """
    key = {"budget": standing.budget.number, "subject": standing.subject}
    key |= {"period": standing.period.name, "level": level}
    threshold = float(standing.threshold(level))
    values = {"team": team, "acus": threshold, "times": 1, "rearmed": False, "at": now}
    statement = insert(tx.dialect.name, crossings).values(key | values)
    again = {"acus": threshold, "times": crossings.c.times + 1, "rearmed": False, "at": now}
    due = or_(crossings.c.rearmed, crossings.c.acus < threshold)
    upsert = statement.on_conflict_do_update(index_elements=list(key), set_=again, where=due)
    times: int | None = (await tx.execute(upsert.returning(crossings.c.times))).scalar()
    return times


async def announced(tx: AsyncConnection, team: str, periods: list[str]) -> dict[tuple[int, str, int], Decimal | None]:
    """The levels that were announced in one of `periods`, as (budget, subject, level), with the ACUs at which.

    None where the spending has fallen since, so that the level is announced again.
    """
    found = await tx.execute(select(crossings).where(crossings.c.team == team, crossings.c.period.in_(periods)))
    return {
        (row.budget, row.subject, row.level): None if row.rearmed else Decimal(repr(float(row.acus))) for row in found
    }


async def rearm(tx: AsyncConnection, standing: Standing, level: int) -> None:
    """Have `level` announced again once it is reached."""
    key = (crossings.c.budget == standing.budget.number, crossings.c.subject == standing.subject)
    period = crossings.c.period == standing.period.name
    await tx.execute(update(crossings).where(*key, period, crossings.c.level == level).values(rearmed=True))


async def replace_unposted(tx: AsyncConnection, prefix: str, now: float) -> None:
    """Mark the announcements whose keys begin with `prefix`, and that are not on their way yet, as replaced."""
    unposted = (outbox.c.key.startswith(prefix, autoescape=True), outbox.c.state == "open", outbox.c.owner.is_(None))
    dead = {"state": "dead", "reason": REPLACED, "sent_at": now}
    await tx.execute(update(outbox).where(*unposted).values(dead))
