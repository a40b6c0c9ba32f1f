"""Private questions, and the rows that wait for their answers.

The buttons of a question are choices (`bot.views.questions`). A choice that carries a command goes through the table of
commands, as if it had been typed. Any other answer goes to the kind of its question, here.

A row may wait for the answer: a start, a reply that would wake its session, or a press that starts one. It then stands
in a lane of its own, so that nothing else waits for it, and holds what it waits for (`Hold`). If no answer comes in
time, or the row is worked on for another reason, its kind decides what becomes of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, Self, TypeVar

from bot.domain.causes import AskingCause, HeldCause, Hold, without_response_url
from bot.domain.commands.presses import AnswerGiven
from bot.domain.lane import held_lane
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, Job
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import inbox, lanes
from bot.store.inbox import InboxRow
from bot.views.message import Message
from bot.views.questions import STALE

NOTHING: Final[Mapping[str, Message]] = {}
_Waiting = TypeVar("_Waiting", bound=AskingCause)


class QuestionKind(Protocol):
    """One kind of question."""

    @property
    def name(self) -> str:
        """The name that the buttons carry."""

    async def answered(self, job: CommandJob, given: AnswerGiven) -> None:
        """Do what the answer says, and close the row of the press; the outcome takes the place of the question."""


class HoldingKind(QuestionKind, Protocol):
    """A kind of question for whose answer rows wait."""

    async def not_answered(self, job: Job[HeldCause], hold: Hold) -> None:
        """Decide on a row that waits for the answer, when its time is up: close it, or have it wait on."""


@dataclass(frozen=True, slots=True)
class Questions:
    """The kinds of questions by their names. To decline a `plain` one is answered by a sentence alone."""

    services: Services
    holding: Mapping[str, HoldingKind]
    others: Mapping[str, QuestionKind]
    plain: Mapping[str, Message]

    @classmethod
    def of(
        cls,
        services: Services,
        holding: Iterable[HoldingKind] = (),
        others: Iterable[QuestionKind] = (),
        plain: Mapping[str, Message] = NOTHING,
    ) -> Self:
        """Return the questions for which rows wait, `others` that act on each answer, and the `plain` ones."""
        return cls(services, {kind.name: kind for kind in holding}, {kind.name: kind for kind in others}, plain)

    def handler(self) -> Handler:
        """What the command ANSWER does."""
        return Handler(run=self._answered)

    async def _answered(self, job: CommandJob) -> None:
        given = AnswerGiven.read(job.cause.argument)
        kind = {**self.others, **self.holding}.get(given.question)
        if kind is not None:
            await kind.answered(job, given)
        else:
            await self.services.answer(job, self.plain.get(given.question, STALE))

    async def not_answered(self, job: Job[Any], hold: Hold) -> None:
        """Have the kind of its question decide on a row whose time is up."""
        await self.holding[hold.question].not_answered(job, hold)


async def hold_row(uow: UnitOfWork, job: Job[HeldCause], hold: Hold, reason: str) -> None:
    """Have the job's row wait for an answer in a lane of its own, without its secret: the answer brings another one."""
    row, lane = job.row, held_lane(hold.question, hold.subject)
    await inbox.move(uow.tx, row.key, lane, without_response_url(replace(row.cause, hold=hold)), row.ts)
    await inbox.reschedule(uow.tx, row.key, hold.until, reason)
    await lanes.release(uow.tx, job.claim)
    uow.wakes[lane] = hold.until - uow.now


async def held_rows(
    uow: UnitOfWork, question: str, subject: str, cause: type[_Waiting]
) -> Sequence[InboxRow[_Waiting]]:
    """The rows that wait for an answer to the question about `subject`, in order."""
    return await inbox.waiting(uow.tx, held_lane(question, subject), cause)
