"""The simulated Devin as a server on loopback."""

import time
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from bot.playground.devin.control import Control
from bot.playground.devin.faults import Faults
from bot.playground.devin.gateway import Gateway, own_requests_only
from bot.playground.devin.permissions import BOT_PERMISSIONS
from bot.playground.devin.state import World
from bot.playground.devin.timeline import Player
from bot.playground.gone import end_with_client

HOST: Final = "127.0.0.1"
# A browser that is led to a file runs nothing that stands in it.
TO_BE_SAVED: Final = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}


class DevinSimulator:
    """A Devin in memory behind real HTTP. Stopping is an outage: the state is there after the next start."""

    def __init__(
        self,
        *,
        port: int = 0,
        org_id: str = "org-play",
        api_key: str = "cog_play",
        permissions: Collection[str] = BOT_PERMISSIONS,
        demo: float | None = None,
        now: Callable[[], float] = time.time,
        seed: str = "play",
        others: Mapping[str, str] | None = None,
    ) -> None:
        self.world = World(org_id=org_id, api_key=api_key, permissions=permissions, now=now, seed=seed, others=others)
        self._faults = Faults()
        self._player = Player(self.world, demo)
        self._control = Control(self.world, self._player, self._faults)
        self._port = port
        self._files_port = 0
        self._runners: list[web.AppRunner] = []

    @property
    def base_url(self) -> str:
        """What DEVIN_API_URL is set to: the host without /v3."""
        return f"http://{HOST}:{self._port}"

    @property
    def control_url(self) -> str:
        """Where the control API is."""
        return f"{self.base_url}/control"

    @property
    def speed(self) -> float:
        """How fast all sessions live, from this moment on; 1 is as their stories are written."""
        return self._player.speed

    @speed.setter
    def speed(self, value: float) -> None:
        self._player.speed = value

    async def perform(self, act: str, order: dict[str, Any]) -> Any:
        """What `POST /control/<act>` does, in process, such as `sessions/<id>/say`.

        Raises ProblemError where Devin says no, ValueError with a sentence or one of `orders.UNREADABLE` for an order
        that makes no sense.
        """
        return await self._control.perform(act, order)

    async def start(self) -> None:
        """Listen; a port that was chosen once is kept over later starts."""
        app = Gateway(self.world, self._faults).application()
        self._control.add_to(app)
        self._port = await self._listen(app, self._port)
        # Another port is another origin: a client that follows the redirect must not send its key there.
        self._files_port = await self._listen(self._files_application(), self._files_port)
        self.world.base_url = self.base_url
        self.world.files_url = f"http://{HOST}:{self._files_port}/files"

    async def stop(self) -> None:
        """Stop listening and playing; open connections are cut."""
        self._faults.release()
        await self._player.stop()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _listen(self, app: web.Application, port: int) -> int:
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, HOST, port, reuse_address=True)
        await site.start()
        chosen: int = runner.addresses[0][1]
        return chosen

    def _files_application(self) -> web.Application:
        app = web.Application(middlewares=[end_with_client, own_requests_only])
        app.router.add_get("/files/{token}/{name}", self._file)
        return app

    async def _file(self, request: web.Request) -> web.Response:
        file, good_until = self.world.held.links.get(request.match_info["token"], (None, 0.0))
        if file is None or self.world.now() >= good_until:
            return web.Response(status=403, text="The link has expired.")
        if "Authorization" in request.headers:
            # As object stores do: a signed link and a bearer token are two ways to sign in.
            return web.Response(status=400, text="Only one way of signing in is allowed.")
        kind = file.content_type or "application/octet-stream"
        return web.Response(body=file.content, content_type=kind, headers=TO_BE_SAVED)
