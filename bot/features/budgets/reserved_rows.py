"""What is reserved of budgets: what the sessions that were admitted and go on may still use of their limits.

A session that rests, sleeps or is over has nothing reserved.
"""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Select, and_, case, cast, func, or_, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import half_up
from bot.domain.session import NOTHING_GOES_ON, DisplayState, Lifecycle
from bot.features.budgets.rules import ScopeKind
from bot.features.budgets.spend_rows import OF_FAN_OUT
from bot.store.tables import SESSION_GOES_ON, fan_out_sessions, fan_outs, sessions

_SUBJECT: Final[dict[ScopeKind, ColumnElement[str]]] = {
    ScopeKind.PERSON: sessions.c.requester,
    ScopeKind.EACH_PERSON: sessions.c.requester,
    ScopeKind.CHANNEL: sessions.c.channel,
    ScopeKind.EACH_CHANNEL: sessions.c.channel,
}
_FAN_OUT_RUNS: Final = "running"
_RESTS: Final = (*sorted(NOTHING_GOES_ON), DisplayState.LIMIT)  # as the table of a fan-out shows it


async def reserved(
    tx: AsyncConnection, team: str, org_id: str, kind: ScopeKind, subject: str, *, but_for: str = ""
) -> Decimal:
    """The ACUs that are reserved of the budget of a `subject`, leaving out the session with the id `but_for`.

    A budget of the organisation is shared by all workspaces, and by the sessions of fan-outs in it.
    """
    rows = union_all(
        _of_sessions(team, org_id, kind, subject, but_for), _of_fan_outs(team, org_id, kind, subject)
    ).subquery()
    return half_up(float(await tx.scalar(select(func.coalesce(func.sum(rows.c.acus), 0.0))) or 0.0), 6)


def _of_sessions(team: str, org_id: str, kind: ScopeKind, subject: str, but_for: str) -> Select[Any]:
    of = sessions.c
    theirs = [] if kind is ScopeKind.ORG else [of.team == team, _SUBJECT[kind] == subject]
    return select(_left(of.acu_limit, of.acus)).where(
        text(SESSION_GOES_ON), of.acu_limit.is_not(None), of.org_id == org_id, of.id != but_for, *theirs
    )


def _of_fan_outs(team: str, org_id: str, kind: ScopeKind, subject: str) -> Select[Any]:
    of = fan_out_sessions.c
    goes_on = or_(
        of.lifecycle.in_([Lifecycle.QUEUED, Lifecycle.CREATING]),
        and_(of.lifecycle == Lifecycle.OPEN, of.display.not_in(_RESTS)),
    )
    theirs = [of.org_id == org_id] if kind is ScopeKind.ORG else [fan_outs.c.team == team, OF_FAN_OUT[kind] == subject]
    return (
        select(_left(of.acu_limit, of.acus - of.acus_before))
        .join(fan_outs, fan_outs.c.id == of.fan_out_id)
        .where(
            goes_on,
            fan_outs.c.state == _FAN_OUT_RUNS,
            of.acu_limit.is_not(None),
            *theirs,
        )
    )


def _left(limit: ColumnElement[Any], acus: ColumnElement[Any]) -> ColumnElement[Any]:
    rest = cast(limit, Float) - acus
    return case((rest > 0, rest), else_=0.0).label("acus")
