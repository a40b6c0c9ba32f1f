"""The routes for operators of the bot: /healthz, /readyz and /metrics."""

import asyncio
import hmac
import math
import shutil
import time
from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.app import Bot
from bot.config import Settings
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.metrics import CONTENT_TYPE
from bot.server.addresses import is_loopback
from bot.server.figures import Figures
from bot.server.gate import RequestGate
from bot.server.socket_mode import SocketModeConnection
from bot.setup_problems import SetupProblems
from bot.store import outbox
from bot.store.database.connection import Database, Transaction, sqlite_path
from bot.store.database.refusals import DISK_FULL, refusal
from bot.timing import Timing
from bot.views.setup_problems import sentence

# What a proxy adds to a request. The request then comes from elsewhere, although the proxy is on this machine.
FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")

NOT_FOR_YOU: Final = "Only on this machine, or with the token in BOT_METRICS_TOKEN."
REFUSED: Final = "The store rejects writes: {}."
LEAST_ROOM: Final = 256 * 2**20  # bytes: ten minutes of 20 events a second take half of it, with SQLite's log

log = get_logger(__name__)


def health_routes(
    bot: Bot, settings: Settings, gate: RequestGate, connection: SocketModeConnection | None
) -> list[Route]:
    """Make the three routes about `bot`; `gate` and `connection` show whether it stops and has a socket to Slack."""
    store, backlog = StoreCheck(bot.services.db, bot.services.timing, bot.heartbeat.write), Backlog(bot.services)
    reported, figures = Reported(), Figures(bot.services)

    async def alive(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def ready(_request: Request) -> Response:
        problems = await find_problems(store, gate, connection)
        warnings = [*find_warnings(bot), *await backlog.warnings()]
        reported.log(problems, warnings)
        about = {"process": bot.services.process, "problems": problems, "warnings": warnings}
        answer = {"ok": not problems, **about}
        return JSONResponse(answer, 503 if problems else 200)

    async def metrics(request: Request) -> Response:
        if not may_read_metrics(request, settings.bot_metrics_token):
            return PlainTextResponse(NOT_FOR_YOU, 403)
        await figures.read()
        return Response(bot.services.metrics.exposition(), media_type=CONTENT_TYPE)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)]


def starting_routes(setup: SetupProblems, settings: Settings) -> list[Route]:
    """Make the three routes about a bot that is about to start: it is alive, and says what it waits for."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def ready(_request: Request) -> Response:
        waits = f": {setup.waits_for} doesn't answer yet" if setup.waits_for else ""
        warnings = [sentence(problem) for problem in setup.found]
        return JSONResponse({"ok": False, "problems": [f"The bot is starting{waits}."], "warnings": warnings}, 503)

    async def metrics(request: Request) -> Response:
        if not may_read_metrics(request, settings.bot_metrics_token):
            return PlainTextResponse(NOT_FOR_YOU, 403)
        return Response(setup.metrics.exposition(), media_type=CONTENT_TYPE)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)]


class Reported:
    """Logs what is wrong once when it begins, and once when it is over, however often it is asked about."""

    def __init__(self) -> None:
        self._problems: list[str] = []

    def log(self, problems: list[str], warnings: list[str]) -> None:
        """Log the `problems` if they have changed since the last call, with the `warnings` beside them."""
        if problems != self._problems:
            if problems:
                log.error("not ready", problems=problems, warnings=warnings)
            else:
                log.info("ready again")
        self._problems = problems


def may_read_metrics(request: Request, token: SecretStr | None) -> bool:
    """Whether the sender of `request` has the `token`, or, where the settings have none, is on this machine itself."""
    if token is not None:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(f"Bearer {token.get_secret_value()}".encode(), given)
    direct = not any(name in request.headers for name in FORWARDED)
    return direct and request.client is not None and is_loopback(request.client.host)


class StoreCheck:
    """Checks whether the store takes writes: once in a while, for everybody who asks meanwhile."""

    def __init__(self, db: Database, timing: Timing, write: Callable[[Transaction], Awaitable[None]]) -> None:
        """Check `db` by calling `write`, which changes a row: a disk that is full takes transactions without any."""
        self._db = db
        self._timing = timing
        self._write = write
        self._trial: asyncio.Task[str | None] | None = None
        self._begun_at = 0.0

    async def problem(self) -> str | None:
        """Return a sentence about what is wrong with the store; None if it takes writes."""
        now, last = time.monotonic(), self._db.outage
        # On a full disk some writes succeed, and most do not. Anything else is over with the first that succeeds.
        if last.because == DISK_FULL and now - last.refused_at <= self._timing.refusal_kept:
            return REFUSED.format(last.because)
        # While the bot writes, nothing has to be tried.
        if last.written_at >= last.refused_at and now - last.written_at <= self._timing.readiness_kept:
            return None
        if self._trial is None or (self._trial.done() and self._counts_no_more(self._trial, now)):
            self._trial, self._begun_at = asyncio.create_task(self._try(), name="readiness"), now
        return await asyncio.shield(self._trial)  # one who goes must not end the check for the others

    def _counts_no_more(self, trial: asyncio.Task[str | None], now: float) -> bool:
        """Whether to try again: a failure counts for no longer than it takes, so that the end is found at once."""
        return trial.result() is not None or now - self._begun_at > self._timing.readiness_kept

    async def _try(self) -> str | None:
        try:
            # Reads succeed while another process holds the lock, so only a write shows that the store can be used. It
            # is not urgent: no ack waits for it, and anybody may ask.
            async with asyncio.timeout(self._timing.readiness) as limit, self._db.write() as tx:
                await self._write(tx)
        except Exception as error:  # noqa: BLE001 - whatever the store's driver raises, the store is not ready
            # The check's own time limit says nothing about the store, but the last write that was refused may.
            last = self._db.outage
            known = last.because if last.refused_at > last.written_at else None
            because = known if limit.expired() else refusal(error)
            return REFUSED.format(because) if because else f"The store doesn't answer ({type(error).__name__})."
        return None


class Backlog:
    """Looks once in a while for what is about to go wrong: a post that should have been sent, a disk that fills up."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._looked_at = -math.inf
        self._found: list[str] = []
        self._alone = asyncio.Lock()

    async def warnings(self) -> list[str]:
        """Return a sentence for each, as of the last few seconds; none about a store that does not answer."""
        async with self._alone:
            if time.monotonic() - self._looked_at > self._services.timing.readiness_kept:
                self._found, self._looked_at = [*await self._overdue(), *await self._full_disk()], time.monotonic()
        return self._found

    async def _overdue(self) -> list[str]:
        before = self._services.clock() - self._services.timing.outbox_overdue
        try:
            async with asyncio.timeout(self._services.timing.readiness), self._services.db.scan(urgent=True) as tx:
                since = await outbox.overdue_since(tx, before)
        except Exception:  # noqa: BLE001 - the check of the store reports this
            return []
        if since is None:
            return []
        age = round((self._services.clock() - since) / 60)
        return [f"A Slack post has been ready to send for {age} minutes and is still waiting."]

    async def _full_disk(self) -> list[str]:
        path = sqlite_path(self._services.db.url)
        if path is None:
            return []
        free = (await asyncio.to_thread(shutil.disk_usage, path.absolute().parent)).free
        return [] if free >= LEAST_ROOM else [f"The store's disk has {free // 2**20} MiB left."]


async def find_problems(store: StoreCheck, gate: RequestGate, connection: SocketModeConnection | None) -> list[str]:
    """Find why the bot is not ready, with a sentence for each reason: a stop, the store, the socket."""
    problems = ["The bot is stopping."] if gate.closed else []
    if (problem := await store.problem()) is not None:
        problems.append(problem)
    if connection is not None and not await connection.is_connected():
        problems.append("There's no connection to Slack (Socket Mode).")
    return problems


def find_warnings(bot: Bot) -> list[str]:
    """Find what is wrong although `bot` is ready: the set-up, or Devin does not answer.

    What people write meanwhile is stored and handled later. A platform that takes the bot away from Slack's requests
    would lose it, and could repair nothing.
    """
    wrong = [sentence(problem) for problem in bot.services.setup.found]
    timing = bot.services.timing
    age = bot.services.clock.steady() - bot.polled_at
    overdue = age > timing.poll_overdue
    late = [f"Devin hasn't answered a poll for {round(age)} s. Messages are stored until it does."] if overdue else []
    return [*wrong, *late]
