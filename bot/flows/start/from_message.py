"""A mention or a direct message starts a session, in the thread of that message."""

from bot.domain.causes import MessageCause
from bot.domain.commands.options import Request
from bot.domain.keys import reference, session_id
from bot.domain.session import Lifecycle, Session
from bot.flows.job import Job, finish, recipient_of
from bot.flows.prompt import LOOK_AT_FILES, LOOK_AT_THREAD
from bot.flows.services import Services
from bot.flows.start.create import Create
from bot.views import answers


class StartFromMessage:
    """Turns a message into a session."""

    def __init__(self, services: Services, create: Create) -> None:
        self._services = services
        self._create = create

    async def start(self, job: Job[MessageCause], request: Request) -> None:
        """Create the session that the job's message asks for. A message without a task is answered instead."""
        if not request.prompt and not job.cause.files and not job.cause.in_thread:
            async with self._services.unit_of_work_for(job) as uow:
                await uow.reply_privately(recipient_of(job), answers.EMPTY_PROMPT)
                await finish(uow, job)
            return
        if request.mistyped:
            async with self._services.unit_of_work_for(job) as uow:
                await uow.reply_privately(recipient_of(job), answers.mistyped_options(request.mistyped))
        await self._create.create(job, self._session(job, request))

    async def resume(self, job: Job[MessageCause], begun: Session) -> None:
        """Go on creating the session `begun`, which an earlier try recorded."""
        await self._create.create(job, begun)

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
            cause_ts=cause.ts,
            created_at=now,
            spoken_at=now,
        )
