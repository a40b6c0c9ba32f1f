"""What budgets are measured by: the ACUs of the sessions that somebody started, or that started in a channel."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up
from bot.domain.session import OF_FAN_OUT as SESSION_OF_FAN_OUT
from bot.features.budgets.rules import ScopeKind
from bot.features.budgets.tables import crossings
from bot.store.spend import DIRECT
from bot.store.tables import fan_outs, spend

_NOISE: Final = 0.000001  # ACUs that come from adding up floats

# By whom the spending is added up, for budgets of each kind.
_SUBJECT: dict[ScopeKind, ColumnElement[str]] = {
    ScopeKind.PERSON: spend.c.requester,
    ScopeKind.EACH_PERSON: spend.c.requester,
    ScopeKind.CHANNEL: spend.c.channel,
    ScopeKind.EACH_CHANNEL: spend.c.channel,
    ScopeKind.EACH_SESSION: spend.c.session_id,
}
# By whom what fan-outs have reserved is added up.
OF_FAN_OUT: dict[ScopeKind, ColumnElement[str]] = {
    ScopeKind.PERSON: fan_outs.c.user,
    ScopeKind.EACH_PERSON: fan_outs.c.user,
    ScopeKind.CHANNEL: fan_outs.c.channel,
    ScopeKind.EACH_CHANNEL: fan_outs.c.channel,
}


@dataclass(frozen=True, slots=True)
class Reached:
    """What a subject has reached: `acus`, or at some time in `period` a level of the `budget` with this number."""

    acus: Decimal
    budget: int
    period: str

    def condition(self, subject: ColumnElement[str], spent: ColumnElement[float]) -> ColumnElement[bool]:
        """The condition that `subject`, who has `spent` so much, has reached it."""
        levels = (crossings.c.budget == self.budget, crossings.c.period == self.period)
        before = subject.in_(select(crossings.c.subject).where(*levels))
        return or_(spent >= float(self.acus) - _NOISE, before)


async def spent(
    tx: AsyncConnection,
    team: str,
    kind: ScopeKind,
    first: date,
    last: date,
    whom: str | Reached,
) -> dict[str, Decimal]:
    """The ACUs spent from `first` to `last`, by what budgets of `kind` are for; those of fan-outs in all organisations.

    `whom` is the id of the only subject that is wanted, or what those that are wanted have reached. Who has spent
    nothing, was erased, or talks directly to the bot where channels count, is left out; where sessions count, those of
    fan-outs are, which have limits of their own.
    """
    subject, acus = _SUBJECT[kind], func.sum(spend.c.acus)
    enough = [acus > 0, *([] if isinstance(whom, str) else [whom.condition(subject, acus)])]
    found = await tx.execute(
        select(subject, acus)
        .where(
            spend.c.team == team,
            spend.c.day >= first.isoformat(),
            spend.c.day <= last.isoformat(),
            subject.not_in(["", DIRECT]),
            *([subject == whom] if isinstance(whom, str) else []),
            *([~subject.contains(SESSION_OF_FAN_OUT)] if kind is ScopeKind.EACH_SESSION else []),
        )
        .group_by(subject)
        .having(*enough)
    )
    # Devin gives six decimals; what is behind them comes from adding up floats.
    return {name: half_up(float(total), 6) for name, total in found}
