"""The field's standard words as the names of tables and columns."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = (
    ("sessions", "stage", "lifecycle"),
    ("sessions", "news_seq", "announcement_seq"),
    ("people", "is_stranger", "is_external"),
)


def upgrade() -> None:
    op.drop_index("ix_sessions_stage", "sessions")
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.create_index("ix_sessions_lifecycle", "sessions", ["lifecycle"])
    _rename_table("pace", "rate_limits")


def downgrade() -> None:
    _rename_table("rate_limits", "pace")
    op.drop_index("ix_sessions_lifecycle", "sessions")
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
    op.create_index("ix_sessions_stage", "sessions", ["stage"])


def _rename_table(old: str, new: str) -> None:
    op.rename_table(old, new)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX pk_{old} RENAME TO pk_{new}")
