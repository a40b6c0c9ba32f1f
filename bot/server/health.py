"""The routes for operators of the bot: /healthz, /readyz and /metrics."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.app import Bot
from bot.metrics import CONTENT_TYPE
from bot.server.gate import RequestGate
from bot.server.socket_mode import SocketModeConnection


def health_routes(bot: Bot, gate: RequestGate, connection: SocketModeConnection | None) -> list[Route]:
    """Make the three routes about `bot`; `gate` and `connection` show whether it stops and has a socket to Slack."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def ready(_request: Request) -> Response:
        problems = await find_problems(bot, gate, connection)
        answer = {"ok": not problems, "problems": problems, "warnings": find_warnings(bot)}
        return JSONResponse(answer, 503 if problems else 200)

    async def metrics(_request: Request) -> Response:
        return Response(bot.services.metrics.exposition(), media_type=CONTENT_TYPE)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)]


async def find_problems(bot: Bot, gate: RequestGate, connection: SocketModeConnection | None) -> list[str]:
    """Find why `bot` is not ready, with a sentence for each reason: a stop, the store, the socket."""
    timing = bot.services.timing
    problems = ["The bot is stopping."] if gate.closed else []
    try:
        # Reads succeed while another process holds the lock, so only a write shows that the store can be used.
        async with asyncio.timeout(timing.readiness), bot.services.db.write(first=True) as tx:
            await tx.exec_driver_sql("SELECT 1")
    except Exception as error:  # noqa: BLE001 - whatever the store's driver raises, the store is not ready
        problems.append(f"The store does not answer ({type(error).__name__}).")
    if connection is not None and not await connection.is_connected():
        problems.append("There is no connection to Slack (Socket Mode).")
    return problems


def find_warnings(bot: Bot) -> list[str]:
    """Find what is wrong although `bot` is ready: Devin does not answer.

    What people write meanwhile is stored and handled later. A platform that takes the bot away from Slack's requests
    would lose it, and could repair nothing.
    """
    timing = bot.services.timing
    age = bot.services.clock() - bot.polled_at
    overdue = age > 3 * timing.slow_poll + timing.poll_overdue
    return [f"Devin has not answered a poll for {round(age)} s; what people write is stored."] if overdue else []
