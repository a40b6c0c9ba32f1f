"""Slack's rate limits: one post a second in a channel, and the tier of each method by the minute."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from bot.playground.slack.clock import Clock
from bot.playground.slack.errors import SlackError

TIERS: Final = {2: 20, 3: 50, 4: 100}  # calls a minute; https://docs.slack.dev/apis/web-api/rate-limits
WINDOW: Final = 60.0
# Who keeps to one a second is not refused for a timer that is so late, in seconds; the mean stays one. However fast the
# clock runs, no more than one post comes too early.
LATE: Final = 0.1


@dataclass(frozen=True, slots=True)
class LimitRules:
    """How strict to be. `burst` posts may come at once in a channel."""

    enabled: bool = True
    burst: int = 1


class RateLimits:
    """Remembers who called what when. A refused call does not count."""

    def __init__(self, rules: LimitRules, clock: Clock) -> None:
        self.rules = rules
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._buckets: dict[str, tuple[float, float]] = {}  # channel: posts left, as of

    def call(self, method: str, tier: int | None) -> None:
        """Count a call of a method, or refuse it."""
        if tier is None or not self.rules.enabled:
            return
        now = self._clock.scaled()
        calls = self._calls.setdefault(method, deque())
        while calls and calls[0] <= now - WINDOW:
            calls.popleft()
        if len(calls) >= TIERS[tier]:
            raise rate_limited(self._clock.unscaled(calls[0] + WINDOW - now))
        calls.append(now)

    def post(self, channel: str) -> None:
        """Count a new message in a channel, or refuse it."""
        if not self.rules.enabled:
            return
        now, burst = self._clock.scaled(), float(self.rules.burst)
        left, as_of = self._buckets.get(channel, (burst, now))
        left = min(burst, left + now - as_of)
        if left < 1 - min(LATE * self._clock.speed, 1.0):
            raise rate_limited(self._clock.unscaled(1 - left))
        self._buckets[channel] = (left - 1, now)


def rate_limited(seconds: float) -> SlackError:
    """The refusal, with the wait in whole seconds as Slack gives it."""
    wait = str(max(1, math.ceil(seconds)))
    return SlackError("ratelimited", status=429, headers={"Retry-After": wait})
