"""Every wait of the bot in one object, so that a test can pass shorter ones."""

import time
from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

# Where there is none that counts while the machine sleeps, such as on macOS, the one that does not.
_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady() -> float:
    """Seconds by a clock that nobody sets: for waits within the process, never stored."""
    return time.clock_gettime(_STEADY)


@dataclass(frozen=True)
class Timing:
    """How long the bot waits for what. All fields are in seconds."""

    # ------------------------------------------------------------ requests
    devin_write: float = 20.0  # A create or a message to Devin takes at most this long.
    devin_read: float = 10.0  # A read at Devin takes at most this long.
    devin_upload: float = 60.0  # The upload of a file to Devin takes at most this long.
    devin_connect: float = 5.0  # To connect to Devin takes at most this long.
    devin_reads: float = 30.0  # From the first attempt of a read at Devin until no further one begins.
    devin_longest_asked: float = 10.0  # A read at Devin waits itself if Devin asks for no longer; else its caller does.
    devin_first_pause: float = 0.5  # From the first failure of a read at Devin until it is tried again.
    devin_longest_pause: float = 5.0  # The longest pause between two attempts of a read at Devin.
    slack_request: float = 10.0  # A call to Slack takes at most this long.
    slack_connect: float = 5.0  # Below `slack_request`, so that "nothing was sent" differs from "no answer came".
    download: float = 60.0  # The download of a file from Slack takes at most this long.
    download_connect: float = 5.0  # To connect for a download takes at most this long.
    download_silence: float = 10.0  # A download gets no bytes for at most this long.
    upload: float = 60.0  # The upload of a file to Slack takes at most this long.
    slack_rate_limit: float = 10.0  # From a 429 of Slack's that names no wait until the next call.
    slack_longest_asked: float = 10 * MINUTE  # A 429 of Slack's counts for at most this long, whatever it names.

    # ------------------------------------------------------------ what comes in
    stored: float = 2.0  # What Slack sends is stored within this time or refused, so that Slack sends it again.
    signature_valid: float = 5 * MINUTE  # A signature of Slack's may be this old, and a request has one answer so long.
    request_headers: float = 5.0  # From a connection, or the first byte of a request, until its headers are complete.
    request_idle: int = 5  # A connection without a further request is closed after this, in whole seconds.
    request_body: float = 10.0  # From the headers of a request until its body is complete.
    answer_taken: float = 15.0  # From a complete request until its answer has been made and taken.
    connection_sweep: float = 1.0  # What passes between two sweeps of connections beyond this, the process stood still.

    choices_asked: float = 2.0  # A menu of a form waits for Devin at most this long; Slack gives it three seconds.
    choices_known: float = MINUTE  # What Devin has answered to such a menu, also a refusal, counts for this long.

    # ------------------------------------------------------------ store
    store_connect: float = 5.0  # To connect to PostgreSQL takes at most this long.
    store_quiet: float = 1.0  # A connection that has answered nothing for longer is asked whether it still works.
    store_connection: float = 30.0  # A transaction waits at most this long for one of the connections to the store.
    store_lock: float = 1.0  # A transaction waits at most this long for a lock that another process holds.
    store_lock_check: float = 0.002  # Between two attempts to get the lock of an SQLite file.
    store_retry: float = 0.05  # From a transaction that could not begin until the rows for an ack are tried again.
    # A statement takes milliseconds. One that takes longer than this has lost its server, and would hold its lane for
    # as long as the system takes to notice, which may be a quarter of an hour.
    store_statement: float = 15.0
    store_idle: float = 10.0  # A process that stands still in a transaction loses it, and its locks, after this.
    migration: float = 10 * MINUTE  # A statement of a migration, which may rewrite a large table, takes at most this.
    migration_wait: float = MINUTE  # A process waits at most this long for another one that migrates.
    gate_calm: float = 0.002  # So long no request of Slack's may have come before other work goes on.
    gate_share: float = 0.05  # Under a flood of requests other work goes on this often, in a gap between two answers.
    gate_gapless: float = 0.1  # It goes on this often where there is no gap.
    gate_check: float = 0.001  # Between two checks by the first transaction that waits.

    # ------------------------------------------------------------ unknown outcomes
    unknown_after: float = devin_write + 10.0  # From the intent until a call without an answer counts as not made.
    lookup_interval: float = 5.0  # Between two look-ups at Devin for a call with an unknown outcome.
    post_look_up: float = 2.0  # From a post without an answer until it is looked for the first time.
    restored_search: float = HOUR  # From the first start on a restored store, posts are looked for before they're made.
    orphan_settle: float = MINUTE  # From a start on a restored store until a session without a thread is reported.
    restored_check: float = 5.0  # Slack may take this long to say whether the store is an older copy of itself.
    post_settle: float = 13.0  # From a post until a look-up can show that it was not made: above `slack_request`.

    # ------------------------------------------------------------ processes and ticks
    lease: float = 15.0  # A worker without a heartbeat for this long loses what it has claimed.
    engine_retry: float = 5.0  # From an unhandled error in a lane or a tick until it is called again.
    clock_check: float = 1.0  # Between two comparisons of the clock with one that nobody sets.
    clock_step: float = 5.0  # A clock that was set by less than this within a check runs as clocks do.
    clocks_differ: float = 30.0  # The clocks of two machines may differ by this much; more is warned of.
    queue_purge: float = MINUTE  # Between two deletions of PgQueuer's log, which grows with each hint.
    lane_sweep: float = 15.0  # Between two sweeps, which wake all lanes with open rows.
    checkpoint: float = 1.0  # Between two checkpoints: often, so that no commit makes one while an ack waits.
    idle_tick: float = HOUR  # Until the next call of a tick that has nothing to do.

    # ------------------------------------------------------------ inbox
    reply_settle: float = 0.5  # From storing a reply until it may be claimed, so that a burst gets into order.
    edit_settle: float = 10.0  # From the last edit of a message that Devin has until its new text is sent.
    row_first_retry: float = 5.0  # After the first failure of an inbox row; doubles with each further failure.
    row_longest_retry: float = MINUTE  # The longest pause between two attempts of an inbox row.
    row_longest_asked: float = 5 * MINUTE  # An inbox row waits at most this long, whatever Slack or Devin asks for.
    row_outage: float = 6 * HOUR  # An outage may last this long before a message counts as lost.
    not_found_lasts: float = 5 * MINUTE  # Devin has to answer 404 about a session this long before it counts as gone.
    late_notice: float = 20.0  # From a start or reply until its thread is notified that Devin cannot be reached.
    reminder_check: float = MINUTE  # Between two looks for reminders of what Devin asks that are due.
    late_reminder: float = HOUR  # Between two such notices about replies in one thread.
    list_kept: float = DAY  # The numbers of a list that a person was shown count for this long.
    list_over: float = DAY  # A session that is over stays in its asker's list for this long.
    repeated_command: float = MINUTE  # A command repeated within this time makes the bot ask whether it is meant.
    start_room: float = DAY  # A start for which a budget has no room waits this long until an admin is asked.
    start_approval: float = 7 * DAY  # A start for which an admin was asked waits this long, and is then given back.
    undo: float = MINUTE  # What was changed after a question may be undone for this long.
    start_question: float = 10 * MINUTE  # A start about which a person was asked waits this long for the answer.
    wake_question: float = DAY  # A reply that would wake a session waits this long for the answer whether it may.
    wake_asked: float = 10 * MINUTE  # From such a question until its author, who writes again, is asked once more.
    command_silence: float = 1.5  # From a command until a line says that it takes a while; Slack keeps such a line.
    start_retry: float = 1.0  # A reply to a session that is still being started is tried again after this.
    just_begun_retry: float = 0.1  # A stop that finds its session just begun is tried again after this.
    reaction_expires: float = 10 * MINUTE  # A reaction that comes later than this is not made.
    private_answer_expires: float = 25 * MINUTE  # A private answer that comes later is not given.
    dm_follow_up: float = 2 * MINUTE  # A line in a direct message this soon after the last one counts as a reply.
    talk_lasts: float = 10 * MINUTE  # A reply this soon after another person's may be an answer to them.
    dm_earlier_line: float = 10.0  # A line in a direct message waits this long for the line before it to be handled.
    dm_retry: float = 0.5  # Between two checks whether the line before was handled.
    unknown_thread: float = 10.0  # A reply waits this long for its thread to be known: less than `post_settle`.
    unknown_thread_retry: float = 1.0  # Between two checks whether the thread is known.
    person_known: float = HOUR  # What Slack says about a person counts for this long.
    person_checked: float = MINUTE  # It counts for this long where somebody starts or stops a session, or is an admin.
    person_asked: float = 1.5  # An ack waits for this long for Slack to say who an admin is by now.
    person_at_hand: float = 30.0  # What an ack has read about a person is kept in memory for this long.
    channel_known: float = 30.0  # What Slack says about a channel counts for this long, as it may become shared.
    privacy_tick: float = 10.0  # Between two looks for channels of which it is not known whether they are private.
    privacy_known: float = DAY  # Whether a channel is private is asked again after this long.
    privacy_in_digest: float = 10 * MINUTE  # The same before a digest.
    identity_retry: float = DAY  # Who somebody is at Devin is asked again after this long.
    identity_check: float = 10 * MINUTE  # Between two looks for links that are so old.
    identity_off: float = HOUR  # Nobody's name is tried for this long after the key was refused to use one.
    identity_asked: float = 3.0  # A start waits for this long for Slack and Devin to say who somebody is.
    groups_known: float = 5 * MINUTE  # What Slack says about user groups counts for this long.
    admins_interval: float = 10 * MINUTE  # Between two readings of the user groups of admins and roles.
    admins_retry: float = MINUTE  # From a failed reading of that group until the next one.
    admins_known: float = HOUR  # What a group gives its members lasts this long after they were read.
    spoken_lately: float = HOUR  # After a refreshed socket only threads are read in which somebody spoke this lately.
    slack_retries: float = 6 * MINUTE  # Slack sends an event again for about this long.
    catch_up_reach: float = HOUR  # Mentions and direct messages that Slack no longer sends are fetched if this new.
    catch_up_batch: float = 0.1  # Between two batches of threads that are marked as unread after an absence.
    catch_up_retry: float = 5.0  # From a failure to read a thread until catch-up tries again.

    # ------------------------------------------------------------ poller
    poll: float = 10.0  # Between two polls while something runs or somebody has just spoken.
    slow_poll: float = MINUTE  # Between two polls while all sessions sleep.
    poll_soon: float = 1.0  # Until the next poll, and the next catch-up, after we changed something at Devin.
    poll_overlap: int = 120  # Polls start this long before the watermark, as the clocks of Devin's machines differ.
    soon_overlap: int = 15  # A poll that follows sooner than usual starts this long before the watermark.
    answer_expected: float = 2 * MINUTE  # From a person's message until no answer of Devin's is expected any more.
    same_second: float = 2.0  # A session that changed just now is read again for this long: Devin counts in seconds.
    words_settle: float = 3.0  # Devin's words that are newer wait for the next poll: its turn may end with them.
    answer_settle: float = 8.0  # From a person's message until Devin, if it still waits, is taken to wait anew.
    # The post of a new pull request waits this long for an end of the turn, which shows it as well.
    pull_request_settle: float = 30.0
    # Between two comparisons of the message counts of watched sessions; a sixth of those that are quiet is among them.
    count_sweep: float = 5 * MINUTE
    quiet_after: float = 10 * MINUTE  # Quiet is a session that changed and was written to longer ago than this.
    last_words: float = 10 * MINUTE  # A session that we have ended may still show up or write for this long.
    unreadable_session: float = 10 * MINUTE  # The watermark waits this long for a session that cannot be announced.
    unknown_start: float = DAY  # A session whose start is uncertain may show up for this long, as after an outage.
    read_back: float = row_outage + unknown_start + HOUR  # A session created longer ago is matched with no start.
    poll_longest_backoff: float = 5 * MINUTE  # The longest pause between two polls while Devin fails.
    figures_interval: float = 5 * MINUTE  # Between two edits of a card for new figures alone.
    silence: float = 30 * MINUTE  # Once Devin has worked this long without a word, card and list say so.
    home_open: float = 15 * MINUTE  # A Home tab that was opened longer ago is only drawn when it is opened again.
    home_settle: float = 1.0  # From a change that a Home tab shows until it is drawn, as often more follows.
    outage_summary: float = 15 * MINUTE  # After a longer outage Devin's messages are summed up and not all posted.
    waking: float = 10 * MINUTE  # After a reply, a session that is over may still wake up for this long.

    # ------------------------------------------------------------ outbox
    channel_interval: float = 1.0  # Between two posts in a channel.
    thread_turn: float = MINUTE  # A thread that got no post for this long is next in its channel.
    send_first_retry: float = 2.0  # After the first failure of a send; doubles with each further failure.
    send_longest_retry: float = MINUTE  # The longest pause between two attempts to send a row.
    share_check: float = 0.5  # Between two checks whether the message with shared files is there.
    files_turn: float = 1.0  # Files wait this long for others that are on their way.
    preview_expires: float = 5 * MINUTE  # The preview of a link that comes later than this is not made.
    preview_tick: float = MINUTE  # Between two looks for previews whose sessions are in a channel that became private.
    preview_checked: float = 3 * MINUTE  # Whether such a channel is private is asked again after this long.
    agent_working: float = 45 * MINUTE  # "Is working…" is shown again after this: Slack ends it after an hour.
    agent_surface_off: float = DAY  # Statuses of an agent that Slack refuses in a workspace are tried again after this.
    blocks_refused: float = 7 * DAY  # Kinds of blocks that a workspace does not draw are tried again after this.
    send_outage: float = DAY  # A post is marked as dead only when it is older than this.

    # ------------------------------------------------------------ operations
    progress_interval: float = 3.0  # Between two edits of an operation's message while it goes on: below `flow_drain`.
    operation_unnoticed: float = MINUTE  # The end of a longer operation is a message, as nobody is notified of an edit.
    operation_message: float = 0.3  # Between two checks whether the message of an operation's end is posted.
    review_poll: float = 10.0  # Between two questions to Devin how far a review is.
    review_followed: float = 2 * HOUR  # A review that takes longer is followed no longer.
    change_followed: float = 2 * MINUTE  # What came of a change at Devin that was not answered is looked for so long.

    # ------------------------------------------------------------ fan-outs
    fan_out_question: float = HOUR  # The preview of a fan-out counts for this long.
    fan_out_pause: float = 0.5  # Between two starts of sessions, so that they leave room for the work of others.
    fan_out_first_poll: float = 5.0  # From the start of a session to its first poll; doubles with each further one.
    fan_out_poll: float = MINUTE  # The longest pause between two polls of a session that is at work.
    fan_out_slow_poll: float = 10 * MINUTE  # Between two polls of a session that waits for a person.
    fan_out_stop_retry: float = 5.0  # From a stop that Devin, or an edit that Slack does not answer, to the next one.
    fan_out_followed: float = 7 * DAY  # The table is kept up to date for this long.

    # ------------------------------------------------------------ money
    consumption_interval: float = 15 * MINUTE  # Between two readings of what Devin billed.
    consumption_backfill: float = 5.0  # Between two readings while earlier days are missing.
    consumption_retry: float = 5 * MINUTE  # From a failed reading of what Devin billed until the next one.
    session_bills: float = MINUTE  # Between two looks for sessions of whose days Devin is to be asked.
    session_bills_again: float = DAY  # From an answer without a session's days until Devin is asked about them again.
    consumption_fresh: float = HOUR  # A figure read before its day was over is used for this long.
    cycles_retry: float = HOUR  # From a failed reading of cycles and limits until the next one.
    cycles_settle: float = 10 * MINUTE  # From the start of a billing day, and perhaps a cycle, until both are read.
    pull_request_sweep: float = 30 * MINUTE  # The sweep of pull requests comes this long before a billing day ends.
    pull_request_retry: float = 15 * MINUTE  # From a failed sweep of pull requests until the next one.
    pull_request_fresh: float = HOUR  # What Devin said about a pull request counts for this long.
    pull_requests_followed: float = 60 * DAY  # Devin is asked for the state of a pull request until it is this old.
    alarm_watch: float = MINUTE  # Between two watches for sessions that run away.
    alarm_snooze: float = 4 * HOUR  # An alarm that was snoozed comes back after this, if it is still one.
    alarm_returns: float = HOUR  # An alarm that is over for less than this comes back in its old post.
    usual_known: float = HOUR  # What an hour of a session usually costs is computed anew after this.
    spend_unread: float = HOUR  # What sessions spend is an alarm when nobody could read it for this long.
    spend_slots: float = 10 * MINUTE  # What was spent in a longer pause between two polls is no hour's spending.
    guardrails: float = 10 * MINUTE  # Between two readings of the guardrail violations.
    guardrails_overlap: float = DAY  # A reading asks for violations from so long before the last one, or the first.
    guardrails_refused: float = DAY  # From a refusal to show guardrail violations until they are asked for again.
    digest_tick: float = 30.0  # The longest pause between two checks whether the digest is due.
    digest_shortest: float = 0.05  # The shortest pause between two such checks, as a timer may fire a moment early.
    budgets: float = MINUTE  # Between two checks whether a level of a budget is reached.
    digest_patience: float = 30 * MINUTE  # A digest waits this long for Devin to be reachable.

    # ------------------------------------------------------------ retention
    retention: float = 30 * DAY  # What is over is kept for so long.
    task_kept: float = 7 * DAY  # A task is kept whole for this long, so that it can be tried again or continued.
    dead_texts: float = DAY  # The text of a row that is dead is kept this long, to find out what went wrong.
    first_purge: float = MINUTE  # From the start to the first purge.
    retention_interval: float = HOUR  # Between two purges.
    retention_soon: float = MINUTE  # Until the next purge if one could not delete everything.
    keys_kept: float = 7 * DAY  # An ended session, and with it the keys in its thread, is kept at least this long.
    audit_log: float = 2.0  # New audit rows are written into the file for a SIEM this often.
    audit_kept: float = 400 * DAY  # Who changed what is kept this long.
    fan_outs_kept: float = 32 * DAY  # Fan-outs are kept at least this long, so that the budgets of a cycle add up.
    spend_kept: float = 400 * DAY  # What was spent is kept this long, so that a month compares with the last year's.
    recent_spend_kept: float = 14 * DAY  # Which hours of sessions cost how much is compared for this long.
    buckets_kept: float = DAY  # A token bucket that was not used for this long is full.

    # ------------------------------------------------------------ start
    start_first_retry: float = 1.0  # From the first call that Slack does not answer at the start; then doubles.
    start_longest_retry: float = MINUTE  # The longest pause between two such calls.
    port_check: float = 0.01  # Between two checks whether the port is open.

    # ------------------------------------------------------------ stop
    listener_drain: float = 3.0  # A stop waits this long for listeners in flight.
    flow_drain: float = 4.0  # A stop waits this long for flows and posts in flight.
    tick_drain: float = 1.0  # A stop waits this long for a poll. They all add up to less than the ten it may take.
    request_drain: int = 1  # The port waits this long for requests in flight, in whole seconds.
    spans_drain: float = 0.5  # A stop waits this long, at its end, for the spans that are left to be sent.
    socket_check: float = 5.0  # Between two checks whether there is a socket.
    disconnected: float = MINUTE  # Without a socket for this long the process ends, to be started anew.
    poll_overdue: float = 5 * MINUTE  # Readiness warns of Devin when the last poll is older: five of the slow ones.
    readiness: float = 2.0  # The store has to answer the check of readiness within this time.
    readiness_kept: float = 1.5  # What the check of readiness has found in the store counts for this long.
    setup_check: float = 5.0  # Between two looks whether admins have to be informed of a wrong set-up.
    figures_kept: float = 5.0  # What the store says about figures for the metrics counts for this long.
    refusal_kept: float = 10.0  # A write that a full disk has refused makes the bot unready for this long.
    outbox_overdue: float = 5 * MINUTE  # Readiness warns of a post that could have been sent this long ago.


PRODUCTION: Final = Timing()
