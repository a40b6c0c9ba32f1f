"""A Slack workspace, and the settings that flows obey in it."""

from dataclasses import dataclass
from datetime import UTC, time, tzinfo

from bot.timing import DAY


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that flows obey."""

    admin_channel: str | None = None
    admin_users: frozenset[str] = frozenset()
    digest_time: time = time(9, 0)
    zone: tzinfo = UTC
    retention_seconds: float = 30 * DAY


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Slack workspace: its id, the ids of the bot in it, and its address."""

    team: str
    bot_user: str
    bot_id: str
    url: str
