"""Up to which ceiling a session may be woken, and from which sleep; alarms, and what sessions spent lately."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("ceiling", sa.Float(), nullable=True))
    op.add_column("sessions", sa.Column("wake_allowed", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("progress_acus", sa.Float(), server_default=sa.text("0"), nullable=False))
    # Nobody knows when they last made progress: what they spent until now is no alarm.
    op.execute("UPDATE sessions SET progress_acus = acus")
    _recent_spend()
    _alarms()


def _recent_spend() -> None:
    op.create_table(
        "recent_spend",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("team", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("org_id", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("acus", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "slot", name=op.f("pk_recent_spend")),
    )
    op.create_index("ix_recent_spend_slot", "recent_spend", ["org_id", "slot"])


def _alarms() -> None:
    json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "alarms",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("team", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("org_id", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("facts", json, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("thread_ts", sa.String(), nullable=True),
        sa.Column("ts", sa.String(), nullable=True),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("snoozed_until", sa.Float(), nullable=True),
        sa.Column("over_at", sa.Float(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alarms")),
    )
    op.create_index("ix_alarms_subject", "alarms", ["org_id", "over_at"])


def downgrade() -> None:
    op.drop_table("alarms")
    op.drop_table("recent_spend")
    op.drop_column("sessions", "progress_acus")
    op.drop_column("sessions", "wake_allowed")
    op.drop_column("sessions", "ceiling")
