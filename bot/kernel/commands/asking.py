"""Commands for which Devin is asked, and which it answers within seconds.

Each is carried out by a stored row in a lane of its own, because Slack's ack waits for no call to Devin, and nothing
else of the person is to wait for it. The private answer is stored in one transaction with the list whose numbers the
person may type. A command is not tried for hours, as a message is: if Devin does not answer, the person reads why, and
asks again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from bot.devin.errors import DevinError
from bot.domain.lane import own_lane
from bot.kernel.commands.answer import CommandAnswer
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler
from bot.kernel.job import CommandJob, finish, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import numbered_lists
from bot.views import devin_answers
from bot.views.message import Message

log = get_logger(__name__)

# What is read at Devin for a command; it may raise a DevinError.
Read = Callable[[CommandJob], Awaitable[CommandAnswer | Message]]


async def ask_later(asked: Asked) -> Answer:
    """Have a row carry out a command whose argument is complete."""
    return Deferred(own_lane(asked.key), asked.argument)


@dataclass(frozen=True, slots=True)
class AskDevin:
    """Answers commands with what is read at Devin."""

    services: Services

    def handler(self, read: Read, answer: Callable[[Asked], Awaitable[Answer]] = ask_later) -> Handler:
        """Return what a command does that `read` answers; `answer` says what is known already, and what a row gets."""
        return Handler(answer, partial(self.run, read), lost=reply_unreachable)

    async def run(self, read: Read, job: CommandJob) -> None:
        """Answer the person of `job` privately."""
        try:
            found = await read(job)
        except DevinError as error:
            log.warning("no answer from Devin", command=job.cause.command, error=type(error).__name__)
            found = failure_sentence(error)
        await self.reply(job, found)

    async def reply(self, job: CommandJob, found: CommandAnswer | Message) -> None:
        """Answer the person of `job` privately, and close the row."""
        answer, to = CommandAnswer(found) if isinstance(found, Message) else found, recipient_of(job)
        async with self.services.unit_of_work_for(job) as uow:
            if (listed := answer.listed) is not None:
                await numbered_lists.show(uow.tx, to.team, to.user, listed.kind, listed.ids, uow.now)
            await uow.reply_privately(to, answer.message)
            await finish(uow, job)


async def reply_unreachable(uow: UnitOfWork, job: CommandJob, _reason: str) -> None:
    """Answer that Devin cannot be reached and nothing was changed."""
    await uow.reply_privately(recipient_of(job), devin_answers.UNREACHABLE)
