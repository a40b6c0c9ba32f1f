"""Which session a link leads to: one at Devin, or the one that a pull request comes from."""

import re
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import Session, bare_id
from bot.store import sessions
from bot.store.tables import pull_requests
from bot.store.tables import sessions as session_table

_SESSION: Final = re.compile(r"/sessions/(?P<id>[\w-]+)/?")


async def session_of_link(tx: AsyncConnection, team: str, url: str) -> Session | None:
    """The session in a workspace that the link `url` leads to; None if it leads elsewhere."""
    found = _SESSION.fullmatch(urlsplit(url).path)
    of_team = session_table.c.team == team
    if found is not None:
        which = select(session_table.c.id).where(of_team, session_table.c.bare_id == bare_id(found["id"]))
    else:
        plain = url.partition("#")[0].rstrip("/")
        asked = select(pull_requests.c.session_id).where(pull_requests.c.url == plain)
        newest = session_table.c.created_at.desc()
        which = select(session_table.c.id).where(of_team, session_table.c.id.in_(asked)).order_by(newest).limit(1)
    known: str | None = await tx.scalar(which)
    return None if known is None else await sessions.get(tx, known)
