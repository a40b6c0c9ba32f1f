"""A claim for each row of the outbox, where before its channel was claimed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("owner", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("epoch", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("outbox", "epoch")
    op.drop_column("outbox", "owner")
