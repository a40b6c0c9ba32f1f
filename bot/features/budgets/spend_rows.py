"""What budgets are measured by: the ACUs of the sessions that somebody started, or that started in a channel.

What people and channels spent is added up by day already. What counts for a team or a repository is found among the
days of sessions as figures divide them. Of sessions first those are found that may have spent enough:
in a period none has spent more than in all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Float,
    Select,
    Table,
    TextClause,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
    text,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up, session_limit
from bot.domain.billing import ONE_DAY
from bot.domain.causes import ActionCause, MessageCause
from bot.domain.lane import thread_of
from bot.domain.operation import REVIEW
from bot.domain.session import NOTHING_GOES_ON, DisplayState, Lifecycle
from bot.domain.session import OF_FAN_OUT as SESSION_OF_FAN_OUT
from bot.features.budgets.rows import crossings
from bot.features.budgets.rules import DIVIDED, USUAL, Scope, ScopeKind
from bot.features.teams import rows as cost_centres
from bot.features.teams.rows import AskedBy
from bot.features.teams.rules import called
from bot.store import inbox, operations, stored_sessions
from bot.store.money_tables import NOT_KNOWN
from bot.store.of_channel import DIRECT, counted_in
from bot.store.spend import doubts_among, tags_text
from bot.store.tables import SESSION_GOES_ON, fan_out_sessions, fan_outs, session_totals, sessions, spend, spend_days

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


# ------------------------------------------------------------ reserved rows
# What is reserved of budgets: what the sessions that were admitted and run may still use of their limits.
#
# For a session without a limit, such as one from before its budget was set, what such sessions usually use is reserved.
# One that rests, sleeps or is over has nothing reserved, until a reply that is on its way wakes it. For a review 1 ACU
# is reserved until it is over, or nobody follows it.


_SUBJECT_OF_START: Final[dict[ScopeKind, ColumnElement[str]]] = {
    ScopeKind.PERSON: sessions.c.requester,
    ScopeKind.EACH_PERSON: sessions.c.requester,
    ScopeKind.CHANNEL: sessions.c.channel,
    ScopeKind.EACH_CHANNEL: sessions.c.channel,
}
_PEOPLE: Final = frozenset({ScopeKind.PERSON, ScopeKind.EACH_PERSON})
_RESTS: Final = (*sorted(NOTHING_GOES_ON), DisplayState.LIMIT)  # as the table of a fan-out shows it
# That a session of a fan-out has something reserved.
FAN_OUT_GOES_ON: Final = and_(
    fan_outs.c.state == "running",
    or_(
        fan_out_sessions.c.lifecycle.in_([Lifecycle.QUEUED, Lifecycle.CREATING]),
        and_(fan_out_sessions.c.lifecycle == Lifecycle.OPEN, fan_out_sessions.c.display.not_in(_RESTS)),
    ),
)


@dataclass(frozen=True, slots=True)
class Reserved:
    """The ACUs that are reserved, those of the sessions without a limit included, whose ids are `uncapped`."""

    acus: Decimal
    uncapped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Review:
    team: str
    org_id: str
    user: str | None
    channel: str | None

    def is_of(self, team: str, org_id: str, kind: ScopeKind, subject: str) -> bool:
        """Whether it is reserved of the budget of this `subject`."""
        if kind is ScopeKind.ORG:
            return self.org_id == org_id
        return self.team == team and subject == (self.user if kind in _PEOPLE else self.channel)


async def reserved(
    tx: AsyncConnection,
    team: str,
    org_id: str,
    kind: ScopeKind,
    subject: str,
    usual: int,
    today: date,
    *,
    but_for: str = "",
) -> Reserved:
    """What is reserved of the budget of a `subject`, leaving out the session with the id `but_for`.

    A budget of the organisation is shared by all workspaces, and by the sessions of fan-outs in it. A session without a
    limit has reserved what is left of the `usual` use, and at least 1 ACU.
    """
    goes_on, rests = text(SESSION_GOES_ON), text(f"NOT ({SESSION_GOES_ON})")
    which: list[ColumnElement[bool] | TextClause] = [goes_on]
    if lanes := {row.lane for row in await inbox.under_way(tx, MessageCause)}:
        thread = tuple_(sessions.c.team, sessions.c.channel, sessions.c.thread_ts)
        theirs = thread.in_([found for lane in lanes if (found := thread_of(lane))])
        which.append(and_(theirs, sessions.c.lifecycle == Lifecycle.OPEN, rests))
    in_team = await _in_team(tx, team, which, subject, today) if kind is ScopeKind.TEAM else []
    of = (team, org_id, kind, subject, in_team, usual)
    parts = [*(_of_sessions(*of, but_for, these) for these in which), _of_fan_outs(*of)]
    rows = union_all(*parts).subquery()
    held = await tx.execute(select(rows.c.uncapped, func.sum(rows.c.acus).label("acus")).group_by(rows.c.uncapped))
    acus = {row.uncapped: row.acus for row in held}
    reviews = [one for one in await _reviews(tx, org_id, but_for) if one.is_of(team, org_id, kind, subject)]
    return Reserved(half_up(math.fsum(acus.values()), 6) + len(reviews), tuple(sorted(filter(None, acus))))


async def _reviews(tx: AsyncConnection, org_id: str, but_for: str) -> list[_Review]:
    """The reviews that are asked for right now, but for that of the row `but_for`, and those that go on.

    The row does not say in which organisation: each counts it for the seconds in which Devin answers.
    """
    under_way = [
        _Review(row.team, org_id, row.cause.user, row.cause.channel)
        for row in await inbox.under_way(tx, ActionCause)
        if row.cause.command == REVIEW and row.key != but_for
    ]
    followed = [
        _Review(operation.team, where["org_id"], operation.user, where["channel"])
        for operation in await operations.going_on(tx, REVIEW)
        if (where := operation.new.asked["reserved"]) is not None
    ]
    return under_way + followed


async def _in_team(
    tx: AsyncConnection, team: str, which: Sequence[ColumnElement[bool] | TextClause], name: str, today: date
) -> list[str]:
    """The ids of the sessions that count in a team today, of those that may have something reserved."""
    of, its = sessions.c, fan_outs.c
    found = select(of.id, of.requester, counted_in(of.channel).label("channel"), of.options)
    of_fan_outs = select(
        fan_out_sessions.c.session_id.label("id"),
        its.user.label("requester"),
        counted_in(its.channel).label("channel"),
        its.options,
    )
    joined = of_fan_outs.join(fan_outs, its.id == fan_out_sessions.c.fan_out_id)
    wanted = [found.where(these, of.team == team) for these in which]
    wanted.append(joined.where(FAN_OUT_GOES_ON, its.team == team))
    asked = {
        row.id: AskedBy(row.requester, row.channel, tags_text(row.options["tags"]))
        for select_ids in wanted
        for row in await tx.execute(select_ids)
    }
    counting = await cost_centres.counting(tx, team, today, asked.values())
    return [key for key, by in asked.items() if (counting[by] or "").casefold() == name.casefold()]


def _of_sessions(
    team: str,
    org_id: str,
    kind: ScopeKind,
    subject: str,
    in_team: Sequence[str],
    usual: int,
    but_for: str,
    which: ColumnElement[bool] | TextClause,
) -> Select[Any]:
    of = sessions.c
    theirs: list[ColumnElement[bool]] = [] if kind is ScopeKind.ORG else [of.team == team]
    if kind is ScopeKind.REPO:
        theirs.append(stored_sessions.is_repo(sessions, subject))
    elif kind is not ScopeKind.ORG:
        theirs.append(of.id.in_(in_team) if kind is ScopeKind.TEAM else _SUBJECT_OF_START[kind] == subject)
    return select(*_left(of.id, of.acu_limit, of.acus, usual)).where(
        which, of.org_id == org_id, of.id != but_for, *theirs
    )


def _of_fan_outs(
    team: str, org_id: str, kind: ScopeKind, subject: str, in_team: Sequence[str], usual: int
) -> Select[Any]:
    of = fan_out_sessions.c
    theirs = [of.org_id == org_id] if kind is ScopeKind.ORG else [fan_outs.c.team == team]
    if kind is ScopeKind.REPO:
        theirs.append(stored_sessions.is_repo(fan_outs, subject))
    elif kind is not ScopeKind.ORG:
        theirs.append(of.session_id.in_(in_team) if kind is ScopeKind.TEAM else OF_FAN_OUT[kind] == subject)
    return (
        select(*_left(of.session_id, of.acu_limit, of.acus - of.acus_before, usual))
        .join(fan_outs, fan_outs.c.id == of.fan_out_id)
        .where(FAN_OUT_GOES_ON, *theirs)
    )


def _left(
    session_id: ColumnElement[str], limit: ColumnElement[Any], acus: ColumnElement[Any], usual: int
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The columns of what a session has reserved, as `rules.held` has it, and of its id if it has no limit."""
    rest, of_usual = cast(limit, Float) - acus, usual - acus
    left = case((rest > 0, rest), (limit.is_not(None), 0.0), (of_usual > 1, of_usual), else_=1.0)
    return left.label("acus"), case((limit.is_(None), session_id), else_=null()).label("uncapped")
