"""What was started lately: a budget is tried on it before it is set.

It comes from our rows of sessions, also of those that are purged since, and of fan-outs, which are kept for longer.
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import billing_day, bounds
from bot.domain.periods import days_between
from bot.features.budgets.rules import Scope, ScopeKind
from bot.features.budgets.spend_rows import OF_FAN_OUT
from bot.features.budgets.trial import Start
from bot.store.of_channel import DIRECT
from bot.store.tables import fan_out_sessions, fan_outs, past_sessions, sessions, spend

_CHANNELS: Final = frozenset({ScopeKind.CHANNEL, ScopeKind.EACH_CHANNEL})
# The tables of sessions with their ids, and with those of their rows that Devin has.
_STORED: Final = (
    (sessions.c, sessions.c.id, sessions.c.devin_id.is_not(None)),
    (past_sessions.c, past_sessions.c.session_id, true()),
)


async def of_sessions(
    tx: AsyncConnection, team: str, org_id: str, scope: Scope, since: float, last: date
) -> list[Start]:
    """The sessions started `since` an instant up to the day `last` that a budget for `scope` holds for."""
    found: list[Start] = []
    for of, session_id, begun in _STORED:
        column = _subject(scope.kind, of, session_id)
        on_first_day = and_(spend.c.session_id == session_id, spend.c.day == _day(of.created_at, since, last))
        wanted = (
            select(of.created_at, of.requester, column, func.coalesce(spend.c.acus, 0.0))
            .outerjoin(spend, on_first_day)
            .where(of.team == team, of.org_id == org_id, of.created_at >= since, begun, *_theirs(column, scope))
        )
        found += await asyncio.to_thread(_starts, (await tx.execute(wanted)).all())
    return found


def _starts(rows: Sequence[Any]) -> list[Start]:
    """What `rows` say. In a thread, because a month may have a hundred thousand of them."""
    return [Start(at, user, whose, float(used)) for at, user, whose, used in rows]


def _subject(kind: ScopeKind, of: Any, session_id: ColumnElement[str]) -> ColumnElement[str]:
    if kind is ScopeKind.EACH_SESSION:
        return session_id
    column: ColumnElement[str] = (
        literal("") if kind is ScopeKind.ORG else of.channel if kind in _CHANNELS else of.requester
    )
    return column


def _day(at: ColumnElement[float], since: float, last: date) -> ColumnElement[Any]:
    """The billing day of the instant `at`, which each database would work out in another way."""
    days = days_between(billing_day(since), last)
    return case(*((at < bounds(day)[1], day.isoformat()) for day in days))


async def of_fan_outs(
    tx: AsyncConnection, team: str, org_id: str, scope: Scope, since: float, last: date
) -> list[Start]:
    """The fan-outs asked for `since` an instant up to the day `last` that a budget for `scope` holds for."""
    column, of = OF_FAN_OUT.get(scope.kind), fan_out_sessions.c
    if scope.kind is ScopeKind.EACH_SESSION:
        return []
    subject = literal("") if column is None else column
    theirs = [of.org_id == org_id] if column is None else _theirs(column, scope)
    on_first_day = and_(spend.c.session_id == of.session_id, spend.c.day == _day(fan_outs.c.created_at, since, last))
    acus = func.sum(func.coalesce(spend.c.acus, 0.0))
    found = await tx.execute(
        select(fan_outs.c.created_at, fan_outs.c.user, subject.label("subject"), func.count(), acus)
        .select_from(fan_out_sessions)
        .join(fan_outs, fan_outs.c.id == of.fan_out_id)
        .outerjoin(spend, on_first_day)
        .where(fan_outs.c.team == team, fan_outs.c.created_at >= since, of.devin_id.is_not(None), *theirs)
        .group_by(fan_outs.c.id)
    )
    return [Start(at, user, whose, float(used), count) for at, user, whose, count, used in found]


def _theirs(column: ColumnElement[str], scope: Scope) -> list[ColumnElement[bool]]:
    if scope.subject:
        return [column == scope.subject]
    if scope.kind in _CHANNELS:
        return [~column.startswith(DIRECT)]
    return [] if scope.kind is ScopeKind.ORG else [column != ""]
