"""Bounds the connections to the port: their number, how long a request may take to come in, and how large it may be.

uvicorn has no such bounds. A client that sends half a request would keep its connection as long as it likes, and some
hundred of them would leave no file descriptor for Slack, Devin and the store. Nor do other ASGI servers have all of
them, so its protocol is extended: it notes when a request enters its next state, and a sweep cuts what takes too long.
"""

import asyncio
import logging
import math
import resource
from collections import Counter
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.logs import get_logger
from bot.metrics import Metrics
from bot.server.addresses import public_network
from bot.server.requests import LARGEST_BODY
from bot.timing import Timing

log = get_logger(__name__)

MOST: Final = 512
MOST_OF_ONE: Final = 64  # from one public address
RESERVED_DESCRIPTORS: Final = 384  # for Slack, Devin, the store, the log and connections that are about to be refused
BACKLOG: Final = 128  # connections that the system accepts before the process has seen them
LARGEST_HEADERS: Final = 64_000  # bytes
LARGEST_REQUEST: Final = 2 * LARGEST_BODY  # bytes, with what frames the parts of a body that comes in parts


class State(Enum):
    """How far the request of a connection is."""

    HEADERS = auto()  # its headers come in, or are waited for on a new connection
    BODY = auto()
    ANSWER = auto()  # it is complete, and its answer is made or sent
    IDLE = auto()  # it was answered; uvicorn closes the connection if no other one comes soon


def most_connections(descriptors: int) -> int:
    """Return how many connections the port may have where the process may have so many file `descriptors`."""
    if descriptors == resource.RLIM_INFINITY:
        return MOST
    return min(MOST, max(descriptors - RESERVED_DESCRIPTORS, descriptors // 4))


class Connections:
    """The connections of the port. When there are too many, the one gives way that has waited for a request longest.

    Requests of Slack's come in whole, so they get through even while somebody else holds all connections: of theirs one
    is cut for each new one. A proxy is not bound to `most_of_one`, because its address is not a public one.
    """

    def __init__(
        self, timing: Timing, metrics: Metrics, most: int | None = None, most_of_one: int = MOST_OF_ONE
    ) -> None:
        self.timing = timing
        self._metrics = metrics
        self._most = most or most_connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self._most_of_one = most_of_one
        self._open: dict[Connection, None] = {}  # the one whose last request was answered longest ago comes first
        self._by_network: Counter[bytes] = Counter()
        self._swept_at = math.inf
        # uvicorn warns of each request that is no HTTP, and anybody can send these.
        self.logger = logging.getLogger("uvicorn.error.connections")
        self.logger.setLevel(logging.ERROR)

    def __len__(self) -> int:
        return len(self._open)

    def protocol(self, **given: Any) -> "Connection":
        """Make the protocol for a new connection; uvicorn calls this."""
        return Connection(self, **given)

    def add(self, connection: "Connection") -> None:
        """Take in a new connection, and cut one if there are too many now."""
        self._open[connection] = None
        network = connection.network
        if network is not None:
            self._by_network[network] += 1
            if self._by_network[network] > self._most_of_one:
                self._cut_one(opened for opened in self._open if opened.network == network)
        if len(self._open) > self._most:
            self._cut_one(self._open)

    def remove(self, connection: "Connection") -> None:
        """Count a connection no longer, because it is closed."""
        if connection not in self._open:
            return
        del self._open[connection]
        if connection.network is not None:
            self._by_network[connection.network] -= 1
            if not self._by_network[connection.network]:
                del self._by_network[connection.network]

    def answered(self, connection: "Connection") -> None:
        """Note that a request of this connection was answered just now."""
        if connection in self._open:
            self._open[connection] = self._open.pop(connection)

    def sweep(self, now: float) -> None:
        """Cut the connections whose request, or whose taking of the answer, is late at `now`."""
        # While the process stood still, nothing could come in.
        lost = max(now - self._swept_at - self.timing.connection_sweep, 0.0)
        self._swept_at = now
        for connection in list(self._open):
            connection.since += lost
            late = connection.late(now)
            if late is not None:
                connection.cut(late)

    def refused(self, reason: str) -> None:
        """Count a request or a connection that was refused for this `reason`."""
        log.debug("request refused", reason=reason)
        self._metrics.request_refused(reason)

    def _cut_one(self, among: Iterable["Connection"]) -> None:
        # The newest is among them and waits, so there is one.
        next(connection for connection in among if connection.waits).cut("too many connections")


class Connection(HttpToolsProtocol):
    """One connection, which knows how far its request is and since when."""

    def __init__(self, all_: Connections, **given: Any) -> None:
        super().__init__(**given)
        self.logger = all_.logger
        self._all = all_
        self._state = State.HEADERS
        self.since = self.loop.time()
        self._bytes = 0  # of the request that comes in
        self.network: bytes | None = None

    @property
    def waits(self) -> bool:
        """Whether the bot waits for the client, and not the client for the bot."""
        return self._state is not State.ANSWER

    def late(self, now: float) -> str | None:
        """Say what of this connection takes too long at `now`; None if nothing does."""
        timing, since = self._all.timing, now - self.since
        if self._state is State.HEADERS:
            return "headers too late" if since > timing.request_headers else None
        if self._state is State.BODY:
            return "body too late" if since > timing.request_body else None
        return "answer not taken" if since > timing.answer_taken else None

    def cut(self, reason: str) -> None:
        """Close the connection at once and drop what is not sent."""
        self._all.refused(reason)
        self._all.remove(self)
        self.transport.abort()

    def _enter(self, state: State) -> None:
        self._state, self.since = state, self.loop.time()

    # ---------------------------------------------------------------- what happens to the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.network = public_network(self.client[0]) if self.client else None
        self._all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection."""
        super().connection_lost(exc)
        self._all.remove(self)

    def data_received(self, data: bytes) -> None:
        """Read a part of a request, unless this is too large."""
        if self._state is State.IDLE:
            self._enter(State.HEADERS)
        self._bytes += len(data)
        super().data_received(data)
        if self._bytes > (LARGEST_HEADERS if self._state is State.HEADERS else LARGEST_REQUEST):
            self.cut("too large")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._all.refused("not HTTP")
        super().send_400_response(msg)

    def shutdown(self) -> None:
        """Close the connection at a stop, after the answer if a request is complete."""
        if self._state is State.BODY:
            self.transport.abort()  # otherwise the stop would wait for the rest of the request
        else:
            super().shutdown()

    # ---------------------------------------------------------------- what the parser finds

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what stands behind a body is ignored."""
        if self._state is State.HEADERS:
            super().on_header(name, value)

    def on_message_begin(self) -> None:
        """Begin a request, which may stand right behind another one."""
        super().on_message_begin()
        if self._state is not State.HEADERS:
            self._enter(State.HEADERS)

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        self._enter(State.BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the answer, unless it was given before the body was complete."""
        self._bytes = 0
        self._enter(State.IDLE if self.cycle.response_complete else State.ANSWER)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for another request."""
        super().on_response_complete()
        self._all.answered(self)
        if self._state is State.ANSWER:
            self._enter(State.IDLE)
