"""What one person's sessions spent in a period."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.outcomes import Outcome
from bot.store.tables import sessions, spend


@dataclass(frozen=True, slots=True)
class SpentByPerson:
    """What one of a person's sessions spent in a period, and the outcome that it had last.

    One whose own row is purged is not `stored`, and `worked` of it is not known.
    """

    session_id: str
    acus: float
    outcome: Outcome
    worked: float  # seconds so far, on other days too
    stored: bool = True
    by_day: Mapping[date, float] = field(default_factory=dict)


async def of_person(
    tx: AsyncConnection, team: str, org_id: str, user: str, first: date, last: date
) -> list[SpentByPerson]:
    """The sessions of `user` in an organisation that were active from `first` to `last`, most ACUs first."""
    stored = sessions.c.id.is_not(None).label("stored")
    columns = (spend.c.session_id, spend.c.day, spend.c.acus, spend.c.outcome, sessions.c.worked, stored)
    found = await tx.execute(
        select(*columns)
        .outerjoin(sessions, sessions.c.id == spend.c.session_id)
        .where(
            spend.c.team == team,
            spend.c.requester == user,
            spend.c.org_id == org_id,
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
            row.session_id, sum(days.values()), Outcome(row.outcome), row.worked or 0.0, bool(row.stored), days
        )
    return sorted(spent.values(), key=lambda expense: (-expense.acus, expense.session_id))
