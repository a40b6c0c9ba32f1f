"""What budgets are measured by: the ACUs of the sessions that somebody started, or that started in a channel."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up
from bot.domain.billing import bounds
from bot.features.budgets.rules import Scope, ScopeKind
from bot.features.budgets.tables import crossings
from bot.store.spend import DIRECT
from bot.store.tables import fan_out_sessions, fan_outs, spend

_NOISE: Final = 0.000001  # ACUs that come from adding up floats

# By whom the spending is added up, for budgets of each kind.
_SUBJECT: dict[ScopeKind, ColumnElement[str]] = {
    ScopeKind.PERSON: spend.c.requester,
    ScopeKind.EACH_PERSON: spend.c.requester,
    ScopeKind.CHANNEL: spend.c.channel,
    ScopeKind.EACH_CHANNEL: spend.c.channel,
    ScopeKind.EACH_SESSION: spend.c.session_id,
}
# By whom the spending of fan-outs is added up. Their sessions have no rows in `spend`.
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
    org_id: str,
    kind: ScopeKind,
    first: date,
    last: date,
    whom: str | Reached,
) -> dict[str, Decimal]:
    """The ACUs spent from `first` to `last` in an organisation, by what budgets of `kind` are for.

    `whom` is the id of the only subject that is wanted, or what those that are wanted have reached. The sessions of a
    fan-out count in any organisation, and for the day on which the fan-out was asked for. Who has spent nothing, was
    erased, or talks directly to the bot where channels count, is left out.
    """
    of_one = whom if isinstance(whom, str) else None
    parts = [_of_sessions(team, org_id, kind, first, last, of_one), *_of_fan_outs(team, kind, first, last, of_one)]
    rows = union_all(*parts).subquery()
    acus = func.sum(rows.c.acus)
    enough = [acus > 0, *([] if isinstance(whom, str) else [whom.condition(rows.c.subject, acus)])]
    found = await tx.execute(select(rows.c.subject, acus).group_by(rows.c.subject).having(*enough))
    # Devin gives six decimals; what is behind them comes from adding up floats.
    return {name: half_up(float(total), 6) for name, total in found}


async def by_day(
    tx: AsyncConnection, team: str, org_id: str, scope: Scope, first: date, last: date
) -> dict[tuple[str, date], float]:
    """The ACUs that sessions spent from `first` to `last`, by what a budget for `scope` is for and by billing day."""
    column = _SUBJECT[scope.kind]
    acus = func.sum(spend.c.acus)
    theirs = _days(team, org_id, column, first, last, scope.subject or None)
    found = await tx.execute(
        select(column, spend.c.day, acus).where(*theirs).group_by(column, spend.c.day).having(acus > 0)
    )
    return {(subject, date.fromisoformat(day)): float(total) for subject, day, total in found}


def _of_sessions(
    team: str, org_id: str, kind: ScopeKind, first: date, last: date, subject: str | None
) -> Select[str, Any]:
    column = _SUBJECT[kind]
    # Added up here already, because there may be a million rows.
    summed = select(column.label("subject"), func.sum(spend.c.acus).label("acus"))
    return summed.where(*_days(team, org_id, column, first, last, subject)).group_by(column)


def _days(
    team: str, org_id: str, column: ColumnElement[str], first: date, last: date, subject: str | None
) -> tuple[ColumnElement[bool], ...]:
    return (
        spend.c.team == team,
        spend.c.org_id == org_id,
        spend.c.day >= first.isoformat(),
        spend.c.day <= last.isoformat(),
        column.not_in(["", DIRECT]),
        *([] if subject is None else [column == subject]),
    )


def _of_fan_outs(team: str, kind: ScopeKind, first: date, last: date, subject: str | None) -> list[Select[str, Any]]:
    column = OF_FAN_OUT.get(kind)
    if column is None:
        return []
    asked = select(column.label("subject"), fan_out_sessions.c.acus.label("acus"))
    return [
        asked.join(fan_outs, fan_outs.c.id == fan_out_sessions.c.fan_out_id).where(
            fan_outs.c.team == team,
            fan_outs.c.created_at >= bounds(first)[0],
            fan_outs.c.created_at < bounds(last)[1],
            column != "",
            *([] if column is fan_outs.c.user else [~column.startswith(DIRECT)]),
            *([] if subject is None else [column == subject]),
        )
    ]
