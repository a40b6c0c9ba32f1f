"""The answer to the question whether the same command, typed twice within a moment, is really meant once more."""

from dataclasses import replace

from bot.domain.causes import ActionCause, Cause, CommandCause
from bot.domain.commands import registry
from bot.domain.commands.options import parse_request
from bot.domain.commands.parser import parse_slash
from bot.domain.lane import own_lane
from bot.domain.text import plain
from bot.flows.job import Job, finish, recipient_of
from bot.flows.services import Services
from bot.store import inbox
from bot.store.inbox import InboxRow
from bot.views import answers


async def answer_repeated_command(services: Services, job: Job[ActionCause]) -> None:
    """Let the command that waits for this answer start, or end it without a start."""
    to = recipient_of(job)
    async with services.unit_of_work_for(job) as uow:
        key = job.cause.target
        command = _command_asked_about(await inbox.get(uow.tx, key), job)
        if command is None:
            await uow.reply_privately(to, answers.START_EXPIRED)
        elif job.cause.verb == registry.START_DECLINED.name:
            await inbox.finish(uow.tx, [key], uow.now, reason="declined")
            await uow.reply_privately(to, answers.START_DECLINED)
        else:
            await uow.reply_privately(to, answers.received(_prompt(command)))
            await inbox.confirm(uow.tx, key, replace(command, confirmed=True), uow.now)
            uow.wakes[own_lane(key)] = 0.0
        await finish(uow, job)


def _prompt(command: CommandCause) -> str:
    return parse_request(parse_slash(plain(command.text)).argument).prompt


def _command_asked_about(row: InboxRow[Cause] | None, job: Job[ActionCause]) -> CommandCause | None:
    """The command of a row, if the job's person typed it and was asked whether it is really meant once more."""
    if row is None or not isinstance(row.cause, CommandCause) or not row.cause.asked:
        return None
    same_person = (row.team, row.cause.user) == (job.workspace.team, job.cause.user)
    return row.cause if same_person else None
