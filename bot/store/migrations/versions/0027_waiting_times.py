"""When sessions waited for a person."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_times",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", "since", name=op.f("pk_waiting_times")),
    )
    op.create_index("ix_waiting_times_since", "waiting_times", ["since"])
    waits = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_waiting_times_open", "waiting_times", ["session_id"], sqlite_where=waits, postgresql_where=waits
    )


def downgrade() -> None:
    op.drop_table("waiting_times")
