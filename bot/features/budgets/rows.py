"""Budgets: one for each scope of a workspace. A new one takes the place of the old one and keeps its number."""

from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.budgets.rules import Budget, Scope, ScopeKind, Span
from bot.features.budgets.tables import budgets, crossings, grants
from bot.features.teams.rows import memberships
from bot.store.database.connection import insert


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
