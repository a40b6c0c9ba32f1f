"""What the rest of the bot says about its work, for spans."""

from contextlib import AbstractContextManager, nullcontext
from typing import Final

_NOTHING: Final = nullcontext()


class Tracing:
    """Makes no spans: for a process whose spans nobody collects."""

    def request(self, transport: str) -> AbstractContextManager[None]:
        """Record what the block does for a request of Slack's, from its arrival by `transport` to its answer."""
        del transport
        return _NOTHING

    def stored(self, flow: str, ref: str) -> None:
        """Note that the request was stored as a row for `flow`, with the reference `ref` of all that comes of it."""

    def work(
        self, on: str, kind: str, ref: str, *, waited: float, attempts: int, first: bool
    ) -> AbstractContextManager[None]:
        """Record what the block does for a row with the reference `ref`; `on` and `kind` say what is done.

        The row has `waited` seconds since it was stored. The `first` of all that is worked on by this reference begins
        the trace.
        """
        del on, kind, ref, waited, attempts, first
        return _NOTHING

    def failed(self, reason: str) -> None:
        """Note that the request or the work in whose block this is called failed; `reason` has no words of people."""

    def called(self, service: str, call: str, outcome: str, seconds: float, *, ok: bool) -> None:
        """Record a `call` to `service` that has just ended, `seconds` after it began; its name has no ids."""

    async def close(self, within: float) -> None:
        """Send the spans that are left, for at most `within` seconds."""
