"""Runs all parts of the bot in this process, from the start to a stop that loses nothing."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.app import Bot, assembled
from bot.config import Settings
from bot.connect import StartError
from bot.kernel.settled_clock import SettledClock
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.opening import bound_port, check_kind
from bot.process import ProcessKind
from bot.server.connections import Connections
from bot.server.gate import RequestGate
from bot.server.http import Front, HttpServer, bounded_server, http_app
from bot.server.socket_mode import SocketModeConnection
from bot.setup_problems import SetupProblems
from bot.store.database.connection import Clock
from bot.timing import PRODUCTION, Timing, steady
from bot.tracing.start import start_tracing

log = get_logger(__name__)


async def serve(
    settings: Settings,
    *,
    announce: Callable[[int], None] | None = None,
    stopping: asyncio.Event | None = None,
    clock: Clock = time.time,
    timing: Timing = PRODUCTION,
    others: Sequence[Settings] = (),
    process: ProcessKind = ProcessKind.RUN,
    steady: Clock = steady,
) -> None:
    """Run the bot until the event `stopping` is set, or until one of its parts fails; by default signals set the event.

    `announce` is called with the port once that is open. `others` name further workspaces and organisations. `process`
    says which parts of the bot this process runs.
    """
    check_kind(process, settings)
    stopping, connected = stopping or _stop_signal(), asyncio.Event()
    tracing = start_tracing(os.environ, process)

    async def run() -> None:
        setup, now = SetupProblems(Metrics(process), timing, tracing), SettledClock(clock, steady)
        started = assembled(settings, now, setup, timing, others, process)
        async with _port(settings, setup, timing) as port, started as bot:
            await _run(bot, settings, port, stopping, connected, announce)

    running = asyncio.create_task(run(), name="run")
    stop = asyncio.create_task(stopping.wait(), name="stop")
    try:
        await asyncio.wait([running, stop], return_when=asyncio.FIRST_COMPLETED)
        if running.done() or connected.is_set():
            await running
        else:
            # No request can have come in yet, so the start is abandoned, whatever it waits for.
            log.info("stopped before it was up")
    finally:
        stop.cancel()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await tracing.close(timing.spans_drain)


@dataclass(frozen=True, slots=True)
class _Port:
    """The port, what answers there, and the task that does."""

    server: HttpServer
    front: Front
    serving: asyncio.Task[None]


@asynccontextmanager
async def _port(settings: Settings, setup: SetupProblems, timing: Timing) -> AsyncIterator[_Port]:
    """Open the port, which says that the bot is starting; raises StartError if another process has it."""
    front = Front(setup, settings)
    server = bounded_server(front, Connections(timing, setup.metrics))
    with bound_port(settings) as port:
        serving = asyncio.create_task(server.serve([port]), name="http")
        try:
            await server.wait_started([serving])
            if not server.started:
                await serving
            yield _Port(server, front, serving)
        finally:
            server.should_exit = True
            await asyncio.wait([serving], timeout=timing.request_drain)
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # the last one where a terminal closes
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


async def _run(
    bot: Bot,
    settings: Settings,
    port: _Port,
    stopping: asyncio.Event,
    connected: asyncio.Event,
    announce: Callable[[int], None] | None,
) -> None:
    gate = RequestGate()
    has_socket = settings.transport == "socket" and bot.services.process.works
    connection = SocketModeConnection(bot, settings, gate) if has_socket else None
    server, setup = port.server, bot.services.setup
    await bot.heartbeat.begin()
    await bot.note_restore()
    if connection is not None or bot.services.process.receives_http:
        await bot.note_absence(resends=connection is None)
    if connection is not None:
        setup.waits_for = "Slack"
        await _connect(bot, connection)
    connected.set()
    tasks = [port.serving, *_start_parts(bot, connection)]
    port.front.app = http_app(bot, settings, gate, connection, server.refused)
    try:
        _shorten_gc_pauses()
        log.info(
            "running",
            process=bot.services.process,
            transport=settings.transport,
            host=settings.host,
            port=server.port,
            team=",".join(workspace.team for workspace in bot.services.workspaces),
        )
        if announce is not None:
            announce(server.port)
        await _until(stopping, tasks)
    finally:
        await _stop(bot, gate, connection, server, tasks)


async def _connect(bot: Bot, connection: SocketModeConnection) -> None:
    """Open the socket of `connection`, trying for ever while Slack cannot be reached, until a stop cancels this."""
    try:
        await connection.open()
    except asyncio.CancelledError:
        await connection.close()
        await bot.heartbeat.leave()
        raise


def _start_parts(bot: Bot, connection: SocketModeConnection | None) -> list[asyncio.Task[None]]:
    """Start a task for each part of the bot that runs until the stop, but for the port."""
    parts: dict[str, Coroutine[Any, Any, None]] = {
        "writer": bot.services.writer.run(),
        "engine": bot.engine.run(),
    }
    if connection is not None:
        parts["socket"] = connection.watch()
    return [asyncio.create_task(part, name=name) for name, part in parts.items()]


def _shorten_gc_pauses() -> None:
    """Make the garbage collector scan fewer objects, and all of them less often: this delayed acks by 100 ms."""
    gc.freeze()  # all that was imported and made until here stays for ever
    gc.set_threshold(700, 10, 100)


async def _until(stopping: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait until `stopping` is set; raises if one of `tasks` ends, so that no half of the bot goes on alone."""
    stop = asyncio.create_task(stopping.wait(), name="stop")
    await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    for task in (task for task in tasks if task.done()):
        task.result()
        raise StartError("A background task stopped unexpectedly. Exiting so the process can be restarted.")


async def _stop(
    bot: Bot,
    gate: RequestGate,
    connection: SocketModeConnection | None,
    server: HttpServer,
    tasks: Sequence[asyncio.Task[None]],
) -> None:
    """Refuse new requests, answer those in flight, let work finish, close the connections and release the lanes.

    A crash in the middle of this loses nothing: what was acknowledged is committed, and the lanes become free when the
    lease ends.
    """
    timing = bot.services.timing
    log.info("stopping")
    await gate.close(timing.listener_drain)
    await bot.engine.stop(timing.flow_drain)
    server.should_exit = True
    if connection is not None:
        await connection.close()
    # The ticks end by themselves. To cancel one in the middle of a transaction might leave the store locked.
    await asyncio.wait([task for task in tasks if task.get_name() == "engine"], timeout=timing.tick_drain)
    for task in tasks:
        if task.get_name() != "http":
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    try:
        await bot.heartbeat.leave()
    except Exception as error:  # noqa: BLE001 - whatever the store's driver raises: a stop waits for no store
        log.warning("claims not released; they end with the lease", error=type(error).__name__)
    log.info("stopped")
