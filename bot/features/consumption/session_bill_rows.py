"""Which session's days Devin is to be asked about next."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import bounds
from bot.store import stored_sessions
from bot.store.tables import spend


@dataclass(frozen=True, slots=True)
class AskedSession:
    """A session of whose days Devin is asked: our id, and the one at Devin."""

    id: str
    devin_id: str


async def next_session(
    tx: AsyncConnection, org_id: str, first: date, last: date, now: float, *, polled: bool
) -> AskedSession | None:
    """The session of an organisation about which Devin is to be asked next, if there is one.

    Those come first of which it is in doubt on which days they spent. `last` is the newest finished day, and what is
    older than `first` is not asked about any more. Unless all were `polled` since `last`, only sessions that are over
    count, and fan-outs' that were read: what the others spent up to then may not be booked yet.
    """
    wanted = _to_ask(org_id, first, last, now).where(stored_sessions.was_read(bounds(last)[1], polled=polled))
    row = (
        await tx.execute(wanted.order_by(func.count(spend.c.used_since).desc(), spend.c.session_id).limit(1))
    ).first()
    return AskedSession(row.session_id, row.devin_id) if row else None


async def is_any_in_doubt(tx: AsyncConnection, org_id: str, first: date, last: date, now: float) -> bool:
    """Whether Devin is to be asked now about a session of which it is in doubt on which days it spent."""
    doubtful = _to_ask(org_id, first, last, now).where(spend.c.used_since.is_not(None)).limit(1)
    return (await tx.execute(doubtful)).first() is not None


def _to_ask(org_id: str, first: date, last: date, now: float) -> Select[str, str]:
    return (
        select(spend.c.session_id, func.max(stored_sessions.DEVIN_ID).label("devin_id"))
        .select_from(stored_sessions.with_stored(spend, spend.c.session_id, spend.c.team))
        .where(
            spend.c.org_id == org_id,
            spend.c.ask_at.is_not(None),
            spend.c.acus > literal_column("0"),  # as in the index: of a parameter SQLite would not know it
            spend.c.ask_at <= now,
            spend.c.day >= first.isoformat(),
            func.coalesce(spend.c.used_since, spend.c.day) <= last.isoformat(),
            stored_sessions.DEVIN_ID.is_not(None),
        )
        .group_by(spend.c.session_id)
    )
