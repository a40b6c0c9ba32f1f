"""Up to which ceiling a session may be woken, and from which sleep."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("ceiling", sa.Float(), nullable=True))
    op.add_column("sessions", sa.Column("wake_allowed", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "wake_allowed")
    op.drop_column("sessions", "ceiling")
