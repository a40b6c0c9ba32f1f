"""The answers to commands that are typed outside a session's thread.

What our own rows say is answered within the ack. What takes more than that is the work of a stored row.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.causes import ActionCause
from bot.domain.commands.devin_specs import SCHEDULE_ADD
from bot.domain.commands.fan_out_commands import FANOUT
from bot.domain.commands.parser import Command
from bot.domain.commands.registry import (
    ARCHIVE,
    AUDIT,
    AUDIT_BOT,
    BUDGET_LIST,
    COST,
    DIGEST,
    HELP,
    LIST,
    NOTIFY,
    ORGS,
    REPORT,
    STATUS,
    STOP,
    USAGE,
)
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.domain.lane import own_lane, person_lane
from bot.domain.questions import REPORT_QUESTIONS, USAGE_QUESTIONS
from bot.domain.session import Session
from bot.flows.access import Access
from bot.flows.job import CommandJob, move, recipient_of
from bot.flows.manage.admin_commands import AdminCommands
from bot.flows.manage.devin_commands import COMMANDS as DEVIN_COMMANDS
from bot.flows.manage.devin_commands import DevinCommands
from bot.flows.manage.library.commands import KINDS as LIBRARY_KINDS
from bot.flows.manage.long_jobs.jobs import Asked, is_message
from bot.flows.money.budgets.commands import CHANGES, BudgetCommands
from bot.flows.money.budgets.own_cost import OwnCost
from bot.flows.money.digest.subscriptions import Subscriptions
from bot.flows.money.figures.files import FigureFiles
from bot.flows.money.figures.outcomes import OutcomeAnswers
from bot.flows.money.figures.usage import UsageAnswers
from bot.flows.money.figures.usage_ledger import UsageLedger
from bot.flows.services import Services
from bot.flows.steer.fan_out_preview import FanOutPreview
from bot.flows.steer.notify import Notify
from bot.flows.steer.session_list import SessionList
from bot.flows.workspace import Workspace
from bot.views import audit_logs, devin_answers, fan_outs
from bot.views.answers import stops as stop_sentences
from bot.views.enterprise_usage import NO_REPORT
from bot.views.help_texts import ADMIN_HELP, SLASH_HELP
from bot.views.message import Message
from bot.views.modals import parts as forms


@dataclass(frozen=True, slots=True)
class Work:
    """The row that carries out a command which takes more than an ack may wait for: its `lane` and its `target`.

    `message` is the answer until the row is done.
    """

    lane: str
    target: str  # as in an `ActionCause`
    message: Message


# What is said of a private command behind a mention.
ONLY_IN_PRIVATE: Final = {
    FANOUT.name: fan_outs.ONLY_IN_PRIVATE,
    AUDIT.name: audit_logs.ONLY_IN_PRIVATE,
    AUDIT_BOT.name: audit_logs.ONLY_IN_PRIVATE,
}
Answer = Callable[[Workspace, str, str, Command], Awaitable[Message | Session | Work | Form]]


class CommandAnswers:
    """Answers the commands of a person, behind `/devin`, in a direct message or behind a mention."""

    def __init__(
        self, services: Services, session_list: SessionList, usage_ledger: UsageLedger, access: Access
    ) -> None:
        self._services = services
        self._session_list = session_list
        self._usage_answers = UsageAnswers(services, usage_ledger)
        self._access = access
        self._outcome_answers = OutcomeAnswers(services, self._usage_answers)
        self._figure_files = FigureFiles(services, self._usage_answers, self._outcome_answers)
        self._own_cost = OwnCost(services)
        self._notify = Notify(services)
        self._budgets = BudgetCommands(services)
        self._admin_commands = AdminCommands(services)
        self._subscriptions = Subscriptions(services, usage_ledger)
        self.devin_commands = DevinCommands(services, access)
        self._fan_out_preview = FanOutPreview(services, access)
        self._answers: dict[str, Answer] = {
            LIST.name: self._list,
            STATUS.name: self._status,
            COST.name: self._cost,
            STOP.name: self._session_list.pick,
            ARCHIVE.name: self._session_list.pick,
            NOTIFY.name: self._set_notify,
            USAGE.name: self._usage,
            DIGEST.name: self._digest,
            REPORT.name: self._report,
            ORGS.name: self._admin_commands.answer,
            AUDIT.name: self._admin_commands.answer,
            AUDIT_BOT.name: self._admin_commands.answer,
            FANOUT.name: self._fan_out,
            BUDGET_LIST.name: self._list_budgets,
            **dict.fromkeys((spec.name for spec in CHANGES), self._change_budgets),
            **dict.fromkeys((spec.name for spec in DEVIN_COMMANDS | LIBRARY_KINDS.keys()), self._ask_devin),
            SCHEDULE_ADD.name: self._form,
            HELP.name: self._help,
        }

    async def answer(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message | Work | Form:
        """Return the answer to what `user` typed in `channel`, the work for a stored row, or the form that opens.

        The answer may be that only admins may use the command.
        """
        refusal = await self._access.role_refusal(workspace, command.spec, user)
        if refusal is None and is_message(command.key):
            refusal = only_in_private(command.spec, channel)
        if refusal is not None:
            return refusal
        found = await self._answers[command.spec.name](workspace, user, channel, command)
        return Work(found.lane, found.id, stop_sentences.stopping(found)) if isinstance(found, Session) else found

    async def carry_out(self, job: CommandJob, command: Command) -> None:
        """Answer `command`, which stands in the job's row, or turn the row into the stop of the session it is about."""
        if await self._handed_on(job, command):
            return
        user, channel = job.cause.user or "", job.cause.channel or ""
        found = await self.answer(job.workspace, user, channel, replace(command, key=job.row.key))
        if command.spec is DIGEST and isinstance(found, Work):
            await self._subscriptions.carry_out(job, command.argument)
            return
        if command.spec is FANOUT and isinstance(found, Work):
            await self._fan_out_preview.carry_out(job, command.argument)
            return
        if isinstance(found, Form):  # which Slack opens only after a press
            found = forms.open_button(found)
        if isinstance(found, Message):
            # Without a text the message of a long job is the answer.
            await (self._services.answer(job, found) if found.text else self._services.close(job))
            return
        # A crash before this commit does and answers nothing, and the row is handled again.
        async with self._services.unit_of_work_for(job) as uow:
            # With a key of its own, because the stop may have an answer too.
            key = f"{job.row.key}:received"
            await uow.reply_privately(recipient_of(job), found.message, key=key)
            await move(uow, job, found.lane, ActionCause(command.spec.name, found.target, user, channel))

    async def _handed_on(self, job: CommandJob, command: Command) -> bool:
        """Have `command` carried out by its flow, if that closes the row itself. Returns False if there is none."""
        spec = command.spec
        if spec is NOTIFY:
            await self._notify.carry_out(job, command.argument)
        elif spec in DEVIN_COMMANDS:
            await self.devin_commands.carry_out(job, command)
        elif await self._access.role_refusal(job.workspace, spec, job.cause.user):
            return False
        elif spec in CHANGES:
            await self._budgets.carry_out(job, command)
        else:
            return False
        return True

    async def _list(self, workspace: Workspace, user: str, _channel: str, _command: Command) -> Message:
        return await self._session_list.listing(workspace, user)

    async def _status(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message:
        picked = await self._session_list.pick(workspace, user, channel, command)
        return picked if isinstance(picked, Message) else await self._session_list.status(workspace, picked)

    async def _cost(self, workspace: Workspace, user: str, channel: str, _command: Command) -> Message:
        budgets_seen = await self._kept_from_spending(workspace, user) is None
        return await self._own_cost.answer(workspace, user, channel if budgets_seen else None)

    async def _set_notify(self, workspace: Workspace, user: str, _channel: str, command: Command) -> Message:
        return await self._notify.answer(workspace.team, user, command.argument)

    async def _usage(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message:
        question = USAGE_QUESTIONS.of(command.argument)
        asked = Asked.by_command(workspace.team, user, channel, command.key)
        if question.of_all:
            return await self._figure_files.of_enterprise(workspace, asked, question)
        if question.as_file:
            return await self._figure_files.usage(workspace, asked, question)
        return await self._usage_answers.usage(workspace, question)

    async def _report(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message:
        question = REPORT_QUESTIONS.of(command.argument)
        if question.of_all:
            return NO_REPORT
        if question.as_file:
            asked = Asked.by_command(workspace.team, user, channel, command.key)
            return await self._figure_files.report(workspace, asked, question)
        return await self._outcome_answers.report(workspace, question)

    async def _digest(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message | Work:
        answer = await self._subscriptions.answer(workspace, user, channel, command.argument)
        # The row has the whole command, to be read as that of a button under a question is.
        target = f"{DIGEST.name} {command.argument}"
        return answer or Work(person_lane(workspace.team, user), target, self._subscriptions.received(command.argument))

    async def _ask_devin(
        self, workspace: Workspace, user: str, channel: str, command: Command
    ) -> Message | Work | Form:
        answer = await self.devin_commands.answer(workspace, user, channel, command)
        if not isinstance(answer, str):
            return answer
        # In a lane of its own, because a call to Devin may take long and nothing of the person is to wait for it.
        return Work(own_lane(command.key), answer, devin_answers.ASKING)

    async def _form(self, _workspace: Workspace, _user: str, channel: str, command: Command) -> Form:
        return Form(command.spec.name, channel=channel)

    async def _fan_out(self, workspace: Workspace, user: str, _channel: str, command: Command) -> Message | Work:
        mistake = self._fan_out_preview.mistake(command.argument)
        # As above. Devin is asked for the organisations.
        target = f"{FANOUT.name} {command.argument}"
        return mistake or Work(person_lane(workspace.team, user), target, fan_outs.CHECKING)

    async def _list_budgets(self, workspace: Workspace, user: str, channel: str, _command: Command) -> Message:
        refusal = await self._kept_from_spending(workspace, user)
        return refusal or await self._budgets.listing(workspace, user, channel)

    async def _change_budgets(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message:
        return await self._budgets.change(workspace, user, channel, command)

    async def _kept_from_spending(self, workspace: Workspace, user: str) -> Message | None:
        """Why `user`, a guest or somebody of another company, learns nothing about budgets; None if they may."""
        # The ack waits for this, so Slack is asked only about somebody whom our rows do not know.
        known = await self._access.known_person(workspace, user)
        return self._access.refusal(known or await self._access.person(workspace, user, first=True), shared=False)

    async def _help(self, _workspace: Workspace, _user: str, _channel: str, command: Command) -> Message:
        return ADMIN_HELP if command.argument else SLASH_HELP


def only_in_private(spec: CommandSpec, channel: str) -> Message | None:
    """Why a message in `channel` cannot be the command `spec`; None if it can."""
    return ONLY_IN_PRIVATE[spec.name] if spec.private and not channel.startswith("D") else None
