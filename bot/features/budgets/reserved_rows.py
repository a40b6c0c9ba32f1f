"""What is reserved of budgets: what the sessions that were admitted and run may still use of their limits.

For a session without a limit, such as one from before its budget was set, what such sessions usually use is reserved.
One that rests, sleeps or is over has nothing reserved, until a reply that is on its way wakes it. For a review 1 ACU is
reserved until it is over, or nobody follows it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
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
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up
from bot.domain.causes import ActionCause, MessageCause
from bot.domain.lane import thread_of
from bot.domain.operation import REVIEW
from bot.domain.session import NOTHING_GOES_ON, DisplayState, Lifecycle
from bot.features.budgets.rules import ScopeKind
from bot.features.budgets.spend_rows import OF_FAN_OUT
from bot.features.teams import rows as cost_centres
from bot.features.teams.rows import AskedBy
from bot.store import inbox, operations, stored_sessions
from bot.store.of_channel import counted_in
from bot.store.spend import tags_text
from bot.store.tables import SESSION_GOES_ON, fan_out_sessions, fan_outs, sessions

_SUBJECT: Final[dict[ScopeKind, ColumnElement[str]]] = {
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
        theirs.append(of.id.in_(in_team) if kind is ScopeKind.TEAM else _SUBJECT[kind] == subject)
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
