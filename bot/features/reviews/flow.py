"""A review of a pull request is asked for exactly once (`bot.kernel.exactly_once`), and then followed as an operation.

A review carries no reference. A look-up takes the newest one of the newest commit for ours if it is going on, or was
created after the intent: Devin has then one review of that commit, and another one would only be paid for twice.
Reviews of one pull request wait for each other in its lane, so the second one finds the first at Devin.

Devin says nothing of what a review will cost. From its intent on until it is over, 1 ACU is reserved for it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

from bot.conversation.lookup import CLOCKS_APART
from bot.devin.errors import DevinError, DevinNotFound, DevinRefused
from bot.devin.reviews import Review
from bot.domain.commands.devin_words import pull_request_url
from bot.domain.commands.spec import CommandSpec
from bot.domain.lane import review_lane
from bot.domain.operation import REVIEW as KIND
from bot.domain.operation import NewOperation
from bot.features.reviews import sentences as views
from bot.features.reviews.specs import REVIEW
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler
from bot.kernel.exactly_once.creation import Creation, Found, LookupResult, Missing
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.gates import Asker, Gates, Work
from bot.kernel.job import CommandJob, finish, move, recipient_of
from bot.kernel.operations.requests import Requester, begin
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit
from bot.store.audit import AuditRow
from bot.views.message import Message

ACUS: Final = 1  # that are reserved for a review
GOING_ON: Final = frozenset({"pending", "running"})


class Reviews:
    """Asks for reviews."""

    def __init__(self, services: Services, gates: Gates) -> None:
        self._services = services
        self._gates = gates
        self._once = ExactlyOnce(services)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {REVIEW: Handler(_answer, self._run, lost=_lost)}

    async def _run(self, job: CommandJob) -> None:
        """Ask for a review of the pull request whose address was typed.

        What was written in a message first moves to the lane of that, so that nothing in its thread waits for Devin.
        """
        answer = _without_devin(job.cause.argument)
        if isinstance(answer, Message):
            await self._services.answer(job, answer)
        elif job.row.lane != (lane := review_lane(answer)):
            async with self._services.unit_of_work_for(job) as uow:
                await move(uow, job, lane, replace(job.cause, thread_ts=None))
        else:
            await self._once.create(job, NewReview(self._services, self._gates, job, answer))


async def _answer(asked: Asked) -> Answer:
    answer = _without_devin(asked.argument)
    if isinstance(answer, Message):
        return answer
    return Deferred(review_lane(answer), asked.argument)


def _without_devin(typed: str) -> Message | str:
    """Return the address that was typed; if it is none, the answer that says so, for which Devin need not be asked."""
    return pull_request_url(typed) or (views.NO_PULL_REQUEST if typed else views.HOW)


async def _lost(uow: UnitOfWork, job: CommandJob, _reason: str) -> None:
    """Send the person a direct message: the review was not asked for, or nobody knows."""
    typed, user, hosts = job.cause.argument, job.cause.user, job.workspace.policy.code_hosts
    say = views.maybe_asked_for if is_unknown(job.row) else views.not_asked_for
    if user:
        message = say(pull_request_url(typed) or typed, job.row.ref, hosts)
        await uow.add_to_outbox(uow.post_row(f"lost:{job.row.key}", job.workspace.team, user, None, message))


class NewReview(Creation[Review]):
    """The creation of a review."""

    kind: ClassVar[str] = "review"

    def __init__(self, services: Services, gates: Gates, job: CommandJob, url: str) -> None:
        self._services = services
        self._gates = gates
        self._job = job
        self._url = url
        self._devin = job.workspace.organisation.devin
        self._hosts = job.workspace.policy.code_hosts

    async def prepare(self) -> bool:
        """Return False, with the row closed, if Devin reviews the newest commit already."""
        job = self._job
        going_on = await self._going_on()
        if going_on is None:
            return True
        # A crash before this commit asks Devin once more, which changes nothing.
        async with self._services.unit_of_work_for(job) as uow:
            await self._follow(uow, going_on, views.goes_on(self._url, self._hosts))
            await finish(uow, job)
        return False

    async def admit(self, uow: UnitOfWork) -> bool:
        """Reserve what a review may cost, or answer that a budget has no room: by the intent, others see it."""
        user, channel = self._job.cause.user or "", self._job.cause.channel or ""
        who = Asker(self._job.workspace, user, channel, user)
        limit = await self._gates.limit(uow.tx, who, Work(self._job.row.key, ACUS))
        if not isinstance(limit, Message):
            return True
        await self._reply(uow, limit)
        await finish(uow, self._job)
        return False

    async def _going_on(self) -> Review | None:
        """The review of the newest commit that Devin has not ended, whoever asked for it: a second one costs again."""
        try:
            found = await self._devin.review(self._url)
        except DevinRefused:
            return None  # the request for the review gets the same answer, and says so
        return found if found.status in GOING_ON else None

    async def call(self) -> Review:
        """Ask Devin for the review."""
        return await self._devin.create_review(self._url)

    async def lookup(self) -> LookupResult[Review]:
        """Read the newest review of the newest commit."""
        try:
            found = await self._devin.review(self._url)
        except DevinNotFound:
            return Missing.NOT_FOUND
        intent_at = self._job.row.intent_at or self._job.row.created_at
        is_new = not found.created_at or found.created_at >= intent_at - CLOCKS_APART
        return Found(found) if is_new or found.status in GOING_ON else Missing.NOT_FOUND

    async def write_created(self, uow: UnitOfWork, thing: Review) -> None:
        """Record the review, have it followed in a direct message, and confirm it privately where that is elsewhere."""
        cause, workspace = self._job.cause, self._job.workspace
        who = (workspace.team, uow.now, cause.user or "", audit.REVIEW, self._url, cause.channel)
        await audit.add(uow.tx, AuditRow(*who))
        where = {"org_id": workspace.organisation.id, "channel": cause.channel or ""}
        await self._follow(uow, thing, views.asked_for(self._url, self._hosts), where)

    async def _follow(
        self, uow: UnitOfWork, thing: Review, said: Message, reserved: Mapping[str, str] | None = None
    ) -> None:
        """Follow the review. Where this row has asked for it, what it may cost stays `reserved` until it is over."""
        requester = Requester.of_job(self._job)
        title = views.title(self._url, thing.commit_sha, self._hosts)
        following = {"pr_url": self._url, "commit_sha": thing.commit_sha, "reserved": reserved}
        await begin(uow, requester, NewOperation(KIND, title, "", (), (), asked=following))
        if requester.direct is None:
            await self._reply(uow, said)

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Say privately why the review was not asked for."""
        await self._reply(uow, views.NOT_SEEN if isinstance(refused, DevinNotFound) else failure_sentence(refused))

    async def write_checking(self, uow: UnitOfWork) -> None:
        """Say privately that the outcome is being looked up."""
        await self._reply(uow, views.CHECKING, "checking")

    async def write_late(self, uow: UnitOfWork, _error: DevinError | None) -> None:
        """Say privately that the review waits for Devin."""
        await self._reply(uow, views.LATE, "late")

    async def _reply(self, uow: UnitOfWork, message: Message, part: str = "") -> None:
        key = f"{self._job.row.key}:{part}" if part else None
        await uow.reply_privately(recipient_of(self._job), message, key=key)
