"""The two loads: open (commands are due at fixed times) and closed (each answer sends the next command).

In the open loop a latency counts from the time the command was due, so a stall of the bot shows in full.
"""

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, cast

from aiohttp import WSMsgType, web

from bench.wire import HOST, envelope, request

CONNECTIONS: Final = 256  # at most so many HTTP requests are on their way at once
DRAIN_SECONDS: Final = 10.0
MOST: Final = 100_000  # commands in one measurement


@dataclass(frozen=True, slots=True)
class Plan:
    """One measurement: `rate` a second, or `at_once` in a closed loop."""

    seconds: float
    rate: float = 0.0
    at_once: int = 0
    warm_up: float = 3.0  # until each piece of code has run and each statement was compiled once

    @property
    def name(self) -> str:
        return f"open, {self.rate:.0f}/s" if self.rate else f"closed, {self.at_once}"


@dataclass(slots=True)
class Outcome:
    """What was seen: seconds from due to answered, and what went wrong."""

    since: float
    until: float
    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def answered(self, due: float, *, well: bool) -> None:
        now = time.perf_counter()
        if not self.since <= due < self.until:
            return
        if well:
            self.latencies.append(now - due)
        else:
            self.failed += 1

    @property
    def per_second(self) -> float:
        return len(self.latencies) / (self.until - self.since)

    def milliseconds(self, share: float) -> float:
        """An exact percentile of all samples."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


async def measure(target: "HttpTarget | SocketTarget", plan: Plan) -> Outcome:
    """Load the target as planned, then wait for what is on its way."""
    began = time.perf_counter()
    outcome = Outcome(began + plan.warm_up, began + plan.warm_up + plan.seconds)
    with target.writes_down(outcome, again=not plan.rate):
        if plan.rate:
            for due in _dues(plan, began):
                await asyncio.sleep(max(due - time.perf_counter(), 0.0))
                target.send(due)
        else:
            for _ in range(plan.at_once):
                target.send(time.perf_counter())
            await asyncio.sleep(outcome.until - time.perf_counter())
        outcome.failed += await _left_over(target)
    return outcome


def _dues(plan: Plan, began: float) -> Iterator[float]:
    count = min(int(plan.rate * (plan.warm_up + plan.seconds)), MOST)
    return (began + n / plan.rate for n in range(count))


async def _left_over(target: "HttpTarget | SocketTarget") -> int:
    deadline = time.perf_counter() + DRAIN_SECONDS
    while target.busy and time.perf_counter() < deadline:  # noqa: ASYNC110 - the answers come by callback
        await asyncio.sleep(0.02)
    return target.busy


class _Recorder(ABC):
    """Counts what is on its way and writes answers down."""

    def __init__(self) -> None:
        self.busy = 0
        self._outcome: Outcome | None = None
        self._again = False
        self._sent = 0

    @contextmanager
    def writes_down(self, outcome: Outcome, *, again: bool) -> Iterator[None]:
        self._outcome, self._again, self._sent = outcome, again, 0
        try:
            yield
        finally:
            self._outcome = None

    @abstractmethod
    def send(self, due: float) -> None:
        """Send a command that is due at that time."""

    def _answered(self, due: float, *, well: bool) -> None:
        self.busy -= 1
        outcome = self._outcome
        if outcome is None:
            return
        outcome.answered(due, well=well)
        now = time.perf_counter()
        self._sent += 1
        if self._again and now < outcome.until and self._sent < MOST:
            self.send(now)


class HttpTarget(_Recorder):
    """A bot behind its request URL; every connection has one request on its way at most."""

    def __init__(self, slack_url: str, port: int) -> None:
        super().__init__()
        self._slack_url = slack_url
        self._port = port
        self._idle: deque[_Connection] = deque()
        self._late: deque[float] = deque()

    async def connect(self, count: int = CONNECTIONS) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, connection = await loop.create_connection(lambda: _Connection(self), HOST, self._port)
            self._idle.append(connection)

    async def close(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def send(self, due: float) -> None:
        self.busy += 1
        if self._idle:
            self._idle.popleft().send(request(self._slack_url, self._port), due)
        else:
            self._late.append(due)

    def free(self, connection: "_Connection", due: float, *, well: bool) -> None:
        if self._late:
            connection.send(request(self._slack_url, self._port), self._late.popleft())
        else:
            self._idle.append(connection)
        self._answered(due, well=well)

    def lost(self, due: float | None) -> None:
        if due is not None:
            self._answered(due, well=False)


class _Connection(asyncio.Protocol):
    """A keep-alive connection with one request on its way; every answer tells its length."""

    def __init__(self, target: HttpTarget) -> None:
        self._target = target
        self._got = b""
        self._due: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses

    def send(self, data: bytes, due: float) -> None:
        self._due = due
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if not found or len(body) < int(length or 0) or self._due is None:
            return
        due, self._due, self._got = self._due, None, b""
        self._target.free(self, due, well=head.startswith(b"HTTP/1.1 200"))

    def connection_lost(self, _: Exception | None) -> None:
        self._target.lost(self._due)

    def close(self) -> None:
        self._transport.close()


class SocketTarget(_Recorder):
    """The Socket Mode server that a bot connects to; an ack is matched by its envelope's id."""

    def __init__(self, slack_url: str, port: int) -> None:
        super().__init__()
        self._slack_url = slack_url
        self._port = port
        self._runner: web.AppRunner | None = None
        self._due: dict[str, float] = {}
        self._link: web.WebSocketResponse | None = None
        self._writing: set[asyncio.Task[None]] = set()
        self.connected = asyncio.Event()

    async def listen(self) -> None:
        app = web.Application()
        app.router.add_get("/link", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        """The server's side of the connection."""
        link = web.WebSocketResponse(heartbeat=20, compress=False)
        await link.prepare(request)
        await link.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0BENCH"}})
        self._link = link
        self.connected.set()
        async for message in link:
            if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                self._acked(json.loads(message.data))
        return link

    def _acked(self, ack: dict[str, object]) -> None:
        due = self._due.pop(str(ack.get("envelope_id")), None)
        if due is not None:
            self._answered(due, well=True)

    def send(self, due: float) -> None:
        assert self._link is not None
        name, text = envelope(self._slack_url)
        self._due[name] = due
        self.busy += 1
        task = asyncio.ensure_future(self._link.send_str(text))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
