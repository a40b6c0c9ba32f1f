"""The hash of a prompt, so that a repeated prompt is recognised when only its first line is still stored."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("prompt_hash", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "prompt_hash")
