"""The routes for operators of the bot: /healthz, /readyz and /metrics."""

import asyncio
import hmac
import time
from typing import Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.app import Bot
from bot.config import Settings
from bot.metrics import CONTENT_TYPE
from bot.server.addresses import is_loopback
from bot.server.gate import RequestGate
from bot.server.socket_mode import SocketModeConnection
from bot.store.database.connection import Database
from bot.timing import Timing

# What a proxy adds to a request. The request then comes from elsewhere, although the proxy is on this machine.
FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def health_routes(
    bot: Bot, settings: Settings, gate: RequestGate, connection: SocketModeConnection | None
) -> list[Route]:
    """Make the three routes about `bot`; `gate` and `connection` show whether it stops and has a socket to Slack."""
    store = StoreCheck(bot.services.db, bot.services.timing)

    async def alive(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def ready(_request: Request) -> Response:
        problems = await find_problems(store, gate, connection)
        answer = {"ok": not problems, "problems": problems, "warnings": find_warnings(bot)}
        return JSONResponse(answer, 503 if problems else 200)

    async def metrics(request: Request) -> Response:
        if not may_read_metrics(request, settings.bot_metrics_token):
            return PlainTextResponse("Only on this machine, or with the token in BOT_METRICS_TOKEN.", 403)
        return Response(bot.services.metrics.exposition(), media_type=CONTENT_TYPE)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)]


def may_read_metrics(request: Request, token: SecretStr | None) -> bool:
    """Whether the sender of `request` has the `token`, or, where the settings have none, is on this machine itself."""
    if token is not None:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(f"Bearer {token.get_secret_value()}".encode(), given)
    direct = not any(name in request.headers for name in FORWARDED)
    return direct and request.client is not None and is_loopback(request.client.host)


class StoreCheck:
    """Checks whether the store takes writes: once in a while, for everybody who asks meanwhile."""

    def __init__(self, db: Database, timing: Timing) -> None:
        self._db = db
        self._timing = timing
        self._write: asyncio.Task[str | None] | None = None
        self._begun_at = 0.0

    async def problem(self) -> str | None:
        """Return a sentence about what is wrong with the store; None if it takes writes."""
        now = time.monotonic()
        # While the bot writes, nothing has to be tried.
        if now - self._db.written_at <= self._timing.readiness_kept:
            return None
        if self._write is None or (self._write.done() and now - self._begun_at > self._timing.readiness_kept):
            self._write, self._begun_at = asyncio.create_task(self._try(), name="readiness"), now
        return await asyncio.shield(self._write)  # one who goes must not end the check for the others

    async def _try(self) -> str | None:
        try:
            # Reads succeed while another process holds the lock, so only a write shows that the store can be used. It
            # is not urgent: no ack waits for it, and anybody may ask.
            async with asyncio.timeout(self._timing.readiness), self._db.write() as tx:
                await tx.exec_driver_sql("SELECT 1")
        except Exception as error:  # noqa: BLE001 - whatever the store's driver raises, the store is not ready
            return f"The store does not answer ({type(error).__name__})."
        return None


async def find_problems(store: StoreCheck, gate: RequestGate, connection: SocketModeConnection | None) -> list[str]:
    """Find why the bot is not ready, with a sentence for each reason: a stop, the store, the socket."""
    problems = ["The bot is stopping."] if gate.closed else []
    if (problem := await store.problem()) is not None:
        problems.append(problem)
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
