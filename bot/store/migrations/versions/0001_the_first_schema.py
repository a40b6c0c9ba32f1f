"""the first schema

Until 0.1.0 is released, a change of the tables is made in `first_schema` by hand: `tests/store/test_migrations.py` says
what differs. From then on those files stay as they are. They do not import the tables, which change while they do not.
"""

from alembic import op
from sqlalchemy import Index
from sqlalchemy.schema import CreateTable

from bot.store.migrations.first_schema import limits, operations, people, sessions, spend_sums, spending, work

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_GROUPS = (work, sessions, people, operations, spending, limits)


def upgrade() -> None:
    for group in _GROUPS:
        for table in group.metadata.sorted_tables:
            op.get_bind().execute(CreateTable(table))
            for index in sorted(table.indexes, key=_some_rows_last):
                index.create(op.get_bind())
    spend_sums.create(op.get_bind())


def _some_rows_last(index: Index) -> tuple[bool, str]:
    """Indexes of some rows after those of all rows: of two that would do SQLite takes the one that was made last."""
    return index.dialect_options["sqlite"]["where"] is not None, str(index.name)


def downgrade() -> None:
    for group in reversed(_GROUPS):
        group.metadata.drop_all(op.get_bind(), checkfirst=False)
    spend_sums.drop(op.get_bind())
