"""Commands that a stored row carries out: typed ones that take more than an ack, and those of a question's buttons.

The question is whether a text that resembles a command is that command or a task.
"""

from bot.domain.causes import ActionCause, CommandCause
from bot.domain.commands import registry
from bot.domain.commands.parser import parse_slash
from bot.domain.lane import person_lane
from bot.flows.job import Job, move, reply_not_done
from bot.flows.manage.devin_commands import COMMANDS
from bot.flows.services import Services
from bot.flows.steer.command_answers import CommandAnswers
from bot.flows.unit_of_work import UnitOfWork


class TypedCommand:
    """Carries out the command that is the target of a row: what the person typed, or meant by their answer."""

    def __init__(self, services: Services, command_answers: CommandAnswers) -> None:
        self._services = services
        self._command_answers = command_answers

    async def run(self, job: Job[ActionCause]) -> None:
        """Carry out the command, or start what was typed as a task; the answer takes the place of the question."""
        if job.cause.verb == registry.START_AS_TASK.name:
            await self._start(job)
        else:
            await self._command_answers.carry_out(job, parse_slash(job.cause.target))

    async def on_dead(self, uow: UnitOfWork, job: Job[ActionCause]) -> None:
        """Announce that the command was not carried out, or that nobody knows where Devin was asked for it."""
        command = parse_slash(job.cause.target)
        if command.spec in COMMANDS and job.cause.verb != registry.START_AS_TASK.name:
            await self._command_answers.devin_commands.on_dead(uow, job, command)
        else:
            await reply_not_done(uow, job)

    async def _start(self, job: Job[ActionCause]) -> None:
        """Turn the row into a command that starts a session, whose outcome takes the place of the question.

        A second press counts as the same command again.
        """
        cause, user = job.cause, job.cause.user or ""
        text = f"{registry.START.name} {cause.target}"
        command = CommandCause(user, cause.channel or "", text, cause.response_url)
        # A crash before this commit starts and answers nothing, and the row is handled again.
        async with self._services.unit_of_work_for(job) as uow:
            await move(uow, job, person_lane(job.workspace.team, user), command)
