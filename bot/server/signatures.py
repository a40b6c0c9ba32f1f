"""Slack's signatures, checked on the bytes that came in, and remembered so that no request is answered twice.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import hmac
import re
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.timing import Timing

# How Slack signs, and how what it sends begins: JSON with a type, or a form with a token, a challenge or a payload.
_SIGNED: Final = re.compile(rb"v0=[0-9a-f]{64}")
_SENT: Final = re.compile(rb'\{[^\0]*"type"\s*:|(?:[a-z_]+=[^&]*&)*(?:token|payload)=')
NUMBER: Final = re.compile(rb"[0-9]{1,12}")
# Slack sends an app at most 30,000 events an hour and workspace, which is 2,500 in the life of a signature.
MOST_REMEMBERED: Final = 50_000
MOST_LOOKED_AT: Final = 10_000  # bytes of a request that is not signed

_Answer = TypeVar("_Answer")


class Signatures:
    """Checks the signatures of requests with the signing secret.

    The SDK has a verifier, but for text: it fails on a body that is not UTF-8, on a timestamp that is not a number and
    on a signature that is not ASCII, and so would answer a stranger's request with a 500.
    """

    def __init__(self, secret: str, timing: Timing, clock: Callable[[], float] = time.time) -> None:
        self._keyed = hmac.new(secret.encode(), digestmod="sha256")
        self._timing = timing
        self._clock = clock

    def is_current(self, timestamp: bytes) -> bool:
        """Whether `timestamp` is a time that a signature may have now; this costs less than the signature itself."""
        if not NUMBER.fullmatch(timestamp):
            return False
        age: float = abs(self._clock() - int(timestamp))
        return age <= self._timing.signature_valid

    def fits(self, signature: bytes, timestamp: bytes, body: bytes) -> bool:
        """Whether `signature` was made of `timestamp` and `body` with the secret."""
        made = self._keyed.copy()  # takes a fifth of the time of a new one
        made.update(b"v0:" + timestamp + b":")
        made.update(body)
        return hmac.compare_digest(f"v0={made.hexdigest()}".encode(), signature)


def may_be_from_slack(signature: bytes, body: bytes) -> bool:
    """Whether a request that does not fit may be Slack's, signed with another secret, and is no stray client's."""
    return bool(_SIGNED.fullmatch(signature) and _SENT.match(body[:MOST_LOOKED_AT]))


class Repeats:
    """Has each signed request answered once, for as long as its signature is valid.

    What acts is once by the key of its row. This is for the rest: an answer, such as the list of a person's sessions,
    must not be had again by somebody who has captured the request. It is kept in memory, because a row for each request
    would double the time of an ack; so a restart forgets. Other processes learn of it through `publish`, milliseconds
    later. By the clock, as that is how signatures age: where it is set back, what was signed before counts longer, and
    so is remembered longer.
    """

    def __init__(
        self,
        timing: Timing,
        clock: Callable[[], float] = time.time,
        most: int = MOST_REMEMBERED,
        publish: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._timing = timing
        self._publish = publish
        self._clock = clock
        self._most = most
        self._answered: dict[bytes, float] = {}  # the signature, and until when it is remembered; the oldest first
        self._in_flight: dict[bytes, asyncio.Event] = {}

    async def once(
        self, signature: bytes, answer: Callable[[], Awaitable[_Answer]], is_final: Callable[[_Answer], bool]
    ) -> _Answer | None:
        """Return what `answer` gives to the request with this `signature`, or None if it had its final answer before.

        After an answer that is not final, such as a 503, Slack sends the request again. If that happens in the same
        second, it has the same signature. So only a final answer is remembered, and a repeat waits for the one before.
        """
        while (before := self._in_flight.get(signature)) is not None:
            await before.wait()
        if signature in self._answered:
            return None
        done = self._in_flight[signature] = asyncio.Event()
        try:
            given = await answer()
            if is_final(given):
                self._remember(signature)
                # A crash right here lets another process take a repeat, whose row then has a key that is stored.
                self._publish(signature.decode("latin-1"))
            return given
        finally:
            del self._in_flight[signature]
            done.set()

    def learn(self, signature: str) -> None:
        """Remember that another process has given the request with this `signature` its final answer."""
        self._remember(signature.encode("latin-1"))

    def _remember(self, signature: bytes) -> None:
        now = self._clock()
        # The clock of who signed may be ahead of ours by as much as a signature may be old.
        self._answered[signature] = now + 2 * self._timing.signature_valid
        while self._answered:
            oldest, until = next(iter(self._answered.items()))
            if until > now and len(self._answered) <= self._most:
                break
            del self._answered[oldest]
