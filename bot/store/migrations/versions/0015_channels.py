"""Channels that another company shares, and channels that catch-up has to read."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("changed_at", sa.Float(), nullable=False, server_default=sa.text("0")),
        sa.Column("unread_from", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("team", "channel", name=op.f("pk_channels")),
    )


def downgrade() -> None:
    op.drop_table("channels")
