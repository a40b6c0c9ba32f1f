"""What a run takes of a matrix that would cost more than it tells: a random part, another one each time."""

import random
from dataclasses import dataclass
from typing import Final

SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Sample:
    """A tenth of all things, which the seed decides on by their names, in each process of a run alike."""

    seed: int

    def has(self, name: str, share: float = SHARE) -> bool:
        """Whether the thing with this name is one of them, or of another `share`."""
        return random.Random(f"{self.seed} {name}").random() < share
