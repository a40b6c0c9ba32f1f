"""The condition that rows belong to one channel, for figures that count no others."""

from sqlalchemy import ColumnElement, Table, exists

from bot.store.tables import spend


def of_channel(table: Table, team: str, channel: str | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that rows of `table` are of `channel` in a workspace; none where no channel is given."""
    return () if channel is None else (table.c.team == team, table.c.channel == channel)


def of_session_in(session_id: ColumnElement[str], team: str, channel: str | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that `session_id` is of a session in `channel`, whose own row may be purged."""
    if channel is None:
        return ()
    return (exists().where(spend.c.session_id == session_id, *of_channel(spend, team, channel)),)
