"""When the key of Devin's service user expires, and from when on that is said."""

from typing import Final

WARNED_BEFORE: Final = 14 * 86_400.0  # seconds


def is_near(expires_at: float, now: float) -> bool:
    """Whether a key that expires at `expires_at` is to be warned of at `now`."""
    return expires_at - now <= WARNED_BEFORE
