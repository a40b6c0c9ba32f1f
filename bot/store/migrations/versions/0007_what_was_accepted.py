"""When Devin accepted what a row asks for, without saying what it created: such a row never asks again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("accepted_at", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("inbox", "accepted_at")
