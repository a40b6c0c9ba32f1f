"""What raises a budget for one period: a row is asked for and then granted or refused once, or granted at once."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import exact_sum
from bot.features.budgets.rows import grants
from bot.store.database.connection import insert


class GrantState(StrEnum):
    """What became of a request."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    EDITED = "edited"  # what waited for it has another text by now
    TAKEN_BACK = "taken back"
    SETTLED = "settled"  # the budget was raised otherwise


@dataclass(frozen=True, slots=True)
class Grant:
    """So many ACUs more in a period, for a subject of a budget, or for all of them if `subject` is empty.

    `user` is who asked for it or, where nobody asked, who granted it. `start` is the key of a start that waits for it.
    The grant is for what that start asked for, whose `digest` this is.
    """

    key: str
    team: str
    budget: int
    subject: str
    period: str
    acus: Decimal
    user: str
    state: GrantState
    at: float
    start: str = ""
    digest: str = ""


_COLUMNS = tuple(column.name for column in grants.columns)


async def add(tx: AsyncConnection, grant: Grant) -> bool:
    """Store `grant`. Returns False if one with its key is stored already."""
    statement = insert(tx.dialect.name, grants).values(asdict(grant) | {"state": grant.state.value})
    added = statement.on_conflict_do_nothing(index_elements=["key"]).returning(grants.c.key)
    return (await tx.execute(added)).first() is not None


async def get(tx: AsyncConnection, team: str, key: str) -> Grant | None:
    """The grant of a workspace with this key, or None."""
    row = (await tx.execute(select(grants).where(grants.c.team == team, grants.c.key == key))).one_or_none()
    return None if row is None else _grant(row)


async def waited_for(tx: AsyncConnection, team: str, start: str) -> list[Grant]:
    """The requests that nobody has decided for which the start with this key waits."""
    theirs = (grants.c.team == team, grants.c.start == start, grants.c.state == GrantState.ASKED.value)
    return [_grant(row) for row in await tx.execute(select(grants).where(*theirs))]


async def waiting(tx: AsyncConnection, team: str, budget: int, subject: str) -> list[Grant]:
    """The requests that nobody has decided, and for which a start or a reply waits, for a subject of a budget or all.

    All are meant if `subject` is empty.
    """
    of = grants.c
    theirs = [of.team == team, of.budget == budget, of.state == GrantState.ASKED.value, of.start != ""]
    theirs += [of.subject == subject] if subject else []
    return [_grant(row) for row in await tx.execute(select(grants).where(*theirs).order_by(of.at))]


async def decide(tx: AsyncConnection, asked: Grant, state: GrantState, now: float) -> bool:
    """Store what became of a request: its `state`, with the period and the ACUs of `asked`.

    Returns False if that was decided before.
    """
    open_one = (grants.c.key == asked.key, grants.c.state == GrantState.ASKED.value)
    values = {"state": state.value, "period": asked.period, "acus": asked.acus, "at": now}
    return (await tx.execute(update(grants).where(*open_one).values(values))).rowcount > 0


async def decided(tx: AsyncConnection, budget: int, subject: str, user: str) -> int:
    """Count the requests of `user` for a subject of a budget that aren't open."""
    theirs = (grants.c.budget == budget, grants.c.subject == subject, grants.c.user == user)
    closed = grants.c.state != GrantState.ASKED.value
    return int((await tx.execute(select(func.count()).select_from(grants).where(*theirs, closed))).scalar_one())


async def granted(tx: AsyncConnection, budget: int, period: str) -> dict[str, Decimal]:
    """The ACUs that were granted of a budget in a period, by subject; the empty one stands for all."""
    theirs = (grants.c.budget == budget, grants.c.period == period, grants.c.state == GrantState.GRANTED.value)
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for row in await tx.execute(select(grants.c.subject, grants.c.acus).where(*theirs)):
        amounts[row.subject].append(row.acus)
    return {subject: exact_sum(acus) for subject, acus in amounts.items()}


def _grant(row: Any) -> Grant:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Grant(**values | {"state": GrantState(row.state)})
