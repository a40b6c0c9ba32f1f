"""One 404 of Devin's does not end a session, but one that lasts does."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("not_found_since", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "not_found_since")
