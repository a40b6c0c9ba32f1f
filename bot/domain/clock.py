"""Times of day, as people write them, and as Slack shows them in American English."""

import re
from datetime import time
from typing import Final

_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))? ?(?:(?P<half>[ap])\.?m\.?|uhr|h)?", re.IGNORECASE | re.ASCII
)
_NAMED: Final = {"noon": time(12), "midnight": time(0)}


def clock_time(at: time) -> str:
    """Write a time of day as Slack shows it, such as "9:05 AM"."""
    return f"{at.hour % 12 or 12}:{at:%M} {'AM' if at.hour < 12 else 'PM'}"


def read_clock(text: str) -> time | None:
    """Read a time of day, such as "9:05 AM", "9am", "21:30" or "noon"; None if `text` is none."""
    written = " ".join(text.split()).lower()
    found = _TIME.fullmatch(written)
    if found is None:
        return _NAMED.get(written)
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + 12 * (half == "p") if half else hour
    return time(hour, minute) if hour < 24 and minute < 60 else None
