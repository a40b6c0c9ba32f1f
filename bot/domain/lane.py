"""The names of lanes, which a hint to the engine carries.

Rows in one lane of the inbox are handled in order; different lanes run in parallel. In a lane of the outbox each thread
keeps its order, and the whole lane shares one rate limit. The first word of a name says who works on the lane: `in` the
flows; `out`, `react`, `unreact` and `priv` the sender; `edit` the editor of cards; `slow` the line about a command.
"""


def thread_lane(team: str, channel: str, ts: str) -> str:
    """The inbox lane of the thread `ts`, for everything that people write or press in it."""
    return f"in:{team}:{channel}:{ts}"


def thread_of(lane: str) -> tuple[str, str, str] | None:
    """The workspace, the channel and the `ts` in the name that `thread_lane` made; None for other names.

    Other names may have as many parts, such as that of a `person_lane`: they give a thread, one that nobody has.
    """
    parts = lane.split(":")
    return (parts[1], parts[2], parts[3]) if len(parts) == 4 and parts[0] == "in" else None


def own_lane(key: str) -> str:
    """An inbox lane of its own for the row with this key, so that it waits for no thread.

    A slash command about a session without a thread gets the lane that is named after the session's id.
    """
    return f"in:{key}"


def review_lane(pull_request: str) -> str:
    """The inbox lane of reviews of the pull request with this address, in which one waits for the one before it.

    Hosts take an address in upper case for the same one.
    """
    return f"in:review:{pull_request.partition('://')[2].lower()}"


def held_lane(question: str, subject: str) -> str:
    """The inbox lane in which rows wait for an answer to the question with this name about `subject`."""
    return f"in:held:{question}:{subject}"


def person_lane(team: str, user: str) -> str:
    """The inbox lane of one person's slash commands: handled one by one, a repeated command is noticed."""
    return f"in:{team}:person:{user}"


def operation_lane(operation_id: str) -> str:
    """The inbox lane of one operation."""
    return f"in:op:{operation_id}"


def fan_out_lane(fan_out_id: str) -> str:
    """The inbox lane of one fan-out, in which it is carried on."""
    return f"in:fanout:{fan_out_id}"


def fan_out_session_lane(fan_out_id: str, org_id: str) -> str:
    """The inbox lane in which the session of a fan-out in one organisation is created."""
    return f"in:fanout:{fan_out_id}-{org_id}"


def poll_lane(org_id: str) -> str:
    """The lane of the poller of an organisation, so that one worker at a time polls it."""
    return f"in:poll:{org_id}"


def channel_lane(team: str, channel: str) -> str:
    """The outbox lane of a channel, for everything the bot posts in it under one rate limit."""
    return f"out:{team}:{channel}"


def edit_lane(team: str, surface: str = "message") -> str:
    """The lane for all edits of posts on a surface of the workspace `team`, which share one rate limit."""
    return f"edit:{team}:{surface}"


def reaction_lane(team: str) -> str:
    """The outbox lane for all reactions in the workspace `team`."""
    return f"react:{team}"


def reaction_removal_lane(team: str) -> str:
    """The outbox lane for the reactions that are taken away in the workspace `team`."""
    return f"unreact:{team}"


def private_lane(team: str, key: str) -> str:
    """An outbox lane for the private answers, in their order, to the cause with this key in the workspace `team`."""
    return f"priv:{team}:{key}"


def slow_lane(key: str) -> str:
    """The lane, without rows, in which a look is taken at the slash command with this key, unless it was quick."""
    return f"slow:{key}"


def surface_of(lane: str) -> str:
    """The surface in the name that `edit_lane` made."""
    return lane.split(":")[2]


def team_of(lane: str) -> str:
    """The id of the workspace in which a lane of the outbox or of edits posts or edits."""
    return lane.split(":")[1]
