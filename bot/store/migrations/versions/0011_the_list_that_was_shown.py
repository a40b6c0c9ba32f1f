"""The numbers that a person types belong to the list that they were shown, even if their sessions have changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "shown_lists",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("session_ids", _JSON, nullable=False),
        sa.Column("shown_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("team", "user", name=op.f("pk_shown_lists")),
    )


def downgrade() -> None:
    op.drop_table("shown_lists")
