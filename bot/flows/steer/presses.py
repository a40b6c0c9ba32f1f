"""Buttons: which flow takes the press of one. Those under a question are for the flow that has asked it."""

from typing import Final

from bot.domain.causes import ActionCause
from bot.domain.commands import registry
from bot.domain.commands.fan_out_commands import FANOUT
from bot.flows.job import Job, recipient_of, reply_not_done
from bot.flows.manage import devin_commands
from bot.flows.manage.library import note_deletion
from bot.flows.manage.library.note_deletion import NoteDeletion
from bot.flows.manage.long_jobs import jobs as long_jobs
from bot.flows.money.budgets import requests as budget_requests
from bot.flows.money.budgets.requests import BudgetRequests
from bot.flows.services import Services
from bot.flows.steer import alarm_presses, fan_out_presses, held_reply, held_start
from bot.flows.steer.alarm_presses import AlarmPresses
from bot.flows.steer.fan_out_presses import FanOutPresses
from bot.flows.steer.session_commands import SessionCommands
from bot.flows.steer.typed_command import TypedCommand
from bot.flows.unit_of_work import UnitOfWork
from bot.views.answers import subscriptions as subscription_sentences

# Buttons whose flows leave it to this module to ask whether the person may use the bot.
_FOR_USERS: Final = held_reply.ANSWERS | alarm_presses.ANSWERS | fan_out_presses.BUTTONS
# The target of these rows is what was typed: of a question's button, or of a command that takes more than an ack.
_TYPED: Final = frozenset(
    {
        *(registry.RUN_COMMAND, registry.START_AS_TASK, registry.DIGEST, FANOUT),
        *devin_commands.COMMANDS,
        *devin_commands.BUTTONS,
    }
)


class Presses:
    """Hands on the buttons that people press, and the slash commands that a row carries out."""

    def __init__(
        self,
        services: Services,
        session_commands: SessionCommands,
        typed_command: TypedCommand,
        alarm_presses: AlarmPresses,
        budget_requests: BudgetRequests,
        note_deletion: NoteDeletion,
        fan_out_presses: FanOutPresses,
    ) -> None:
        self._services = services
        self._session_commands = session_commands
        self._typed_command = typed_command
        self._alarm_presses = alarm_presses
        self._budget_requests = budget_requests
        self._note_deletion = note_deletion
        self._fan_out_presses = fan_out_presses

    async def run(self, job: Job[ActionCause]) -> None:
        """Have the press or the command handled by its flow; one that no other takes is about a session."""
        spec = registry.named(job.cause.verb)
        if spec in held_start.ANSWERS:
            await held_start.answer_question(self._services, job)
        elif spec in _TYPED:
            await self._typed_command.run(job)
        elif spec in _FOR_USERS:
            if await self._may_use(job):
                await self._take_answer(job)
        elif spec in budget_requests.BUTTONS:
            await self._budget_requests.run(job)
        elif spec in note_deletion.BUTTONS:
            await self._note_deletion.run(job)
        elif spec is registry.CANCEL_LONG_JOB:
            await long_jobs.cancel(self._services, job)
        else:
            await self._session_commands.run(job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ActionCause], reason: str, /) -> None:
        """Announce what was not done: as the flow does that takes the press, or in the words for all others."""
        spec = registry.named(job.cause.verb)
        if spec in note_deletion.BUTTONS:
            await self._note_deletion.on_dead(uow, job, reason)
        elif spec is registry.DIGEST:
            await uow.reply_privately(recipient_of(job), subscription_sentences.DIGEST_NOT_ADDED)
        elif spec in _TYPED:
            await self._typed_command.on_dead(uow, job)
        elif spec.ends_session:
            await self._session_commands.on_dead(uow, job, reason)
        else:
            await reply_not_done(uow, job)

    async def _take_answer(self, job: Job[ActionCause]) -> None:
        if registry.named(job.cause.verb) in held_reply.ANSWERS:
            await held_reply.answer_question(self._services, job)
        elif registry.named(job.cause.verb) in fan_out_presses.BUTTONS:
            await self._fan_out_presses.run(job)
        else:
            await self._alarm_presses.run(job)

    async def _may_use(self, job: Job[ActionCause]) -> bool:
        """Whether the person may use the bot where they pressed. If not, that is answered and the row closed."""
        refusal = await self._session_commands.refusal(job)
        if refusal is None:
            return True
        await self._services.answer(job, refusal)
        return False
