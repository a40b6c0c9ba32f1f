"""The composition root: every part of the bot is made and connected here, started, and stopped in order."""

import fcntl
import logging
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.logger.messages import warning_client_prioritized_and_token_skipped
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings, on_this_machine
from bot.devin.client import Devin
from bot.devin.errors import DevinError, DevinRefused
from bot.engine.local import LocalEngine, Route
from bot.flows.admission import Admission
from bot.flows.brief import Briefing
from bot.flows.cards import CardEditor
from bot.flows.catch_up import CatchUp
from bot.flows.channel_gone import ChannelGone
from bot.flows.control import Control
from bot.flows.conversation import Conversation
from bot.flows.create import Create
from bot.flows.digest import Digest
from bot.flows.dispatch import Dispatch
from bot.flows.failure import Failure
from bot.flows.finder import Finder
from bot.flows.housekeeping import Housekeeping
from bot.flows.intake import Intake
from bot.flows.ledger import Ledger
from bot.flows.order import Order
from bot.flows.overview import Overview
from bot.flows.reply import Reply
from bot.flows.retention import Retention
from bot.flows.send import Send
from bot.flows.tell import Tell
from bot.flows.tools import Flow, Place, Rules, Tools
from bot.flows.twins import Twins
from bot.flows.watch import Watch
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.slack.client import Identity, Slack
from bot.slack.errors import SlackError, SlackRefused
from bot.store.database import Clock, Database, sqlite_path
from bot.store.inbox import InboxWriter
from bot.store.schema import migrate
from handlers import register
from handlers.actions import Actions
from handlers.commands import Commands
from handlers.events import Events
from handlers.messages import Messages

log = get_logger(__name__)

FLOWS_AT_ONCE: Final = 32
POSTS_AT_ONCE: Final = 64
EDITS_AT_ONCE: Final = 16


class StartError(Exception):
    """The bot cannot start; the text is a sentence that says what to do."""


@dataclass(slots=True)
class Bot:
    """The wired bot: its tools, its ticks and its Bolt app."""

    tools: Tools
    bolt: AsyncApp
    engine: LocalEngine
    housekeeping: Housekeeping
    catch_up: CatchUp
    watch: Watch
    finder: Finder


def wire(tools: Tools, engine: LocalEngine, settings: Settings) -> Bot:
    """Connect flows with each other, with the engine and with the routes of Slack."""
    finder, admission = Finder(tools), Admission(tools)
    intake = Intake(tools)
    ledger = Ledger(tools)
    housekeeping = Housekeeping(tools)
    catch_up = CatchUp(tools, intake)
    intake.when_not_taken(catch_up.gap)
    watch = Watch(tools, finder, Twins(tools, finder), Tell(tools))
    dispatch = Dispatch(tools, _flows(tools, admission, finder))
    send = Send(tools, Failure(tools))
    engine.route("in", Route(dispatch.work, FLOWS_AT_ONCE))
    for lane in ("out", "react", "priv"):
        engine.route(lane, Route(send.work, POSTS_AT_ONCE))
    engine.route("card", Route(CardEditor(tools).work, EDITS_AT_ONCE))
    ticks = {
        "heartbeat": housekeeping.beat,
        "sweep": housekeeping.sweep,
        "checkpoint": housekeeping.checkpoint,
        "poll": watch.tick,
        "catch-up": catch_up.tick,
        "consumption": ledger.tick,
        "digest": Digest(tools, ledger).tick,
        "retention": Retention(tools).tick,
    }
    for name, tick in ticks.items():
        engine.every(name, tick)
    bolt = _bolt(settings, tools.place)
    register(
        bolt,
        Commands(intake, Overview(tools), ledger, admission),
        Messages(intake),
        Actions(intake, tools.place.team),
        Events(intake),
    )
    return Bot(tools, bolt, engine, housekeeping, catch_up, watch, finder)


def _flows(tools: Tools, admission: Admission, finder: Finder) -> dict[str, Flow]:
    """Who takes which kind of inbox row."""
    briefing = Briefing(tools, admission)
    create = Create(tools, briefing, finder)
    reply = Reply(tools, briefing, finder)
    control = Control(tools, admission)
    order = Order(tools, admission, briefing)
    return {
        "message": Conversation(tools, admission, briefing, create, reply, control, order),
        "command": order,
        "start": create,
        "control": control,
        "channel_gone": ChannelGone(tools),
    }


def _bolt(settings: Settings, place: Place) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        # From what is known since the start: Bolt's own asks Slack first, and drops the event when that fails.
        return AuthorizeResult(
            enterprise_id=None,
            team_id=place.team,
            bot_token=settings.slack_bot_token.get_secret_value(),
            bot_id=place.bot_id,
            bot_user_id=place.bot_user,
        )

    client = AsyncWebClient(base_url=settings.slack_api_url)  # only Socket Mode asks through it, with its own token
    if on_this_machine(settings.slack_api_url):
        client.proxy = None  # a simulated Slack on this machine is not behind a proxy
    secret = settings.slack_signing_secret
    # Bolt finds SLACK_BOT_TOKEN in the environment and warns that it does not use it, as if something were amiss.
    logging.getLogger("slack_bolt.AsyncApp").addFilter(_is_worth_reading)
    return AsyncApp(
        client=client,
        authorize=authorize,
        signing_secret=secret.get_secret_value() if secret else None,
        request_verification_enabled=settings.transport == "http",
        process_before_response=True,
    )


def _is_worth_reading(line: logging.LogRecord) -> bool:
    return line.getMessage() != warning_client_prioritized_and_token_skipped()


def rules(settings: Settings) -> Rules:
    """The settings that flows obey."""
    return Rules(
        poll_seconds=settings.bot_poll_seconds,
        slow_poll_seconds=settings.bot_slow_poll_seconds,
        lease_seconds=settings.bot_lease_seconds,
        admin_channel=settings.bot_admin_channel,
        admin_users=frozenset(settings.bot_admin_users),
        digest_time=settings.bot_digest_time,
        zone=settings.bot_timezone,
        retention_seconds=settings.bot_retention_days * 86_400.0,
    )


@asynccontextmanager
async def assembled(settings: Settings, clock: Clock = time.time) -> AsyncIterator[Bot]:
    """The bot with everything it needs open: store, Slack, Devin. Whatever was opened is closed."""
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        stack.enter_context(alone_on(sqlite_path(url)))
        db = Database(url, clock)
        stack.push_async_callback(db.close)
        await _brought_up(db)
        slack = await stack.enter_async_context(
            Slack(
                settings.slack_bot_token.get_secret_value(),
                base_url=settings.slack_api_url,
                on_call=metrics.slack_called,
            )
        )
        identity = await _identity(slack)
        if settings.slack_app_token is not None:
            await _socket_opens(settings.slack_app_token.get_secret_value(), settings.slack_api_url)
        http = await stack.enter_async_context(_http(settings, metrics))
        devin = Devin(http, settings.devin_api_key.get_secret_value(), settings.devin_org_id, settings.devin_api_url)
        await _known_at_devin(devin)
        engine = LocalEngine()
        tools = Tools(
            db=db,
            engine=engine,
            devin=devin,
            slack=slack,
            writer=InboxWriter(db),
            place=Place(identity.team, identity.user_id, identity.bot_id, identity.url),
            rules=rules(settings),
            clock=clock,
            worker=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}",
            metrics=metrics,
        )
        bot = wire(tools, engine, settings)
        await bot.finder.learn()
        metrics.poll_age_from(lambda: clock() - bot.watch.polled_at)
        yield bot


@contextmanager
def alone_on(path: Path | None) -> Iterator[None]:
    """Hold the SQLite file for this process alone; a second one says so and ends."""
    if path is None:
        yield
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = Path(f"{path}.lock").open("w")  # noqa: SIM115 - held below, where no other error is this sentence's
    except OSError:
        raise StartError(f"The store {path} cannot be opened. Check DATABASE_URL and who may write there.") from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartError(
                f"Another process runs on {path}. Stop it first, or give this one a DATABASE_URL of its own."
            ) from None
        yield


async def _brought_up(db: Database) -> None:
    try:
        await migrate(db)
    except Exception as error:  # noqa: BLE001 - whatever the store's driver raises; its text may quote a password
        log.error("store not opened", error=type(error).__name__)  # noqa: TRY400
        raise StartError(
            "The store cannot be opened or brought up to date. Check DATABASE_URL; `python -m bot doctor` says more."
        ) from None


async def _socket_opens(app_token: str, base_url: str) -> None:
    """Ask once: with a token that Slack refuses Bolt would try for ever."""
    try:
        async with Slack(app_token, base_url=base_url) as opener:
            await opener.open_socket()
    except SlackRefused as refused:
        if refused.permanent:
            raise StartError(
                f"Slack does not open a socket for the bot ({refused.outcome}). Check SLACK_APP_TOKEN; "
                "`python -m bot doctor` says more."
            ) from None
    except SlackError as error:
        log.warning("Slack opens no socket at the start", error=error.outcome)


async def _identity(slack: Slack) -> Identity:
    try:
        return await slack.auth_test()
    except SlackError as error:
        raise StartError(
            f"Slack does not let the bot in ({error.outcome}). Check SLACK_BOT_TOKEN and SLACK_API_URL; "
            "`python -m bot doctor` says more."
        ) from None


async def _known_at_devin(devin: Devin) -> None:
    try:
        await devin.self_()
    except DevinRefused as refused:
        raise StartError(
            f"Devin does not accept the key ({refused.status}). Check DEVIN_API_KEY and DEVIN_API_URL; "
            "`python -m bot doctor` says more."
        ) from None
    except DevinError as error:
        # An outage at Devin is no reason to refuse what people write: it is stored and goes on later.
        log.warning("Devin does not answer at the start", error=type(error).__name__)


def _http(settings: Settings, metrics: Metrics) -> httpx.AsyncClient:
    async def count(response: httpx.Response) -> None:
        started: float = response.request.extensions["started"]
        route = f"{response.request.method} {_route(response.request.url.path)}"
        metrics.devin_called(route, str(response.status_code), time.monotonic() - started)

    async def begin(request: httpx.Request) -> None:
        request.extensions["started"] = time.monotonic()

    limits = httpx.Limits(max_connections=40, max_keepalive_connections=20)
    return httpx.AsyncClient(
        limits=limits,
        event_hooks={"request": [begin], "response": [count]},
        trust_env=not on_this_machine(settings.devin_api_url),
    )


def _route(path: str) -> str:
    """A path without its ids, so that the figures stay few."""
    parts = path.strip("/").split("/")
    known = [part if part.isalpha() or part.startswith("v3") else "{id}" for part in parts]
    return "/" + "/".join(known)
