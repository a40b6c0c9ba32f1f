"""What budgets are measured by: the ACUs of the sessions that somebody started, or that started in a channel."""

from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up
from bot.domain.billing import bounds
from bot.domain.budgets import ScopeKind
from bot.store.tables import fan_out_sessions, fan_outs, sessions, spend

# By whom the spending is added up, for budgets of each kind.
_SUBJECT: dict[ScopeKind, ColumnElement[str]] = {
    ScopeKind.PERSON: sessions.c.requester,
    ScopeKind.EACH_PERSON: sessions.c.requester,
    ScopeKind.CHANNEL: sessions.c.channel,
    ScopeKind.EACH_CHANNEL: sessions.c.channel,
    ScopeKind.EACH_SESSION: sessions.c.id,
}
# By whom that of fan-outs is: a session of one is no session with a thread.
_OF_FAN_OUT: dict[ScopeKind, ColumnElement[str]] = {
    ScopeKind.PERSON: fan_outs.c.user,
    ScopeKind.EACH_PERSON: fan_outs.c.user,
    ScopeKind.CHANNEL: fan_outs.c.channel,
    ScopeKind.EACH_CHANNEL: fan_outs.c.channel,
}


async def spent(
    tx: AsyncConnection, team: str, org_id: str, kind: ScopeKind, first: date, last: date, subject: str | None = None
) -> dict[str, Decimal]:
    """The ACUs spent from `first` to `last` in an organisation, by what budgets of `kind` are for.

    With `subject` only what that one has spent. The sessions of a fan-out count in any organisation, and for the day on
    which it was asked for. Who has spent nothing, was erased, or talks directly to the bot where channels count, is
    left out.
    """
    column = _SUBJECT[kind]
    acus = func.sum(spend.c.acus)
    whose = [column != "", *([] if subject is None else [column == subject])]
    if kind in {ScopeKind.CHANNEL, ScopeKind.EACH_CHANNEL}:
        whose.append(~column.startswith("D"))
    found = await tx.execute(
        select(column, acus)
        .join(sessions, sessions.c.id == spend.c.session_id)
        .where(
            sessions.c.team == team,
            spend.c.org_id == org_id,
            spend.c.day >= first.isoformat(),
            spend.c.day <= last.isoformat(),
            *whose,
        )
        .group_by(column)
        .having(acus > 0)
    )
    # Devin gives six decimals; what is behind them comes from adding up floats.
    ours = {name: half_up(float(total), 6) for name, total in found}
    fanned_out = await _of_fan_outs(tx, team, kind, first, last, subject)
    return {name: ours.get(name, Decimal(0)) + fanned_out.get(name, Decimal(0)) for name in {**ours, **fanned_out}}


async def _of_fan_outs(
    tx: AsyncConnection, team: str, kind: ScopeKind, first: date, last: date, subject: str | None
) -> dict[str, Decimal]:
    column = _OF_FAN_OUT.get(kind)
    if column is None:
        return {}
    acus = func.sum(fan_out_sessions.c.acus)
    whose = [] if subject is None else [column == subject]
    if column is fan_outs.c.channel:
        whose.append(~column.startswith("D"))
    found = await tx.execute(
        select(column, acus)
        .join(fan_outs, fan_outs.c.id == fan_out_sessions.c.fan_out_id)
        .where(
            fan_outs.c.team == team,
            fan_outs.c.created_at >= bounds(first)[0],
            fan_outs.c.created_at < bounds(last)[1],
            *whose,
        )
        .group_by(column)
        .having(acus > 0)
    )
    return {name: half_up(float(total), 6) for name, total in found}
