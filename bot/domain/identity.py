"""Who somebody in Slack is at Devin, so that their sessions and replies stand in their own name there."""

from dataclasses import dataclass
from enum import StrEnum


class LinkState(StrEnum):
    """How a person in Slack stands to the users at Devin."""

    LINKED = "linked"
    UNKNOWN = "unknown"  # nobody at Devin has their address, or more than one
    HIDDEN = "hidden"  # Slack does not show the bot their address
    INVALID = "invalid"  # Devin takes nothing in their name any more
    UNLINKED = "unlinked"  # an admin has taken the link away


class LinkSource(StrEnum):
    """What has made the link."""

    EMAIL = "email"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """The link of the person `user` of the workspace `team`, as it is since `at`.

    `devin_user` is the id at Devin; one that is not valid any more stays. `explained` is the state that the person was
    informed of last, None before the first time.
    """

    team: str
    user: str
    state: LinkState
    at: float
    devin_user: str | None = None
    source: LinkSource = LinkSource.EMAIL
    explained: LinkState | None = None

    @property
    def acts_as(self) -> str | None:
        """The id at Devin in whose name the person starts and writes; None for that of the bot."""
        return self.devin_user if self.state is LinkState.LINKED else None

    def is_due(self, now: float, retry: float) -> bool:
        """Whether to look again who the person is, `retry` seconds after the last time; what an admin set stays."""
        is_set = self.source is LinkSource.ADMIN and self.state is LinkState.LINKED
        return not is_set and self.state is not LinkState.UNLINKED and now - self.at >= retry
