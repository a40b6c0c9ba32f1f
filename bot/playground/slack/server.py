"""The simulated Slack as one server on loopback: Web API, sockets, files, response URLs, control API."""

import ipaddress
import time
from collections.abc import Iterable, Mapping, Sequence
from email.utils import formatdate
from typing import Any, Final, Literal, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground.crosssite import refusal
from bot.playground.gone import end_with_client
from bot.playground.slack import files
from bot.playground.slack.app_manifest import installed
from bot.playground.slack.clock import Clock, Wall
from bot.playground.slack.control import Control
from bot.playground.slack.delivery import Courier
from bot.playground.slack.http_events import HttpEvents
from bot.playground.slack.limits import LimitRules
from bot.playground.slack.response_urls import ResponseUrls
from bot.playground.slack.socket_mode import SocketMode
from bot.playground.slack.state import Slack
from bot.playground.slack.web_api import WebApi
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import TEAM

LARGEST_BODY: Final = 64 * 1024 * 1024
RETRY_DELAYS: Final = (0.0, 60.0, 300.0)  # https://docs.slack.dev/apis/events-api#retries
SHUTDOWN: Final = 0.1  # hanging calls are not waited for


class SlackSimulator:
    """A strict Slack in memory. Between `stop` and `start` it forgets nothing: that is an outage."""

    def __init__(  # noqa: PLR0913  each is a fact of the workspace or the app, and all have a default
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        manifest: Mapping[str, Any] | None = None,
        scopes: Iterable[str] | None = None,
        team: str = TEAM,
        bot_token: str = "xoxb-play",  # noqa: S107  opens nothing but this simulator
        app_token: str = "xapp-play",  # noqa: S107
        signing_secret: str = "play-signing-secret",  # noqa: S107
        transport: Literal["socket", "http"] = "socket",
        request_url: str = "",
        ack_timeout: float = 3.0,
        retry_delays: Sequence[float] = RETRY_DELAYS,
        limits: bool | LimitRules = True,
        wall: Wall = time.time,
        speed: float = 1.0,
        display_names: bool = True,
    ) -> None:
        self.host = _loopback(host)
        self.port = port
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        rules = limits if isinstance(limits, LimitRules) else LimitRules(enabled=limits)
        self._slack = Slack(installed(manifest, scopes), rules, Clock(wall, speed), team, display_names=display_names)
        self._courier = Courier(self._slack, ack_timeout, retry_delays)
        self._sockets = SocketMode(self._slack, ack_timeout)
        self._posts = HttpEvents(signing_secret, request_url, ack_timeout)
        self._courier.transports = {"socket": self._sockets, "http": self._posts}
        self._courier.transport, self._sockets.enabled = transport, transport == "socket"
        self._workspace = Workspace(self._slack, self._courier)
        self._control = Control(self._workspace, self._sockets, self._posts)
        self._runner: web.AppRunner | None = None
        self.date_ahead = 0.0  # how far the clock of its servers is ahead, as their answers say

    @property
    def state(self) -> Slack:
        """All that the workspace holds, to be read."""
        return self._slack

    @property
    def lost(self) -> int:
        """How many events the bot never got, for all the retries."""
        return self._courier.lost

    async def send_envelope(self, kind: str, payload: dict[str, Any]) -> None:
        """Send whatever `payload` over the bot's socket as an envelope of this `kind`, and wait for no ack."""
        await self._sockets.send(kind, payload)

    async def perform(self, act: str, values: dict[str, Any]) -> dict[str, Any]:
        """What `POST /control/<act>` does, in process. Raises ImpossibleError or SlackError."""
        return await self._control.perform(act, values)

    @property
    def root(self) -> str:
        """Where everything is served."""
        return f"http://{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The Web API, as `SLACK_API_URL` wants it."""
        return f"{self.root}/api/"

    @property
    def control_url(self) -> str:
        """The control API."""
        return f"{self.root}/control/"

    @property
    def request_url(self) -> str:
        """Where signed HTTP goes; may be set while running."""
        return self._posts.request_url

    @request_url.setter
    def request_url(self, url: str) -> None:
        self._posts.request_url = url

    async def start(self) -> None:
        """Listen. A port of 0 becomes a free one and is kept over restarts."""
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=SHUTDOWN)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]
        self._slack.root = self.root

    async def stop(self) -> None:
        """Stop listening; deliveries under way are given up."""
        await self._courier.stop()
        await self._sockets.stop()
        await self._posts.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _application(self) -> web.Application:
        workspace, control = self._workspace, self._control
        web_api = WebApi(workspace, self._sockets, self.bot_token, self.app_token)
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[end_with_client, _own_requests_only])
        app.on_response_prepare.append(self._date)
        app.router.add_route("*", "/api/{method}", web_api.handle)
        app.router.add_get("/link/", self._sockets.link)
        app.router.add_post("/response/{id}", ResponseUrls(workspace).handle)
        app.router.add_get("/files/{id}/{rest:.*}", self._download)
        app.router.add_post("/upload/{id}", self._upload)
        app.router.add_get("/control/", control.index)
        app.router.add_post("/control/{name}", control.act)
        app.router.add_get("/control/{name}", control.look)
        return app

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(self._slack.clock.wall() + self.date_ahead, usegmt=True)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        return await files.download(self._slack, request, self.bot_token)

    async def _upload(self, request: web.Request) -> web.Response:
        return await files.receive(self._slack, request)


@web.middleware
async def _own_requests_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """No page of another site may act here with the browser of whoever tries the bot."""
    sentence = refusal(request.headers)
    return await handler(request) if sentence is None else web.json_response({"error": sentence}, status=403)


def _loopback(host: str) -> str:
    if host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback):
        return host
    raise ValueError(f"the simulated Slack listens on loopback only, not on {host}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
