"""A mention or a direct message starts a session, in the thread of that message."""

from dataclasses import replace

from bot.conversation.prompt import LOOK_AT_FILES, LOOK_AT_THREAD, PromptBuilder
from bot.conversation.start.alerts import Alerts
from bot.conversation.start.create import Create
from bot.conversation.start.options_check import OptionsCheck
from bot.conversation.start.room import is_refused
from bot.conversation.steer.held_start import hold_secret
from bot.domain.causes import MessageCause
from bot.domain.commands.options import Request, parse_request
from bot.domain.keys import reference, session_id
from bot.domain.session import Lifecycle, Session
from bot.kernel.gates import Gates
from bot.kernel.job import Job, recipient_of
from bot.kernel.services import Services
from bot.store import inbox
from bot.views.answers import starts as start_sentences


class StartFromMessage:
    """Turns a message into a session."""

    def __init__(self, services: Services, gates: Gates, prompts: PromptBuilder, create: Create) -> None:
        self._services = services
        self._gates = gates
        self._prompts = prompts
        self._options_check = OptionsCheck(services)
        self._create = create
        self._alerts = Alerts(services)

    async def start(self, job: Job[MessageCause], text: str) -> None:
        """Create the session that the message's `text` asks for.

        Nothing is created if it has no task, if its options are not valid, or if a budget is used up.
        """
        if not parse_request(text).task and job.cause.only_text and not job.cause.in_thread:
            await self._services.answer(job, start_sentences.EMPTY_PROMPT)
            return
        by_bot = job.cause.is_alert
        if by_bot and not await self._alerts.passes(job):
            return
        if job.cause.with_secret:
            await (self._alerts.ask_about_secret(job) if by_bot else hold_secret(self._services, job))
            return
        if await is_refused(self._services, self._gates, job):
            return
        request = await self._options_check.checked(job, text)
        if request is None or (whole := await self._prompts.request(job, request)) is None:
            return
        session = self._session(job, whole)
        begun = await self._alerts.begin(job, session) if by_bot else session
        if begun is not None:
            await self._create.create(await self._without_question(job, begun), begun)

    async def resume(self, job: Job[MessageCause], begun: Session) -> None:
        """Go on creating the session `begun`, which an earlier try recorded."""
        await self._create.create(job, begun)

    async def _without_question(self, job: Job[MessageCause], session: Session) -> Job[MessageCause]:
        """If the person was asked before the start, have the question replaced. Returns the job without its secret."""
        if job.cause.response_url is None:
            return job
        cause = replace(job.cause, response_url=None)
        async with self._services.unit_of_work_for(job) as uow:
            await uow.reply_privately(recipient_of(job), start_sentences.received_in_thread(session.prompt))
            await inbox.note(uow.tx, job.row.key, cause)
        return replace(job, row=replace(job.row, cause=cause))

    def _session(self, job: Job[MessageCause], request: Request) -> Session:
        cause, team, now = job.cause, job.workspace.team, self._services.clock()
        return Session(
            id=session_id(job.row.key),
            team=team,
            org_id=job.workspace.organisation.id,
            channel=cause.channel,
            thread_ts=cause.root_ts,
            requester=cause.user,
            prompt=request.prompt or (LOOK_AT_THREAD if cause.in_thread else LOOK_AT_FILES),
            options=request.options,
            lifecycle=Lifecycle.QUEUED,
            reference=reference(team, cause.channel, cause.ts),
            cause_ts=cause.pick.ts if cause.pick else cause.ts,
            created_at=now,
            spoken_at=now,
        )
