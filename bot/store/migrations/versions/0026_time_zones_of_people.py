"""The time zone of each person, in which schedules are shown to them."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("tz", sa.String()))


def downgrade() -> None:
    op.drop_column("people", "tz")
