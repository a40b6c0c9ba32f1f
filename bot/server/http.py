"""The HTTP server: Slack's requests at /slack/events, and the health routes."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from bot.app import Bot
from bot.config import Settings
from bot.server.gate import RequestGate
from bot.server.health import health_routes
from bot.server.socket_mode import SocketModeConnection

NUMBER: Final = re.compile("[0-9]{1,12}")
LARGEST_BODY: Final = 1_000_000  # bytes; Slack's requests are a few kilobytes


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handling, because the bot decides on the order of a stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle no signals while the block runs."""
        yield

    async def wait_started(self) -> None:
        """Wait until the port is open."""
        while not self.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)

    @property
    def port(self) -> int:
        """The port that is open; the system has chosen it if the settings have port 0."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


def http_server(bot: Bot, settings: Settings, gate: RequestGate, connection: SocketModeConnection | None) -> HttpServer:
    """Make the server for `http_app` on the host and port in `settings`; its `serve` opens the port."""
    config = uvicorn.Config(
        http_app(bot, gate, connection), host=settings.bot_host, port=settings.port, log_config=None, access_log=False,
        timeout_graceful_shutdown=1, lifespan="off", proxy_headers=False,
    )  # fmt: skip
    return HttpServer(config)


def http_app(bot: Bot, gate: RequestGate, connection: SocketModeConnection | None) -> Starlette:
    """Make the application: the health routes, and Slack's route unless there is a `connection` of Socket Mode."""
    routes = health_routes(bot, gate, connection)
    if connection is None:
        routes.append(_slack_route(bot, gate))
    return Starlette(routes=routes)


def _slack_route(bot: Bot, gate: RequestGate) -> Route:
    handler = AsyncSlackRequestHandler(bot.bolt)

    async def events(request: Request) -> Response:
        received = await _receive_or_refuse(request)
        if isinstance(received, Response):
            return received
        if gate.closed:
            return PlainTextResponse("stopping", 503)
        started = time.perf_counter()
        with gate.request(), bot.services.db.gate:
            answer = await handler.handle(received)
        # A crash right here loses the answer only: the row is committed, and an event sent again has the same key.
        bot.services.metrics.acked("http", time.perf_counter() - started)
        return answer

    return Route("/slack/events", events, methods=["POST"])


async def _receive_or_refuse(request: Request) -> Request | Response:
    """Return `request` with its whole body in memory, or the refusal of one that cannot be Slack's.

    Bolt checks the signature later.
    """
    if not NUMBER.fullmatch(request.headers.get("x-slack-request-timestamp", "")):
        return PlainTextResponse("no timestamp", 401)  # the SDK would fail on it
    try:
        # Before both gates: a client that sends slowly need not be Slack, and must hold up neither work nor a stop.
        body = await _read_body(request)
    except ClientDisconnect:
        return PlainTextResponse("gone", 400)
    if body is None:
        return PlainTextResponse("too large", 413)

    async def replay() -> Message:
        return {"type": "http.request", "body": body}

    return Request(request.scope, replay)


async def _read_body(request: Request) -> bytes | None:
    """Read the body of `request`; None, without reading the rest, if it is larger than `LARGEST_BODY`.

    Proxies may send it in chunks without announcing its length.
    """
    announced = request.headers.get("content-length", "0")
    if not NUMBER.fullmatch(announced) or int(announced) > LARGEST_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)
