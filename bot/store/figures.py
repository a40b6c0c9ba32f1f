"""What operators watch: how old the work is that could be done, which sessions are open, and what they spend today.

Each figure is read by an index, because it is read again and again, also where a million rows are done.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.amounts import exact_sum
from bot.domain.session import Lifecycle, Snapshot, display_state_of
from bot.store.outbox import IS_POST
from bot.store.tables import SESSION_GOES_ON, consumption, inbox, outbox, rate_limits, sessions, spend

NEW: Final = "new"  # nothing was tried yet
RETRIED: Final = "retried"  # a try has failed
UNCONFIRMED: Final = "unconfirmed"  # what came of a try is being looked up
RATE_LIMITED: Final = "rate limited"
REASONS: Final = (NEW, RETRIED, UNCONFIRMED, RATE_LIMITED)
AT_REST: Final = "at rest"  # spends nothing, and waits for nobody
# Literals: SQLite uses a partial index only if the statement itself has its condition.
_OPEN: Final[Any] = literal_column("'open'")
_SENDING: Final[Any] = literal_column("'sending'")


async def oldest_requests(tx: AsyncConnection, now: float) -> dict[str, float]:
    """Since when the oldest row of the inbox waits that could be worked on, by the reason why it was not yet."""
    return await _oldest(tx, oldest_requests_query(now))


def oldest_requests_query(now: float) -> Select[Any]:
    """The query for that. A row waits for its lane's turn while one before it is to be tried again later."""
    before = inbox.alias("before")
    waits_first = exists(
        select(before.c.key).where(
            before.c.lane == inbox.c.lane, before.c.state == _OPEN, before.c.ts < inbox.c.ts, before.c.ready_at > now
        )
    )
    why = case(
        (inbox.c.reason == RATE_LIMITED, RATE_LIMITED),
        (inbox.c.intent_at.is_not(None), UNCONFIRMED),
        (inbox.c.reason.is_not(None), RETRIED),
        else_=NEW,
    )
    ready = inbox.c.state == _OPEN, inbox.c.ready_at <= now
    return _by_reason(why, inbox.c.ready_at, and_(*ready, ~waits_first))


async def oldest_posts(tx: AsyncConnection, now: float) -> dict[str, float]:
    """Since when the oldest post of the outbox waits that could be sent, by the reason why it was not yet.

    Reactions and private answers are no posts: when they are late they are dropped, and nobody is called for them.
    """
    return await _oldest(tx, oldest_posts_query(now))


def oldest_posts_query(now: float) -> Select[Any]:
    """The query for that. A row waits for the rows before it in its thread."""
    before = outbox.alias("before")
    is_open = outbox.c.state.in_((_OPEN, _SENDING))
    waits_first = exists(
        select(before.c.seq).where(
            before.c.lane == outbox.c.lane,
            before.c.thread == outbox.c.thread,
            before.c.seq < outbox.c.seq,
            before.c.state.in_((_OPEN, _SENDING)),
        )
    )
    paced = exists(select(rate_limits.c.name).where(rate_limits.c.name == outbox.c.lane, rate_limits.c.next_at > now))
    why = case(
        (outbox.c.state == _SENDING, UNCONFIRMED),
        (paced, RATE_LIMITED),
        (outbox.c.reason.is_not(None), RETRIED),
        else_=NEW,
    )
    return _by_reason(why, outbox.c.next_at, and_(is_open, IS_POST, outbox.c.next_at <= now, ~waits_first))


def _by_reason(why: ColumnElement[str], since: ColumnElement[float], waits: ColumnElement[bool]) -> Select[Any]:
    rows = select(why.label("why"), since.label("since")).where(waits).subquery("waiting")
    return select(rows.c.why, func.min(rows.c.since)).group_by(rows.c.why)


async def _oldest(tx: AsyncConnection, query: Select[Any]) -> dict[str, float]:
    return {why: float(since) for why, since in await tx.execute(query)}


async def open_sessions(tx: AsyncConnection) -> dict[str, int]:
    """Count the sessions that are not over, by the state that their cards show; those at rest are one."""
    counts: dict[str, int] = {}
    active = 0
    for status, detail, asks, lifecycle, count in await tx.execute(busy_query()):
        creating = lifecycle == Lifecycle.CREATING.value
        state = "starting" if creating else display_state_of(Snapshot(status=status, detail=detail, asks=asks)).value
        counts[state] = counts.get(state, 0) + count
        active += count
    known = int((await tx.execute(known_query())).scalar_one())
    return counts | {AT_REST: max(known - active, 0)}


def busy_query() -> Select[Any]:
    """The query for those that spend something, or ask for something."""
    by = (sessions.c.status, sessions.c.detail, sessions.c.asks, sessions.c.lifecycle)
    return select(*by, func.count()).where(text(SESSION_GOES_ON)).group_by(*by)


def known_query() -> Select[Any]:
    """The query for the number of all that are not over."""
    live = (Lifecycle.CREATING.value, Lifecycle.OPEN.value)
    return select(func.count()).select_from(sessions).where(sessions.c.lifecycle.in_(live))


async def acus_on(tx: AsyncConnection, day: date, org_ids: Sequence[str]) -> dict[str, float]:
    """How many ACUs were used on a billing day: by our sessions, as polls saw it, and in all, as Devin billed it."""
    ours = await tx.scalar(acus_query(day))
    billed = await tx.execute(
        select(consumption.c.acus).where(consumption.c.org_id.in_(org_ids), consumption.c.day == day.isoformat())
    )
    return {
        "sessions": float(ours or 0.0),
        "billed": float(exact_sum(acus for (acus,) in billed if acus is not None)),
    }


def acus_query(day: date) -> Select[Any]:
    """The query for what our sessions used on a billing day."""
    return select(func.sum(spend.c.acus)).where(spend.c.day == day.isoformat())
