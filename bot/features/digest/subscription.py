"""A subscription: which digest a channel gets, when, and whose sessions it counts."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from bot.domain.questions import CSV_WORD
from bot.features.digest.editions import Edition, Schedule, Share

FROM_SETTINGS: Final = "settings"  # who added the daily digest that BOT_ADMIN_CHANNEL asks for


@dataclass(frozen=True, slots=True)
class Subscription:
    """One edition of the digest in one channel, which has a CSV file in its thread if it is `with_file`.

    `added_by` is a user's id, empty where that was erased.
    """

    channel: str
    edition: Edition
    schedule: Schedule
    share: Share = Share.ALL
    added_by: str = ""
    added_at: float = 0.0
    with_file: bool = False

    @property
    def id(self) -> str:
        """What tells it from the others of its workspace."""
        return f"{self.channel}:{self.edition}"

    @property
    def is_from_settings(self) -> bool:
        """Whether it stands in the settings, so that no command changes it."""
        return self.added_by == FROM_SETTINGS

    @property
    def as_record(self) -> dict[str, str]:
        """What an audit row says of it."""
        file = {"file": CSV_WORD} if self.with_file else {}
        return file | {
            "edition": self.edition.value,
            "channel": self.channel,
            "time": f"{self.schedule.at:%H:%M}",
            "zone": str(self.schedule.zone),
            "share": self.share.value,
        }


def from_settings(channel: str, schedule: Schedule) -> Subscription:
    """Return the daily digest that the settings ask for."""
    return replace(Subscription(channel, Edition.DAILY, schedule), added_by=FROM_SETTINGS)


class MissedBecause(StrEnum):
    """Why a digest was not posted."""

    AWAY = "away"  # nothing of the bot ran from its time until it was too late
    LATE = "late"  # Slack did not take it in time
    UNKNOWN = "unknown"  # nobody knows whether Slack took it
    SHARED = "shared"  # another company shares the channel
    ARCHIVED = "archived"
    NOT_IN_CHANNEL = "not in channel"
    RESTRICTED = "restricted"  # only some may post in the channel
    REFUSED = "refused"  # by Slack, for another reason
    QUIET = "quiet"  # there was nothing to say


# Here the next digest will not be posted either, unless somebody acts.
LASTING: Final = frozenset(MissedBecause) - {
    *(MissedBecause.AWAY, MissedBecause.LATE, MissedBecause.UNKNOWN, MissedBecause.QUIET)
}


@dataclass(frozen=True, slots=True)
class Missed:
    """The digest that a billing day names, which was not posted."""

    day: date
    because: MissedBecause
