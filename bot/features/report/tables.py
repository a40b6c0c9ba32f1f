"""How long rows of pull requests stay."""

from typing import Final

from bot.store.instants import happened
from bot.store.table_spec import TableSpec, kept_like_spend, nothing
from bot.store.tables import pull_requests

TABLES: Final = (
    TableSpec(
        pull_requests,
        ("record of a pull request", "records of pull requests"),
        kept_like_spend(pull_requests.c.first_seen),
        nothing,
        instants=(
            happened(
                pull_requests.c.first_seen,
                pull_requests.c.merged_at,
                pull_requests.c.closed_at,
                pull_requests.c.checked_at,
            ),
        ),
    ),
)
