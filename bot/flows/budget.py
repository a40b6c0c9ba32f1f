"""How fast the bot may speak besides the pace of a channel: a token bucket for each method."""

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
# Any 60 seconds hold at most 60 / interval + burst calls, and Slack allows 50, 50 and 100.
METHODS: Final = {
    "card": ("chat.update", Budget(60 / 36, 4)),
    "reaction": ("reactions.add", Budget(60 / 40, 5)),
    "private": ("chat.postEphemeral", Budget(60 / 80, 10)),
}


KEPT: Final = 2  # tokens that edits for figures only leave to others


def of_method(method: str) -> Budget:
    """The budget of a method of Slack's."""
    return next((budget for name, budget in METHODS.values() if name == method), ONE)
