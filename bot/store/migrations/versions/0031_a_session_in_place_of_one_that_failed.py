"""Why a session of a fan-out has failed, and the session that takes the place of one that has."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_TABLE = "fan_out_sessions"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("detail", sa.String()))
    for name, kind in (("started_at", sa.Float()), ("failed_before", sa.Integer()), ("acus_before", sa.Float())):
        op.add_column(_TABLE, sa.Column(name, kind, server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    for name in ("acus_before", "failed_before", "started_at", "detail"):
        op.drop_column(_TABLE, name)
