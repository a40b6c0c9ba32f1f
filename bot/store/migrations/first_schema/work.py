"""Work that came in, what is posted about it, and who works on it."""

from sqlalchemy import Column, Float, Index, MetaData, PrimaryKeyConstraint, String, Table, UniqueConstraint
from sqlalchemy import text as expression

from bot.store.migrations.first_schema.columns import JSON_TEXT, SEQUENCE, flag, index_where, number, text

metadata = MetaData()

# What Slack sent and what follows from it, until it's done. Each row acts once.
Table(
    "inbox",
    metadata,
    Column("key", String, nullable=False),
    text("team"),
    Column("lane", String, nullable=False),
    Column("kind", String, nullable=False),
    flag("urgent"),
    Column("ts", String, nullable=False),
    Column("state", String, server_default="open", nullable=False),
    Column("ready_at", Float, nullable=False),
    number("attempts"),
    number("failures"),
    Column("intent_at", Float),
    Column("accepted_at", Float),
    Column("edited_ts", String),
    Column("reason", String),
    Column("ref", String, nullable=False),
    Column("payload", JSON_TEXT, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("done_at", Float),
    PrimaryKeyConstraint("key", name="pk_inbox"),
    Index("ix_inbox_done_at", "done_at", "key"),
    Index("ix_inbox_lane", "lane"),
    index_where("ix_inbox_dead", "state = 'dead'", "done_at"),
    index_where("ix_inbox_no_team", "team = ''", "team"),
    index_where("ix_inbox_open", "state = 'open'", "lane", expression("urgent DESC"), "ts", "key"),
)

# What is posted, in the order of each lane.
Table(
    "outbox",
    metadata,
    Column("seq", SEQUENCE, autoincrement=True, nullable=False),
    Column("key", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("thread", String, nullable=False),
    Column("thread_ts", String),
    Column("session_id", String),
    number("rank"),
    Column("state", String, server_default="open", nullable=False),
    Column("ts", String),
    number("attempts"),
    Column("next_at", Float, nullable=False),
    Column("sending_at", Float),
    Column("expires_at", Float),
    Column("reason", String),
    Column("ref", String, nullable=False),
    Column("payload", JSON_TEXT, nullable=False),
    Column("follow", JSON_TEXT),
    Column("created_at", Float, nullable=False),
    Column("sent_at", Float),
    Column("owner", String),
    number("epoch"),
    PrimaryKeyConstraint("seq", name="pk_outbox"),
    UniqueConstraint("key"),
    Index("ix_outbox_sent_at", "sent_at", "seq"),
    Index("ix_outbox_session_id", "session_id"),
    index_where("ix_outbox_dead", "state = 'dead'", "sent_at"),
    index_where("ix_outbox_open", "state IN ('open', 'sending')", "lane", "rank", "seq"),
    index_where("ix_outbox_posted", "ts IS NOT NULL", "channel", "ts"),
    index_where("ix_outbox_thread", "state IN ('open', 'sending')", "lane", "thread", "seq"),
    index_where("ix_outbox_turns", "state = 'sent' AND kind = 'post'", "lane", "thread", "sent_at"),
    sqlite_autoincrement=True,
)

# Posts that are edited, such as cards, and how far each one is drawn.
Table(
    "posts",
    metadata,
    Column("key", String, nullable=False),
    Column("drawer", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("session_id", String),
    Column("surface", String, server_default="message", nullable=False),
    Column("ts", String),
    Column("state", String, server_default="unposted", nullable=False),
    number("version"),
    number("sent_version"),
    flag("gives_way"),
    Column("drawn", String),
    number("form"),
    number("attempts"),
    number("next_at", Float),
    Column("reason", String),
    Column("ref", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("loss", String),
    Column("owner", String),
    number("epoch"),
    PrimaryKeyConstraint("key", name="pk_posts"),
    Index("ix_posts_session_id", "session_id"),
    index_where("ix_posts_open", "state = 'open'", "team", "surface", "gives_way", "next_at"),
)

# Which worker has claimed a lane of the inbox.
Table(
    "lanes",
    metadata,
    Column("name", String, nullable=False),
    Column("owner", String),
    number("epoch"),
    Column("claimed_at", Float),
    PrimaryKeyConstraint("name", name="pk_lanes"),
)

# The processes that work on this store, and when each was last seen.
Table(
    "workers",
    metadata,
    Column("id", String, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    PrimaryKeyConstraint("id", name="pk_workers"),
)

# When each channel and each API method may be called again.
Table(
    "rate_limits",
    metadata,
    Column("name", String, nullable=False),
    number("next_at", Float),
    PrimaryKeyConstraint("name", name="pk_rate_limits"),
)

# When each recurring piece of work is due next.
Table(
    "due",
    metadata,
    Column("name", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("state", JSON_TEXT, nullable=False),
    PrimaryKeyConstraint("name", name="pk_due"),
)
