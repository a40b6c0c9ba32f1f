"""What budgets are measured by: the ACUs of the sessions that somebody started, or that started in a channel.

What people and channels spent is added up by day already. What counts for a team or a repository is found among the
days of sessions as figures divide them. Of sessions first those are found that may have spent enough:
in a period none has spent more than in all.
"""

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, Table, func, or_, select, text, union
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up, session_limit
from bot.domain.billing import ONE_DAY
from bot.domain.session import OF_FAN_OUT as SESSION_OF_FAN_OUT
from bot.features.budgets.rules import DIVIDED, USUAL, Scope, ScopeKind
from bot.features.budgets.tables import crossings
from bot.features.teams import rows as cost_centres
from bot.features.teams.rules import called
from bot.store import stored_sessions
from bot.store.money_tables import NOT_KNOWN
from bot.store.of_channel import DIRECT
from bot.store.spend import doubts_among
from bot.store.tables import SESSION_GOES_ON, fan_outs, session_totals, sessions, spend, spend_days

_NOISE: Final = 0.000001  # ACUs that come from adding up floats
LOOKS_BACK: Final = 90  # days, for the usual use
LEAST_OVER: Final = 20  # sessions, that say what is usual
PERCENTILE: Final = 0.9

# By which column the spending is added up, for budgets of each kind.
_SUBJECT: dict[ScopeKind, str] = {
    ScopeKind.PERSON: "requester",
    ScopeKind.EACH_PERSON: "requester",
    ScopeKind.CHANNEL: "channel",
    ScopeKind.EACH_CHANNEL: "channel",
    ScopeKind.EACH_SESSION: "session_id",
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
        return or_(spent >= float(self.acus) - _NOISE, subject.in_(self._before()))

    def sessions(self, team: str, first: date) -> CompoundSelect[str]:
        """Select the ids of the sessions that may have reached it in a period that begins on the day `first`."""
        of = session_totals.c
        enough = (of.team == team, of.last_day >= first.isoformat(), of.acus >= float(self.acus) - 2 * _NOISE)
        return union(select(of.session_id).where(*enough), self._before())

    def _before(self) -> Select[str]:
        levels = (crossings.c.budget == self.budget, crossings.c.period == self.period)
        return select(crossings.c.subject).where(*levels)


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
    sums = _sums(kind)
    one = whom if isinstance(whom, str) else None
    theirs = await _days(tx, sums, team, kind, first, last, one)
    if one is not None and kind in DIVIDED:
        return {one: half_up(float(await tx.scalar(select(func.sum(spend.c.acus)).where(*theirs)) or 0), 6)}
    subject, acus = sums.c[_SUBJECT[kind]], func.sum(sums.c.acus)
    enough = [acus > 0]
    if isinstance(whom, Reached):
        enough.append(whom.condition(subject, acus))
        theirs += (subject.in_(whom.sessions(team, first)),) if kind is ScopeKind.EACH_SESSION else ()
    found = await tx.execute(select(subject, acus).where(*theirs).group_by(subject).having(*enough))
    # Devin gives six decimals; what is behind them comes from adding up floats.
    return {name: half_up(float(total), 6) for name, total in found}


async def usual_use(tx: AsyncConnection, team: str, today: date) -> int:
    """The whole ACUs that nine of ten sessions stayed within that are over and used some in the last 90 days.

    That is `USUAL` where fewer than 20 are over.
    """
    of, since = session_totals.c, (today - ONE_DAY * LOOKS_BACK).isoformat()
    runs = select(sessions.c.id).where(text(SESSION_GOES_ON))
    over = (of.team == team, of.last_day >= since, of.acus > 0, of.session_id.not_in(runs))
    count = (await tx.execute(select(func.count()).where(*over))).scalar_one()
    if count < LEAST_OVER:
        return USUAL
    wanted = select(of.acus).where(*over).order_by(of.acus).offset(math.ceil(count * PERCENTILE) - 1).limit(1)
    return session_limit([(await tx.execute(wanted)).scalar_one()]) or USUAL


async def by_day(
    tx: AsyncConnection, team: str, scope: Scope, first: date, last: date
) -> dict[tuple[str, date], float]:
    """The same by billing day too, of all that a budget for `scope` is for."""
    sums = _sums(scope.kind)
    theirs = await _days(tx, sums, team, scope.kind, first, last, scope.subject or None)
    if scope.kind in DIVIDED:
        of_days = await tx.execute(select(spend.c.day, func.sum(spend.c.acus)).where(*theirs).group_by(spend.c.day))
        return {(scope.subject, date.fromisoformat(day)): float(total) for day, total in of_days if total > 0}
    column, acus = sums.c[_SUBJECT[scope.kind]], func.sum(sums.c.acus)
    found = await tx.execute(
        select(column, sums.c.day, acus).where(*theirs).group_by(column, sums.c.day).having(acus > 0)
    )
    return {(subject, date.fromisoformat(day)): float(total) for subject, day, total in found}


async def doubts(
    tx: AsyncConnection, team: str, kind: ScopeKind, first: date, last: date, subject: str
) -> tuple[tuple[date, date], ...]:
    """Between which days nobody knows how what one subject spent divides, as first and last day of each span."""
    return await doubts_among(tx, first, last, *await _theirs(tx, spend, team, kind, subject))


async def people(tx: AsyncConnection, team: str, kind: ScopeKind, first: date, last: date, subject: str) -> int:
    """Count the people whose sessions were active from `first` to `last`, among those of one subject."""
    theirs = await _days(tx, spend, team, kind, first, last, subject)
    return int((await tx.execute(select(func.count(spend.c.requester.distinct())).where(*theirs))).scalar_one())


async def counts_for(tx: AsyncConnection, team: str, kind: ScopeKind, subject: str) -> ColumnElement[bool]:
    """The condition that a row of `spend` counts for a team or a repository, as figures divide them."""
    if kind is ScopeKind.REPO:
        return stored_sessions.has_repo(spend.c.session_id, subject)
    return cost_centres.counted_in(called(await cost_centres.memberships(tx, team), subject), spend.c) == subject


def _sums(kind: ScopeKind) -> Table:
    """The table in which the spending is added up as far as it can be for budgets of a `kind`."""
    return spend if kind in {ScopeKind.EACH_SESSION, *DIVIDED} else spend_days


async def _days(
    tx: AsyncConnection, sums: Table, team: str, kind: ScopeKind, first: date, last: date, subject: str | None
) -> tuple[ColumnElement[bool], ...]:
    days = (sums.c.day >= first.isoformat(), sums.c.day <= last.isoformat())
    return (*days, *await _theirs(tx, sums, team, kind, subject))


async def _theirs(
    tx: AsyncConnection, of: Table, team: str, kind: ScopeKind, subject: str | None
) -> tuple[ColumnElement[bool], ...]:
    if kind in DIVIDED:
        return of.c.team == team, await counts_for(tx, team, kind, subject or "")
    column = of.c[_SUBJECT[kind]]
    return (
        of.c.team == team,
        column.not_in(["", DIRECT, NOT_KNOWN]),
        *([] if subject is None else [column == subject]),
        *([~column.contains(SESSION_OF_FAN_OUT)] if kind is ScopeKind.EACH_SESSION else []),
    )
