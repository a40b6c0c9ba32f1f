"""All that makes a conversation with Devin: how a message becomes a session, and how that is steered and followed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.conversation.follow.announce import Announce
from bot.conversation.follow.poll import Poller
from bot.conversation.follow.reminders import Reminders
from bot.conversation.lookup import SessionLookup
from bot.conversation.prompt import PromptBuilder
from bot.conversation.receive.catch_up import CatchUp
from bot.conversation.receive.channel_gone import ChannelGone
from bot.conversation.receive.channel_shared import ChannelShared
from bot.conversation.receive.conversation import Conversation
from bot.conversation.receive.intake import Intake
from bot.conversation.receive.new_command import NewCommand
from bot.conversation.receive.reactions import OptionReaction, Reactions, StartReaction, StopReaction
from bot.conversation.receive.thread_renamed import ThreadRenamed
from bot.conversation.start.adopt import AdoptCommand
from bot.conversation.start.anew import StartAnew, WayOnButton
from bot.conversation.start.create import Create
from bot.conversation.start.from_command import StartFromCommand
from bot.conversation.start.from_message import StartFromMessage
from bot.conversation.start.launch_choices import LaunchChoices
from bot.conversation.start.launch_form import LaunchForm
from bot.conversation.steer.give import Give
from bot.conversation.steer.held_reply import WakeHeld
from bot.conversation.steer.held_start import start_questions
from bot.conversation.steer.notify import Notify
from bot.conversation.steer.own_session import OwnSession
from bot.conversation.steer.quick_answer import QuickAnswers
from bot.conversation.steer.rate import Rate
from bot.conversation.steer.remind import Remind
from bot.conversation.steer.reply import Reply
from bot.conversation.steer.session_commands import SessionCommands
from bot.conversation.steer.session_list import SessionList
from bot.conversation.steer.stop_all import StopAll
from bot.conversation.steer.unsync import Unsync
from bot.domain import causes
from bot.domain.commands.registry import LAUNCH
from bot.domain.commands.spec import CommandSpec
from bot.kernel.commands.handler import Handler
from bot.kernel.commands.table import CommandTable
from bot.kernel.end_buttons import EndButtons
from bot.kernel.feature import Per, Tick
from bot.kernel.forms.forms import FormKind
from bot.kernel.identities import Identities
from bot.kernel.job import Flow
from bot.kernel.organisation import Organisation
from bot.kernel.questions import HoldingKind, QuestionKind
from bot.kernel.sending.file_transfers import FileTransfers
from bot.kernel.tasks import EventTask, Kernel, SlackEvent
from bot.kernel.unit_of_work import Drawer
from bot.kernel.workspace import Workspace
from bot.views.answers import stops as stop_sentences
from bot.views.message import Message


class ConversationParts:
    """Makes these parts once, and says what they bring, as a feature does."""

    plain_questions: Mapping[str, Message] = {stop_sentences.QUESTION: stop_sentences.SESSION_KEPT}

    events: tuple[type[EventTask], ...] = (ChannelGone, ChannelShared, ThreadRenamed)

    def __init__(self, kernel: Kernel, events: Mapping[str, SlackEvent]) -> None:
        services, access, gates = kernel.services, kernel.access, kernel.gates
        self._kernel = kernel
        self.transfers = FileTransfers()
        self._prompts = PromptBuilder(services, access, self.transfers)
        self._lookup = SessionLookup(services)
        self._identities = Identities(services)
        self._session_list = SessionList(services, access)
        self._session_commands = SessionCommands(services, self._session_list, kernel.stop_failed)
        self._from_command = StartFromCommand(services, access, gates, self._prompts)
        self._launch_form = LaunchForm(services, access, LaunchChoices(services))
        reactions = Reactions([StopReaction(), OptionReaction(), StartReaction(services.workspaces)])
        self.intake = Intake(services, events, reactions)
        self.new_command = NewCommand(services, self.intake, access, gates, self._from_command)
        announce = Announce(services)
        self.pollers = [
            Poller(services, organisation, self._lookup, announce) for organisation in services.organisations
        ]
        self.catch_ups = {
            workspace.team: CatchUp(services, workspace, self.intake) for workspace in services.workspaces
        }
        self.intake.when_not_taken(lambda workspace: self.catch_ups[workspace.team].gap())

    def flows(self, table: CommandTable, drawers: Iterable[Drawer]) -> dict[str, Flow[Any]]:
        """Return the flow for each kind of inbox row; commands go to the `table`."""
        services, gates = self._kernel.services, self._kernel.gates
        create = Create(services, gates, self._prompts, self._lookup, self._identities)
        conversation = Conversation(
            self._kernel,
            Reply(services, gates, self._prompts, self._lookup, self._identities, self._session_list),
            self._session_commands,
            self._from_command,
            StartFromMessage(services, gates, self._prompts, create),
            table,
            no_replies={drawer.name: drawer.no_replies for drawer in drawers if drawer.no_replies is not None},
        )
        return {
            causes.MessageCause.kind: conversation,
            causes.CommandCause.kind: self._from_command,
            causes.StartCause.kind: create,
        }

    @staticmethod
    def end_buttons(kernel: Kernel) -> Sequence[EndButtons]:
        """Return the buttons that are under ends of turns, in their order."""
        return (QuickAnswers(kernel.services), WayOnButton(kernel.services))

    def handlers(self) -> dict[CommandSpec, Handler]:
        """Return what the commands about sessions do."""
        handlers: dict[CommandSpec, Handler] = {}
        services, access, gates = self._kernel.services, self._kernel.access, self._kernel.gates
        adopt = AdoptCommand(services, access, gates, self._lookup, self._identities)
        own = (self._session_list, self._from_command, self._launch_form, self._session_commands)
        for part in (
            *own,
            adopt,
            Unsync(services),
            StopAll(services, access),
            Give(services, access, self._session_list),
            StartAnew(services, gates),
            Notify(services),
            Remind(services, access),
            QuickAnswers(services),
            Rate(services),
        ):
            handlers |= part.handlers()
        return handlers

    def forms(self) -> dict[str, FormKind]:
        """Return the forms, by the names of their commands."""
        return {LAUNCH.name: self._launch_form}

    def questions(self) -> list[HoldingKind]:
        """Return the questions for whose answers messages and starts wait."""
        services = self._kernel.services
        return [*start_questions(services), WakeHeld(services, self._kernel.gates)]

    def other_questions(self) -> list[QuestionKind]:
        """Return the questions for whose answers nothing waits."""
        return [OwnSession(self._kernel.services)]

    def ticks(self) -> list[Tick]:
        """Return what is done by the clock."""
        pollers = dict(
            zip((organisation.id for organisation in self._kernel.services.organisations), self.pollers, strict=True)
        )

        async def poll(organisation: Organisation) -> float:
            return await pollers[organisation.id].tick()

        async def catch_up(workspace: Workspace) -> float:
            return await self.catch_ups[workspace.team].tick()

        async def mark_gap(workspace: Workspace) -> float:
            return await self.catch_ups[workspace.team].mark_gap()

        reminders = Reminders(self._kernel.services)
        return [
            Tick("reminders", Per.WORKSPACE, reminders.tick),
            Tick("poll", Per.ORGANISATION, poll),
            Tick("catch-up", Per.WORKSPACE, catch_up),
            Tick("gap", Per.WORKSPACE, mark_gap, once=False),
        ]
