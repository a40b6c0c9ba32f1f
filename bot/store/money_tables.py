"""The tables of what was spent."""

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, text

from bot.store.columns import JSON_TEXT, SEQUENCE, ExactNumber, flag, metadata, number, owner

# What a session was on each billing day on which it was active: the ACUs that it spent, from the differences between
# polls, and the last outcome that was seen on that day. It is there longer than the session's own row, so it also says
# whose the session was.
spend: Final = Table(
    "spend",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("day", String, primary_key=True),  # ISO date of the billing day
    owner("team"),
    owner("org_id"),
    number("acus", Float),
    Column("outcome", String, nullable=False, server_default="running"),  # as `bot.domain.outcomes` names it
    # Who asked for the session, empty once that person is erased, and where: `D` for all direct messages. None is not
    # known: the session's own row was gone already.
    Column("requester", String),
    Column("channel", String),
)
# It has all that sums are made of, so that SQLite adds up a cycle without a look at the rows themselves.
_SUMMED: Final = ("day", "org_id", "team", "requester", "channel", "session_id", "acus")
Index("ix_spend_day", *(spend.c[name] for name in _SUMMED))

# The pull requests of sessions; they too are there longer than the session's own row.
pull_requests: Final = Table(
    "pull_requests",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("url", String, primary_key=True),
    owner("team"),
    owner("org_id"),
    Column("bare_id", String),  # of the session, to ask Devin by; None if nobody may ask for it any more
    Column("state", String),  # Devin's word; None if Devin gave none
    Column("first_seen", Float, nullable=False),
    Column("merged_at", Float),  # when it was first seen merged
    Column("closed_at", Float),  # when it was first seen closed without being merged, unless it is open again
    Column("checked_at", Float, nullable=False),  # when Devin was last asked for its state
)
Index("ix_pull_requests_url", pull_requests.c.url)
# For the counts of a report, before which an ack waits.
Index("ix_pull_requests_first_seen", pull_requests.c.first_seen)
Index("ix_pull_requests_merged_at", pull_requests.c.merged_at)

# When sessions waited for a person: from when Devin asked, needed an approval or was at a limit, until it went on.
waiting_times: Final = Table(
    "waiting_times",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("since", Float, primary_key=True),
    Column("team", String, nullable=False),
    Column("org_id", String, nullable=False),
    Column("ended_at", Float),  # None while it waits
)
Index("ix_waiting_times_since", waiting_times.c.since)
_WAITS: Final = text("ended_at IS NULL")
Index("ix_waiting_times_open", waiting_times.c.session_id, sqlite_where=_WAITS, postgresql_where=_WAITS)

# What Devin billed to an organisation, by billing day and product. The rows of a day add up to its bill exactly.
consumption: Final = Table(
    "consumption",
    metadata,
    owner("org_id", key=True),
    Column("day", String, primary_key=True),
    Column("product", String, primary_key=True),
    Column("acus", ExactNumber, nullable=False),
    Column("read_at", Float, nullable=False),  # the same for all rows of a day
)

# Each change of what Devin billed for a day that had settled. `seq` says up to which one a digest has named them.
corrections: Final = Table(
    "corrections",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("org_id", String, nullable=False),
    Column("day", String, nullable=False),
    Column("acus_before", Float, nullable=False),
    Column("acus_after", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_corrections_day", corrections.c.day)

# The cycles in which Devin bills an organisation, as it was last asked.
cycles: Final = Table(
    "cycles",
    metadata,
    Column("org_id", String, primary_key=True),
    Column("starts", String, primary_key=True),  # ISO date of the first billing day
    Column("ends", String, nullable=False),  # ISO date of the last billing day
    Column("read_at", Float, nullable=False),
)

# How many ACUs an organisation may use in a cycle, by who says so.
cycle_limits: Final = Table(
    "cycle_limits",
    metadata,
    Column("org_id", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("acus", Float, nullable=False),
    Column("read_at", Float, nullable=False),
)

# How many ACUs somebody may use in a period. `seq` is the number by which people call a budget.
budgets: Final = Table(
    "budgets",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("team", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # the id of the channel or person; empty for other kinds
    Column("acus", ExactNumber, nullable=False),
    Column("span", String, nullable=False),
    Column("warn", JSON_TEXT, nullable=False),  # percentages
    Column("set_at", Float, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_budgets_scope", budgets.c.team, budgets.c.kind, budgets.c.subject, unique=True)

# Which level of a budget a subject has reached in a period, and that this was announced.
crossings: Final = Table(
    "crossings",
    metadata,
    Column("budget", Integer, primary_key=True, autoincrement=False),
    Column("subject", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("team", String, nullable=False),
    Column("acus", Float, nullable=False),  # of the level when it was announced last
    number("times"),  # how often it was announced
    flag("rearmed"),  # the spending has fallen, so that the level is announced again when it is reached
    Column("at", Float, nullable=False),
)
Index("ix_crossings_at", crossings.c.at)

# What raises a budget for a period: asked for, granted or refused.
grants: Final = Table(
    "grants",
    metadata,
    Column("key", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("budget", Integer, nullable=False),
    Column("subject", String, nullable=False),  # empty: for all subjects of the budget
    Column("period", String, nullable=False),
    Column("acus", ExactNumber, nullable=False),
    Column("user", String, nullable=False),  # who asked for it, or who granted it without being asked
    Column("state", String, nullable=False),  # asked, granted, refused
    Column("at", Float, nullable=False),
)
Index("ix_grants_budget", grants.c.budget, grants.c.period)
Index("ix_grants_at", grants.c.at)

# What sessions spent lately, in slots of ten minutes: what an hour usually costs, and what the last one did.
recent_spend: Final = Table(
    "recent_spend",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("slot", BigInteger, primary_key=True),  # when it begins
    owner("team"),
    owner("org_id"),
    number("acus", Float),
)
Index("ix_recent_spend_slot", recent_spend.c.org_id, recent_spend.c.slot)

# Alarms about spending. Each has one post, which is edited until the alarm is over.
alarms: Final = Table(
    "alarms",
    metadata,
    Column("key", String, primary_key=True),
    owner("team"),
    owner("org_id"),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # the id of a session of ours, or of a workspace
    Column("state", String, nullable=False),  # what people have decided about it
    Column("user", String),  # who has decided
    Column("facts", JSON_TEXT, nullable=False),  # the figures that the post shows
    Column("channel", String, nullable=False),
    Column("thread_ts", String),
    Column("opened_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("snoozed_until", Float),
    Column("over_at", Float),
)
Index("ix_alarms_subject", alarms.c.org_id, alarms.c.over_at)

# Which channels get which digests, beside the daily one that the settings name.
subscriptions: Final = Table(
    "subscriptions",
    metadata,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("edition", String, primary_key=True),
    Column("time", String, nullable=False),  # HH:MM in the zone
    Column("zone", String, nullable=False),  # a name, never an offset
    Column("share", String, nullable=False),
    Column("added_by", String, nullable=False),  # empty once the person is erased
    Column("added_at", Float, nullable=False),
)
