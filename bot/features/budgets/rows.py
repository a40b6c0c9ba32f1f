"""The tables of budgets, of levels that were reached, and of requests for more."""

from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from sqlalchemy import Column, Float, Index, Integer, String, Table, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.budgets.rules import Budget, Scope, ScopeKind, Span, Standing
from bot.features.teams.rows import memberships
from bot.store.columns import JSON_TEXT, SEQUENCE, ExactNumber, flag, metadata, number, text_column
from bot.store.database.connection import insert
from bot.store.instants import happened
from bot.store.table_spec import TableSpec, by, by_subject, kept_for, never
from bot.store.tables import outbox

# How many ACUs somebody may use in a period. `seq` is the number by which people call a budget.
budgets: Final = Table(
    "budgets",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("team", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # the id of the channel or person; empty for other kinds
    Column("acus", ExactNumber, nullable=False),
    Column("span", String, nullable=False),
    Column("warn", JSON_TEXT, nullable=False),  # percentages
    Column("set_at", Float, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_budgets_scope", budgets.c.team, budgets.c.kind, budgets.c.subject, unique=True)

# Which level of a budget a subject has reached in a period, and that this was announced.
crossings: Final = Table(
    "crossings",
    metadata,
    Column("budget", Integer, primary_key=True, autoincrement=False),
    Column("subject", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("team", String, nullable=False),
    Column("acus", Float, nullable=False),  # of the level when it was announced last
    number("times"),  # how often it was announced
    flag("rearmed"),  # the spending has fallen, so that the level is announced again when it is reached
    Column("at", Float, nullable=False),
)
Index("ix_crossings_at", crossings.c.at)

# What raises a budget for a period: asked for, granted, refused or withdrawn.
grants: Final = Table(
    "grants",
    metadata,
    Column("key", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("budget", Integer, nullable=False),
    Column("subject", String, nullable=False),  # empty: for all subjects of the budget
    Column("period", String, nullable=False),
    Column("acus", ExactNumber, nullable=False),
    Column("user", String, nullable=False),  # who asked for it, or who granted it without being asked
    text_column("start"),  # the key of the row of a start that waits for it
    text_column("digest"),  # of what that start asked for when the admins were asked
    Column("state", String, nullable=False),  # asked, granted, refused, edited, taken back
    Column("at", Float, nullable=False),
)
Index("ix_grants_budget", grants.c.budget, grants.c.period)
Index("ix_grants_at", grants.c.at)

TABLES: Final = (
    # Admins remove them.
    TableSpec(budgets, ("budget", "budgets"), never, by_subject, instants=(happened(budgets.c.set_at),)),
    TableSpec(
        crossings,
        ("level of a budget that was reached", "levels of budgets that were reached"),
        kept_for(crossings.c.at, lambda kept: kept.spend_kept),
        by_subject,
        instants=(happened(crossings.c.at),),
    ),
    TableSpec(
        grants,
        ("request for more of a budget", "requests for more of a budget"),
        kept_for(grants.c.at, lambda kept: kept.spend_kept),
        by("user", "subject"),
        instants=(happened(grants.c.at),),
    ),
)


# ------------------------------------------------------------ rows
# Budgets: one for each scope of a workspace. A new one takes the place of the old one and keeps its number.


async def put(
    tx: AsyncConnection, team: str, scope: Scope, acus: Decimal, span: Span, warn: tuple[int, ...], now: float
) -> Budget:
    """Store the budget of `scope` in place of the one that it had, and return it."""
    values = {"acus": acus, "span": span.value, "warn": list(warn), "set_at": now}
    key = {"team": team, "kind": scope.kind.value, "subject": scope.subject}
    statement = insert(tx.dialect.name, budgets).values(key | values)
    upsert = statement.on_conflict_do_update(index_elements=list(key), set_=values)
    return _budget((await tx.execute(upsert.returning(budgets))).one())


async def remove(tx: AsyncConnection, team: str, number: int) -> Budget | None:
    """Delete a budget with all that belongs to it, and return it; None if the workspace has none of this number."""
    theirs = (budgets.c.team == team, budgets.c.seq == number)
    row = (await tx.execute(delete(budgets).where(*theirs).returning(budgets))).one_or_none()
    if row is None:
        return None
    await tx.execute(delete(crossings).where(crossings.c.budget == number))
    await tx.execute(delete(grants).where(grants.c.budget == number))
    return _budget(row)


async def of_workspace(tx: AsyncConnection, team: str) -> list[Budget]:
    """The budgets of a workspace, by their numbers."""
    found = await tx.execute(select(budgets).where(budgets.c.team == team).order_by(budgets.c.seq))
    return [_budget(row) for row in found]


async def lock(tx: AsyncConnection, team: str) -> bool:
    """Have others who lock the budgets of a workspace wait until `tx` ends. Returns whether it has any."""
    wanted = select(budgets.c.seq).where(budgets.c.team == team).order_by(budgets.c.seq).with_for_update()
    return (await tx.execute(wanted)).first() is not None


async def exist(tx: AsyncConnection, team: str) -> bool:
    """Whether a workspace has any budget."""
    return (await tx.execute(select(budgets.c.seq).where(budgets.c.team == team).limit(1))).first() is not None


async def of_scope(tx: AsyncConnection, team: str, scope: Scope) -> Budget | None:
    """The budget of `scope`, or None."""
    key = (budgets.c.team == team, budgets.c.kind == scope.kind.value, budgets.c.subject == scope.subject)
    row = (await tx.execute(select(budgets).where(*key))).one_or_none()
    return None if row is None else _budget(row)


async def spelled(tx: AsyncConnection, team: str, scope: Scope) -> Scope | list[str]:
    """Return `scope` with its team written as in its budget, or else in the list of teams; or the nearest names."""
    if scope.kind is not ScopeKind.TEAM:
        return scope
    names = [budget.scope.subject for budget in await of_workspace(tx, team) if budget.scope.kind is ScopeKind.TEAM]
    names += [one.name for one in await memberships(tx, team) if one.until is None]
    wanted, known = scope.subject.casefold(), {name.casefold(): name for name in reversed(names) if name}
    if wanted in known:
        return Scope(ScopeKind.TEAM, known[wanted])
    return [known[near] for near in get_close_matches(wanted, known)]


async def get(tx: AsyncConnection, team: str, number: int) -> Budget | None:
    """The budget of a workspace with this number, or None. Until `tx` ends it is not changed."""
    wanted = select(budgets).where(budgets.c.team == team, budgets.c.seq == number).with_for_update()
    row = (await tx.execute(wanted)).one_or_none()
    return None if row is None else _budget(row)


def _budget(row: Any) -> Budget:
    return Budget(row.seq, Scope(ScopeKind(row.kind), row.subject), row.acus, Span(row.span), tuple(row.warn))


# ------------------------------------------------------------ crossing rows
# Which levels of budgets were reached. A row stands for one level in one period, and says that it was announced.


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
