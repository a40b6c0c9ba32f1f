"""What was started lately: a budget is tried on it before it is set.

It comes from our rows of sessions, also of those that are purged since, and of fan-outs, which are kept for longer.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    String,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import OF_FAN_OUT as SESSION_OF_FAN_OUT
from bot.domain.waking import WakeLimits
from bot.features.budgets.rules import DIVIDED, Scope, ScopeKind
from bot.features.budgets.spend_rows import FAN_OUT_GOES_ON, counts_for
from bot.features.budgets.trial import ACU, Run, Start
from bot.store.of_channel import DIRECT
from bot.store.tables import SESSION_GOES_ON, fan_out_sessions, fan_outs, past_sessions, sessions, spend

_CHANNELS: Final = frozenset({ScopeKind.CHANNEL, ScopeKind.EACH_CHANNEL})
_UNKNOWN_LIMIT: Final = (cast(null(), Float).label("asked"), cast(null(), Integer).label("acu_limit"))
# The same of sessions in each table: what was started at once has one `start`; `until` is empty while one goes on;
# `asked` is its `acu=`. What was linked from Devin was not started here.
_STORED: Final = (
    select(
        *(sessions.c.id.label("session_id"), sessions.c.id.label("start"), sessions.c.created_at.label("at")),
        *(sessions.c.team, sessions.c.org_id, sessions.c.requester.label("user"), sessions.c.channel),
        case(
            (text(SESSION_GOES_ON), null()),
            else_=func.coalesce(sessions.c.done_at, sessions.c.ended_at, cast(sessions.c.updated_at, Float)),
        ).label("until"),
        *(sessions.c.options["acu"].as_float().label("asked"), sessions.c.acu_limit),
        sessions.c.adopted_at.is_(None).label("started_here"),
    ).where(sessions.c.devin_id.is_not(None)),
    select(
        *(
            past_sessions.c.session_id,
            past_sessions.c.session_id.label("start"),
            past_sessions.c.created_at.label("at"),
        ),
        *(past_sessions.c.team, past_sessions.c.org_id, past_sessions.c.requester.label("user")),
        *(past_sessions.c.channel, func.coalesce(past_sessions.c.done_at, past_sessions.c.ended_at).label("until")),
        *(*_UNKNOWN_LIMIT, literal(True).label("started_here")),
    ),
    select(
        *(fan_out_sessions.c.session_id, fan_outs.c.id.label("start"), fan_outs.c.created_at.label("at")),
        *(fan_outs.c.team, fan_out_sessions.c.org_id, fan_outs.c.user, fan_outs.c.channel),
        case((FAN_OUT_GOES_ON, null()), else_=fan_out_sessions.c.read_at).label("until"),
        *(fan_outs.c.options["acu"].as_float().label("asked"), fan_out_sessions.c.acu_limit),
        literal(True).label("started_here"),
    )
    .join(fan_outs, fan_outs.c.id == fan_out_sessions.c.fan_out_id)
    .where(fan_out_sessions.c.devin_id.is_not(None)),
)


async def read(
    tx: AsyncConnection, team: str, org_id: str, scope: Scope, since: float, limits: WakeLimits
) -> list[Start]:
    """What was started `since` an instant that a budget for `scope` holds for, and what went on then.

    What did not ask for a ceiling, or is purged, has the usual one of the `limits`.
    """
    found: list[Start] = []
    divided = [await counts_for(tx, team, scope.kind, scope.subject)] if scope.kind in DIVIDED else []
    for stored in _STORED:
        of = stored.subquery()
        # One row for each session: a month may have a hundred thousand, and each was at work on several days.
        part = spend.c.day + ":" + cast(cast(func.round(spend.c.acus * ACU), BigInteger), String)
        used = select(func.aggregate_strings(part, " ")).where(spend.c.session_id == of.c.session_id, spend.c.acus > 0)
        used = used.where(*divided)
        active = [exists().where(spend.c.session_id == of.c.session_id, *divided)] if divided else []
        wanted = select(of, _subject(scope, of.c).label("subject"), used.scalar_subquery().label("used")).where(
            or_(of.c.at >= since, of.c.until.is_(None), of.c.until >= since),
            *_theirs(of.c, team, org_id, scope),
            *active,
        )
        rows = (await tx.execute(wanted)).all()
        found += await asyncio.to_thread(_starts, rows, team, since, limits)
    return found


def _starts(rows: Iterable[Any], team: str, since: float, limits: WakeLimits) -> list[Start]:
    """What `rows` say, one for each session."""
    at_once: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        at_once[row.start].append(row)
    return [_start(theirs, team, since, limits) for theirs in at_once.values()]


def _start(rows: Sequence[Any], team: str, since: float, limits: WakeLimits) -> Start:
    """The start of these sessions, which began at once."""
    one = rows[0]
    runs = [Run(math.inf if row.until is None else row.until, _used(row.used or "")) for row in rows]
    asks = bool(one.started_here) and one.at >= since and one.team == team
    return Start(one.at, one.user, one.subject, runs, limits.ceiling(one.asked) if asks else one.acu_limit, asks)


def _used(text: str) -> dict[date, int]:
    """The parts of ACUs by day that are written as in the rows."""
    return {_day(day): int(parts) for day, _, parts in (one.partition(":") for one in text.split())}


_day: Final = cache(date.fromisoformat)  # the same few days, for each session


def _subject(scope: Scope, of: Any) -> ColumnElement[str]:
    kind = scope.kind
    if kind is ScopeKind.ORG or kind in DIVIDED:
        return literal(scope.subject)
    whose = of.channel if kind in _CHANNELS else of.session_id if kind is ScopeKind.EACH_SESSION else of.user
    return cast(whose, String)


def _theirs(of: Any, team: str, org_id: str, scope: Scope) -> list[ColumnElement[bool]]:
    if scope.kind is ScopeKind.ORG:  # which all workspaces share
        return [of.org_id == org_id]
    if scope.kind is ScopeKind.EACH_SESSION:
        return [of.team == team, ~of.session_id.contains(SESSION_OF_FAN_OUT)]
    if scope.kind in DIVIDED:  # its days say the rest
        return [of.team == team]
    column = _subject(scope, of)
    if scope.subject:
        return [of.team == team, column == scope.subject]
    return [of.team == team, ~column.startswith(DIRECT) if scope.kind in _CHANNELS else column != ""]
