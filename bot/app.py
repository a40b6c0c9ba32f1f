"""The composition root: makes every part of the bot, connects the parts, and closes them in order."""

import fcntl
import logging
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.logger.messages import warning_client_prioritized_and_token_skipped
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings, on_this_machine
from bot.devin.client import Devin
from bot.devin.errors import DevinError, DevinRefused
from bot.devin.retry import Patience
from bot.domain.causes import ActionCause, ChannelGoneCause, CommandCause, MessageCause, StartCause
from bot.engine.local import LocalEngine, Route
from bot.flows.access import Access
from bot.flows.deliver.cards import CardEditor
from bot.flows.deliver.failures import SendFailures
from bot.flows.deliver.send import Send
from bot.flows.follow.announce import Announce
from bot.flows.follow.duplicates import Duplicates
from bot.flows.follow.poll import Poller
from bot.flows.job import Flow
from bot.flows.lookup import SessionLookup
from bot.flows.money.digest import Digest
from bot.flows.money.usage_ledger import UsageLedger
from bot.flows.prompt import PromptBuilder
from bot.flows.receive.catch_up import CatchUp
from bot.flows.receive.channel_gone import ChannelGone
from bot.flows.receive.conversation import Conversation
from bot.flows.receive.dispatch import Dispatch
from bot.flows.receive.intake import Intake
from bot.flows.services import Services
from bot.flows.start.create import Create
from bot.flows.start.from_command import StartFromCommand
from bot.flows.start.from_message import StartFromMessage
from bot.flows.steer.reply import Reply
from bot.flows.steer.session_commands import SessionCommands
from bot.flows.steer.session_list import SessionList
from bot.flows.upkeep.heartbeat import Heartbeat
from bot.flows.upkeep.retention import Retention
from bot.flows.upkeep.sweep import Sweep
from bot.flows.workspace import Policy, Workspace
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.slack.client import Identity, Slack
from bot.slack.errors import SlackError, SlackRefused
from bot.store.database.connection import Clock, Database, sqlite_path
from bot.store.database.schema import migrate
from bot.store.inbox_writer import InboxWriter
from bot.timing import DAY, PRODUCTION, Timing
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
    """The bot cannot start or go on; the text is a sentence that says what to do."""


@dataclass(slots=True)
class Bot:
    """The connected bot: its services, its Bolt app, its engine, and the flows that the server calls itself."""

    services: Services
    bolt: AsyncApp
    engine: LocalEngine
    heartbeat: Heartbeat
    catch_up: CatchUp
    poller: Poller
    lookup: SessionLookup


def wire(services: Services, engine: LocalEngine, settings: Settings) -> Bot:
    """Make the flows from `services`, and connect them with the `engine` and with a new Bolt app for `settings`."""
    lookup, access = SessionLookup(services), Access(services)
    intake = Intake(services)
    usage_ledger = UsageLedger(services)
    heartbeat = Heartbeat(services)
    sweep = Sweep(services)
    catch_up = CatchUp(services, intake)
    intake.when_not_taken(catch_up.gap)
    poller = Poller(services, lookup, Duplicates(services, lookup), Announce(services))
    dispatch = Dispatch(services, _flows(services, access, lookup))
    send = Send(services, SendFailures(services))
    engine.route("in", Route(dispatch.work, FLOWS_AT_ONCE))
    for lane in ("out", "react", "priv"):
        engine.route(lane, Route(send.work, POSTS_AT_ONCE))
    engine.route("card", Route(CardEditor(services).work, EDITS_AT_ONCE))
    ticks = {
        "heartbeat": heartbeat.beat,
        "sweep": sweep.tick,
        "checkpoint": sweep.checkpoint,
        "poll": poller.tick,
        "catch-up": catch_up.tick,
        "consumption": usage_ledger.tick,
        "digest": Digest(services, usage_ledger).tick,
        "retention": Retention(services).tick,
    }
    for name, tick in ticks.items():
        engine.every(name, tick)
    bolt = _bolt(settings, services.workspace)
    register(
        bolt,
        Commands(intake, SessionList(services), usage_ledger, access),
        Messages(intake),
        Actions(intake, services.workspace.team),
        Events(intake),
    )
    return Bot(services, bolt, engine, heartbeat, catch_up, poller, lookup)


def _flows(services: Services, access: Access, lookup: SessionLookup) -> dict[str, Flow[Any]]:
    """The flow for each kind of inbox row."""
    prompts = PromptBuilder(services, access)
    create = Create(services, prompts, lookup)
    reply = Reply(services, prompts, lookup)
    session_commands = SessionCommands(services, access)
    start_from_command = StartFromCommand(services, access, prompts)
    return {
        MessageCause.kind: Conversation(
            services, access, prompts, reply, session_commands, start_from_command, StartFromMessage(services, create)
        ),
        CommandCause.kind: start_from_command,
        StartCause.kind: create,
        ActionCause.kind: session_commands,
        ChannelGoneCause.kind: ChannelGone(services),
    }


def _bolt(settings: Settings, workspace: Workspace) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        # Made of what the start has read. Bolt's own function would ask Slack, and drop the event if that failed.
        return AuthorizeResult(
            enterprise_id=None,
            team_id=workspace.team,
            bot_token=settings.slack_bot_token.get_secret_value(),
            bot_id=workspace.bot_id,
            bot_user_id=workspace.bot_user,
        )

    client = AsyncWebClient(base_url=settings.slack_api_url)  # used by Socket Mode alone, with a token of its own
    if on_this_machine(settings.slack_api_url):
        client.proxy = None  # a simulated Slack on this machine is not behind a proxy
    secret = settings.slack_signing_secret
    # Bolt finds SLACK_BOT_TOKEN in the environment and warns that it is not used, although nothing is wrong.
    logging.getLogger("slack_bolt.AsyncApp").addFilter(_is_worth_reading)
    return AsyncApp(
        name="bot",  # without a name Bolt searches the sources of all its callers for one
        client=client,
        authorize=authorize,
        signing_secret=secret.get_secret_value() if secret else None,
        request_verification_enabled=settings.transport == "http",
        process_before_response=True,
    )


def _is_worth_reading(line: logging.LogRecord) -> bool:
    return line.getMessage() != warning_client_prioritized_and_token_skipped()


def policy(settings: Settings) -> Policy:
    """The part of `settings` that flows obey."""
    return Policy(
        admin_channel=settings.bot_admin_channel,
        admin_users=frozenset(settings.bot_admin_users),
        digest_time=settings.bot_digest_time,
        zone=settings.bot_timezone,
        retention_seconds=settings.bot_retention_days * DAY,
    )


def timed(settings: Settings, timing: Timing) -> Timing:
    """`timing` with those waits replaced that `settings` contain."""
    return replace(
        timing,
        poll=settings.bot_poll_seconds,
        slow_poll=settings.bot_slow_poll_seconds,
        lease=settings.bot_lease_seconds,
    )


@asynccontextmanager
async def assembled(settings: Settings, clock: Clock = time.time, timing: Timing = PRODUCTION) -> AsyncIterator[Bot]:
    """Open store, Slack and Devin, check the keys and yield the connected bot; raises StartError if one fails."""
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        stack.enter_context(alone_on(sqlite_path(url)))
        db = Database(url, clock)
        stack.push_async_callback(db.close)
        await _migrate(db)
        slack = await stack.enter_async_context(
            Slack(
                settings.slack_bot_token.get_secret_value(),
                base_url=settings.slack_api_url,
                on_call=metrics.slack_called,
                timing=timing,
            )
        )
        identity = await _identity(slack)
        if settings.slack_app_token is not None:
            await _check_app_token(settings.slack_app_token.get_secret_value(), settings.slack_api_url)
        devin = _devin(await stack.enter_async_context(_http(settings, metrics)), settings, timing)
        await _check_devin_key(devin)
        engine = LocalEngine(timing)
        services = Services(
            db=db,
            engine=engine,
            devin=devin,
            slack=slack,
            writer=InboxWriter(db),
            workspace=Workspace(identity.team, identity.user_id, identity.bot_id, identity.url),
            policy=policy(settings),
            timing=timed(settings, timing),
            clock=clock,
            worker=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}",
            metrics=metrics,
        )
        bot = wire(services, engine, settings)
        await bot.lookup.learn()
        metrics.poll_age_from(lambda: clock() - bot.poller.polled_at)
        yield bot


@contextmanager
def alone_on(path: Path | None) -> Iterator[None]:
    """Lock the SQLite file at `path` for this process while the block runs; None, for PostgreSQL, locks nothing.

    Raises StartError if another process holds the lock or the file cannot be opened.
    """
    if path is None:
        yield
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = Path(f"{path}.lock").open("w")  # noqa: SIM115 - closed below; only its own error is handled here
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


async def _migrate(db: Database) -> None:
    try:
        await migrate(db)
    except Exception as error:  # noqa: BLE001 - whatever the store's driver raises; its text may quote a password
        log.error("store not opened", error=type(error).__name__)  # noqa: TRY400
        raise StartError(
            "The store cannot be opened or brought up to date. Check DATABASE_URL; `python -m bot doctor` says more."
        ) from None


async def _check_app_token(app_token: str, base_url: str) -> None:
    """Raise StartError if Slack refuses to open a socket for `app_token`, with which Bolt would try for ever."""
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


def _devin(http: httpx.AsyncClient, settings: Settings, timing: Timing) -> Devin:
    patience = Patience(
        write=timing.devin_write, first_pause=timing.devin_first_pause, longest_pause=timing.devin_longest_pause
    )
    key = settings.devin_api_key.get_secret_value()
    return Devin(http, key, settings.devin_org_id, settings.devin_api_url, patience=patience)


async def _check_devin_key(devin: Devin) -> None:
    try:
        await devin.self_()
    except DevinRefused as refused:
        raise StartError(
            f"Devin does not accept the key ({refused.status}). Check DEVIN_API_KEY and DEVIN_API_URL; "
            "`python -m bot doctor` says more."
        ) from None
    except DevinError as error:
        # An outage at Devin is no reason to refuse what people write: the messages are stored and handled later.
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
    """`path` with each id replaced by `{id}`, so that the metrics have few routes."""
    parts = path.strip("/").split("/")
    known = [part if part.isalpha() or part.startswith("v3") else "{id}" for part in parts]
    return "/" + "/".join(known)
