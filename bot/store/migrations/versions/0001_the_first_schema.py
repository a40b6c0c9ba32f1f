"""the first schema

Until 0.1.0 is released, a change of the tables is made here by hand: `tests/store/test_migrations.py` says what
differs. From then on this file stays as it is. It does not import the tables, which change while it does not.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EXACT = sa.String().with_variant(sa.Numeric(), "postgresql")

_TABLES = (
    "alarms",
    "audit",
    "budgets",
    "channels",
    "consumption",
    "corrections",
    "cost_centre_members",
    "crossings",
    "cycle_limits",
    "cycles",
    "due",
    "fan_out_sessions",
    "fan_outs",
    "grants",
    "guardrail_violations",
    "identities",
    "inbox",
    "kept_tasks",
    "lanes",
    "notifications",
    "numbered_lists",
    "operation_rows",
    "operations",
    "outbox",
    "past_sessions",
    "people",
    "posts",
    "pull_requests",
    "rate_limits",
    "recent_spend",
    "roles",
    "sessions",
    "settings",
    "shown_lists",
    "spend",
    "subscriptions",
    "threads",
    "turn_ends",
    "user_group_members",
    "votes",
    "waiting_times",
    "workers",
)


def upgrade() -> None:
    _tables()
    _admin_tables()
    _money_tables()


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, server_default=sa.false(), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, server_default=sa.text("''"), nullable=False)


def _number(name: str, kind: Any = sa.Integer) -> sa.Column[Any]:
    return sa.Column(name, kind, server_default=sa.text("0"), nullable=False)


def _index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _tables() -> None:
    op.create_table(
        "inbox",
        sa.Column("key", sa.String, nullable=False),
        _text("team"),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        _flag("urgent"),
        sa.Column("ts", sa.String, nullable=False),
        sa.Column("state", sa.String, server_default="open", nullable=False),
        sa.Column("ready_at", sa.Float, nullable=False),
        _number("attempts"),
        _number("failures"),
        sa.Column("intent_at", sa.Float),
        sa.Column("accepted_at", sa.Float),
        sa.Column("edited_ts", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("ref", sa.String, nullable=False),
        sa.Column("payload", _JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("done_at", sa.Float),
        sa.PrimaryKeyConstraint("key", name="pk_inbox"),
    )
    op.create_index("ix_inbox_done_at", "inbox", ["done_at"])
    op.create_index("ix_inbox_lane", "inbox", ["lane"])
    _index_where("ix_inbox_open", "inbox", ["lane", "ts"], "state = 'open'")
    op.create_table(
        "outbox",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("thread", sa.String, nullable=False),
        sa.Column("thread_ts", sa.String),
        sa.Column("session_id", sa.String),
        _number("rank"),
        sa.Column("state", sa.String, server_default="open", nullable=False),
        sa.Column("ts", sa.String),
        _number("attempts"),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("sending_at", sa.Float),
        sa.Column("expires_at", sa.Float),
        sa.Column("reason", sa.String),
        sa.Column("ref", sa.String, nullable=False),
        sa.Column("payload", _JSON, nullable=False),
        sa.Column("follow", _JSON),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("sent_at", sa.Float),
        sa.Column("owner", sa.String),
        _number("epoch"),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    _index_where("ix_outbox_open", "outbox", ["lane", "rank", "seq"], "state IN ('open', 'sending')")
    _index_where("ix_outbox_posted", "outbox", ["channel", "ts"], "ts IS NOT NULL")
    op.create_index("ix_outbox_sent_at", "outbox", ["sent_at"])
    op.create_index("ix_outbox_session_id", "outbox", ["session_id"])
    _index_where("ix_outbox_thread", "outbox", ["lane", "thread", "seq"], "state IN ('open', 'sending')")
    op.create_table(
        "posts",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("drawer", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("session_id", sa.String),
        sa.Column("surface", sa.String, server_default="message", nullable=False),
        sa.Column("ts", sa.String),
        sa.Column("state", sa.String, server_default="unposted", nullable=False),
        _number("version"),
        _number("sent_version"),
        _flag("gives_way"),
        sa.Column("drawn", sa.String),
        _number("form"),
        _number("attempts"),
        _number("next_at", sa.Float),
        sa.Column("reason", sa.String),
        sa.Column("ref", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("loss", sa.String),
        sa.Column("owner", sa.String),
        _number("epoch"),
        sa.PrimaryKeyConstraint("key", name="pk_posts"),
    )
    _index_where("ix_posts_open", "posts", ["team", "surface", "gives_way", "next_at"], "state = 'open'")
    op.create_index("ix_posts_session_id", "posts", ["session_id"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        _text("org_id"),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("thread_ts", sa.String),
        sa.Column("requester", sa.String, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("prompt_hash", sa.String),
        sa.Column("options", _JSON, nullable=False),
        sa.Column("lifecycle", sa.String, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("cause_ts", sa.String),
        sa.Column("devin_id", sa.String),
        sa.Column("bare_id", sa.String),
        sa.Column("url", sa.String),
        sa.Column("status", sa.String, server_default="new", nullable=False),
        sa.Column("detail", sa.String),
        sa.Column("title", sa.String),
        sa.Column("pull_requests", _JSON, nullable=False),
        _number("acus", sa.Float),
        _flag("has_result"),
        _flag("archived"),
        _number("updated_at", sa.BigInteger),
        _text("last_words"),
        sa.Column("asks", sa.Boolean),
        sa.Column("choices", _JSON, server_default=sa.text("'[]'"), nullable=False),
        _flag("checking"),
        _flag("stop_requested"),
        sa.Column("not_found_since", sa.Float),
        sa.Column("stop_ts", sa.String),
        sa.Column("stopped_by", sa.String),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("done_at", sa.Float),
        sa.Column("ended_at", sa.Float),
        _number("spoken_at", sa.Float),
        _text("requester_name"),
        _text("stopped_by_name"),
        sa.Column("replied_by", sa.String),
        _number("worked", sa.Float),
        sa.Column("working_since", sa.Float),
        _number("progress_acus", sa.Float),
        _number("progress_at", sa.Float),
        sa.Column("acu_limit", sa.Integer),
        sa.Column("ceiling", sa.Float),
        sa.Column("wake_allowed", sa.BigInteger),
        sa.Column("devin_user", sa.String),
        sa.Column("adopted_at", sa.Float),
        _flag("by_id"),
        sa.Column("mark", sa.String, server_default="eyes"),
        sa.Column("outcome", sa.String),
        sa.Column("outcome_day", sa.String),
        sa.Column("last_event_id", sa.String),
        sa.Column("page_cursor", sa.String),
        _number("devin_messages"),
        _number("figures_at", sa.Float),
        _number("read_at", sa.Float),
        sa.Column("failing_since", sa.Float),
        _number("changes_until", sa.Float),
        _number("announcement_seq"),
        sa.Column("announced", sa.String),
        _flag("person_wrote"),
        sa.Column("pending", _JSON),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("reference"),
        sa.UniqueConstraint("bare_id"),
    )
    _index_where(
        "ix_sessions_goes_on",
        "sessions",
        ["org_id"],
        "lifecycle IN ('creating', 'open') AND NOT archived AND status NOT IN ('suspended', 'exit', 'error')"
        " AND (status <> 'running' OR detail IS NULL OR (detail <> 'finished'"
        " AND (detail <> 'waiting_for_user' OR asks IS NULL OR asks)))",
    )
    op.create_index("ix_sessions_lifecycle", "sessions", ["lifecycle"])
    op.create_index("ix_sessions_requester", "sessions", ["team", "requester", "created_at"])
    op.create_index("ix_sessions_thread", "sessions", ["team", "channel", "thread_ts"])
    op.create_table(
        "threads",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("ts", sa.String, nullable=False),
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("muted_at", sa.Float),
        _flag("closed"),
        _flag("no_reminders"),
        sa.Column("last_seen_ts", sa.String, nullable=False),
        sa.Column("unread_from", sa.String),
        _text("replied_by"),
        sa.Column("replied_ts", sa.String),
        _flag("is_talk"),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("team", "channel", "ts", name="pk_threads"),
    )
    op.create_table(
        "kept_tasks",
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("files", _JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_kept_tasks"),
    )
    op.create_index("ix_kept_tasks_at", "kept_tasks", ["at"])
    op.create_table(
        "lanes",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("owner", sa.String),
        _number("epoch"),
        sa.Column("claimed_at", sa.Float),
        sa.PrimaryKeyConstraint("name", name="pk_lanes"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.String, nullable=False),
        _number("next_at", sa.Float),
        sa.PrimaryKeyConstraint("name", name="pk_rate_limits"),
    )
    op.create_table(
        "due",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("state", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_due"),
    )
    op.create_table(
        "people",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        _flag("is_guest"),
        _flag("is_external"),
        _flag("is_bot"),
        _flag("is_admin"),
        _flag("deleted"),
        sa.Column("tz", sa.String),
        sa.Column("read_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("team", "user", name="pk_people"),
    )
    op.create_table(
        "channels",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        _flag("is_shared"),
        _number("changed_at", sa.Float),
        sa.Column("unread_from", sa.String),
        sa.Column("is_private", sa.Boolean),
        _number("private_asked_at", sa.Float),
        sa.PrimaryKeyConstraint("team", "channel", name="pk_channels"),
    )
    op.create_table(
        "turn_ends",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("message", _JSON),
        sa.Column("options", _JSON, nullable=False),
        sa.Column("remind_at", sa.Float),
        _number("reminders"),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("settled_at", sa.Float),
        sa.Column("answered_by", sa.String),
        sa.Column("answer", sa.String),
        sa.PrimaryKeyConstraint("key", name="pk_turn_ends"),
    )
    op.create_index("ix_turn_ends_session_id", "turn_ends", ["session_id"])
    waits = "settled_at IS NULL AND remind_at IS NOT NULL"
    _index_where("ix_turn_ends_remind_at", "turn_ends", ["team", "remind_at", "key"], waits)
    op.create_table(
        "votes",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        _text("org_id"),
        sa.Column("good", sa.Boolean, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("key", "user", name="pk_votes"),
    )
    op.create_table(
        "shown_lists",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("session_ids", _JSON, nullable=False),
        sa.Column("shown_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("team", "user", name="pk_shown_lists"),
    )
    op.create_table(
        "notifications",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("thread", sa.String, nullable=False),
        sa.Column("choice", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("team", "user", "channel", "thread", name="pk_notifications"),
    )
    op.create_table(
        "settings",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("value", _JSON, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("team", "scope", "subject", "key", name="pk_settings"),
    )


def _admin_tables() -> None:
    op.create_table(
        "identities",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("devin_user", sa.String),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("explained", sa.String),
        sa.PrimaryKeyConstraint("team", "user", name="pk_identities"),
    )
    op.create_table(
        "roles",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("right", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("team", "right", "channel", "holder", name="pk_roles"),
    )
    op.create_table(
        "user_group_members",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user_group", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("read_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("team", "user_group", "user", name="pk_user_group_members"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("channel", sa.String),
        sa.Column("before", _JSON),
        sa.Column("after", _JSON),
        sa.Column("outcome", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "guardrail_violations",
        sa.Column("org_id", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_guardrail_violations"),
    )
    op.create_index("ix_guardrail_violations_at", "guardrail_violations", ["at"])
    op.create_table(
        "operations",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("file_name", sa.String, nullable=False),
        sa.Column("shape", _JSON, nullable=False),
        sa.Column("asked", _JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("ref", sa.String, nullable=False),
        sa.Column("channel", sa.String),
        sa.Column("cursor", _JSON),
        _number("done"),
        sa.Column("total", sa.Integer),
        sa.Column("notes", _JSON, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
    )
    op.create_table(
        "operation_rows",
        sa.Column("operation_id", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("cells", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("operation_id", "key", name="pk_operation_rows"),
    )
    op.create_index("ix_operation_rows_position", "operation_rows", ["operation_id", "position"])
    op.create_table(
        "numbered_lists",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("entries", _JSON, nullable=False),
        sa.Column("shown_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("team", "user", "kind", name="pk_numbered_lists"),
    )
    op.create_table(
        "fan_outs",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("prompt", sa.String, nullable=False),
        sa.Column("options", _JSON, nullable=False),
        sa.Column("acu_limit", sa.Integer),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("ts", sa.String),
        sa.Column("stopped_at", sa.Float),
        _number("version"),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("begun_at", sa.Float),
        sa.PrimaryKeyConstraint("id", name="pk_fan_outs"),
    )
    op.create_index("ix_fan_outs_ts", "fan_outs", ["team", "channel", "ts"])
    op.create_table(
        "fan_out_sessions",
        sa.Column("fan_out_id", sa.String, nullable=False),
        sa.Column("org_id", sa.String, nullable=False),
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("lifecycle", sa.String, nullable=False),
        sa.Column("display", sa.String, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("devin_id", sa.String),
        sa.Column("url", sa.String),
        sa.Column("acus", sa.Float, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("intent_at", sa.Float),
        sa.Column("accepted_at", sa.Float),
        sa.Column("polled_at", sa.Float, nullable=False),
        _number("started_at", sa.Float),
        sa.Column("detail", sa.String),
        _number("failed_before"),
        _number("acus_before", sa.Float),
        sa.Column("acu_limit", sa.Integer),
        _number("read_at", sa.Float),
        sa.PrimaryKeyConstraint("fan_out_id", "org_id", name="pk_fan_out_sessions"),
    )
    op.create_index("ix_fan_out_sessions_session_id", "fan_out_sessions", ["session_id"])


def _money_tables() -> None:
    op.create_table(
        "spend",
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("day", sa.String, nullable=False),
        _text("team"),
        _text("org_id"),
        _number("acus", sa.Float),
        sa.Column("outcome", sa.String, server_default="running", nullable=False),
        sa.Column("requester", sa.String),
        sa.Column("channel", sa.String),
        sa.Column("tags", sa.String),
        sa.Column("used_since", sa.String),
        sa.Column("ask_at", sa.Float, server_default="0"),
        sa.PrimaryKeyConstraint("session_id", "day", name="pk_spend"),
    )
    _index_where("ix_spend_in_doubt", "spend", ["org_id", "day"], "used_since IS NOT NULL")
    _index_where("ix_spend_to_ask", "spend", ["org_id", "ask_at"], "ask_at IS NOT NULL AND acus > 0")
    summed = ["day", "org_id", "team", "requester", "channel", "tags", "session_id", "acus"]
    op.create_index("ix_spend_day", "spend", summed)
    op.create_table(
        "past_sessions",
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("org_id", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("requester", sa.String, nullable=False),
        sa.Column("requester_name", sa.String, nullable=False),
        sa.Column("repo", sa.String),
        sa.Column("playbook", sa.String),
        _number("acus", sa.Float),
        _number("worked", sa.Float),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("done_at", sa.Float),
        sa.Column("ended_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_past_sessions"),
    )
    op.create_index("ix_past_sessions_ended_at", "past_sessions", ["ended_at"])
    op.create_index("ix_past_sessions_channel", "past_sessions", ["team", "channel", "ended_at"])
    op.create_table(
        "pull_requests",
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        _text("team"),
        _text("org_id"),
        sa.Column("bare_id", sa.String),
        sa.Column("state", sa.String),
        sa.Column("first_seen", sa.Float, nullable=False),
        sa.Column("merged_at", sa.Float),
        sa.Column("closed_at", sa.Float),
        sa.Column("checked_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "url", name="pk_pull_requests"),
    )
    op.create_index("ix_pull_requests_first_seen", "pull_requests", ["first_seen"])
    op.create_index("ix_pull_requests_merged_at", "pull_requests", ["merged_at"])
    op.create_index("ix_pull_requests_url", "pull_requests", ["url"])
    op.create_table(
        "waiting_times",
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("org_id", sa.String, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.Column("tz", sa.String),
        sa.PrimaryKeyConstraint("session_id", "since", name="pk_waiting_times"),
    )
    _index_where("ix_waiting_times_open", "waiting_times", ["session_id"], "ended_at IS NULL")
    op.create_index("ix_waiting_times_since", "waiting_times", ["since"])
    op.create_table(
        "consumption",
        _text("org_id"),
        sa.Column("day", sa.String, nullable=False),
        sa.Column("product", sa.String, nullable=False),
        sa.Column("acus", _EXACT),
        sa.Column("read_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "day", "product", name="pk_consumption"),
    )
    op.create_table(
        "corrections",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("org_id", sa.String, nullable=False),
        sa.Column("day", sa.String, nullable=False),
        sa.Column("acus_before", sa.Float),
        sa.Column("acus_after", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_corrections"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_day", "corrections", ["day"])
    op.create_table(
        "cycles",
        sa.Column("org_id", sa.String, nullable=False),
        sa.Column("starts", sa.String, nullable=False),
        sa.Column("ends", sa.String, nullable=False),
        sa.Column("read_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "starts", name="pk_cycles"),
    )
    op.create_table(
        "cycle_limits",
        sa.Column("org_id", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("acus", sa.Float, nullable=False),
        sa.Column("read_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "source", name="pk_cycle_limits"),
    )
    op.create_table(
        "budgets",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("acus", _EXACT, nullable=False),
        sa.Column("span", sa.String, nullable=False),
        sa.Column("warn", _JSON, nullable=False),
        sa.Column("set_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_budgets"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_budgets_scope", "budgets", ["team", "kind", "subject"], unique=True)
    op.create_table(
        "cost_centre_members",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("team", "kind", "subject", name="pk_cost_centre_members"),
    )
    op.create_table(
        "crossings",
        sa.Column("budget", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("level", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("acus", sa.Float, nullable=False),
        _number("times"),
        _flag("rearmed"),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("budget", "subject", "period", "level", name="pk_crossings"),
    )
    op.create_index("ix_crossings_at", "crossings", ["at"])
    op.create_table(
        "grants",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("budget", sa.Integer, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("acus", _EXACT, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        _text("start"),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_grants"),
    )
    op.create_index("ix_grants_at", "grants", ["at"])
    op.create_index("ix_grants_budget", "grants", ["budget", "period"])
    op.create_table(
        "recent_spend",
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=False),
        _text("team"),
        _text("org_id"),
        _number("acus", sa.Float),
        sa.PrimaryKeyConstraint("session_id", "slot", name="pk_recent_spend"),
    )
    op.create_index("ix_recent_spend_slot", "recent_spend", ["org_id", "slot"])
    op.create_table(
        "alarms",
        sa.Column("key", sa.String, nullable=False),
        _text("team"),
        _text("org_id"),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("user", sa.String),
        sa.Column("facts", _JSON, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("thread_ts", sa.String),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("snoozed_until", sa.Float),
        sa.Column("over_at", sa.Float),
        sa.PrimaryKeyConstraint("key", name="pk_alarms"),
    )
    op.create_index("ix_alarms_subject", "alarms", ["org_id", "over_at"])
    op.create_table(
        "subscriptions",
        sa.Column("team", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("edition", sa.String, nullable=False),
        sa.Column("time", sa.String, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("share", sa.String, nullable=False),
        sa.Column("added_by", sa.String, nullable=False),
        sa.Column("added_at", sa.Float, nullable=False),
        _flag("with_file"),
        sa.PrimaryKeyConstraint("team", "channel", "edition", name="pk_subscriptions"),
    )
