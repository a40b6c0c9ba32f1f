"""The commands for which Devin is asked: about notes, playbooks, schedules, reviews, members, secrets and metrics.

Each is carried out by a stored row, because Slack's ack waits for no call to Devin. The private answer is stored in one
transaction with the list whose numbers the person may type. A command is not tried for hours, as a message is: if Devin
does not answer, the person reads why, and asks again.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from bot.devin.errors import DevinError
from bot.devin.secrets import SECRETS_PAGE
from bot.domain.causes import ActionCause, MessageCause
from bot.domain.commands import devin_specs
from bot.domain.commands.devin_words import pull_request_url
from bot.domain.commands.parser import Command
from bot.domain.form import Form
from bot.flows.access import Access
from bot.flows.job import CommandJob, Job, finish, recipient_after_ack, recipient_of
from bot.flows.manage.devin import reads as devin_reads
from bot.flows.manage.devin.answer import CommandAnswer
from bot.flows.manage.devin.failures import failure_sentence
from bot.flows.manage.devin.schedules import Schedules
from bot.flows.manage.library.commands import KINDS, READS, LibraryCommands
from bot.flows.manage.long_jobs.reviews import Reviews
from bot.flows.services import Services
from bot.flows.unit_of_work import UnitOfWork
from bot.flows.workspace import Workspace
from bot.logs import get_logger
from bot.store import numbered_lists
from bot.views import devin_answers, reviews
from bot.views import secrets as secret_views
from bot.views.message import Message

log = get_logger(__name__)

_Read = Callable[[Workspace, str, float], Awaitable[Message]]
_Answer = Callable[[CommandJob, str], Awaitable[CommandAnswer]]
_Change = Callable[[CommandJob, str], Awaitable[None]]  # closes the row

# The commands that a row carries out, when more is to be done than `DevinCommands.answer` says at once.
COMMANDS: Final = READS | {
    devin_specs.REVIEW,
    devin_specs.METRICS,
    devin_specs.MEMBERS,
    devin_specs.SECRET_LIST,
    devin_specs.SECRET_ADD,
    devin_specs.SCHEDULE_LIST,
    devin_specs.SCHEDULE_PAUSE,
    devin_specs.SCHEDULE_RESUME,
    devin_specs.SCHEDULE_DELETE,
}
BUTTONS: Final = frozenset({devin_specs.SCHEDULE_DELETE_CONFIRMED, devin_specs.SCHEDULE_KEPT})


class DevinCommands:
    """Answers these commands."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._library = LibraryCommands(services)
        self._reviews = Reviews(services)
        self._schedules = Schedules(services, access)
        self._reads: dict[str, _Read] = {
            devin_specs.METRICS.name: devin_reads.metrics,
            devin_specs.MEMBERS.name: devin_reads.members,
            devin_specs.SECRET_LIST.name: devin_reads.secrets,
        }
        self._answers: dict[str, _Answer] = {
            devin_specs.SCHEDULE_LIST.name: self._schedules.listing,
            devin_specs.SCHEDULE_DELETE.name: self._schedules.ask_to_delete,
        }
        self._changes: dict[str, _Change] = {
            devin_specs.SCHEDULE_PAUSE.name: self._schedules.pause,
            devin_specs.SCHEDULE_RESUME.name: self._schedules.resume,
            devin_specs.SCHEDULE_DELETE_CONFIRMED.name: self._schedules.delete,
            devin_specs.SCHEDULE_KEPT.name: self._schedules.keep,
        }

    async def answer(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message | Form | str:
        """Return the answer to what `user` typed in `channel`, the form that opens, or the text of a command for a row.

        Devin is not asked for it.
        """
        if command.spec in KINDS:
            return await self._library.answer(workspace, user, channel, command)
        return _answer_at_once(command) or f"{command.spec.forms[0].phrase} {command.argument}".strip()

    async def carry_out(self, job: CommandJob, command: Command) -> None:
        """Answer `command` of the person of `job` privately, or have the review asked for."""
        refusal = await self._refusal(job, command) or _answer_at_once(command)
        if refusal is None and command.spec is devin_specs.REVIEW:
            await self._reviews.ask(job, command.argument)
            return
        if refusal is None and (change := self._change_of(job, command)) is not None:
            await change(job, command.argument)
            return
        answer = CommandAnswer(refusal) if refusal is not None else await self._ask_devin(job, command)
        to = recipient_after_ack(job)
        # A crash before this commit answers nothing, and the row is handled again.
        async with self._services.unit_of_work_for(job) as uow:
            if (listed := answer.listed) is not None:
                await numbered_lists.show(uow.tx, to.team, to.user, listed.kind, listed.ids, uow.now)
            await uow.reply_privately(to, answer.message)
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ActionCause], command: Command) -> None:
        """Announce that `command` was not carried out."""
        if command.spec is devin_specs.REVIEW:
            await self._reviews.on_dead(uow, job, command.argument)
        elif self._change_of(job, command) is not None:
            await self._schedules.lost(uow, job)
        else:
            await uow.reply_privately(recipient_of(job), devin_answers.UNREACHABLE)

    def _change_of(self, job: CommandJob, command: Command) -> _Change | None:
        """Return what makes the change that `command`, or the pressed button that carries it, asks for, if it does."""
        pressed = job.cause.verb if isinstance(job.cause, ActionCause) else ""
        return self._changes.get(pressed) or self._changes.get(command.spec.name)

    async def _refusal(self, job: CommandJob, command: Command) -> Message | None:
        """Why the person may not use the command, or None."""
        refusal = await self._access.role_refusal(job.workspace, command.spec, job.cause.user)
        if refusal is not None or isinstance(job.cause, MessageCause):  # whose author was checked already
            return refusal
        user, starts = job.cause.user or "", command.spec is devin_specs.REVIEW
        known = self._access.checked_person if starts else self._access.person
        return self._access.refusal(await known(job.workspace, user), shared=False)

    async def _ask_devin(self, job: CommandJob, command: Command) -> CommandAnswer:
        name, argument = command.spec.name, command.argument
        try:
            if command.spec in READS:
                return await self._library.read(job, command)
            if (read := self._reads.get(name)) is not None:
                return CommandAnswer(await read(job.workspace, argument, self._services.clock()))
            return await self._answers[name](job, argument)
        except DevinError as error:
            log.warning("Devin gave no answer", command=name, error=type(error).__name__, status=error.status)
            return CommandAnswer(failure_sentence(error))


def _answer_at_once(command: Command) -> Message | None:
    """Return the answer to `command` if Devin need not be asked for it."""
    if command.spec is devin_specs.SECRET_ADD:
        return secret_views.add_secret(SECRETS_PAGE)
    if command.spec is devin_specs.REVIEW and pull_request_url(command.argument) is None:
        return reviews.NO_PULL_REQUEST if command.argument else reviews.HOW
    return None
