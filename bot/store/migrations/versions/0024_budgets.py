"""Budgets, the levels of them that were crossed, and what raises them for a period."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EXACT = sa.String().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("acus", _EXACT, nullable=False),
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("warn", _JSON, nullable=False),
        sa.Column("set_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_budgets")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_budgets_scope", "budgets", ["team", "kind", "subject"], unique=True)
    op.create_table(
        "crossings",
        sa.Column("budget", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("acus", sa.Float(), nullable=False),
        sa.Column("times", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rearmed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("budget", "subject", "period", "level", name=op.f("pk_crossings")),
    )
    op.create_index("ix_crossings_at", "crossings", ["at"])
    op.create_table(
        "grants",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("acus", _EXACT, nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_budget", "grants", ["budget", "period"])
    op.create_index("ix_grants_at", "grants", ["at"])


def downgrade() -> None:
    op.drop_table("grants")
    op.drop_table("crossings")
    op.drop_table("budgets")
