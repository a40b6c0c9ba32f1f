"""Short waits for tests: where the bot waits for seconds in production it waits for tenths here, in proportion.

What its waits rest on stays as it is: no request of ours is on its way longer than its own limit, and nothing counts as
"did not happen" before that limit and a margin are over.
"""

from typing import Any, Final

# For any scenario: what is tried again is tried sooner. What counts as late, lost or known is as in production.
QUICK: Final[dict[str, Any]] = {
    "devin_first_pause": 0.1,
    "devin_longest_pause": 0.5,
    "lookup_interval": 1.0,
    "engine_retry": 1.0,
    "row_first_retry": 1.0,
    "row_longest_retry": 2.0,
    "catch_up_retry": 1.0,
    "command_silence": 60.0,  # on a busy machine nothing is quick, and only some stories are about this line
    "answer_settle": 0.5,
    "pull_request_settle": 0.3,
    "start_retry": 0.2,
    "dm_retry": 0.1,
    "unknown_thread_retry": 0.2,
    "reply_settle": 0.2,
    "edit_settle": 1.0,
    "poll_soon": 0.1,
    "channel_interval": 0.05,
    "send_first_retry": 0.5,
    "send_longest_retry": 2.0,
    "start_first_retry": 0.1,
    "session_bills": 0.3,
    "privacy_tick": 0.1,
    "home_settle": 0.1,
}

# For bots between the playground's simulators, whose Slack lets a second pass between two posts in a channel.
IN_PLAYGROUND: Final[dict[str, Any]] = {
    **{name: wait for name, wait in QUICK.items() if name != "channel_interval"},
    "slack_request": 2.0,
    "post_settle": 2.5,
}

# For scenarios about what takes the bot half a minute, and for bots that are killed many times.
SHORT: Final[dict[str, Any]] = {
    "review_poll": 0.3,
    "late_notice": 120.0,  # on a busy machine a death takes long, and no story is about the notice
    "devin_write": 2.0,
    "devin_first_pause": 0.1,
    "devin_longest_pause": 0.5,
    "unknown_after": 2.5,
    "lookup_interval": 0.3,
    "orphan_settle": 1.0,
    "post_look_up": 0.7,
    "post_settle": 1.3,  # no call of these tests is under way for longer
    "engine_retry": 0.5,
    "lane_sweep": 1.0,
    "row_first_retry": 0.3,
    "row_longest_retry": 1.0,
    "start_retry": 0.2,
    "dm_retry": 0.1,
    "unknown_thread": 0.4,
    "command_silence": 60.0,  # as above
    "answer_settle": 0.5,
    "pull_request_settle": 0.3,
    "unknown_thread_retry": 0.2,
    "reply_settle": 0.2,
    "edit_settle": 1.0,
    "poll_soon": 0.1,
    "channel_interval": 0.05,
    "send_first_retry": 0.3,
    "send_longest_retry": 1.0,
    "digest_tick": 0.6,
    "session_bills": 0.6,
    "budgets": 0.6,
    "progress_interval": 0.01,
    "operation_message": 0.1,
    "fan_out_pause": 0.02,
    "fan_out_poll": 0.3,
    "fan_out_slow_poll": 0.3,
    "fan_out_stop_retry": 0.3,
    "home_settle": 0.1,
    "privacy_tick": 3600.0,  # what the clock does then is in no story; a digest asks by itself
    "person_checked": 3600.0,  # a story that takes more than a minute has the same steps
}
