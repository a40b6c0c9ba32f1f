"""The guardrail violations that admins were informed of."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guardrail_violations",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_guardrail_violations")),
    )
    op.create_index("ix_guardrail_violations_at", "guardrail_violations", ["at"])


def downgrade() -> None:
    op.drop_table("guardrail_violations")
