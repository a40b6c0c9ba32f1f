"""Every wait of the bot in one place, so that a test can pass a faster one."""

from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


@dataclass(frozen=True)
class Timing:
    """How long the bot waits for what. Every field is in seconds."""

    # ------------------------------------------------------------ requests
    devin_write: float = 20.0  # No create or message of ours is on its way to Devin any longer than this.
    devin_first_pause: float = 0.5  # Before a read that failed at Devin is tried again for the first time.
    devin_longest_pause: float = 5.0  # No pause between two tries of a read at Devin is longer.
    slack_request: float = 10.0  # No call to Slack takes longer.
    slack_connect: float = 5.0  # Below the request's limit, so that "nothing was sent" can be told from "no answer".
    download: float = 60.0  # A file is fetched from Slack within this.
    download_connect: float = 5.0  # A connection for a file is made within this.
    download_silence: float = 10.0  # Between two pieces of a file.

    # ------------------------------------------------------------ unknown outcomes
    unknown_after: float = devin_write + 10.0  # From the intent until a call without an answer counts as not made.
    lookup_interval: float = 5.0  # Between two searches at Devin for what has an unknown outcome.
    post_settle: float = 13.0  # From a post until a search tells whether it was made: above `slack_request`.

    # ------------------------------------------------------------ processes and ticks
    lease: float = 30.0  # A worker without a heartbeat for this long loses what it has claimed.
    engine_retry: float = 5.0  # After a lane or a tick failed in a way it did not handle itself.
    lane_sweep: float = 15.0  # Between two wakings of all lanes with open rows.
    checkpoint: float = 1.0  # Between two checkpoints: often, so that no commit makes one while an ack waits.
    idle_tick: float = HOUR  # Until a tick that has nothing to do looks again by itself.

    # ------------------------------------------------------------ inbox
    reply_settle: float = 0.5  # From storing a reply until it may be claimed, so that a burst sorts itself.
    row_first_retry: float = 5.0  # After the first failure of an inbox row; it doubles with each further one.
    row_longest_retry: float = MINUTE  # An inbox row that failed is tried again at least this often.
    row_longest_asked: float = 5 * MINUTE  # An inbox row waits no longer, whatever the other side asks for.
    row_outage: float = 6 * HOUR  # An outage may last this long before a message counts as lost.
    late_notice: float = 20.0  # A start or reply that waits longer than this for Devin is told in its thread.
    repeated_command: float = MINUTE  # The same command within this asks whether it is meant.
    repeat_question: float = 10 * MINUTE  # That question waits so long for its answer.
    dm_follow_up: float = 2 * MINUTE  # A line within this after the last one in a direct message is a reply to it.
    dm_earlier_line: float = 10.0  # A line waits so long for the one before it to be dealt with.
    dm_retry: float = 0.5  # Between two looks whether it was.
    unknown_thread: float = 10.0  # A reply waits so long for its thread to be known: less than `post_settle`.
    unknown_thread_retry: float = 1.0  # Between two looks whether the thread is known.
    person_known: float = HOUR  # What Slack says about a person holds so long.
    channel_known: float = 30.0  # The same of a channel, which may become a shared one at any time.
    catch_up_retry: float = 5.0  # Until a thread that could not be read is read again.

    # ------------------------------------------------------------ poller
    poll: float = 10.0  # Between two polls while something runs or somebody has just spoken.
    slow_poll: float = MINUTE  # Between two polls while all sleeps.
    poll_soon: float = 1.0  # Until the next poll, and the next catch-up, after we changed something at Devin.
    poll_overlap: int = 120  # Before the watermark: changes may share a second, and Devin's machines differ by some.
    answer_expected: float = 2 * MINUTE  # An answer is expected so long after a person spoke.
    same_second: float = 2.0  # A session changed just now is read again for so long: Devin's second, and its answer.
    count_sweep: float = 5 * MINUTE  # Between two comparisons of the message counts of all that is watched.
    last_words: float = 10 * MINUTE  # A session that is over for us may still show up or speak for so long.
    unreadable_session: float = 10 * MINUTE  # The watermark of all waits so long for one that cannot be announced.
    unknown_start: float = DAY  # A session whose start is not known may show up for so long, as in an outage.
    read_back: float = row_outage + unknown_start + HOUR  # Nobody waits any more for what was made longer ago.
    poll_longest_backoff: float = 5 * MINUTE  # While Devin fails, an organisation is polled at least this often.
    figures_interval: float = 5 * MINUTE  # Between two drawings of a card for new figures alone.
    outage_summary: float = 15 * MINUTE  # What was said in a longer gap is summed up, not replayed.
    waking: float = 10 * MINUTE  # After a reply a session that is over may yet wake for so long.

    # ------------------------------------------------------------ outbox
    channel_interval: float = 1.0  # Between two posts in a channel.
    send_first_retry: float = 2.0  # After the first failure of a send; it doubles with each further one.
    send_longest_retry: float = MINUTE  # What Slack did not take is tried again at least this often.
    send_outage: float = DAY  # A post is not given up before it is this old.

    # ------------------------------------------------------------ money
    consumption_interval: float = 15 * MINUTE  # Between two readings of what Devin billed.
    consumption_retry: float = 5 * MINUTE  # After a reading that failed.
    consumption_fresh: float = HOUR  # A running day's figure that is older would be taken for today's.
    digest_tick: float = 30.0  # Between two looks whether the digest is due.
    digest_shortest: float = 0.05  # Until the next of these looks at least: a timer may ring a moment early.
    digest_patience: float = 30 * MINUTE  # A digest waits so long for a Devin that cannot be reached.

    # ------------------------------------------------------------ retention
    retention: float = 30 * DAY  # What is over is kept for so long.
    retention_interval: float = HOUR  # Between two purges.
    retention_soon: float = MINUTE  # Until the next purge when there was more than one can do.
    keys_kept: float = 7 * DAY  # Keys outlive their session by this.
    spend_kept: float = 400 * DAY  # A year and a month, to compare with.
    buckets_kept: float = DAY  # A token bucket that was not used for so long is full.

    # ------------------------------------------------------------ stop
    listener_drain: float = 3.0  # At a stop: for listeners in flight.
    flow_drain: float = 4.0  # At a stop: for flows and posts in flight.
    tick_drain: float = 1.0  # At a stop: for a poll under way. With the two above less than the ten a stop may take.
    socket_check: float = 5.0  # Between two looks whether there is a socket.
    disconnected: float = MINUTE  # Without a socket for so long the process ends: its supervisor starts it anew.
    poll_overdue: float = MINUTE  # Three slow polls and this after the last one the bot is not ready.
    readiness: float = 2.0  # The store has to answer a question about readiness within this.


PRODUCTION: Final = Timing()
