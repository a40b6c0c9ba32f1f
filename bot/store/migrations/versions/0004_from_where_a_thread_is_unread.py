"""The message from which on a thread is unread, in place of a mere flag that it is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FROM_THE_START = """
    UPDATE threads SET unread_from = coalesce(
        (SELECT cause_ts FROM sessions WHERE sessions.id = threads.session_id), threads.ts
    ) WHERE unread
"""


def upgrade() -> None:
    op.add_column("threads", sa.Column("unread_from", sa.String(), nullable=True))
    op.execute(_FROM_THE_START)
    op.drop_column("threads", "unread")


def downgrade() -> None:
    op.add_column("threads", sa.Column("unread", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.drop_column("threads", "unread_from")
