"""Which sessions at Devin belong to fan-outs."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import bare_id
from bot.store.tables import fan_out_sessions


async def has(tx: AsyncConnection, org_id: str, devin_id: str) -> bool:
    """Whether a fan-out has the session with this id at Devin, in either form."""
    of, bare = fan_out_sessions.c, bare_id(devin_id)
    theirs = func.lower(of.devin_id).in_([bare.lower(), f"devin-{bare}".lower()])
    found = await tx.execute(select(of.session_id).where(of.org_id == org_id, theirs).limit(1))
    return found.first() is not None
