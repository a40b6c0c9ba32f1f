"""Rows name the workspace and the organisation that they belong to.

Which these are for the rows that are there already, no migration knows: they stay without a name until the next start
of the bot (`bot.store.ownership`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_NEW = (("inbox", "team"), ("sessions", "org_id"), ("spend", "org_id"))
_outbox = sa.table("outbox", sa.column("kind"), sa.column("lane"), sa.column("team"))


def upgrade() -> None:
    for table, column in _NEW:
        op.add_column(table, sa.Column(column, sa.String(), server_default=sa.text("''"), nullable=False))
    _rebuild_consumption(sa.Column("org_id", sa.String(), server_default=sa.text("''"), nullable=False))
    # `priv:<key>` becomes `priv:<team>:<key>`, as the other lanes of the outbox are named.
    lane = sa.literal("priv:").concat(_outbox.c.team).concat(sa.func.substr(_outbox.c.lane, len("priv:")))
    op.execute(sa.update(_outbox).where(_outbox.c.kind == "private").values(lane=lane))


def downgrade() -> None:
    lane = sa.literal("priv").concat(sa.func.substr(_outbox.c.lane, sa.func.length(_outbox.c.team) + len("priv::")))
    op.execute(sa.update(_outbox).where(_outbox.c.kind == "private").values(lane=lane))
    _rebuild_consumption()
    for table, column in reversed(_NEW):
        op.drop_column(table, column)


def _rebuild_consumption(*owner: sa.Column[str]) -> None:
    """Make the table anew with another primary key, which SQLite cannot change; rows of other owners do not fit."""
    columns = ("day", "acus", "read_at")
    op.rename_table("consumption", "old_consumption")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_consumption RENAME TO pk_old_consumption")
    made = op.create_table(
        "consumption",
        *owner,
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("acus", sa.Float(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(*(column.name for column in owner), "day", name=op.f("pk_consumption")),
    )
    old = sa.table("old_consumption", *(sa.column(name) for name in columns))
    rows = sa.select(old.c.day, sa.func.max(old.c.acus), sa.func.max(old.c.read_at)).group_by(old.c.day)
    op.execute(sa.insert(made).from_select(columns, rows))
    op.drop_table("old_consumption")
