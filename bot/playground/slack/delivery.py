"""What Slack sends to the bot: each delivery with its attempts, retries by schedule, and pauses."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from bot.playground.slack.state import Slack

Json = dict[str, Any]


@dataclass(slots=True)
class Attempt:
    """One try: over which connection, and how it ended."""

    number: int
    at: float
    reason: str = ""
    connection: int | None = None
    outcome: str = "waiting"


@dataclass(slots=True, eq=False)
class Delivery:
    """One event, command or interaction on its way. `status`: pending, acked, failed, held or lost."""

    n: int
    kind: str  # events_api, slash_commands or interactive: Socket Mode's words, used for HTTP too
    payload: Json
    expects_answer: bool
    created_at: float
    acked: asyncio.Future[Any]
    status: str = "pending"
    error: str | None = None
    acked_at: float | None = None
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def event(self) -> Json:
        """The event inside, or the payload of a person's action."""
        inner: Json = self.payload.get("event", self.payload)
        return inner

    def begin(self, number: int, reason: str, connection: int | None = None) -> Attempt:
        """Note that it goes out now."""
        attempt = Attempt(number, time.time(), reason, connection)
        self.attempts.append(attempt)
        return attempt

    def take_ack(self, answer: Any) -> None:
        """The bot has it. A second ack changes nothing."""
        if not self.acked.done():
            self.acked.set_result(answer)
            self.acked_at, self.status, self.error = time.time(), "acked", None
            if self.attempts and self.attempts[-1].outcome == "waiting":
                self.attempts[-1].outcome = "acked"  # at once: who waits for the ack reads the attempts too

    @property
    def latency_ms(self) -> float | None:
        """From the first attempt to the ack."""
        if self.acked_at is None or not self.attempts:
            return None
        return round((self.acked_at - self.attempts[0].at) * 1e3, 2)

    def read(self) -> Json:
        """As the control API tells it."""
        names = ("n", "kind", "status", "error", "created_at", "acked_at", "latency_ms", "payload")
        event = self.event
        return {name: getattr(self, name) for name in names} | {
            "event_id": self.payload.get("event_id"),
            "type": event.get("type") or self.kind,
            "subtype": event.get("subtype"),
            "ts": event.get("ts"),
            "channel": event.get("channel") or event.get("channel_id"),
            "attempts": [asdict(attempt) for attempt in self.attempts],
            "answer": self.acked.result() if self.acked.done() and not self.acked.cancelled() else None,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: acked, or the reason why not and whether a retry makes sense."""

    acked: bool = False
    reason: str = ""
    may_retry: bool = True


class Transport(Protocol):
    """A way to the bot."""

    async def attempt(self, delivery: Delivery, number: int, reason: str, *, patience: float) -> Outcome:
        """Send once; wait at most `patience` seconds for a way to open, then for the ack."""


class Courier:
    """Sends events with retries, and a person's actions with one chance."""

    def __init__(self, slack: Slack, ack_timeout: float, retry_delays: Sequence[float]) -> None:
        self._slack = slack
        self.ack_timeout = ack_timeout
        self.retry_delays = tuple(retry_delays)
        self.transports: dict[str, Transport] = {}
        self.transport = "socket"
        self.paused: str | None = None  # hold: kept until resumed; lose: never sent
        self.deliveries: list[Delivery] = []
        self.lost = 0  # events that the bot never got
        self._held: list[Delivery] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def event(self, payload: Json) -> Delivery:
        """Send an event in the background."""
        delivery = self._new("events_api", payload, expects_answer=False)
        if self.paused:
            delivery.status = "held" if self.paused == "hold" else "lost"
            self.lost += self.paused != "hold"
            if self.paused == "hold":
                self._held.append(delivery)
        else:
            self._start(delivery, self.retry_delays)
        return delivery

    async def ask(self, kind: str, payload: Json, *, expects_answer: bool) -> Delivery:
        """Send what a person did and wait for the ack, as long as Slack would."""
        delivery = self._new(kind, payload, expects_answer=expects_answer)
        if self.paused:
            self._fail(delivery, "dispatch_failed")
            return delivery
        try:
            async with asyncio.timeout(self.ack_timeout):
                outcome = await self._attempt(delivery, 0, "", patience=0.0)
        except TimeoutError:
            outcome = Outcome(reason="timeout")
        if not outcome.acked:
            late = outcome.reason in {"timeout", "http_timeout"}
            self._fail(delivery, "operation_timeout" if late else "dispatch_failed")
        return delivery

    async def again(self, delivery: Delivery) -> Delivery:
        """Send an event once more under its old id, whatever became of it, and wait for the outcome."""
        copy = self._new(delivery.kind, delivery.payload, expects_answer=False)
        await self._start(copy, (), first=1, reason="timeout")
        return copy

    def resume(self) -> None:
        """Go on; what was held goes out in order."""
        self.paused, held, self._held = None, self._held, []
        for delivery in held:
            delivery.status = "pending"
            self._start(delivery, self.retry_delays)

    def clear(self) -> None:
        """Forget the log. What is on its way is given up."""
        self.deliveries.clear()
        self._held.clear()
        self.lost = 0
        self.paused = None
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Give up what is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _new(self, kind: str, payload: Json, *, expects_answer: bool) -> Delivery:
        acked = asyncio.get_running_loop().create_future()
        delivery = Delivery(self._slack.number(), kind, payload, expects_answer, time.time(), acked)
        self.deliveries.append(delivery)
        self._slack.news.tell()
        return delivery

    def _start(
        self, delivery: Delivery, delays: Sequence[float], first: int = 0, reason: str = ""
    ) -> "asyncio.Task[None]":
        task = asyncio.create_task(self._carry(delivery, delays, first, reason), name=f"delivery {delivery.n}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _carry(self, delivery: Delivery, delays: Sequence[float], first: int, reason: str) -> None:
        try:
            await self._deliver(delivery, delays, first, reason)
        except asyncio.CancelledError:
            self._fail(delivery, "given_up")
            raise

    async def _deliver(self, delivery: Delivery, delays: Sequence[float], number: int, reason: str) -> None:
        for delay in (0.0, *delays):
            if delay:
                await asyncio.wait({delivery.acked}, timeout=self._slack.clock.unscaled(delay))
            if delivery.acked.done():
                return
            patience = self._slack.clock.unscaled(sum(self.retry_delays))
            outcome = await self._attempt(delivery, number, reason, patience=patience)
            if outcome.acked or not outcome.may_retry:
                break
            number, reason = number + 1, outcome.reason
        if not delivery.acked.done():
            self._fail(delivery, outcome.reason)

    async def _attempt(self, delivery: Delivery, number: int, reason: str, *, patience: float) -> Outcome:
        transport = self.transports[self.transport]
        outcome = await transport.attempt(delivery, number, reason, patience=patience)
        if delivery.attempts:
            delivery.attempts[-1].outcome = "acked" if outcome.acked else outcome.reason
        self._slack.news.tell()
        return outcome

    def _fail(self, delivery: Delivery, error: str) -> None:
        delivery.status, delivery.error = "failed", error
        # A person whose command fails is told so; one that was given up was forgotten on purpose.
        self.lost += delivery.kind == "events_api" and error != "given_up"
        self._slack.news.tell()
