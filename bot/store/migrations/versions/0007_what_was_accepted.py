"""When Devin accepted a row's request without an answer that says what it created: the request is never repeated."""

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
