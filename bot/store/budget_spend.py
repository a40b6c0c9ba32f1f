"""What budgets are measured by: the ACUs of the sessions that somebody started, or that started in a channel."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up
from bot.domain.budgets import ScopeKind
from bot.store.spend import DIRECT
from bot.store.tables import crossings, spend

_NOISE: Final = 0.000001  # ACUs that come from adding up floats

# By whom the spending is added up, for budgets of each kind.
_SUBJECT: dict[ScopeKind, ColumnElement[str]] = {
    ScopeKind.PERSON: spend.c.requester,
    ScopeKind.EACH_PERSON: spend.c.requester,
    ScopeKind.CHANNEL: spend.c.channel,
    ScopeKind.EACH_CHANNEL: spend.c.channel,
    ScopeKind.EACH_SESSION: spend.c.session_id,
}


@dataclass(frozen=True, slots=True)
class Reached:
    """Those who have spent `acus`, or have reached a level of a budget, by its number, in the period of this name."""

    acus: Decimal
    budget: int
    period: str

    def condition(self, subject: ColumnElement[str], spent: ColumnElement[float]) -> ColumnElement[bool]:
        """The condition that `subject`, who has `spent` so much, is among them."""
        levels = (crossings.c.budget == self.budget, crossings.c.period == self.period)
        before = subject.in_(select(crossings.c.subject).where(*levels))
        return or_(spent >= float(self.acus) - _NOISE, before)


async def spent(
    tx: AsyncConnection,
    team: str,
    org_id: str,
    kind: ScopeKind,
    first: date,
    last: date,
    whom: str | Reached,
) -> dict[str, Decimal]:
    """The ACUs spent from `first` to `last` in an organisation, by what budgets of `kind` are for.

    Either of one, by its id, or of all who have reached so much. Who has spent nothing, was erased, or talks directly
    to the bot where channels count, is left out.
    """
    column = _SUBJECT[kind]
    acus = func.sum(spend.c.acus)
    whose = [column.not_in(["", DIRECT]), *([column == whom] if isinstance(whom, str) else [])]
    enough = [acus > 0, *([] if isinstance(whom, str) else [whom.condition(column, acus)])]
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
        .having(*enough)
    )
    # Devin gives six decimals; what is behind them comes from adding up floats.
    return {name: half_up(float(total), 6) for name, total in found}
