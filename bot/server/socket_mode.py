"""The Socket Mode connection, through which Slack sends its requests if there is an app token."""

import asyncio
import time
from http import HTTPStatus
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response

from bot.app import Bot
from bot.config import Settings
from bot.connect import StartError
from bot.logs import get_logger
from bot.server.gate import RequestGate
from bot.server.requests import bolt_request, is_known

log = get_logger(__name__)


class SocketModeConnection(AsyncSocketModeHandler):
    """A Socket Mode client that counts its requests in a gate and starts a catch-up after each reconnect."""

    def __init__(self, bot: Bot, settings: Settings, gate: RequestGate) -> None:
        assert settings.slack_app_token is not None
        super().__init__(bot.bolt, settings.slack_app_token.get_secret_value())
        self.client.proxy = bot.bolt.client.proxy  # slack_sdk takes the environment's, also where NO_PROXY says none
        self._gate = gate
        self._priority = bot.services.db.gate
        self._metrics = bot.services.metrics
        self._tracing = bot.services.tracing
        self._timing = bot.services.timing
        self._connections = 0
        self._disconnected_since: float | None = None
        self._on_gap = bot.note_gap
        self.client.message_listeners.append(self._on_message)

    async def handle(self, client: Any, req: Any) -> None:
        """Answer the request `req`, unless the bot is stopping: then Slack sends it to another connection."""
        if self._gate.closed:
            self._metrics.request_refused("stopping")
            return
        if not is_known(req.payload):
            self._metrics.request_refused("unknown kind")
            # What Slack will send one day. Without an ack it would only send it again.
            await send_async_response(client, req, BoltResponse(status=200), time.time())
            return
        request = bolt_request(req.payload)
        if request is None:
            log.warning("request unreadable")
            self._metrics.request_refused("not readable")
            return
        started, begun = time.time(), time.perf_counter()  # Bolt wants the former
        with self._gate.request(), self._tracing.request("socket"):
            with self._priority:
                answer = await self.app.async_dispatch(request)
            if answer.status != HTTPStatus.OK:
                self._tracing.failed("not acknowledged")
            # A crash right here loses the answer only: the row is committed, and an event sent again has the same key.
            # On a broken socket this waits for the next connection, outside of the priority gate, so no work waits.
            await send_async_response(client, req, answer, started)
        if answer.status == HTTPStatus.OK:
            self._metrics.acked("socket", time.perf_counter() - begun)
        else:
            self._metrics.request_refused("failed")  # without an ack Slack sends it again

    async def _on_message(self, _client: Any, message: dict[str, Any], _raw: str | None) -> None:
        if message.get("type") != "hello":
            return
        self._connections += 1
        if self._connections > 1:
            # What was sent between two connections may be lost. Where Slack only refreshes the socket, the new one is
            # there before the old one goes, and no check finds none.
            self._on_gap(long=self._disconnected_since is not None)
        self._disconnected_since = None

    async def open(self) -> None:
        """Connect to Slack. The start has checked the token; with a wrong one this would try for ever."""
        await self.connect_async()  # type: ignore[no-untyped-call]  # Bolt's annotation is missing

    async def close(self) -> None:
        """Close the connection."""
        await self.close_async()  # type: ignore[no-untyped-call]  # Bolt's annotation is missing here too

    async def is_connected(self) -> bool:
        """Whether Slack can send something right now."""
        return await self.client.is_connected()

    async def watch(self) -> None:
        """Check the socket again and again; raises StartError once it has been missing too long."""
        while True:
            await asyncio.sleep(self._timing.socket_check)
            if await self.is_connected():
                self._disconnected_since = None
                continue
            self._disconnected_since = self._disconnected_since or time.monotonic()
            if time.monotonic() - self._disconnected_since > self._timing.disconnected:
                raise StartError("The Slack socket was down for a minute. Exiting so the process can be restarted.")
