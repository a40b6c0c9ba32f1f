"""How long we wait for an answer, and when a read is tried again.

Only reads are repeated here. A request that changes something is left to the caller, who can look up what it did.
"""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Final, Self

import stamina

from bot.devin.errors import DevinRateLimited, DevinServerError, DevinUnreachable
from bot.timing import PRODUCTION, Timing


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits in seconds. `write`, `read` and `upload` each hold for one request as a whole."""

    write: float
    read: float
    upload: float
    connect: float
    reads: float  # no further attempt of a read begins later than this after the first
    first_pause: float
    longest_pause: float
    longest_asked: float  # a longer Retry-After is left to the caller: a try before its end would be refused
    attempts: int = 4
    jitter: float = 0.5

    @classmethod
    def of(cls, timing: Timing) -> Self:
        """The limits that `timing` says."""
        return cls(
            write=timing.devin_write,
            read=timing.devin_read,
            upload=timing.devin_upload,
            connect=timing.devin_connect,
            reads=timing.devin_reads,
            first_pause=timing.devin_first_pause,
            longest_pause=timing.devin_longest_pause,
            longest_asked=timing.devin_longest_asked,
        )

    def verdict(self, error: Exception) -> bool | float:
        """Whether to try a read again that failed with `error`; a number is the pause that Devin asked for."""
        if not isinstance(error, DevinRateLimited | DevinServerError | DevinUnreachable):
            return False
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= self.longest_asked else False

    def attempts_of_a_read(self) -> AsyncIterable[stamina.Attempt]:
        """Give the attempts of one read, limited in number and time, with growing pauses between them."""
        return stamina.retry_context(
            on=self.verdict,
            attempts=self.attempts,
            timeout=self.reads,
            wait_initial=self.first_pause,
            wait_max=self.longest_pause,
            wait_jitter=self.jitter,
        )


PATIENCE: Final = Patience.of(PRODUCTION)
