"""What one person's sessions spent in a period."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.outcomes import Outcome
from bot.domain.periods import days_between, in_doubt
from bot.store import stored_sessions
from bot.store.spend import doubts_among
from bot.store.tables import spend


@dataclass(frozen=True, slots=True)
class SpentByPerson:
    """What one of a person's sessions spent in a period, and the outcome that it had last.

    One of which nothing else is known is not `stored`, and `worked` of it is not known either.
    """

    session_id: str
    acus: float
    outcome: Outcome
    worked: float  # seconds so far, on other days too
    stored: bool = True
    org_id: str = ""
    by_day: Mapping[date, float] = field(default_factory=dict)


async def of_person(tx: AsyncConnection, team: str, user: str, first: date, last: date) -> list[SpentByPerson]:
    """The sessions of `user` that were active from `first` to `last`, most ACUs first, those of fan-outs among them."""
    stored, worked = stored_sessions.ID.is_not(None).label("stored"), stored_sessions.WORKED.label("worked")
    columns = (spend.c.session_id, spend.c.day, spend.c.acus, spend.c.outcome, worked, stored, spend.c.org_id)
    found = await tx.execute(
        select(*columns)
        .select_from(stored_sessions.with_stored(spend, spend.c.session_id, team))
        .where(
            *_theirs(team, user),
            spend.c.day >= first.isoformat(),
            spend.c.day <= last.isoformat(),
        )
        .order_by(spend.c.day)
    )
    spent: dict[str, SpentByPerson] = {}
    for row in found:
        before = spent[row.session_id].by_day if row.session_id in spent else {}
        days = {**before, date.fromisoformat(row.day): float(row.acus)}
        spent[row.session_id] = SpentByPerson(
            row.session_id,
            sum(days.values()),
            Outcome(row.outcome),
            row.worked or 0.0,
            bool(row.stored),
            row.org_id,
            days,
        )
    return sorted(spent.values(), key=lambda expense: (-expense.acus, expense.session_id))


def in_others(spent: Iterable[SpentByPerson], org_id: str) -> float:
    """What was spent of that in other organisations than the one with this id, which its figures do not have."""
    return sum(expense.acus for expense in spent if expense.org_id != org_id)


async def about(tx: AsyncConnection, team: str, user: str, first: date, last: date) -> tuple[date, ...]:
    """The days from `first` to `last` for which the sum of what the sessions of `user` spent is only about right."""
    return in_doubt(await doubts_among(tx, first, last, *_theirs(team, user)), days_between(first, last))


def _theirs(team: str, user: str) -> tuple[ColumnElement[bool], ...]:
    return (spend.c.team == team, spend.c.requester == user)
