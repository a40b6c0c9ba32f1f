"""`/devin <prompt>`: the card is posted first, and the session is created in the thread that the card begins.

So a channel that the bot cannot post to never costs a session.
"""

from dataclasses import replace

from bot.domain.causes import CommandCause, MessageCause
from bot.domain.commands.options import Request, parse_request
from bot.domain.commands.parser import parse_slash
from bot.domain.commands.registry import START
from bot.domain.keys import session_id
from bot.domain.lane import own_lane
from bot.domain.session import Session
from bot.flows.access import Access
from bot.flows.job import Job, finish, recipient_of
from bot.flows.prompt import PromptBuilder
from bot.flows.services import Services
from bot.flows.session_rows import add, post_card, start_to_follow
from bot.flows.unit_of_work import UnitOfWork
from bot.slack.errors import ChannelGone, ScopeMissing
from bot.store import inbox, lanes, sessions
from bot.views import answers
from bot.views.message import Message


class StartFromCommand:
    """Turns a slash command into a session with a card."""

    def __init__(self, services: Services, access: Access, prompts: PromptBuilder) -> None:
        self._services = services
        self._access = access
        self._prompts = prompts

    async def run(self, job: Job[CommandCause]) -> None:
        """Start the session, or answer why not, or ask first if the same command came a moment ago."""
        cause = job.cause
        command = parse_slash(await self._prompts.readable(job.workspace, cause.text))
        request = parse_request(command.argument)
        if command.spec is not START or not request.prompt:
            await self._answer(job, answers.EMPTY_PROMPT)
            return
        refusal = await self._refusal(job)
        if refusal is not None:
            await self._answer(job, refusal)
        elif not cause.confirmed and await self._asks_first(job, request):
            return
        else:
            await self.start(job, request)

    async def on_dead(self, uow: UnitOfWork, job: Job[CommandCause], _reason: str, /) -> None:
        """Reply privately that nothing was started."""
        await uow.reply_privately(recipient_of(job), answers.start_failed(job.row.ref))

    async def start(self, job: Job[MessageCause | CommandCause], request: Request) -> None:
        """Record the session and have its card posted. The row that creates the session follows the card."""
        if not request.prompt:
            await self._answer(job, answers.EMPTY_PROMPT)
            return
        cause, now = job.cause, self._services.clock()
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
        # A crash before this commit loses nothing: the row is handled again. After it the card is in the outbox.
        async with self._services.unit_of_work_for(job) as uow:
            await add(uow, session)
            answer_to = {"user": cause.user, "response_url": cause.response_url, "asked_in": cause.thread_ts}
            follow = start_to_follow(job.row.key, cause.files)
            await post_card(uow, session, payload=answer_to, follow=follow)
            if request.mistyped:
                await uow.reply_privately(
                    recipient_of(job), answers.mistyped_options(request.mistyped), key=f"{job.row.key}:opt"
                )
            await finish(uow, job)

    async def _refusal(self, job: Job[CommandCause]) -> Message | None:
        channel = job.cause.channel
        person = await self._access.person(job.workspace, job.cause.user)
        if channel.startswith("D"):  # never shared; whether the bot may post in it shows when the card is posted
            return self._access.refusal(person, shared=False)
        try:
            found = await self._access.channel(job.workspace, channel)
        except (ChannelGone, ScopeMissing):
            return self._access.refusal(person, shared=False) or answers.not_in_channel()
        refusal = self._access.refusal(person, shared=found.is_ext_shared)
        return refusal or (answers.CHANNEL_ARCHIVED if found.is_archived else None)

    async def _asks_first(self, job: Job[CommandCause], request: Request) -> bool:
        """Ask whether a command is really meant if the same came a moment ago. Returns False if the start goes on.

        The row then waits for the answer. If none comes in time, the row is closed and nothing is started.
        """
        now = self._services.clock()
        if job.cause.asked:
            async with self._services.unit_of_work_for(job) as uow:
                await finish(uow, job)  # nobody answered, and nothing was started
            return True
        async with self._services.db.read() as tx:
            since, team = now - self._services.timing.repeated_command, job.workspace.team
            recent = await sessions.with_prompt(tx, team, job.cause.user, request.prompt, since)
        same = [one for one in recent if one.options == request.options]
        if not same:
            return False
        async with self._services.unit_of_work_for(job) as uow:
            seconds = now - same[0].created_at
            message = answers.ask_again(job.row.key, request.prompt, seconds)
            await uow.reply_privately(recipient_of(job), message, key=f"{job.row.key}:again")
            # The row leaves the person's lane, so that the commands they type next do not wait for the answer.
            await inbox.move(uow.tx, job.row.key, own_lane(job.row.key), replace(job.cause, asked=True))
            wait = self._services.timing.repeat_question
            await inbox.reschedule(uow.tx, job.row.key, uow.now + wait, "asked whether it is meant")
            await lanes.release(uow.tx, job.claim)
            uow.wakes[own_lane(job.row.key)] = wait
        return True

    async def _answer(self, job: Job[MessageCause | CommandCause], message: Message) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await uow.reply_privately(recipient_of(job), message)
            await finish(uow, job)
