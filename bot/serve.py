"""A running bot: the HTTP side, the Socket Mode side, and the way to a stop that loses nothing."""

import asyncio
import gc
import re
import signal
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.app import Bot, StartError, assembled
from bot.config import Settings
from bot.logs import get_logger
from bot.metrics import CONTENT_TYPE
from bot.store.database import Clock
from bot.timing import PRODUCTION, Timing

log = get_logger(__name__)

NUMBER: Final = re.compile("[0-9]{1,12}")
LARGEST_BODY: Final = 1_000_000  # Slack's requests are a few kilobytes


class Doors:
    """Counts the requests inside, and closes for new ones at a stop."""

    def __init__(self) -> None:
        self._inside = 0
        self._closed = False
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def closed(self) -> bool:
        """Whether nothing is taken any more: what is refused is not acknowledged, and Slack sends it again."""
        return self._closed

    @contextmanager
    def inside(self) -> Iterator[None]:
        """One request, from its arrival until its answer is written."""
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    async def close(self, within: float) -> None:
        """Take nothing new and wait for those inside."""
        self._closed = True
        try:
            async with asyncio.timeout(within):
                await self._empty.wait()
        except TimeoutError:
            log.warning("listeners cut at stop", inside=self._inside)


class Socket(AsyncSocketModeHandler):
    """Socket Mode with counted requests, and a word when a new connection begins."""

    def __init__(self, bot: Bot, settings: Settings, doors: Doors) -> None:
        assert settings.slack_app_token is not None
        super().__init__(bot.bolt, settings.slack_app_token.get_secret_value())
        self._doors = doors
        self._way = bot.tools.db.way
        self._timing = bot.tools.timing
        self._connections = 0
        self._on_gap = bot.catch_up.gap
        self.client.message_listeners.append(self._greeted)

    async def handle(self, client: Any, req: Any) -> None:
        """Answer one envelope, unless the bot is stopping: then Slack gives it to another connection."""
        if self._doors.closed:
            return
        started = time.time()
        with self._doors.inside():
            with self._way:
                answer = await run_async_bolt_app(self.app, req)
            # On a socket that broke this waits for the next one: no other work waits for that.
            await send_async_response(client, req, answer, started)

    async def _greeted(self, _client: Any, message: dict[str, Any], _raw: str | None) -> None:
        if message.get("type") != "hello":
            return
        self._connections += 1
        if self._connections > 1:
            self._on_gap()  # what was sent between two connections may be lost

    async def open(self) -> None:
        """Connect. The token was good a moment ago: with a bad one this would try for ever."""
        await self.connect_async()  # type: ignore[no-untyped-call]  # Bolt's annotation is missing

    async def close(self) -> None:
        """Hang up."""
        await self.close_async()  # type: ignore[no-untyped-call]  # as above

    async def watch(self) -> None:
        """End the process when the socket stays away."""
        deaf_since: float | None = None
        while True:
            await asyncio.sleep(self._timing.socket_check)
            if await self.client.is_connected():
                deaf_since = None
                continue
            deaf_since = deaf_since or time.monotonic()
            if time.monotonic() - deaf_since > self._timing.disconnected:
                raise StartError("The socket to Slack stayed away for a minute; the process ends to be started anew.")


class Server(uvicorn.Server):
    """uvicorn without its own signal handling: the bot decides the order of a stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def web(bot: Bot, doors: Doors, link: Socket | None) -> Starlette:
    """The HTTP side: Slack's requests, and the questions of those who operate the bot."""
    handler = AsyncSlackRequestHandler(bot.bolt)

    async def events(request: Request) -> Response:
        refusal = await _unfit(request)
        if refusal is not None:
            return refusal
        if doors.closed:
            return PlainTextResponse("stopping", 503)
        started = time.perf_counter()
        with doors.inside(), bot.tools.db.way:
            answer = await handler.handle(request)
        bot.tools.metrics.acked("http", time.perf_counter() - started)
        return answer

    async def alive(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def ready(_request: Request) -> Response:
        problems = await _problems(bot, doors, link)
        return JSONResponse({"ok": not problems, "problems": problems}, 503 if problems else 200)

    async def figures(_request: Request) -> Response:
        return Response(bot.tools.metrics.exposition(), media_type=CONTENT_TYPE)

    routes = [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", figures)]
    if link is None:
        routes.append(Route("/slack/events", events, methods=["POST"]))
    return Starlette(routes=routes)


async def _unfit(request: Request) -> Response | None:
    """Refuse what no request of Slack's looks like, then read the rest; Bolt checks its signature."""
    headers = request.headers
    if not NUMBER.fullmatch(headers.get("x-slack-request-timestamp", "")):
        return PlainTextResponse("no timestamp", 401)  # the SDK would fail on it
    if not NUMBER.fullmatch(headers.get("content-length", "")):
        return PlainTextResponse("no length", 411)
    if int(headers["content-length"]) > LARGEST_BODY:
        return PlainTextResponse("too large", 413)
    try:
        # Before the right of way: who sends slowly need not be Slack, and must hold up neither other work nor a stop.
        await request.body()
    except ClientDisconnect:
        return PlainTextResponse("gone", 400)
    return None


async def _problems(bot: Bot, doors: Doors, link: Socket | None) -> list[str]:
    timing = bot.tools.timing
    problems = ["The bot is stopping."] if doors.closed else []
    try:
        # A write, because reading goes on beside a lock.
        async with asyncio.timeout(timing.readiness), bot.tools.db.write(first=True) as tx:
            await tx.exec_driver_sql("SELECT 1")
    except Exception as error:  # noqa: BLE001 - whatever the store's driver raises, it is not ready
        problems.append(f"The store does not answer ({type(error).__name__}).")
    if link is not None and not await link.client.is_connected():
        problems.append("There is no connection to Slack (Socket Mode).")
    age = bot.tools.clock() - bot.watch.polled_at
    if age > 3 * timing.slow_poll + 60:
        problems.append(f"Devin was last looked at {round(age)} s ago.")
    return problems


async def serve(
    settings: Settings,
    *,
    announce: Callable[[int], None] | None = None,
    stopping: asyncio.Event | None = None,
    clock: Clock = time.time,
    timing: Timing = PRODUCTION,
) -> None:
    """Run everything in this process until `stopping`, which SIGTERM and SIGINT set, or until a part of it dies."""
    if stopping is None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    connected = asyncio.Event()

    async def run() -> None:
        async with assembled(settings, clock, timing) as bot:
            await _run(bot, settings, stopping, connected, announce)

    running = asyncio.create_task(run(), name="run")
    stop = asyncio.create_task(stopping.wait(), name="stop")
    try:
        await asyncio.wait([running, stop], return_when=asyncio.FIRST_COMPLETED)
        if running.done() or connected.is_set():
            await running
        else:
            # Nothing can have come in yet. Whatever is waited for, a Slack that is away say, is given up.
            log.info("stopped before it was up")
    finally:
        stop.cancel()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _connect(bot: Bot, link: Socket) -> None:
    """Open the socket; while Slack is away this tries for ever, until a stop cancels it."""
    try:
        await link.open()
    except asyncio.CancelledError:
        await link.close()
        await bot.housekeeping.leave()
        raise


async def _run(
    bot: Bot,
    settings: Settings,
    stopping: asyncio.Event,
    connected: asyncio.Event,
    announce: Callable[[int], None] | None,
) -> None:
    doors = Doors()
    link = Socket(bot, settings, doors) if settings.transport == "socket" else None
    config = uvicorn.Config(
        web(bot, doors, link), host=settings.bot_host, port=settings.port, log_config=None, access_log=False,
        timeout_graceful_shutdown=1, lifespan="off", proxy_headers=False,
    )  # fmt: skip
    server = Server(config)
    await bot.housekeeping.begin()
    await bot.catch_up.begin()
    if link is not None:
        await _connect(bot, link)
    connected.set()
    parts: dict[str, Coroutine[Any, Any, None]] = {
        "writer": bot.tools.writer.run(),
        "engine": bot.engine.run(),
        "http": server.serve(),
    }
    if link is not None:
        parts["socket"] = link.watch()
    tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
    try:
        await _started(server)
        _spare_the_pauses()
        log.info("running", transport=settings.transport, port=_port(server), team=bot.tools.place.team)
        if announce is not None:
            announce(_port(server))
        await _until(stopping, tasks)
    finally:
        await _stop(bot, doors, link, server, tasks)


def _spare_the_pauses() -> None:
    """Have the garbage collector look through less, and at all of it less often: that held up acks by 100 ms."""
    gc.freeze()  # what was imported and made until here stays for ever
    gc.set_threshold(700, 10, 100)


async def _until(stopping: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the stop; a part that dies takes the process down rather than leaving half of it."""
    stop = asyncio.create_task(stopping.wait(), name="stop")
    await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    for task in (task for task in tasks if task.done()):
        task.result()
        raise StartError("A part of the bot ended by itself; the process ends to be started anew.")


async def _stop(
    bot: Bot, doors: Doors, link: Socket | None, server: Server, tasks: Sequence[asyncio.Task[None]]
) -> None:
    """Take nothing new, answer what is inside, finish what runs, give the lanes back, then hang up."""
    timing = bot.tools.timing
    log.info("stopping")
    await doors.close(timing.listener_drain)
    await bot.engine.stop(timing.flow_drain)
    server.should_exit = True
    if link is not None:
        await link.close()
    # The ticks end by themselves; one that is cut in the middle of a transaction may leave the store locked.
    await asyncio.wait([task for task in tasks if task.get_name() == "engine"], timeout=timing.tick_drain)
    for task in tasks:
        if task.get_name() != "http":
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await bot.housekeeping.leave()
    log.info("stopped")


async def _started(server: Server) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)


def _port(server: Server) -> int:
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port
