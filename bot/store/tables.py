"""The tables. Instants are Unix seconds in UTC; Slack's `ts` are strings of one width, so they sort as text.

A change of the tables needs one in `migrations` (CONTRIBUTING: a table or column); a test compares the two.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, text

from bot.store import admin_tables, columns, money_tables, turn_tables
from bot.store.columns import JSON_TEXT as _JSON
from bot.store.columns import SEQUENCE as _SEQUENCE
from bot.store.columns import flag as _flag
from bot.store.columns import index_unowned
from bot.store.columns import index_where as _index_where
from bot.store.columns import number as _number
from bot.store.columns import owner as _owner
from bot.store.columns import text_column as _text

metadata: Final = columns.metadata


# Everything that Slack sent and that asks for work, and the work that follows from it. Each row acts once.
inbox: Final = Table(
    "inbox",
    metadata,
    Column("key", String, primary_key=True),
    _owner("team"),
    Column("lane", String, nullable=False),
    Column("kind", String, nullable=False),
    _flag("urgent"),
    Column("ts", String, nullable=False),
    Column("state", String, nullable=False, server_default="open"),  # open, done, dead
    Column("ready_at", Float, nullable=False),
    _number("attempts"),
    _number("failures"),  # faults of our own; a row that fails too often must not hold up its lane
    Column("intent_at", Float),  # set in the commit before a call whose outcome may get lost
    Column("accepted_at", Float),  # when the call succeeded without an answer that says what it created
    Column("edited_ts", String),  # of a message: Slack's time of its last edit that counts, or of its deletion
    Column("reason", String),
    Column("ref", String, nullable=False),  # the reference in the log and in answers to people
    Column("payload", _JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("done_at", Float),
)
# In the order in which a lane is worked on, so that its next row is read without sorting the others.
_index_where("ix_inbox_open", "state = 'open'", inbox.c.lane, inbox.c.urgent.desc(), inbox.c.ts, inbox.c.key)
Index("ix_inbox_lane", inbox.c.lane)  # used before the ack of every reply in a thread that may be ours
Index("ix_inbox_done_at", inbox.c.done_at, inbox.c.key)
_index_where("ix_inbox_dead", "state = 'dead'", inbox.c.done_at)  # for those whose texts are purged
index_unowned(inbox)

# Everything that the bot posts, including what is edited afterwards, which `posts` then keeps up to date.
outbox: Final = Table(
    "outbox",
    metadata,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("lane", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("thread", String, nullable=False),  # rows of one thread keep their order; the key where there is none yet
    Column("thread_ts", String),
    Column("session_id", String),
    _number("rank"),  # of the first rows of all threads, those with the lowest rank go first
    Column("state", String, nullable=False, server_default="open"),  # open, sending, sent, dead
    Column("ts", String),  # Slack's ts of the message, once it is posted
    _number("attempts"),
    Column("next_at", Float, nullable=False),
    Column("sending_at", Float),  # set in the commit before a post whose answer may get lost
    Column("expires_at", Float),
    Column("reason", String),
    Column("ref", String, nullable=False),
    Column("payload", _JSON, nullable=False),
    Column("follow", _JSON),  # what the row that starts the session is built from, once this card's post is sent
    Column("created_at", Float, nullable=False),
    Column("sent_at", Float),
    # The worker that has claimed the row. `epoch` counts the claims, so that a frozen worker finds it was replaced.
    Column("owner", String),
    _number("epoch"),
    sqlite_autoincrement=True,
)
_OUTBOX_OPEN = "state IN ('open', 'sending')"
_index_where("ix_outbox_open", _OUTBOX_OPEN, outbox.c.lane, outbox.c.rank, outbox.c.seq)
# For the question whether a row is the first of its thread, which is put for every open row of a channel.
_index_where("ix_outbox_thread", _OUTBOX_OPEN, outbox.c.lane, outbox.c.thread, outbox.c.seq)
# For the question whose turn it is, which is put for each thread that waits in a channel.
_index_where("ix_outbox_turns", "state = 'sent' AND kind = 'post'", outbox.c.lane, outbox.c.thread, outbox.c.sent_at)
_index_where("ix_outbox_posted", "ts IS NOT NULL", outbox.c.channel, outbox.c.ts)  # for a reaction to a post
Index("ix_outbox_session_id", outbox.c.session_id)
Index("ix_outbox_sent_at", outbox.c.sent_at, outbox.c.seq)
_index_where("ix_outbox_dead", "state = 'dead'", outbox.c.sent_at)  # for those whose texts are purged

# Posts that are edited: cards, alarms, Home tabs and the like. `version` counts the requests to redraw one.
posts: Final = Table(
    "posts",
    metadata,
    Column("key", String, primary_key=True),  # drawer and subject; the key of the row of the outbox that posts it
    Column("drawer", String, nullable=False),
    Column("subject", String, nullable=False),  # the id of what is drawn
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("session_id", String),  # of the session in whose thread it stands
    Column("surface", String, nullable=False, server_default="message"),  # message, home, agent
    Column("ts", String),  # Slack's ts of the message, once it is posted
    # unposted: the first post is a row of the outbox; open: an edit is wanted; sent: the newest version is shown; dead
    Column("state", String, nullable=False, server_default="unposted"),
    _number("version"),
    _number("sent_version"),
    _flag("gives_way"),  # the wanted edit waits while others need the rate limit, because it only shows new figures
    Column("drawn", String),  # a fingerprint of what the message shows: an edit with an equal one is not sent
    _number("form"),  # Slack refused the forms of the wanted edit before this one, which have more blocks
    _number("attempts"),
    _number("next_at", Float),
    Column("reason", String),
    Column("ref", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("loss", String),  # of a card: the loss of its channel of which the asker was last informed
    Column("owner", String),  # as in the outbox
    _number("epoch"),
)
_index_where("ix_posts_open", "state = 'open'", posts.c.team, posts.c.surface, posts.c.gives_way, posts.c.next_at)
Index("ix_posts_session_id", posts.c.session_id)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("team", String, nullable=False),
    _owner("org_id"),
    Column("channel", String, nullable=False),
    Column("thread_ts", String),
    Column("requester", String, nullable=False),
    Column("prompt", Text, nullable=False),  # only the first line, once Devin has the session
    Column("prompt_hash", String),  # of the whole prompt
    Column("options", _JSON, nullable=False),
    Column("lifecycle", String, nullable=False),
    Column("reference", String, unique=True),
    Column("cause_ts", String),
    _text("alert"),  # the fingerprint of the alert that it is about
    Column("devin_id", String),
    Column("bare_id", String, unique=True),  # the id without `devin-`, in which form ids are compared
    Column("url", String),
    Column("status", String, nullable=False, server_default="new"),
    Column("detail", String),
    Column("title", String),
    Column("renamed", String),  # the title that a person has given the thread in Slack
    Column("pull_requests", _JSON, nullable=False),
    _number("acus", Float),
    _flag("has_result"),
    _flag("archived"),
    _number("updated_at", BigInteger),
    _text("last_words"),  # what a card shows of Devin's newest message
    Column("asks", Boolean),  # whether Devin's last words ask a person something
    Column("choices", _JSON, nullable=False, server_default=text("'[]'")),  # the options that they offer
    _flag("checking"),
    _flag("stop_requested"),
    Column("not_found_since", Float),  # when Devin first answered 404 about it, unless it was found since
    Column("stop_ts", String),  # the Slack time of the stop: replies written before it are not sent
    Column("stopped_by", String),
    Column("created_at", Float, nullable=False),
    Column("done_at", Float),  # when the session's end was last announced
    Column("ended_at", Float),
    _number("spoken_at", Float),
    _text("requester_name"),
    _text("stopped_by_name"),
    Column("replied_by", String),  # who replied last in this turn
    _number("worked", Float),  # seconds
    Column("working_since", Float),
    _number("progress_acus", Float),  # what it had spent at its last message or new pull request
    _number("progress_at", Float),  # when these came
    Column("acu_limit", Integer),  # the ACUs that Devin may use in it, as it was created
    Column("corrected_from", Float),  # the ACUs that Devin reported before it lowered them
    Column("wake_allowed", BigInteger),  # the `updated_at` of the sleep from which it may be woken
    Column("devin_user", String),  # in whose name Devin was asked for it
    Column("adopted_at", Float),  # when it was tied to its thread, if Devin had it before
    _flag("by_id"),  # it does not carry the bot's tag, so that it is listed by its id
    Column("mark", String, server_default="eyes"),  # the reaction that shows the state on the asker's message
    # the newest of its rows in `spend`, so that the poller need not read it
    Column("outcome", String),
    Column("outcome_day", String),
    # the relay position: only later messages are posted, so that old ones are not repeated
    Column("last_event_id", String),
    Column("page_cursor", String),
    _number("devin_messages"),
    _number("figures_at", Float),  # when the card last showed new figures
    _number("read_at", Float),  # when its messages were last read
    Column("failing_since", Float),  # since when it could not be announced
    _number("changes_until", Float),  # until then it may change again without showing it
    # the state of its turn, as `bot.domain.announcements` has it
    _number("announcement_seq"),
    Column("announced", String),
    _flag("person_wrote"),
    Column("pending", _JSON),
)
Index("ix_sessions_thread", sessions.c.team, sessions.c.channel, sessions.c.thread_ts)
Index("ix_sessions_lifecycle", sessions.c.lifecycle)
# A session that may still spend something without a word from anybody, or that has asked for one.
SESSION_GOES_ON = (
    "lifecycle IN ('queued', 'creating', 'open') AND NOT archived AND status NOT IN ('suspended', 'exit', 'error')"
    " AND (status <> 'running' OR detail IS NULL OR (detail <> 'finished'"
    " AND (detail <> 'waiting_for_user' OR asks IS NULL OR asks)))"
)
_index_where("ix_sessions_goes_on", SESSION_GOES_ON, sessions.c.org_id)
Index("ix_sessions_requester", sessions.c.team, sessions.c.requester, sessions.c.created_at)
# One on which Devin works, or will as soon as it can.
SESSION_AWAKE = (
    "lifecycle = 'open' AND ended_at IS NULL AND NOT archived AND (status IN ('new', 'creating', 'claimed', 'resuming')"
    " OR (status = 'running' AND (detail IS NULL OR (detail <> 'finished' AND detail <> 'waiting_for_user'))))"
)
_index_where("ix_sessions_awake", SESSION_AWAKE, sessions.c.org_id, sessions.c.outcome_day)
# One on which Devin works or is about to, also before Devin has it: what runs in a workspace now.
SESSION_RUNS = (
    "lifecycle IN ('queued', 'creating') OR (lifecycle = 'open' AND ended_at IS NULL AND NOT archived"
    " AND (status IN ('new', 'creating', 'claimed', 'resuming') OR (status = 'running' AND (detail IS NULL"
    " OR detail NOT IN ('finished', 'waiting_for_user', 'waiting_for_approval')))))"
)
_index_where("ix_sessions_runs", SESSION_RUNS, sessions.c.team, sessions.c.created_at)
# One that each poll reads.
SESSION_UNSETTLED = (
    "lifecycle = 'open' AND ended_at IS NULL"
    " AND (pending IS NOT NULL OR failing_since IS NOT NULL OR status IN ('exit', 'error'))"
)
# The second column, always empty, has SQLite prefer it to an index of all that are open.
_index_where("ix_sessions_unsettled", SESSION_UNSETTLED, sessions.c.org_id, sessions.c.ended_at)
SESSION_UNTAGGED = "by_id OR adopted_at IS NOT NULL"
_index_where("ix_sessions_untagged", SESSION_UNTAGGED, sessions.c.org_id)
_index_where("ix_sessions_changes_until", "lifecycle = 'open'", sessions.c.org_id, sessions.c.changes_until)
_index_where("ix_sessions_spoken_at", "lifecycle = 'open'", sessions.c.org_id, sessions.c.spoken_at)
_index_where("ix_sessions_spoken_in", "lifecycle = 'open'", sessions.c.team, sessions.c.spoken_at)
_index_where("ix_sessions_ended_at", "ended_at IS NOT NULL", sessions.c.ended_at)
# In the order in which a sweep counts their messages, some of them at a time.
SESSION_WATCHED = "lifecycle = 'open' AND ended_at IS NULL"
_index_where("ix_sessions_watched", SESSION_WATCHED, sessions.c.org_id, sessions.c.bare_id)
index_unowned(sessions)

threads: Final = Table(
    "threads",
    metadata,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("ts", String, primary_key=True),
    Column("session_id", String, nullable=False),
    Column("muted_at", Float),  # since when replies are not sent to Devin; empty where they are
    _flag("closed"),
    _flag("no_reminders"),
    Column("last_seen_ts", String, nullable=False),  # the newest message that was stored
    Column("unread_from", String),  # from here on catch-up has to read the thread; later messages do not change this
    # The newest reply where people may talk to each other: its author, empty where it was to the bot; if it was talk.
    _text("replied_by"),
    Column("replied_ts", String),
    _flag("is_talk"),
    Column("created_at", Float, nullable=False),
)

Index("ix_threads_session_id", threads.c.session_id)  # they go with their session
_index_where("ix_threads_unread", "unread_from IS NOT NULL", threads.c.team, threads.c.last_seen_ts)

# The whole task of a session, so that it can be tried again or continued, which `sessions` keeps only a line of.
kept_tasks: Final = Table(
    "kept_tasks",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("files", _JSON, nullable=False),
    Column("about", _JSON),  # the channel and the ts of the thread that is its context
    Column("at", Float, nullable=False),
)
Index("ix_kept_tasks_at", kept_tasks.c.at)

# Which worker has claimed a lane of the inbox, for one row at a time. `epoch` counts the claims, as in the outbox.
lanes: Final = Table(
    "lanes",
    metadata,
    Column("name", String, primary_key=True),
    Column("owner", String),
    _number("epoch"),
    Column("claimed_at", Float),
)

workers: Final = Table(
    "workers",
    metadata,
    Column("id", String, primary_key=True),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)

# A token bucket for each channel and each API method: `next_at` says when it has a token again.
rate_limits: Final = Table(
    "rate_limits",
    metadata,
    Column("name", String, primary_key=True),
    _number("next_at", Float),
)

# What comes again and again, by the names that `bot.store.due` makes.
due: Final = Table(
    "due",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", Float, nullable=False),
    Column("state", _JSON, nullable=False),
)

people: Final = Table(
    "people",
    metadata,
    Column("team", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("name", String, nullable=False),
    _flag("is_guest"),
    _flag("is_external"),
    _flag("is_bot"),
    _flag("is_admin"),
    _flag("deleted"),
    Column("tz", String),  # the name of their time zone
    Column("read_at", Float, nullable=False),
)

# What is known about channels: whether another company shares one, whether one is private, and from which message on
# catch-up has to read it.
channels: Final = Table(
    "channels",
    metadata,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),
    _flag("is_shared"),
    _number("changed_at", Float),
    Column("unread_from", String),
    Column("is_private", Boolean),  # None until Slack was asked
    _number("private_asked_at", Float),
)

# The list of sessions that a person was shown last, whose numbers they may type.
shown_lists: Final = Table(
    "shown_lists",
    metadata,
    Column("team", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("session_ids", _JSON, nullable=False),  # ours: the first one has the number 1
    Column("shown_at", Float, nullable=False),
)

# Which ends of turns mention a person in one thread; for all sessions `settings` has it.
notifications: Final = Table(
    "notifications",
    metadata,
    Column("team", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("thread", String, primary_key=True),
    Column("choice", String, nullable=False),
)

# What people set for themselves, and for channels.
settings: Final = Table(
    "settings",
    metadata,
    Column("team", String, primary_key=True),
    Column("scope", String, primary_key=True),  # channel, person
    Column("subject", String, primary_key=True),  # the id of the channel or person
    Column("key", String, primary_key=True),
    Column("value", _JSON, nullable=False),
    Column("who", String, nullable=False),  # who has set it
    Column("at", Float, nullable=False),
)

# These are described in files of their own.
user_group_members: Final = admin_tables.user_group_members
roles: Final = admin_tables.roles
identities: Final = admin_tables.identities
pauses: Final = admin_tables.pauses
audit: Final = admin_tables.audit
operations: Final = admin_tables.operations
operation_rows: Final = admin_tables.operation_rows
numbered_lists: Final = admin_tables.numbered_lists
fan_outs: Final = admin_tables.fan_outs
fan_out_sessions: Final = admin_tables.fan_out_sessions
spend: Final = money_tables.spend
spend_days: Final = money_tables.spend_days
session_totals: Final = money_tables.session_totals
past_sessions: Final = money_tables.past_sessions
consumption: Final = money_tables.consumption
pull_requests: Final = money_tables.pull_requests
waiting_times: Final = money_tables.waiting_times
recent_spend: Final = money_tables.recent_spend
turn_ends: Final = turn_tables.turn_ends
votes: Final = turn_tables.votes
