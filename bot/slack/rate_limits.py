"""How often the bot may call Slack: a token bucket for each method, besides the rate of posts in a channel.

https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Budget:
    """A token bucket: a token every `interval` seconds, at most `burst` of them."""

    interval: float
    burst: int

    @property
    def ahead(self) -> float:
        """How many seconds a bucket's stored instant may be ahead of now while there is a token left."""
        return (self.burst - 1) * self.interval


ONE: Final = Budget(0.0, 1)  # for methods without a bucket
KEPT: Final = 2  # tokens that edits which may wait leave to others
# Any 60 seconds hold at most 60 / interval + burst calls, and Slack allows 50, 50, 20, 100 and 100.
EDITS: Final = Budget(60 / 36, 4)
SPARE_EDITS: Final = Budget(EDITS.interval, EDITS.burst - KEPT)  # for edits that may wait, from the bucket of EDITS
METHODS: Final[Mapping[str, Budget]] = {
    "chat.update": EDITS,
    "reactions.add": Budget(60 / 40, 5),
    "reactions.remove": Budget(60 / 15, 4),
    "agents.sessions.setStatus": Budget(60 / 36, 4),
    "chat.postEphemeral": Budget(60 / 80, 10),
    "views.publish": Budget(60 / 80, 10),
}


def of_method(method: str) -> Budget:
    """Return the budget of one of Slack's methods."""
    return METHODS.get(method, ONE)
