"""The table of teams: one row for each of their members."""

from typing import Final

from sqlalchemy import Column, String, Table

from bot.store.columns import metadata
from bot.store.table_spec import TableSpec, by_subject, never

# Who and what belongs to which team. The key has no name in it, so nothing can belong to two; a team without members is
# none. The column `team` is the workspace, as everywhere.
cost_centre_members: Final = Table(
    "cost_centre_members",
    metadata,
    Column("team", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),  # a tag in lower case, or the id of a channel or person
    Column("name", String, nullable=False),
)

TABLES: Final = (
    # Admins remove them.
    TableSpec(cost_centre_members, ("member of a team", "members of teams"), never, by_subject),
)
