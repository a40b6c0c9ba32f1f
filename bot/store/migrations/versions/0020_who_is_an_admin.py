"""The members of the user group that the settings name as admins."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admins",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("user_group", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("team", "user_group", "user", name=op.f("pk_admins")),
    )


def downgrade() -> None:
    op.drop_table("admins")
