"""Which session a link leads to: one at Devin, or the one that a pull request comes from."""

import re
from itertools import islice
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import Session, bare_id
from bot.store import sessions
from bot.store.tables import fan_out_sessions, pull_requests
from bot.store.tables import sessions as session_table

_SESSION: Final = re.compile(r"/sessions/(?P<id>[\w-]+)/?")
# A word that may be an address, without the brackets, the markup and the punctuation around it.
_WORD: Final = re.compile(r"[^\W_][^\s|<>()\[\]{}*`\"',;=\u2018\u2019\u201c\u201d«»]*[^\W_]")
_BEGINNINGS: Final = ("https://", "https://www.", "http://", "http://www.")
_PAGE: Final = re.compile(r"(?P<request>.+?/(?:pull|pull-requests|merge_requests)/\d+)(?:[/?#.].*)?", re.DOTALL)
MOST_LINKS: Final = 50


async def session_of_link(tx: AsyncConnection, team: str, url: str) -> Session | None:
    """The session in a workspace that the link `url` leads to; None if it leads elsewhere."""
    found = _SESSION.fullmatch(urlsplit(url).path)
    of_team = session_table.c.team == team
    if found is not None:
        which = select(session_table.c.id).where(of_team, session_table.c.bare_id == bare_id(found["id"]))
    else:
        asked = select(pull_requests.c.session_id).where(pull_requests.c.url == _plain(url))
        newest = session_table.c.created_at.desc()
        which = select(session_table.c.id).where(of_team, session_table.c.id.in_(asked)).order_by(newest).limit(1)
    known: str | None = await tx.scalar(which)
    return None if known is None else await sessions.get(tx, known)


async def names_session(tx: AsyncConnection, team: str, text: str) -> bool:
    """Whether `text` has a link to a session of a workspace, or to the pull request of one."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(unquote(text)) if "/" in word)
    links = (word for word in words if "://" in word or _SESSION.search(word) or _PAGE.fullmatch(word))
    ids, requests = [], []
    for link in islice(links, MOST_LINKS):
        ids += [bare_id(found["id"]) for found in _SESSION.finditer(link)]
        address = _plain(link).rpartition("://")[2].removeprefix("www.")
        requests += [beginning + address for beginning in _BEGINNINGS]
    of, its, request = session_table.c, fan_out_sessions.c, pull_requests.c
    known = (
        select(of.id).where(of.team == team, of.bare_id.in_(ids)),
        select(its.session_id).where(its.team == team, its.devin_id.in_([*ids, *(f"devin-{one}" for one in ids)])),
        select(request.session_id).where(request.team == team, func.lower(request.url).in_(requests)),
    )
    asked = known if ids else known[2:]
    return any([(await tx.execute(one.limit(1))).first() is not None for one in asked])


def _plain(url: str) -> str:
    """The address of the pull request whose page `url` is, as it is stored."""
    page = _PAGE.fullmatch(url)
    return page["request"] if page else url.partition("#")[0].rstrip("/")
