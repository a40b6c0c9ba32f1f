"""ACUs that were spent: by session and day, and by day as Devin billed them.

What sessions spent comes from the differences between polls, until Devin says how it divides into days.

The rows by session and day also say on which days a session was active (`bot.store.session_days`): many have no ACUs.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import exact_sum
from bot.domain.billing import Billed, Booked
from bot.store import stored_sessions
from bot.store.database.connection import insert
from bot.store.of_channel import of_channel
from bot.store.tables import consumption, past_sessions, sessions, spend, spend_days

_NOT_LISTED: Final[Mapping[str, Decimal | None]] = {"": None}  # stands for the products of a day without any
FirstDays = Mapping[str, date | None]
"""From which day on sessions may have spent something, by their ids; None if on no other day than that of the row."""
NO_DOUBT: Final[FirstDays] = {}
_NOBODY: Final[Mapping[str, Any]] = {"team": "", "requester": None, "channel": None, "tags": None}


async def add(
    tx: AsyncConnection, org_id: str, day: date, amounts: Mapping[str, float], since: FirstDays = NO_DOUBT
) -> None:
    """Add `amounts`, ACUs by session id, to what these sessions of an organisation spent on the billing day `day`.

    Those of sessions with a day in `since` may have been spent on the days from that one on: nobody looked in between.
    """
    if not amounts:
        return
    whose = await owners(tx, amounts)
    statement = insert(tx.dialect.name, spend)
    added = {
        "acus": spend.c.acus + statement.excluded.acus,
        "used_since": func.coalesce(spend.c.used_since, statement.excluded.used_since),
        "ask_at": func.coalesce(spend.c.ask_at, 0.0),
    }
    statement = statement.on_conflict_do_update(index_elements=["session_id", "day"], set_=added)
    rows = [
        {
            "session_id": key,
            "day": day.isoformat(),
            "org_id": org_id,
            "acus": acus,
            "used_since": first.isoformat() if (first := since.get(key)) else None,
            **whose.get(key, _NOBODY),
        }
        for key, acus in amounts.items()
    ]
    await tx.execute(statement, rows)


async def booked(tx: AsyncConnection, session_id: str, first: date) -> dict[date, Booked]:
    """What is booked of a session by billing day, from `first` on."""
    wanted = select(spend.c.day, spend.c.acus, spend.c.used_since, spend.c.ask_at)
    found = await tx.execute(wanted.where(spend.c.session_id == session_id, spend.c.day >= first.isoformat()))
    return {
        date.fromisoformat(row.day): Booked(
            float(row.acus), date.fromisoformat(row.used_since) if row.used_since else None, row.ask_at is not None
        )
        for row in found
    }


async def book(
    tx: AsyncConnection, org_id: str, session_id: str, days: Mapping[date, Booked], ask_at: float = 0.0
) -> None:
    """Book what a session spent on these `days` in place of what was booked of them.

    Devin is asked from `ask_at` on about those that it has to be asked about.
    """
    if not days:
        return
    owner = (await owners(tx, [session_id])).get(session_id, _NOBODY)
    statement = insert(tx.dialect.name, spend)
    replaced = {name: statement.excluded[name] for name in ("acus", "used_since", "ask_at")}
    rows = [
        {
            "session_id": session_id,
            "day": day.isoformat(),
            "org_id": org_id,
            "acus": of.acus,
            "used_since": of.since.isoformat() if of.since else None,
            "ask_at": ask_at if of.asked else None,
            **owner,
        }
        for day, of in days.items()
    ]
    await tx.execute(statement.on_conflict_do_update(index_elements=["session_id", "day"], set_=replaced), rows)


async def lower(tx: AsyncConnection, org_id: str, session_id: str, by: float) -> None:
    """Take ACUs off what is booked of a session, the newest days first, and ask Devin about these days again."""
    left, days = by, dict[date, Booked]()
    for day, of in sorted((await booked(tx, session_id, date.min)).items(), reverse=True):
        if (taken := min(left, of.acus)) > 0:
            days[day] = replace(of, acus=round(of.acus - taken, 6), asked=True)
            left -= taken
    await book(tx, org_id, session_id, days)


async def owners(tx: AsyncConnection, session_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Whose the sessions are that still have a row of their own, where, and with which tags, by session id."""
    return {row.id: _owner(row) for row in await stored_sessions.owners(tx, session_ids)}


def _owner(session: Any) -> dict[str, str]:
    tags = tags_text(session.options["tags"])
    return {"team": session.team, "requester": session.requester, "channel": session.channel, "tags": tags}


def tags_text(tags: Iterable[str]) -> str:
    """Return what stands for `tags` in a row: in lower case, with a comma before and behind each, as none has one."""
    return "".join([f",{tag.lower()}" for tag in tags] + [","])


def has_tag(column: ColumnElement[str | None], tag: str) -> ColumnElement[bool]:
    """The condition that `tag`, in lower case, is one of those in a `column` that `tags_text` has written."""
    return column.contains(f",{tag},", autoescape=True)


async def doubts(
    tx: AsyncConnection, org_id: str, first: date, last: date, team: str = "", channel: str | None = None
) -> tuple[tuple[date, date], ...]:
    """The spans of billing days of which nobody knows how sessions' ACUs divide between them, as first and last day.

    Those are left out that are over before `first` or begin after `last`. With a `channel` of the workspace `team` only
    the sessions there count.
    """
    return await doubts_among(tx, first, last, spend.c.org_id == org_id, *of_channel(spend, team, channel))


async def doubts_among(
    tx: AsyncConnection, first: date, last: date, *which: ColumnElement[bool]
) -> tuple[tuple[date, date], ...]:
    """The same of those rows alone that meet the conditions."""
    found = await tx.execute(
        select(spend.c.used_since, spend.c.day)
        .where(*which, spend.c.used_since.is_not(None), spend.c.acus > 0)
        .where(spend.c.day >= first.isoformat(), spend.c.used_since <= last.isoformat())
        .distinct()
        .order_by(spend.c.day, spend.c.used_since)
    )
    return tuple((date.fromisoformat(since), date.fromisoformat(day)) for since, day in found)


async def by_day(
    tx: AsyncConnection, org_id: str, first: date, last: date, team: str = "", channel: str | None = None
) -> dict[date, float]:
    """The ACUs of an organisation's sessions by billing day, from `first` to `last`; days without any are left out.

    With a `channel` of the workspace `team` only the sessions there count.
    """
    of = spend_days.c
    found = await tx.execute(
        select(of.day, func.sum(of.acus))
        .where(of.org_id == org_id, of.day >= first.isoformat(), of.day <= last.isoformat())
        .where(*of_channel(spend_days, team, channel))
        .group_by(of.day)
    )
    return {date.fromisoformat(day): float(acus) for day, acus in found}


async def of_session(tx: AsyncConnection, session_id: str) -> dict[date, float]:
    """The ACUs of a session by billing day."""
    found = await tx.execute(select(spend.c.day, spend.c.acus).where(spend.c.session_id == session_id))
    return {date.fromisoformat(day): float(acus) for day, acus in found}


async def reports_none(
    tx: AsyncConnection, team: str, org_id: str, after: float, before: float, channel: str | None = None
) -> bool:
    """Whether a workspace's sessions in an organisation were done in this time, and Devin reports ACUs for none."""
    found = []
    for table in (sessions, past_sessions):
        done = select(func.count(), func.max(table.c.acus)).where(
            table.c.team == team, table.c.org_id == org_id, table.c.done_at >= after, table.c.done_at < before
        )
        found.append((await tx.execute(done.where(*of_channel(table, team, channel)))).one())
    return any(number for number, _ in found) and not any(acus for _, acus in found)


async def put_consumption(
    tx: AsyncConnection, org_id: str, days: Mapping[date, Mapping[str, Decimal]], read_at: float
) -> None:
    """Store what Devin billed to an organisation on each of `days`, by product, in place of all older rows of them.

    A day without any product is one that Devin does not list.
    Of two workers that do this at once for one organisation, the caller has one wait for the other.
    """
    if not days:
        return
    await tx.execute(delete(consumption).where(*_among(org_id, days)))
    rows = [
        {"org_id": org_id, "day": day.isoformat(), "product": product, "acus": acus, "read_at": read_at}
        for day, amounts in days.items()
        for product, acus in (amounts or _NOT_LISTED).items()
    ]
    await tx.execute(consumption.insert(), rows)


async def confirm_consumption(tx: AsyncConnection, org_id: str, days: Collection[date], read_at: float) -> None:
    """Note that what is stored of `days` was still so at `read_at`."""
    await tx.execute(update(consumption).where(*_among(org_id, days)).values(read_at=read_at))


async def billed(tx: AsyncConnection, org_id: str, first: date, last: date) -> dict[date, Billed]:
    """What Devin billed by billing day, from `first` to `last`, with the instant at which each figure was read.

    A figure that was read before its day was over is not final. Days that were never read are left out.
    """
    days: dict[date, list[Any]] = defaultdict(list)
    for row in await _consumption(tx, org_id, first, last):
        days[date.fromisoformat(row.day)].append(row)
    return {day: _billed(rows) for day, rows in days.items()}


async def consumed_by_product(
    tx: AsyncConnection, org_id: str, first: date, last: date
) -> dict[date, dict[str, Decimal]]:
    """The ACUs billed to an organisation by billing day and product, from `first` to `last`, on days that Devin lists.

    Those of a day add up to what Devin billed for it to the last digit.
    """
    days: dict[date, dict[str, Decimal]] = defaultdict(dict)
    for row in await _consumption(tx, org_id, first, last):
        if row.acus is not None:
            days[date.fromisoformat(row.day)][row.product] = row.acus
    return dict(days)


async def read_at(tx: AsyncConnection, org_id: str, first: date, last: date) -> dict[date, float]:
    """When each day from `first` to `last` was read last, without days that were never read."""
    return {day: figure.read_at for day, figure in (await billed(tx, org_id, first, last)).items()}


async def _consumption(tx: AsyncConnection, org_id: str, first: date, last: date) -> Sequence[Any]:
    found = await tx.execute(
        select(consumption.c.day, consumption.c.product, consumption.c.acus, consumption.c.read_at)
        .where(
            consumption.c.org_id == org_id,
            consumption.c.day >= first.isoformat(),
            consumption.c.day <= last.isoformat(),
        )
        .order_by(consumption.c.day, consumption.c.product)
    )
    return found.all()


def _billed(rows: Sequence[Any]) -> Billed:
    """The bill of a day, from its `rows` by product."""
    products = {row.product: row.acus for row in rows if row.acus is not None}
    acus = float(exact_sum(products.values())) if products else None
    return Billed(acus, min(row.read_at for row in rows), products)


def _among(org_id: str, days: Collection[date]) -> tuple[ColumnElement[bool], ...]:
    return (consumption.c.org_id == org_id, consumption.c.day.in_([day.isoformat() for day in days]))
