"""Billing cycles of organisations, and how many ACUs they may use in one."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cycles",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("starts", sa.String(), nullable=False),
        sa.Column("ends", sa.String(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "starts", name=op.f("pk_cycles")),
    )
    op.create_table(
        "cycle_limits",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("acus", sa.Float(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "source", name=op.f("pk_cycle_limits")),
    )


def downgrade() -> None:
    op.drop_table("cycle_limits")
    op.drop_table("cycles")
