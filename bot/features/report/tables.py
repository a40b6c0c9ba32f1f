"""How long rows of pull requests stay."""

from typing import Final

from bot.store.table_spec import TableSpec, kept_like_spend, nothing
from bot.store.tables import pull_requests

TABLES: Final = (
    TableSpec(
        pull_requests,
        ("record of a pull request", "records of pull requests"),
        kept_like_spend(pull_requests.c.first_seen),
        nothing,
    ),
)
