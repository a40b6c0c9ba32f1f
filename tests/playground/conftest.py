"""A simulated Slack and Devin for each test, a small Bolt app that reaches Slack either way, and the page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.devin import DevinControl, DevinSimulator
from bot.playground.slack import SlackControl, SlackSimulator
from tests.playground.devin_peer import Clock
from tests.playground.house import House, opened


@dataclass
class Peer:
    """A simulator, its control, a client with the bot's token, and the Bolt app that heard the events."""

    simulator: SlackSimulator
    control: SlackControl
    client: AsyncWebClient
    app: AsyncApp
    heard: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Awaitable[Peer]]]:
    """Start a simulator with the arguments given; `connect=True` brings the Bolt app to it."""
    async with AsyncExitStack() as stack:

        async def begin(*, connect: bool = False, **arguments: Any) -> Peer:
            simulator = await stack.enter_async_context(SlackSimulator(**arguments))
            control = await stack.enter_async_context(SlackControl(simulator.control_url))
            peer = _peer(simulator, control)
            if connect:
                await _connect(peer, stack)
            return peer

        yield begin


def _peer(simulator: SlackSimulator, control: SlackControl) -> Peer:
    client = AsyncWebClient(token=simulator.bot_token, base_url=simulator.base_url, retry_handlers=[])
    app = AsyncApp(client=client, signing_secret=simulator.signing_secret, process_before_response=True)
    peer = Peer(simulator, control, client, app)

    @app.middleware
    async def hear(body: dict[str, Any], next_: Callable[[], Awaitable[None]]) -> None:
        peer.heard.append(body)
        await next_()

    @app.event("message")
    @app.event("app_mention")
    @app.event("member_left_channel")
    @app.event("channel_left")
    @app.event("channel_archive")
    @app.event("channel_shared")
    @app.event("channel_unshared")
    @app.event("team_join")
    @app.event("user_change")
    async def take() -> None:
        pass

    return peer


async def _connect(peer: Peer, stack: AsyncExitStack) -> None:
    state = await peer.control.state()
    if state["transport"] == "socket":
        handler = AsyncSocketModeHandler(peer.app, peer.simulator.app_token, ping_interval=1)
        await handler.connect_async()
        stack.push_async_callback(handler.close_async)
        await peer.control.wait_for_sockets()
        return

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await peer.app.async_dispatch(await to_bolt_request(request)))

    server = web.Application()
    server.router.add_post("/slack/events", events)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    peer.simulator.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"


@pytest.fixture(params=["socket", "http"])
async def peer(request: pytest.FixtureRequest, start: Callable[..., Awaitable[Peer]]) -> Peer:
    """A connected Bolt app, over each transport."""
    return await start(connect=True, transport=request.param, limits=False)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """The page on a free port."""
    async with opened() as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def devin(clock: Clock) -> AsyncIterator[DevinSimulator]:
    async with DevinSimulator(now=clock) as simulator:
        yield simulator


@pytest.fixture
async def control(devin: DevinSimulator) -> AsyncIterator[DevinControl]:
    async with DevinControl(devin.control_url) as client:
        yield client


@pytest.fixture
async def api(devin: DevinSimulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": "Bearer cog_play"}
    async with httpx.AsyncClient(base_url=devin.base_url, headers=headers, trust_env=False) as client:
        yield client
