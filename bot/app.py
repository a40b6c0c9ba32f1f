"""The composition root: makes every part of the bot, connects the parts, and closes them in order."""

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from slack_bolt.async_app import AsyncApp

from bot.config import Settings
from bot.connect import Connector, read_settings_file, timed, warn_of_defaults
from bot.conversation.agent_status import AgentStatus
from bot.conversation.end_posts import TurnEndPost
from bot.conversation.follow.poll import Poller
from bot.conversation.parts import ConversationParts
from bot.conversation.receive.catch_up import CatchUp
from bot.conversation.receive.restored_store import recognise
from bot.conversation.receive.unreadable import announce_unreadable
from bot.conversation.session_card import SessionCard, notify_asker_of_channel
from bot.domain import causes
from bot.domain.commands import intent, registry
from bot.domain.settings_file import FileSettings
from bot.engine.port import Engine, Route
from bot.engines import open_engine
from bot.features import COMMANDS, EVENT_TASKS, EVENTS, FEATURES, TABLES
from bot.kernel.access import Access
from bot.kernel.commands.slow import SlowCommands
from bot.kernel.commands.table import CommandTable
from bot.kernel.dispatch import Dispatch
from bot.kernel.feature import Tick
from bot.kernel.forms.forms import Forms
from bot.kernel.gates import Gates
from bot.kernel.job import Flow
from bot.kernel.operations.row_sources import kinds_by_name
from bot.kernel.organisation import Organisations
from bot.kernel.parts import KernelParts
from bot.kernel.pause_gate import PauseGate
from bot.kernel.questions import Questions
from bot.kernel.restoration import Restoration
from bot.kernel.role_gate import RoleGate
from bot.kernel.sending.senders import Senders
from bot.kernel.services import Services
from bot.kernel.settings import Settings as ChannelSettings
from bot.kernel.settled_clock import SettledClock
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.tasks import Kernel
from bot.kernel.unit_of_work import Drawer
from bot.kernel.upkeep.heartbeat import Heartbeat
from bot.kernel.upkeep.once import Once
from bot.kernel.workspace import Workspace, Workspaces
from bot.opening import alone_on, open_store
from bot.process import ProcessKind
from bot.setup_problems import SetupProblems
from bot.slack.connection import through_proxy
from bot.store import ownership
from bot.store.database.connection import Database, sqlite_path
from bot.store.inbox_writer import InboxWriter
from bot.timing import PRODUCTION, Timing
from handlers import register
from handlers.actions import Actions
from handlers.bolt_app import bolt_app
from handlers.commands import Commands
from handlers.events import Events
from handlers.messages import Messages
from handlers.modals import Modals
from handlers.workspaces import OfWorkspace

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

FLOWS_AT_ONCE: Final = 32
FLOWS_OF_A_PERSON: Final = 8
POSTS_AT_ONCE: Final = 256  # Slack takes a fifth of a second for one, and a thousand channels may get one each second.
EDITS_AT_ONCE: Final = 16


@dataclass(slots=True)
class Bot:
    """The connected bot: its services, its Bolt app, its engine, and the flows that the server calls itself."""

    services: Services
    bolt: AsyncApp
    engine: Engine
    heartbeat: Heartbeat
    catch_ups: Mapping[str, CatchUp]
    pollers: Mapping[str, Poller]  # by the names of their ticks
    once: Once

    @property
    def polled_at(self) -> float:
        """When each of the organisations had been polled last that this process polls, by the steady clock.

        It is now if another process polls all.
        """
        ours = (poller.polled_at for tick, poller in self.pollers.items() if self.once.is_ours(tick))
        return min(ours, default=self.services.clock.steady())

    async def note_restore(self) -> None:
        """Find out whether a backup was put back as the store, so that what was done since is looked up."""
        await recognise(self.services)

    async def note_absence(self, *, resends: bool) -> None:
        """Mark threads and channels of all workspaces as unread since the bot last ran, so that catch-up reads them.

        `resends` is whether Slack sends again for a while what it could not send, as it does over HTTP.
        """
        for catch_up in self.catch_ups.values():
            await catch_up.start(self.heartbeat.received_before, resends=resends)
        self.heartbeat.receives = True  # only now: a crash before this must not make the absence shorter

    def note_gap(self, *, long: bool) -> None:
        """Have catch-up read in all workspaces what Slack may have sent while no socket was open.

        After a `long` gap Slack sends it no more by itself.
        """
        for catch_up in self.catch_ups.values():
            catch_up.gap(long=long)


def wire(services: Services, settings: Settings) -> Bot:
    """Make the flows from `services`, and connect them with the engine and with a new Bolt app for `settings`.

    What the process does not do by its kind is made all the same, and left unconnected.
    """
    intent.weights()  # the first text would wait for them
    access = Access(services)
    gates = Gates(
        [RoleGate(access), PauseGate(services), *(gate(services) for feature in FEATURES for gate in feature.gates)]
    )
    hooks = [feature.stop_failed for feature in FEATURES if feature.stop_failed]
    revised = [feature.revised for feature in FEATURES if feature.revised]
    kernel = Kernel(services, access, gates, SharedChannels(services), hooks, revised)
    parts, sessions = kernel_parts(kernel), ConversationParts(kernel, EVENTS)
    drawn = drawers(kernel, parts)
    questions = _questions(kernel, sessions)
    of_features = _merged(feature.handlers(kernel) for feature in FEATURES)
    handlers = {registry.ANSWER: questions.handler()} | parts.handlers() | sessions.handlers() | of_features
    table = CommandTable(services, kernel.access, handlers)
    of_forms = [sessions.forms(), *(feature.forms(kernel) for feature in FEATURES)]
    forms = Forms(services, kernel.access, _merged(of_forms))
    flows = sessions.flows(table, drawn) | parts.tasks() | _tasks(kernel)
    flows |= {causes.ActionCause.kind: table, causes.ViewCause.kind: forms}
    shared, sources = kernel.shared_channels, parts.file_sources()
    senders = Senders.of(services, kernel.access, shared, sessions.transfers, drawn, sources, notify_asker_of_channel)
    if services.process.works:
        _route(services.engine, Dispatch(services, flows, questions, announce_unreadable), senders)
        services.engine.route("slow", Route(SlowCommands(services).work, FLOWS_AT_ONCE))
    features = (tick for feature in FEATURES for tick in feature.ticks(kernel))
    once = Once(services)
    _by_the_clock(services, once, [*parts.ticks(TABLES, SessionCard), *sessions.ticks(), *features])
    of_workspace, url = OfWorkspace(services.workspaces, services.metrics), settings.slack_api_url
    bolt = bolt_app(of_workspace, url, proxied=through_proxy(url))
    intake = sessions.intake
    modals = Modals(services.commands, intake, forms)
    slash = Commands(services.commands, intake, sessions.new_command, table, modals)
    events, actions = Events(intake, kernel.access), Actions(services.commands, intake)
    register(bolt, services.commands, slash, Messages(intake), actions, events, modals)
    pollers = {poller.tick_name: poller for poller in sessions.pollers}
    return Bot(services, bolt, services.engine, parts.heartbeat, sessions.catch_ups, pollers, once)


def _by_the_clock(services: Services, once: Once, ticks: Iterable[Tick]) -> None:
    """Have the engine call `ticks`: of those that are called once, a process that only receives calls none."""
    for tick in ticks:
        for name, run in tick.of_each(services):
            if not tick.once:
                services.engine.every(name, run)
            elif services.process.works:
                services.engine.every(name, once.of(name, run))


def _tasks(kernel: Kernel) -> dict[str, Flow[Any]]:
    """The tasks of features, and of events, by what rows call them: the name of the task, or the type of the event."""
    named: dict[str, Flow[Any]] = {task.name: task(kernel) for feature in FEATURES for task in feature.tasks}
    return named | {name: made for task in EVENT_TASKS for made in [task(kernel)] for name in task.event.types}


def _questions(kernel: Kernel, sessions: ConversationParts) -> Questions:
    """All kinds of questions."""
    others = [question for feature in FEATURES for question in feature.questions(kernel)]
    plain = _merged(feature.plain_questions for feature in FEATURES)
    return Questions.of(
        kernel.services,
        sessions.questions(),
        [*sessions.other_questions(), *others],
        {**sessions.plain_questions, **plain},
    )


def _merged(parts: Iterable[Mapping[_Key, _Value]]) -> dict[_Key, _Value]:
    return {key: value for part in parts for key, value in part.items()}


def _route(engine: Engine, dispatch: Dispatch, senders: Senders) -> None:
    """Have the engine work on the lanes of the inbox, of the outbox and of posts that are edited."""
    engine.route("in", Route(dispatch.work, FLOWS_AT_ONCE, FLOWS_OF_A_PERSON))
    for lane in ("out", "react", "unreact", "priv"):
        engine.route(lane, Route(senders.send.work, POSTS_AT_ONCE))
    engine.route("edit", Route(senders.editor.work, EDITS_AT_ONCE))


def drawers(kernel: Kernel, parts: KernelParts) -> list[Drawer]:
    """Whatever is posted once and edited afterwards."""
    of_features = (drawer for feature in FEATURES for drawer in feature.drawers(kernel))
    buttons = [
        *ConversationParts.end_buttons(kernel),
        *(button for feature in FEATURES for button in feature.end_buttons(kernel)),
    ]
    of_sessions = [SessionCard(kernel.services), AgentStatus(kernel.services), TurnEndPost(kernel.services, buttons)]
    return [*of_sessions, *parts.drawers(), *of_features]


def kernel_parts(kernel: Kernel) -> KernelParts:
    """The parts of the kernel, which knows features by what they declare alone."""
    return KernelParts(kernel, kinds_by_name(kind for feature in FEATURES for kind in feature.operations(kernel)))


async def _assign_unowned(db: Database, workspace: Workspace) -> None:
    # A crash right here leaves the rows without an owner: the next start gives them one before anything reads them.
    async with db.write() as tx:
        await ownership.assign_unowned(tx, TABLES, workspace.team, workspace.organisation.id)


async def _learn(organisations: Organisations, file: FileSettings, timing: Timing) -> None:
    for organisation in organisations:
        await organisation.learn()
    await warn_of_defaults(file, organisations, timing)


def _measured(bot: Bot) -> Bot:
    """Have the metrics say how long ago `bot` has polled, and how many tasks there are, whenever they are read."""
    bot.services.metrics.poll_age_from(lambda: bot.services.clock.steady() - bot.polled_at)
    bot.services.metrics.tasks_from(lambda: len(asyncio.all_tasks()))
    return bot


@asynccontextmanager
async def assembled(
    settings: Settings,
    clock: SettledClock,
    setup: SetupProblems,
    timing: Timing = PRODUCTION,
    others: Sequence[Settings] = (),
    process: ProcessKind = ProcessKind.RUN,
) -> AsyncIterator[Bot]:
    """Open store, Slack and Devin, check the keys and yield the connected bot; raises StartError if one fails.

    The settings name one workspace and one organisation, and `others` one more each; what concerns the process comes
    from the first. `process` says what this one does of it all.
    """
    file = read_settings_file(settings)
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        stack.enter_context(alone_on(sqlite_path(url) if settings.uses_sqlite else None))
        db = await open_store(stack, url, clock, timing, migrates=process is ProcessKind.RUN)
        connector = Connector(stack, db, setup, timing, file.roles)
        workspaces = [await connector.workspace(its_settings) for its_settings in (settings, *others)]
        await _assign_unowned(db, workspaces[0])
        services = Services(
            db=db,
            engine=await open_engine(settings, timing, process),
            writer=InboxWriter(db, timing),
            workspaces=Workspaces(*workspaces),
            organisations=Organisations(*connector.organisations.values()),
            timing=timed(settings, timing),
            clock=clock,
            worker=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}",
            metrics=setup.metrics,
            commands=COMMANDS,
            setup=setup,
            tracing=setup.tracing,
            settings=ChannelSettings(file),
            process=process,
            restoration=await Restoration.of(db, timing.restored_search),
        )
        await _learn(services.organisations, file, timing)
        yield _measured(wire(services, settings))
