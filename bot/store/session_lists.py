"""What the lists of people's sessions are made of, and the list that each person was shown last."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.commands.arguments import SHORTEST_ID
from bot.domain.dead_ends import next_session_id, way_on
from bot.domain.session import TERMINAL_STATUSES, Lifecycle, Session
from bot.store.database.connection import insert
from bot.store.sessions import LIVE_LIFECYCLES, track
from bot.store.tables import SESSION_RUNS, sessions, shown_lists

MOST_READ: Final = 200  # sessions of one list; older ones are in none
LONGEST_ID: Final = 200  # characters; no id has as many
MOST_ALIKE: Final = 10  # sessions of one person whose ids begin alike
_AWAKE: Final = or_(
    sessions.c.lifecycle.in_((Lifecycle.QUEUED, Lifecycle.CREATING)),
    and_(
        sessions.c.lifecycle == Lifecycle.OPEN,
        sessions.c.ended_at.is_(None),
        not_(sessions.c.archived),
        sessions.c.status.not_in(("suspended", *TERMINAL_STATUSES)),
    ),
)


async def of_person(tx: AsyncConnection, team: str, user: str, ended_after: float) -> list[Session]:
    """The sessions that `user` asked for and that are live or ended after `ended_after`, the newest first."""
    return await _listed(tx, _asked_by(team, user), ended_after)


async def of_channel(tx: AsyncConnection, team: str, channel: str, ended_after: float) -> list[Session]:
    """The same of everybody's sessions in `channel`."""
    return await _listed(tx, (sessions.c.team == team, sessions.c.channel == channel), ended_after)


async def of_workspace(tx: AsyncConnection, team: str, ended_after: float) -> list[Session]:
    """The same of everybody's sessions in the workspace `team`."""
    return await _listed(tx, (sessions.c.team == team,), ended_after)


async def awake(tx: AsyncConnection, team: str, user: str | None = None) -> list[Session]:
    """The sessions of a workspace, or of `user` in it, that are about to begin or do not sleep, the oldest first."""
    found = await tx.execute(select(sessions).where(*_whose(team, user), _AWAKE).order_by(sessions.c.created_at))
    return [track(row).session for row in found.mappings()]


async def running(tx: AsyncConnection, team: str, user: str, most: int) -> tuple[list[Session], int, int]:
    """The newest `most` sessions that run for others than `user`, and how many run for all and for `user`.

    What runs is what Devin works on in a workspace, or is about to.
    """
    runs, own = (sessions.c.team == team, text(f"({SESSION_RUNS})")), sessions.c.requester == user
    newest = select(sessions).where(*runs, not_(own)).order_by(sessions.c.created_at.desc()).limit(most)
    number, mine = (await tx.execute(select(func.count(), func.count().filter(own)).where(*runs))).one()
    return [track(row).session for row in (await tx.execute(newest)).mappings()], number, mine


async def _listed(tx: AsyncConnection, whose: tuple[ColumnElement[bool], ...], ended_after: float) -> list[Session]:
    over = and_(
        sessions.c.lifecycle.in_((Lifecycle.ENDED, Lifecycle.UNCERTAIN)),
        sessions.c.ended_at >= ended_after,
    )
    conditions = (*whose, or_(sessions.c.lifecycle.in_(LIVE_LIFECYCLES), over))
    newest = select(sessions).where(*conditions).order_by(sessions.c.created_at.desc()).limit(MOST_READ)
    return [track(row).session for row in (await tx.execute(newest)).mappings()]


async def gone_on_from(tx: AsyncConnection, found: Sequence[Session]) -> set[str]:
    """The ids of those dead ends among `found` from which another session goes on."""
    ids = {next_session_id(session.id): session.id for session in found if way_on(session) is not None}
    if not ids:
        return set()
    return {ids[row.id] for row in await tx.execute(select(sessions.c.id).where(sessions.c.id.in_(ids)))}


async def by_id(tx: AsyncConnection, team: str, user: str | None, bare: str) -> list[Session]:
    """The sessions that `user`, or anybody, asked for whose id, ours or Devin's bare one, is or begins with `bare`.

    Only an id that is long enough may be a beginning. No database compares a beginning of any length.
    """
    if len(bare) > LONGEST_ID:
        return []
    columns = (sessions.c.id, sessions.c.bare_id)
    alike = [column == bare for column in columns]
    if len(bare) >= SHORTEST_ID:
        alike += [column.startswith(bare, autoescape=True) for column in columns]
    found = await tx.execute(select(sessions).where(*_whose(team, user), or_(*alike)).limit(MOST_ALIKE))
    return [track(row).session for row in found.mappings()]


async def show(tx: AsyncConnection, team: str, user: str, session_ids: Sequence[str], now: float) -> None:
    """Store that `user` is shown a list of these sessions of ours, in place of the list before."""
    shown = {"session_ids": list(session_ids), "shown_at": now}
    statement = insert(tx.dialect.name, shown_lists).values(team=team, user=user, **shown)
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "user"], set_=shown))


async def shown(tx: AsyncConnection, team: str, user: str, shown_after: float) -> list[str] | None:
    """Our ids of the sessions in the list that `user` was shown last; None if they were shown none after that."""
    found = await tx.execute(
        select(shown_lists.c.session_ids).where(
            shown_lists.c.team == team, shown_lists.c.user == user, shown_lists.c.shown_at >= shown_after
        )
    )
    ids = found.scalar_one_or_none()
    return None if ids is None else [str(session_id) for session_id in ids]


def _whose(team: str, user: str | None) -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.team == team,) if user is None else _asked_by(team, user)


def _asked_by(team: str, user: str) -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.team == team, sessions.c.requester == user)
