"""The table of teams: which of them each of their members belongs to, and from which day on."""

from typing import Final

from sqlalchemy import Column, String, Table

from bot.store.columns import metadata

# Who and what belongs to which team, from the billing day `since` until that of the member's next row, so that figures
# of days before stay. The key has no name in it, so nothing can belong to two; a team without members is none. The
# column `team` is the workspace, as everywhere.
cost_centre_members: Final = Table(
    "cost_centre_members",
    metadata,
    Column("team", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),  # a tag in lower case, or the id of a channel or person
    Column("since", String, primary_key=True),  # an ISO date
    Column("name", String, nullable=False),  # empty if it belongs to none from then on
)
