"""`/devin <prompt>`: the card is posted first, and the session is created in the thread that the card begins.

So a channel that the bot cannot post to never costs a session.
"""

from bot.conversation.prompt import PromptBuilder
from bot.conversation.session_card import answer_to, post_card, start_to_follow
from bot.conversation.start.options_check import OptionsCheck
from bot.conversation.start.room import add_if_room, is_refused
from bot.conversation.steer.held_start import hold, hold_secret
from bot.domain.causes import AskingCause, CommandCause, Confirmation, MessageCause
from bot.domain.commands.options import Request, parse_request
from bot.domain.commands.parser import parse_task
from bot.domain.commands.registry import NEW, START
from bot.domain.commands.spec import CommandSpec
from bot.domain.keys import session_id
from bot.domain.lane import person_lane
from bot.domain.pick import ThreadRef
from bot.domain.session import Session
from bot.kernel.access import Access
from bot.kernel.commands.handler import Handler
from bot.kernel.gates import Gates
from bot.kernel.job import CommandJob, Job, answers_in, finish, move, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import sessions
from bot.store.database.connection import Transaction
from bot.views.answers import starts as start_sentences


class StartFromCommand:
    """Turns a slash command into a session with a card."""

    def __init__(self, services: Services, access: Access, gates: Gates, prompts: PromptBuilder) -> None:
        self._services = services
        self._gates = gates
        self._access = access
        self._prompts = prompts
        self._options_check = OptionsCheck(services)

    async def run(self, job: Job[CommandCause]) -> None:
        """Start the session, or answer why not, or ask first if the same command came a moment ago."""
        cause = job.cause
        task = parse_task(await self._prompts.readable(job.workspace, cause.text))
        if not parse_request(task).task:
            await self._services.answer(job, start_sentences.EMPTY_PROMPT)
            return
        refusal = await self._access.start_refusal(job.workspace, cause.user, cause.channel)
        if refusal is not None:
            await self._services.answer(job, refusal)
        elif cause.with_secret:
            await hold_secret(self._services, job)
        else:
            await self._start_checked(job, task)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the choice to start a text as a task does."""
        return {START: Handler(run=self._start_as_task)}

    async def _start_as_task(self, job: CommandJob) -> None:
        """Turn the row into a command that starts a session, whose outcome takes the place of the question.

        A second press counts as the same command again.
        """
        cause, user = job.cause, job.cause.user or ""
        task, meant = f"{START.name} {cause.argument}", Confirmation(as_task=True)
        command = CommandCause(user, cause.channel or "", task, cause.response_url, meant)
        async with self._services.unit_of_work_for(job) as uow:
            await move(uow, job, person_lane(job.workspace.team, user), command)

    async def start_new(self, job: Job[MessageCause], text: str) -> None:
        """Start the session that is asked for by `text`, which somebody wrote behind `!new`."""
        if not parse_request(text).task and not job.cause.quoted:
            await self._services.answer(job, start_sentences.EMPTY_PROMPT)
            return
        request = await self._options_check.checked(job, text, behind=NEW.ways[0].phrase)
        if request is not None and (whole := await self._prompts.request(job, request)) is not None:
            await self._start(job, whole)

    async def on_dead(self, uow: UnitOfWork, job: Job[CommandCause], _reason: str, /) -> None:
        """Reply privately that nothing was started."""
        await uow.reply_privately(recipient_of(job), start_sentences.start_failed(job.row.ref))

    async def earlier_start(self, tx: Transaction, team: str, user: str, request: Request) -> float | None:
        """When the person started the same `request` a moment before; None if they did not."""
        since = self._services.clock() - self._services.timing.repeated_command
        recent = await sessions.with_prompt(tx, team, user, request.prompt, since)
        return next((session.created_at for session in recent if session.options == request.options), None)

    async def _start_checked(self, job: Job[CommandCause], text: str) -> None:
        request = await self._options_check.checked(job, text, behind=START.name)
        if request is None:
            return
        if job.cause.confirmation.again or not await self._asks_first(job, request):
            await self._start(job, request)

    async def _start(self, job: Job[AskingCause], request: Request) -> None:
        """Record the session and have its card posted, unless a budget is used up.

        The row that creates the session follows the card.
        """
        cause, now = job.cause, self._services.clock()
        if await is_refused(self._services, self._gates, job):
            return
        session = Session(
            id=session_id(job.row.key),
            team=job.workspace.team,
            org_id=job.workspace.organisation.id,
            channel=cause.channel,
            thread_ts=None,
            requester=cause.user,
            prompt=request.prompt,
            options=request.options,
            created_at=now,
            spoken_at=now,
        )
        async with self._services.unit_of_work_for(job) as uow:
            if not await add_if_room(uow, self._gates, job, session):
                return
            payload = answer_to(recipient_of(job)) | {"asked_in": cause.thread_ts, "answer_in": answers_in(cause)}
            follow = start_to_follow(job.row.key, cause.files, _thread_about(cause))
            await post_card(uow, session, payload=payload, follow=follow)
            await finish(uow, job)

    async def _asks_first(self, job: Job[CommandCause], request: Request) -> bool:
        """Ask whether a command is really meant if the same came a moment ago. Returns False if the start goes on."""
        async with self._services.db.read() as tx:
            at = await self.earlier_start(tx, job.workspace.team, job.cause.user, request)
        if at is None:
            return False
        async with self._services.unit_of_work_for(job) as uow:
            await hold(
                uow, job, start_sentences.REPEATED, start_sentences.ask_again(job.row.key, request.prompt, uow.now - at)
            )
        return True


def _thread_about(cause: AskingCause) -> ThreadRef | None:
    """The thread that is the context of a session with a card: that of `!new`, or the one that the form was about."""
    if isinstance(cause, CommandCause):
        return cause.about
    return ThreadRef(cause.channel, cause.thread_ts) if cause.thread_ts else None
