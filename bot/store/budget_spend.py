"""What budgets are measured by: the ACUs of the sessions that somebody started, or that started in a channel."""

from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up
from bot.domain.budgets import ScopeKind
from bot.store.spend import DIRECT
from bot.store.tables import spend

# By whom the spending is added up, for budgets of each kind.
_SUBJECT: dict[ScopeKind, ColumnElement[str]] = {
    ScopeKind.PERSON: spend.c.requester,
    ScopeKind.EACH_PERSON: spend.c.requester,
    ScopeKind.CHANNEL: spend.c.channel,
    ScopeKind.EACH_CHANNEL: spend.c.channel,
    ScopeKind.EACH_SESSION: spend.c.session_id,
}


async def spent(
    tx: AsyncConnection, team: str, org_id: str, kind: ScopeKind, first: date, last: date, subject: str | None = None
) -> dict[str, Decimal]:
    """The ACUs spent from `first` to `last` in an organisation, by what budgets of `kind` are for.

    With `subject` only what that one has spent. Who has spent nothing, was erased, or talks directly to the bot where
    channels count, is left out.
    """
    column = _SUBJECT[kind]
    acus = func.sum(spend.c.acus)
    whose = [column.not_in(["", DIRECT]), *([] if subject is None else [column == subject])]
    found = await tx.execute(
        select(column, acus)
        .where(
            spend.c.team == team,
            spend.c.org_id == org_id,
            spend.c.day >= first.isoformat(),
            spend.c.day <= last.isoformat(),
            *whose,
        )
        .group_by(column)
        .having(acus > 0)
    )
    # Devin gives six decimals; what is behind them comes from adding up floats.
    return {name: half_up(float(total), 6) for name, total in found}
