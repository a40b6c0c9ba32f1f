"""A mention or a direct message starts a session in its own thread."""

from bot.domain.commands.options import Request
from bot.domain.keys import reference, session_id
from bot.domain.session import Lifecycle, Session
from bot.flows.job import Job, finish
from bot.flows.prompt import LOOK_AT_FILES, LOOK_AT_THREAD
from bot.flows.services import Services
from bot.flows.start.create import Create
from bot.flows.unit_of_work import Recipient
from bot.views import answers


class StartFromMessage:
    """Makes a session of what somebody wrote."""

    def __init__(self, services: Services, create: Create) -> None:
        self._services = services
        self._create = create

    async def start(self, job: Job, request: Request, to: Recipient) -> None:
        """Create the session that the job's message asks for; a message without a task is answered to `to` instead."""
        payload = job.row.payload
        if not request.prompt and not payload["files"] and payload["thread_ts"] is None:
            async with self._services.unit_of_work_for(job) as uow:
                await uow.reply_privately(to, answers.EMPTY_PROMPT)
                await finish(uow, job)
            return
        if request.mistyped:
            async with self._services.unit_of_work_for(job) as uow:
                await uow.reply_privately(to, answers.mistyped_options(request.mistyped))
        await self._create.create(job, self._session(job, request))

    async def resume(self, job: Job, begun: Session) -> None:
        """Go on with the session that an earlier try has begun."""
        await self._create.create(job, begun)

    def _session(self, job: Job, request: Request) -> Session:
        payload, team, now = job.row.payload, self._services.workspace.team, self._services.clock()
        return Session(
            id=session_id(job.row.key),
            team=team,
            org_id=self._services.workspace.organisation.id,
            channel=payload["channel"],
            thread_ts=payload["thread_ts"] or payload["ts"],
            requester=payload["user"],
            prompt=request.prompt or (LOOK_AT_THREAD if payload["thread_ts"] else LOOK_AT_FILES),
            options=request.options,
            lifecycle=Lifecycle.QUEUED,
            reference=reference(team, payload["channel"], payload["ts"]),
            cause_ts=payload["ts"],
            created_at=now,
            spoken_at=now,
        )
