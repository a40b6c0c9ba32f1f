"""Ids and references that are derived from keys: one cause always leads to one id, however often it is handled."""

import hashlib
from typing import Final

# How the keys of posts begin that contain what Devin said or did: those of sessions, and those of fan-outs.
DEVINS_POSTS: Final = ("say:", "announce:", "fanout:")
ADMINS_POSTS: Final = "admins:"  # how those of posts to admins begin, and the id of who or what gets one ends them
# How the keys of posts begin that say what was spent: digests, levels of budgets, grants, alarms, and those to admins.
FIGURES_POSTS: Final = ("digest:", "budget:", "granted:", "alarm:", ADMINS_POSTS)


def command_key(trigger_id: str) -> str:
    """The key of the slash command with this id of Slack's."""
    return f"cmd:{trigger_id}"


def message_key(team: str, channel: str, ts: str) -> str:
    """The key of the message `ts` that a person wrote in `channel`."""
    return f"msg:{team}:{channel}:{ts}"


def session_id(key: str) -> str:
    """The id of the session that the cause with this key starts: a hash of `key`, always the same for one key."""
    return hashlib.blake2b(key.encode(), digest_size=10).hexdigest()


def short_id(key: str) -> str:
    """The reference for people and the log that belongs to the key of a cause: the first characters of `session_id`."""
    return ref_of(session_id(key))


def ref_of(session_id: str) -> str:
    """The reference for people and the log that belongs to a session, shortened from its `session_id`.

    It equals `short_id` of the key that started the session, so one reference links the message with the session.
    """
    return session_id[:10]


def reference(team: str, channel: str, ts: str) -> str:
    """The reference by which a session is found again at Devin, made from the Slack message at `ts`.

    It stands in a tag of the session and at the end of its prompt. A reply carries a mark instead, `[Slack ts]`.
    """
    return f"slack-{team}-{channel}-{ts}"


def ts_of(reference: str) -> str:
    """The `ts` of the Slack message, or of the press, from which `reference` was made."""
    return reference.rsplit("-", 1)[-1]


def place_of(reference: str) -> tuple[str, str, str] | None:
    """The workspace, channel and `ts` from which `reference` was made; None if it was made in another way."""
    slack, *place = reference.split("-")
    return (place[0], place[1], place[2]) if slack == "slack" and len(place) == 3 else None


def operation_id(key: str) -> str:
    """The id of the operation that the cause with this key begins: a hash of `key`, always the same for one key."""
    return session_id(f"op:{key}")


def fan_out_id(key: str) -> str:
    """The id of the fan-out that the cause with this key asks for: a hash of `key`, always the same for one key."""
    return session_id(f"fanout:{key}")
