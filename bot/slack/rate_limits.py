"""How fast the bot may speak: besides the pace of a channel, a token bucket for each method.

https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Budget:
    """A token every `interval` seconds, `burst` of them at most."""

    interval: float
    burst: int

    @property
    def ahead(self) -> float:
        """How far a bucket's instant may be ahead of now while there is a token left."""
        return (self.burst - 1) * self.interval


ONE: Final = Budget(0.0, 1)  # of what has no bucket of its own
KEPT: Final = 2  # tokens that edits for figures only leave to others
# Any 60 seconds hold at most 60 / interval + burst calls, and Slack allows 50, 50 and 100.
EDITS: Final = Budget(60 / 36, 4)
FIGURES: Final = Budget(EDITS.interval, EDITS.burst - KEPT)  # the same bucket
METHODS: Final[Mapping[str, Budget]] = {
    "chat.update": EDITS,
    "reactions.add": Budget(60 / 40, 5),
    "chat.postEphemeral": Budget(60 / 80, 10),
}


def of_method(method: str) -> Budget:
    """The budget of a method of Slack's."""
    return METHODS.get(method, ONE)
