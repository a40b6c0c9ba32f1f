"""Socket Mode: one-time links, envelopes, acks, refreshes.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import contextlib
import json
from typing import Any, Final

from aiohttp import WSMsgType, web

from bot.playground.slack.delivery import Delivery, Outcome
from bot.playground.slack.state import Slack
from bot.playground.slack.world import APP

Json = dict[str, Any]

MOST_CONNECTIONS: Final = 10
CLOSING_GRACE: Final = 0.5  # an announced disconnect leaves the old socket open this long for late acks


class Connection:
    """One socket. `closed` is done when it is gone; a retiring one gets nothing new."""

    def __init__(self, number: int, ws: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.number = number
        self.retiring = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ws = ws
        self._transport = transport

    async def send(self, frame: Json) -> bool:
        """Whether the frame went out."""
        try:
            await self._ws.send_str(json.dumps(frame, separators=(",", ":")))
        except (ConnectionError, RuntimeError):
            self.end()
            return False
        return not self.closed.done()

    def end(self) -> None:
        """Nothing more comes over it."""
        self.retiring = True
        if not self.closed.done():
            self.closed.set_result(None)

    def cut(self) -> None:
        """Break the TCP connection without a word."""
        self.end()
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Close as the protocol wants it; a peer that does not answer is not waited for."""
        with contextlib.suppress(TimeoutError, ConnectionError, RuntimeError):
            async with asyncio.timeout(CLOSING_GRACE):
                await self._ws.close()
        self.end()


class SocketMode:
    """All sockets of the app. An envelope goes to one of them, in turn."""

    def __init__(self, slack: Slack, ack_timeout: float) -> None:
        self._slack = slack
        self._ack_timeout = ack_timeout
        self.enabled = True
        self.connections: list[Connection] = []
        self.opened = 0
        self._tickets: set[str] = set()
        self._envelopes: dict[str, Delivery] = {}
        self._arrival = asyncio.Event()
        self._turn = 0

    def ticket(self) -> str:
        """The one-time address that `apps.connections.open` gives out."""
        ticket = self._slack.names.next("")
        self._tickets.add(ticket)
        root = self._slack.root.replace("http", "ws", 1)
        return f"{root}/link/?ticket={ticket}&app_id={APP}"

    async def link(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket endpoint."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid_ticket")
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self.opened += 1
        connection = Connection(self.opened, ws, request.transport)
        refusal = self._refusal()
        if refusal:
            await connection.send({"type": "disconnect", "reason": refusal})
            await connection.close()
            return ws
        await self._serve(connection, ws)
        return ws

    def _refusal(self) -> str | None:
        if not self.enabled:
            return "link_disabled"
        return "too_many_websockets" if len(self.connections) >= MOST_CONNECTIONS else None

    async def _serve(self, connection: Connection, ws: web.WebSocketResponse) -> None:
        hello = {"type": "hello", "num_connections": len(self.connections) + 1, "connection_info": {"app_id": APP}}
        await connection.send(hello)
        self.connections.append(connection)
        self._arrival.set()
        self._slack.news.tell()
        try:
            async for frame in ws:
                if frame.type == WSMsgType.TEXT:
                    self._hear(frame.data)
        finally:
            self.connections.remove(connection)
            connection.end()
            self._slack.news.tell()

    def _hear(self, text: str) -> None:
        try:
            ack = json.loads(text)
        except ValueError:
            return
        delivery = self._envelopes.get(ack.get("envelope_id", "")) if isinstance(ack, dict) else None
        if delivery is not None:
            delivery.take_ack(ack.get("payload") if delivery.expects_answer else None)

    async def attempt(self, delivery: Delivery, number: int, reason: str, *, patience: float) -> Outcome:
        """Send one envelope; a socket that closes before the ack hands it to the next."""
        frame = self._envelope(delivery, number, reason)
        if self.connections:  # a refresh is under way: the next socket is about to come
            patience = max(patience, self._ack_timeout)
        while True:
            connection = await self._free(patience)
            if connection is None:
                return Outcome(reason="connection_failed")
            delivery.begin(number, reason, connection.number)
            sent = await connection.send(frame)
            if sent and await self._answered(delivery, connection):
                return Outcome(acked=True)
            if not connection.closed.done():
                return Outcome(reason="timeout")
            delivery.attempts[-1].outcome = "socket_closed"
            patience = max(patience, self._ack_timeout)

    def _envelope(self, delivery: Delivery, number: int, reason: str) -> Json:
        envelope_id = self._slack.names.envelope()
        self._envelopes[envelope_id] = delivery
        frame: Json = {
            "envelope_id": envelope_id,
            "payload": delivery.payload,
            "type": delivery.kind,
            "accepts_response_payload": delivery.expects_answer,
        }
        if delivery.kind == "events_api":
            frame |= {"retry_attempt": number, "retry_reason": reason}
        return frame

    async def send(self, kind: str, payload: Json) -> None:
        """Send an envelope that belongs to no delivery over the oldest socket."""
        frame = {"envelope_id": self._slack.names.envelope(), "type": kind, "payload": payload}
        await self.connections[0].send(frame)

    async def _answered(self, delivery: Delivery, connection: Connection) -> bool:
        waiting: set[asyncio.Future[Any]] = {delivery.acked, connection.closed}
        await asyncio.wait(waiting, timeout=self._ack_timeout, return_when=asyncio.FIRST_COMPLETED)
        return delivery.acked.done()

    async def _free(self, patience: float) -> Connection | None:
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            free = [connection for connection in self.connections if not connection.retiring]
            if free:
                self._turn += 1
                return free[self._turn % len(free)]
            self._arrival.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._arrival.wait()
            except TimeoutError:
                return None

    async def disconnect(self, reason: str, *, hard: bool) -> int:
        """Refresh every socket, or cut it hard; how many there were."""
        leaving = [connection for connection in self.connections if not connection.retiring]
        for connection in leaving:
            connection.retiring = True
            if hard:
                connection.cut()
            else:
                await connection.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink"}})
        if leaving and not hard:
            wait = {connection.closed for connection in leaving}
            await asyncio.wait(wait, timeout=CLOSING_GRACE)
            await asyncio.gather(*(connection.close() for connection in leaving))
        return len(leaving)

    async def stop(self) -> None:
        """Close every socket."""
        await asyncio.gather(*(connection.close() for connection in list(self.connections)))
        self._envelopes.clear()
