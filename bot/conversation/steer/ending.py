"""The requests that put a session to sleep or end it for good. Each may be repeated, which changes nothing.

Who ended a session for good is recorded, because the asker of the session may be somebody else.
"""

from bot.conversation.session_check import MAY_BE_OVER, SessionCheck
from bot.devin.errors import DevinInvalid
from bot.devin.models import DevinSession
from bot.domain.causes import Cause, PersonsCause
from bot.domain.commands import registry
from bot.domain.session import QUEUED_STATUSES, Lifecycle, Session
from bot.kernel.job import Job, RefusedForNow
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import audit
from bot.store.audit import AuditRow

log = get_logger(__name__)


class Ending:
    """Has Devin put sessions to sleep or end them. Raises RefusedForNow as long as a request has to be repeated."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._check = SessionCheck(services)

    async def put_to_sleep(self, job: Job[Cause], session: Session) -> DevinSession | None:
        """Archive the session. Returns what Devin then says about it, or None if it is over already."""
        assert session.devin_id is not None
        await self._services.check_claim(job)
        # A crash right here, or a lost answer, archives the session once more.
        try:
            made: DevinSession | None = await self._services.organisations.of(session).devin.archive(session.devin_id)
        except MAY_BE_OVER as refused:
            at_devin = await self._check.ask(job, session)
            if at_devin.over:
                return None
            if isinstance(refused, DevinInvalid):
                raise
            made = at_devin.made
        if made is None or not _sleeps(made):
            raise RefusedForNow
        return made

    async def end_for_good(self, job: Job[Cause], session: Session) -> None:
        """Terminate the session, unless it is over already."""
        assert session.devin_id is not None
        await self._services.check_claim(job)
        # A crash right here terminates the session once more; Devin then answers with a conflict or the same session.
        try:
            await self._services.organisations.of(session).devin.terminate(session.devin_id)
        except MAY_BE_OVER as refused:
            if not (await self._check.ask(job, session)).over:
                if isinstance(refused, DevinInvalid):
                    raise
                raise RefusedForNow from refused
            log.info("session already over")


async def record_end(uow: UnitOfWork, job: Job[PersonsCause], session: Session) -> None:
    """Add the audit row that the person of `job` has ended `session` for good; `session` is as it was before that."""
    row = AuditRow(
        team=session.team,
        at=uow.now,
        user=job.cause.user or "",
        action=registry.EXIT.name,
        target=session.devin_id or "",
        channel=session.channel,
        before={"lifecycle": session.lifecycle, "status": session.snapshot.status},
        after={"lifecycle": Lifecycle.ENDED},
    )
    await audit.add(uow.tx, row)


def _sleeps(made: DevinSession) -> bool:
    """Whether the session sleeps or is over. A status that is not known, or not given, counts as that."""
    return made.is_archived or made.status not in {"running", *QUEUED_STATUSES}
