"""Whether a channel is private, once Slack was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channels", sa.Column("is_private", sa.Boolean()))


def downgrade() -> None:
    op.drop_column("channels", "is_private")
