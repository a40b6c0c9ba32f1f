"""The channel or person that figures are about: how they stand in rows, and the condition that rows are of one."""

from typing import Final

from sqlalchemy import ColumnElement, Table, case, exists

from bot.domain.commands.picked import as_person_id
from bot.store.tables import spend

DIRECT: Final = "D"  # the channel of all direct messages, which are one place to those who read figures


def counted_in(channel: ColumnElement[str]) -> ColumnElement[str]:
    """The channel in which figures count a session that was asked for in `channel`."""
    return case((channel.startswith(DIRECT), DIRECT), else_=channel)


def of_channel(table: Table, team: str, one: str | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that rows of `table` are of `one` channel or person, by its id; none where nobody is given."""
    if one is None:
        return ()
    return (table.c.team == team, (table.c.requester if as_person_id(one) else table.c.channel) == one)


def of_session_in(session_id: ColumnElement[str], team: str, channel: str | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that `session_id` is of a session in `channel`, whose own row may be purged."""
    if channel is None:
        return ()
    return (exists().where(spend.c.session_id == session_id, *of_channel(spend, team, channel)),)
