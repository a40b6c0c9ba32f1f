"""The tables of what was spent."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, String, Table, text

from bot.store.columns import ExactNumber, index_unowned, metadata, number, owner

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
    Column("tags", String),  # that were asked for, as `bot.store.spend.tags_text` writes them; empty with the requester
    # The team that it was booked on when the person was erased, as nothing else says it from then on.
    Column("cost_centre", String),
    # The first day, if not `day`, on which some of the ACUs may have been used: nobody looked when that day ended.
    Column("used_since", String),
    # From when Devin is asked how many ACUs there were on the day, once that is over. None: no more is asked.
    Column("ask_at", Float, server_default="0"),
)
_IN_DOUBT: Final = text("used_since IS NOT NULL")
Index("ix_spend_in_doubt", spend.c.day, spend.c.org_id, sqlite_where=_IN_DOUBT, postgresql_where=_IN_DOUBT)
_TO_ASK: Final = text("ask_at IS NOT NULL AND acus > 0")
Index("ix_spend_to_ask", spend.c.org_id, spend.c.ask_at, sqlite_where=_TO_ASK, postgresql_where=_TO_ASK)
# It has all that sums are made of, so that SQLite adds up a cycle without a look at the rows themselves.
_SUMMED: Final = ("day", "org_id", "team", "requester", "channel", "tags", "cost_centre", "session_id", "acus")
Index("ix_spend_day", *(spend.c[name] for name in _SUMMED))
index_unowned(spend)

# What `spend` adds up to: by billing day, workspace, organisation, person and channel, and by session. Triggers of the
# database keep both right with each row of `spend` that has ACUs, whoever writes it, so nothing else writes them, and
# retention, erasure and copies need not know them. With the rows of `spend` a budget would read a million each minute.
NOT_KNOWN: Final = "?"  # stands for a requester or channel that is not known: no part of a key is NULL
spend_days: Final = Table(
    "spend_days",
    metadata,
    Column("team", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("org_id", String, primary_key=True),
    Column("requester", String, primary_key=True),
    Column("channel", String, primary_key=True),
    number("acus", Float),
    number("sessions"),  # how many rows of `spend` it stands for
    sqlite_with_rowid=False,
)
# Without the ACUs, which change all the time.
Index("ix_spend_days_org_id", spend_days.c.org_id, spend_days.c.day)
# By them those sessions are found that may have reached a level of a budget; how much it is in a period, `spend` says.
session_totals: Final = Table(
    "session_totals",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("last_day", String, nullable=False),  # no day after it has ACUs
    number("acus", Float),
    number("days"),  # how many rows of `spend` it stands for
    sqlite_with_rowid=False,
)
Index("ix_session_totals_last_day", session_totals.c.team, session_totals.c.last_day, session_totals.c.acus)
DERIVED: Final = (spend_days, session_totals)

# What figures need of a session whose own row is purged, without any of its text.
past_sessions: Final = Table(
    "past_sessions",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("org_id", String, nullable=False),
    Column("channel", String, nullable=False),  # `D` for all direct messages
    Column("requester", String, nullable=False),  # who asked for it, empty once that person is erased
    Column("requester_name", String, nullable=False),
    Column("repo", String),
    Column("playbook", String),
    Column("answered", Boolean),  # whether it had a plain question, or left nothing but Devin's answer
    number("acus", Float),
    number("worked", Float),  # seconds
    Column("created_at", Float, nullable=False),
    Column("done_at", Float),
    Column("ended_at", Float, nullable=False),
)
Index("ix_past_sessions_ended_at", past_sessions.c.ended_at)
Index("ix_past_sessions_channel", past_sessions.c.team, past_sessions.c.channel, past_sessions.c.ended_at)

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
index_unowned(pull_requests)

# When sessions waited for a person: from when Devin asked, needed an approval or was at a limit, until it went on.
waiting_times: Final = Table(
    "waiting_times",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("since", Float, primary_key=True),
    Column("team", String, nullable=False),
    Column("org_id", String, nullable=False),
    Column("ended_at", Float),  # None while it waits
    Column("tz", String),  # the time zone of who asked, whose profile is not there as long
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
    Column("acus", ExactNumber),  # none where Devin does not list the day, which has one row then, of no product
    Column("read_at", Float, nullable=False),  # the same for all rows of a day
)

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
Index("ix_recent_spend_slot", recent_spend.c.org_id, recent_spend.c.slot, recent_spend.c.acus)
index_unowned(recent_spend)
