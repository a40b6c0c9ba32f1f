"""Names of time zones as people type them: found whatever their capitals are, and the nearest of those that are not."""

import re
from datetime import tzinfo
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MOST_NEAR: Final = 3
_NEAR: Final = 0.7  # of difflib's ratio
# These would not move with the clocks. The last ones stand in the tz database, as if they were names.
_OFFSET: Final = re.compile(r"(?:utc|gmt|etc/gmt)?[+-]\d.*|etc/gmt\d.*", re.IGNORECASE)


def zone_named(typed: str) -> str | None:
    """Return the name of the zone that somebody `typed`, with its own capitals; None if there is none, or an offset."""
    return None if is_offset(typed) else _by_lower_case().get(_lowered(typed))


def zone_or(named: str | None, default: tzinfo) -> tzinfo:
    """Return the zone that Slack `named` for a person, or the `default` where it named none that is known here."""
    try:
        return ZoneInfo(named) if named else default
    except (ZoneInfoNotFoundError, ValueError):
        return default


def is_offset(typed: str) -> bool:
    """Whether somebody `typed` an offset such as UTC+2, which is no zone."""
    return _OFFSET.fullmatch(typed) is not None


def nearest_zones(typed: str) -> tuple[str, ...]:
    """Return the names of zones, at most three, that are most like what somebody `typed`, such as "berlin"."""
    word, cities = _lowered(typed).rsplit("/", 1)[-1], _by_city()
    near = [word] if word in cities else get_close_matches(word, cities, MOST_NEAR, _NEAR)
    return tuple(cities[city] for city in near)


def _lowered(typed: str) -> str:
    return typed.strip().lower().replace(" ", "_")


@cache
def _by_lower_case() -> dict[str, str]:
    # The list that comes with the tz database: to search the folders of the system for zones takes ten times as long.
    names = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return {name.lower(): name for name in names if not is_offset(name)}


@cache
def _by_city() -> dict[str, str]:
    """The names by what stands behind their last slash."""
    return {name.rsplit("/", 1)[-1]: whole for name, whole in _by_lower_case().items() if "/" in name}
