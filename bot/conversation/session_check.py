"""Ask Devin for a session after a refusal that Devin may take back, and say whether the session is over.

A 409 says that something is not possible now, and a 404 may be a mistake of one of Devin's machines. A 400 is the last
word on a request, but its reason may be that the session has ended. Only the status of the session says that it is
over, or a 404 for as long as `Timing.not_found_lasts`.
"""

from dataclasses import dataclass

from bot.conversation.session_card import SessionCard
from bot.devin.errors import DevinConflict, DevinError, DevinInvalid, DevinNotFound
from bot.devin.models import DevinSession
from bot.domain.causes import Cause
from bot.domain.session import TERMINAL_STATUSES, Session
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import session_days, sessions, waiting_times

log = get_logger(__name__)

MAY_BE_TAKEN_BACK = (DevinConflict, DevinNotFound)
MAY_BE_OVER = (*MAY_BE_TAKEN_BACK, DevinInvalid)


@dataclass(frozen=True, slots=True)
class AtDevin:
    """What Devin says about a session: whether it is `over`, and the session itself if Devin answered with it."""

    over: bool
    made: DevinSession | None = None


class SessionCheck:
    """Asks Devin for sessions, and remembers since when one is not found."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def ask(self, job: Job[Cause], session: Session) -> AtDevin:
        """Ask Devin for `session` while the job holds its claim. An answer that says nothing means that it goes on."""
        assert session.devin_id is not None
        try:
            made = await self._services.organisations.of(session).devin.get_session(session.devin_id)
        except DevinNotFound:
            return AtDevin(await self._is_gone(job, session))
        except DevinError as error:
            log.warning("session not checked", session=session.id, error=type(error).__name__, status=error.status)
            return AtDevin(over=False)
        await self._note(job, session, archived=made.is_archived, not_found_since=None)
        return AtDevin(made.status in TERMINAL_STATUSES, made)

    async def _is_gone(self, job: Job[Cause], session: Session) -> bool:
        """Whether Devin has not found the session for long enough; from the first such answer on, the time counts."""
        timing, now, since = self._services.timing, self._services.clock(), session.not_found_since
        if since is None or now - since > timing.row_outage:  # so long ago that it was another time
            since = now
        await self._note(job, session, archived=session.snapshot.archived, not_found_since=since)
        return now - since >= timing.not_found_lasts

    async def _note(self, job: Job[Cause], session: Session, *, archived: bool, not_found_since: float | None) -> None:
        if (archived, not_found_since) == (session.snapshot.archived, session.not_found_since):
            return
        # A crash before this commit has Devin asked again, and the time of a 404 counted from then on.
        async with self._services.unit_of_work_for(job) as uow:
            await sessions.change(uow.tx, session.id, archived=archived, not_found_since=not_found_since)
            if archived != session.snapshot.archived:
                await waiting_times.end(uow.tx, session.id, uow.now)
                await session_days.record(uow.tx, session.id, uow.now)
                await uow.redraw(SessionCard, session.id)
