"""Names that are made from the key of a cause, so that the same cause always makes the same ones."""

import hashlib


def session_id(key: str) -> str:
    """The id of the session that a cause makes: the same cause always makes the same one."""
    return hashlib.blake2b(key.encode(), digest_size=10).hexdigest()


def short_id(key: str) -> str:
    """The beginning of that id: what people are told and the log shows."""
    return ref_of(session_id(key))


def ref_of(session_id: str) -> str:
    """The same of a session: what is said of it carries the reference of the message that started it."""
    return session_id[:10]


def reference(team: str, channel: str, ts: str) -> str:
    """What stands in a session's tag and in the first line of each message, to find it again by."""
    return f"slack-{team}-{channel}-{ts}"
