"""Which session's days Devin is to be asked about next."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, literal_column, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import sessions, spend


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
    count: what the others spent up to then may not be booked yet.
    """
    wanted = _to_ask(org_id, first, last, now).where(true() if polled else sessions.c.ended_at.is_not(None))
    row = (
        await tx.execute(wanted.order_by(func.count(spend.c.used_since).desc(), spend.c.session_id).limit(1))
    ).first()
    return AskedSession(row.session_id, row.devin_id) if row else None


async def lock_session(tx: AsyncConnection, session_id: str) -> None:
    """Let nobody store what a session spends until `tx` ends. Sessions are locked before their days everywhere."""
    await tx.execute(select(sessions.c.id).where(sessions.c.id == session_id).with_for_update())


async def is_any_in_doubt(tx: AsyncConnection, org_id: str, first: date, last: date, now: float) -> bool:
    """Whether Devin is to be asked now about a session of which it is in doubt on which days it spent."""
    doubtful = _to_ask(org_id, first, last, now).where(spend.c.used_since.is_not(None)).limit(1)
    return (await tx.execute(doubtful)).first() is not None


def _to_ask(org_id: str, first: date, last: date, now: float) -> Select[str, str]:
    return (
        select(spend.c.session_id, sessions.c.devin_id)
        .join(sessions, sessions.c.id == spend.c.session_id)
        .where(
            spend.c.org_id == org_id,
            spend.c.ask_at.is_not(None),
            spend.c.acus > literal_column("0"),  # as in the index: of a parameter SQLite would not know it
            spend.c.ask_at <= now,
            spend.c.day >= first.isoformat(),
            func.coalesce(spend.c.used_since, spend.c.day) <= last.isoformat(),
            sessions.c.devin_id.is_not(None),
        )
        .group_by(spend.c.session_id, sessions.c.devin_id)
    )
