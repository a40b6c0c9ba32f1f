"""Which loss of its channel the asker of a session was last informed of: a second removal is announced again."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("loss", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("cards", "loss")
