"""The condition that rows belong to the sessions of one channel, for figures that count no others."""

from typing import Any

from sqlalchemy import ColumnElement, select

from bot.store.tables import sessions


def of_channel(session_id: ColumnElement[Any], team: str, channel: str | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that `session_id` is of a session in `channel` of a workspace; none where no channel is given.

    A session whose own row is purged is in no channel any more.
    """
    if channel is None:
        return ()
    theirs = select(sessions.c.id).where(sessions.c.team == team, sessions.c.channel == channel)
    return (session_id.in_(theirs),)
