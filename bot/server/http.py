"""The HTTP server: Slack's requests at /slack/events, and the health routes."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.server import Server

from bot.app import Bot
from bot.config import Settings
from bot.connect import StartError
from bot.opening import why_not_bound
from bot.server.connections import BACKLOG, Connections
from bot.server.endpoint import SlackEndpoint
from bot.server.gate import RequestGate
from bot.server.health import health_routes, starting_routes
from bot.server.socket_mode import SocketModeConnection
from bot.setup_problems import SetupProblems


class HttpServer(Server):
    """uvicorn with bounded connections, and without its own signal handling: the bot decides on the order of a stop."""

    def __init__(self, config: Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    async def on_tick(self, counter: int) -> bool:
        """Cut late connections; uvicorn calls this ten times a second."""
        self._connections.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle no signals while the block runs."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve `sockets`; raises StartError if another process began to serve their port since it was taken."""
        try:
            await super().startup(sockets)
        except OSError as error:
            host, port = (sockets or [])[0].getsockname()[:2]
            raise StartError(why_not_bound(error, host, port)) from None

    async def wait_started(self, parts: Sequence[asyncio.Task[None]]) -> None:
        """Wait until the port is open, or one of `parts` has ended."""
        while not self.started and not any(part.done() for part in parts):  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(self._connections.timing.port_check)

    def refused(self, reason: str) -> None:
        """Count a request that reached no listener for this `reason`."""
        self._connections.refused(reason)

    @property
    def port(self) -> int:
        """The port that is open; the system has chosen it if the settings have port 0."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


class Front:
    """The application behind the port: first one that says that the bot is starting, then the bot's own."""

    def __init__(self, setup: SetupProblems, settings: Settings) -> None:
        slack = Route("/slack/events", _starting, methods=["POST"])
        self.app = Starlette(routes=[slack, *starting_routes(setup, settings)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the application of now answer a request."""
        await self.app(scope, receive, send)


async def _starting(_request: Request) -> Response:
    """Refuse a request of Slack's, which sends it again."""
    return PlainTextResponse("starting", 503)


def bounded_server(app: ASGIApp, connections: Connections) -> HttpServer:
    """Make a server for `app` whose connections are those of `connections`."""
    config = Config(
        app,
        http=cast("type[asyncio.Protocol]", connections.protocol),  # uvicorn only calls it
        ws="none",
        log_config=None,
        access_log=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=connections.timing.request_drain,
        timeout_keep_alive=connections.timing.request_idle,
        lifespan="off",
        proxy_headers=False,
    )
    return HttpServer(config, connections)


def http_app(
    bot: Bot,
    settings: Settings,
    gate: RequestGate,
    connection: SocketModeConnection | None,
    refused: Callable[[str], None],
) -> Starlette:
    """Make the application: the health routes, and Slack's route unless there is a `connection` of Socket Mode."""
    routes = health_routes(bot, settings, gate, connection)
    if connection is None and bot.services.process.receives_http:  # the first of them, because they are tried in order
        routes.insert(0, Route("/slack/events", SlackEndpoint(bot, settings, gate, refused), methods=["POST"]))
    return Starlette(routes=routes)
