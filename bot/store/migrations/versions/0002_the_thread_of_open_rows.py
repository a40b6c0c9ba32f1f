"""An index on the thread of open rows, so that a long backlog in one channel is not searched again for each row."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('open', 'sending')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_thread",
        "outbox",
        ["lane", "thread", "seq"],
        unique=False,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_thread", table_name="outbox")
