"""The composition root: makes every part of the bot, connects the parts, and closes them in order."""

import fcntl
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.config import Settings, on_this_machine
from bot.connect import Connector, StartError
from bot.domain import causes
from bot.engine.local import LocalEngine, Route
from bot.engine.port import Tick
from bot.flows.access import Access
from bot.flows.deliver.cards import CardEditor
from bot.flows.deliver.failures import SendFailures
from bot.flows.deliver.files import FilePosts
from bot.flows.deliver.send import Send
from bot.flows.file_transfers import FileTransfers
from bot.flows.follow.announce import Announce
from bot.flows.follow.poll import Poller
from bot.flows.job import Flow
from bot.flows.kernel import Kernel
from bot.flows.lookup import SessionLookup
from bot.flows.manage.forms.registry import all_forms
from bot.flows.manage.library.note_deletion import NoteDeletion
from bot.flows.money.budgets.requests import BudgetRequests
from bot.flows.money.figures.usage_ledger import UsageLedger
from bot.flows.money.ticks import money_ticks
from bot.flows.organisation import Organisations
from bot.flows.prompt import PromptBuilder
from bot.flows.receive.catch_up import CatchUp
from bot.flows.receive.conversation import Conversation
from bot.flows.receive.dispatch import Dispatch
from bot.flows.receive.intake import Intake
from bot.flows.receive.new_command import NewCommand
from bot.flows.receive.tasks import task_flows
from bot.flows.services import Services
from bot.flows.shared_channels import SharedChannels
from bot.flows.start.create import Create
from bot.flows.start.from_command import StartFromCommand
from bot.flows.start.from_message import StartFromMessage
from bot.flows.steer.alarm_presses import AlarmPresses
from bot.flows.steer.command_answers import CommandAnswers
from bot.flows.steer.fan_out_presses import FanOutPresses
from bot.flows.steer.presses import Presses
from bot.flows.steer.reply import Reply
from bot.flows.steer.session_commands import SessionCommands
from bot.flows.steer.session_list import SessionList
from bot.flows.steer.typed_command import TypedCommand
from bot.flows.upkeep.admin_group import admin_ticks
from bot.flows.upkeep.heartbeat import Heartbeat
from bot.flows.upkeep.retention import Retention
from bot.flows.upkeep.sweep import Sweep
from bot.flows.workspace import Workspace, Workspaces
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.store import ownership
from bot.store.database.connection import Clock, Database, sqlite_path
from bot.store.database.files import NotAFileError, keep_private, open_lock
from bot.store.database.schema import migrate
from bot.store.inbox_writer import InboxWriter
from bot.store.specs import SPECS
from bot.timing import DAY, PRODUCTION, Timing
from handlers import register
from handlers.actions import Actions
from handlers.bolt_app import bolt_app
from handlers.commands import Commands
from handlers.events import Events
from handlers.messages import Messages
from handlers.modals import Modals
from handlers.workspaces import OfWorkspace

log = get_logger(__name__)

FLOWS_AT_ONCE: Final = 32
FLOWS_OF_A_PERSON: Final = 8
POSTS_AT_ONCE: Final = 64
EDITS_AT_ONCE: Final = 16


class StoreInUseError(StartError):
    """Another process has locked the SQLite file."""


@dataclass(slots=True)
class Bot:
    """The connected bot: its services, its Bolt app, its engine, and the flows that the server calls itself."""

    services: Services
    bolt: AsyncApp
    engine: LocalEngine
    heartbeat: Heartbeat
    catch_ups: Mapping[str, CatchUp]
    pollers: Sequence[Poller]

    @property
    def polled_at(self) -> float:
        """When each of the organisations had been polled last."""
        return min(poller.polled_at for poller in self.pollers)

    async def note_absence(self) -> None:
        """Mark threads and channels of all workspaces as unread since the bot last ran, so that catch-up reads them."""
        for catch_up in self.catch_ups.values():
            await catch_up.begin()

    def note_gap(self, *, long: bool) -> None:
        """Have catch-up read in all workspaces what Slack may have sent while no socket was open.

        After a `long` gap Slack sends it no more by itself.
        """
        for catch_up in self.catch_ups.values():
            catch_up.gap(long=long)


def wire(services: Services, engine: LocalEngine, settings: Settings) -> Bot:
    """Make the flows from `services`, and connect them with the `engine` and with a new Bolt app for `settings`."""
    lookup, access, shared_channels = SessionLookup(services), Access(services), SharedChannels(services)
    intake = Intake(services)
    usage_ledger = UsageLedger(services)
    session_list = SessionList(services)
    command_answers = CommandAnswers(services, session_list, usage_ledger, access)
    transfers = FileTransfers()
    prompts = PromptBuilder(services, access, transfers)
    start_from_command = StartFromCommand(services, access, prompts)
    heartbeat = Heartbeat(services)
    announce = Announce(services)
    pollers = [Poller(services, organisation, lookup, announce) for organisation in services.organisations]
    catch_ups = {workspace.team: CatchUp(services, workspace, intake) for workspace in services.workspaces}
    flows = _flows(services, access, lookup, prompts, command_answers, session_list, start_from_command)
    flows[causes.ViewCause.kind] = forms = all_forms(services, access)
    dispatch = Dispatch(services, flows | task_flows(Kernel(services, access, shared_channels, lookup)))
    failures = SendFailures(services)
    send = Send(services, failures, FilePosts(services, failures, transfers), shared_channels)
    engine.route("in", Route(dispatch.work, FLOWS_AT_ONCE, FLOWS_OF_A_PERSON))
    for lane in ("out", "react", "unreact", "priv"):
        engine.route(lane, Route(send.work, POSTS_AT_ONCE))
    engine.route("card", Route(CardEditor(services, shared_channels).work, EDITS_AT_ONCE))
    ticks = _ticks(services, heartbeat) | _ticks_of_each(services, pollers, catch_ups)
    ticks |= money_ticks(services, usage_ledger, shared_channels) | admin_ticks(services, access)
    for name, tick in ticks.items():
        engine.every(name, tick)
    bolt = _bolt(services, settings)
    intake.when_not_taken(lambda workspace: catch_ups[workspace.team].gap())
    modals = Modals(intake, forms)
    commands = Commands(intake, NewCommand(services, intake, access, start_from_command), command_answers, modals)
    register(bolt, commands, Messages(intake), Actions(intake), Events(intake, access), modals)
    return Bot(services, bolt, engine, heartbeat, catch_ups, pollers)


def _bolt(services: Services, settings: Settings) -> AsyncApp:
    of_workspace, url = OfWorkspace(services.workspaces, services.metrics), settings.slack_api_url
    return bolt_app(of_workspace, url, proxied=not on_this_machine(url))  # a simulated Slack is behind no proxy


def _ticks(services: Services, heartbeat: Heartbeat) -> dict[str, Tick]:
    """What the process does again and again."""
    sweep = Sweep(services)
    return {
        "heartbeat": heartbeat.beat,
        "sweep": sweep.tick,
        "checkpoint": sweep.checkpoint,
        "retention": Retention(services, SPECS).tick,
    }


def _ticks_of_each(services: Services, pollers: Sequence[Poller], catch_ups: Mapping[str, CatchUp]) -> dict[str, Tick]:
    """What is done again and again for each organisation and each workspace."""
    ticks: dict[str, Tick] = {}
    for organisation, poller in zip(services.organisations, pollers, strict=True):
        ticks[organisation.poll_tick] = poller.tick
    for workspace in services.workspaces:
        ticks[workspace.catch_up_tick] = catch_ups[workspace.team].tick
    return ticks


def _flows(
    services: Services,
    access: Access,
    lookup: SessionLookup,
    prompts: PromptBuilder,
    command_answers: CommandAnswers,
    session_list: SessionList,
    start_from_command: StartFromCommand,
) -> dict[str, Flow[Any]]:
    """The flows for what people do, and for the starts that follow from it."""
    create = Create(services, prompts, lookup)
    reply = Reply(services, prompts, lookup)
    session_commands = SessionCommands(services, access, session_list)
    return {
        causes.MessageCause.kind: Conversation(
            services,
            access,
            prompts,
            reply,
            session_commands,
            start_from_command,
            StartFromMessage(services, prompts, create),
            command_answers,
        ),
        causes.CommandCause.kind: start_from_command,
        causes.StartCause.kind: create,
        causes.ActionCause.kind: _presses(services, access, session_commands, command_answers),
    }


def _presses(
    services: Services, access: Access, session_commands: SessionCommands, command_answers: CommandAnswers
) -> Presses:
    """The flow of buttons and of slash commands that a row carries out."""
    return Presses(
        services,
        session_commands,
        TypedCommand(services, command_answers),
        AlarmPresses(services, access),
        BudgetRequests(services, access),
        NoteDeletion(services, access),
        FanOutPresses(services, access),
    )


def timed(settings: Settings, timing: Timing) -> Timing:
    """`timing` with those waits replaced that `settings` contain."""
    return replace(
        timing,
        poll=settings.bot_poll_seconds,
        slow_poll=settings.bot_slow_poll_seconds,
        lease=settings.bot_lease_seconds,
        retention=settings.bot_retention_days * DAY,
        dead_texts=settings.bot_retention_days * DAY if settings.bot_keep_dead_texts else timing.dead_texts,
    )


@asynccontextmanager
async def assembled(
    settings: Settings, clock: Clock = time.time, timing: Timing = PRODUCTION, others: Sequence[Settings] = ()
) -> AsyncIterator[Bot]:
    """Open store, Slack and Devin, check the keys and yield the connected bot; raises StartError if one fails.

    The settings name one workspace and one organisation, and `others` one more each; what concerns the process comes
    from the first.
    """
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        stack.enter_context(alone_on(sqlite_path(url) if settings.uses_sqlite else None))
        db = await open_store(stack, url, clock, timing)
        connector = Connector(stack, db, metrics, timing)
        workspaces = [await connector.workspace(one) for one in (settings, *others)]
        await _assign_unowned(db, workspaces[0])
        engine = LocalEngine(timing)
        services = Services(
            db=db,
            engine=engine,
            writer=InboxWriter(db, timing),
            workspaces=Workspaces(*workspaces),
            organisations=Organisations(*connector.organisations.values()),
            timing=timed(settings, timing),
            clock=clock,
            worker=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}",
            metrics=metrics,
        )
        for organisation in services.organisations:
            await organisation.learn()
        bot = wire(services, engine, settings)
        metrics.poll_age_from(lambda: clock() - bot.polled_at)
        yield bot


async def _assign_unowned(db: Database, workspace: Workspace) -> None:
    # A crash right here leaves the rows without an owner: the next start gives them one before anything reads them.
    async with db.write() as tx:
        await ownership.assign_unowned(tx, SPECS, workspace.team, workspace.organisation.id)


@contextmanager
def alone_on(path: Path | None) -> Iterator[None]:
    """Lock the SQLite file at `path` for this process while the block runs; None, for PostgreSQL, locks nothing.

    Raises StoreInUseError if another process holds the lock, or StartError if the file cannot be opened.
    """
    if path is None:
        yield
        return
    try:
        opened = open_lock(path)
    except NotAFileError as error:
        raise StartError(
            f"{error} is a link, or no file. Find out who put it there, remove it and start again."
        ) from None
    except OSError:
        raise StartError(f"The store {path} cannot be opened. Check DATABASE_URL and who may write there.") from None
    with os.fdopen(opened) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreInUseError(
                f"Another process runs on {path}. Stop it first, or give this one a DATABASE_URL of its own."
            ) from None
        yield


async def open_store(
    stack: AsyncExitStack, url: str, clock: Clock = time.time, timing: Timing = PRODUCTION
) -> Database:
    """Open the store at `url`, which `stack` closes, and migrate its schema; raises StartError if that fails."""
    try:
        if (path := sqlite_path(url)) is not None:
            # A crash right here leaves an empty file, in which the next start makes the schema.
            keep_private(path)
        db = Database(url, clock, timing)
        stack.push_async_callback(db.close)
        await migrate(db)
    except Exception as error:  # noqa: BLE001 - whatever the store's driver raises; its text may quote a password
        log.error("store not opened", error=type(error).__name__)  # noqa: TRY400
        raise StartError(
            "The store cannot be opened or brought up to date. Check DATABASE_URL; `python -m bot doctor` says more."
        ) from None
    return db
