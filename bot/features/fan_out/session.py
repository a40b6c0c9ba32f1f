"""The session of a fan-out in one organisation is created, exactly once: `bot.kernel.exactly_once` says how.

It is looked up in its organisation alone, so one reference, that of the fan-out, does for all of them. A session in
place of one that failed has another reference, so that the failed one is not found in its stead.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from bot.conversation.allowed import why_not
from bot.conversation.follow import history
from bot.conversation.lookup import SessionLookup
from bot.conversation.session_tags import SessionTags
from bot.devin.errors import (
    DevinForbidden,
    DevinNotFound,
    DevinQuotaExceeded,
    DevinRefused,
)
from bot.devin.models import DevinSession
from bot.domain.billing import billing_day
from bot.domain.causes import TaskCause
from bot.domain.outcomes import outcome_at_devin
from bot.domain.person import as_author
from bot.domain.roles import Right
from bot.domain.session import DisplayState, Lifecycle, bare_id, display_state_of
from bot.domain.text import as_request
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out import table_sentences as views
from bot.features.fan_out.drawer import change_session
from bot.features.fan_out.fan_outs import START_SESSION, FanOutOrganisations
from bot.features.fan_out.rules import EXPLAINED, UNSTARTED, FanOut, FanOutSession, reference_of, session_id_of
from bot.features.fan_out.words import with_organisation
from bot.kernel.access import Access
from bot.kernel.exactly_once.creation import Creation, LookupResult
from bot.kernel.exactly_once.loss import Loss, announce_loss
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.job import Job, Reschedule, finish
from bot.kernel.organisation import Organisation
from bot.kernel.pause_gate import who_paused
from bot.kernel.services import Services
from bot.kernel.tasks import Kernel
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import pull_requests, session_days, spend
from bot.store.database.connection import Transaction
from bot.store.pull_requests import FollowedSession

log = get_logger(__name__)

_NOT_UNKNOWN: Final = {"intent_at": None, "accepted_at": None}


class StartFanOutSession:
    """Creates the sessions of fan-outs that inbox rows ask for."""

    name: ClassVar[str] = START_SESSION

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services
        self._access = kernel.access
        self._lookup = SessionLookup(kernel.services)
        self._organisations = FanOutOrganisations(kernel.services)
        self._once = ExactlyOnce(kernel.services)

    async def run(self, job: Job[TaskCause]) -> None:
        """Create the session, unless the fan-out was erased or stopped, or this attempt is not the last one."""
        async with self._services.db.read() as tx:
            fan_out, session = await _read(tx, job)
        if fan_out is None or session is None or not _is_meant(job, session):
            await self._services.close(job)
            return
        organisation = await self._organisations.of(job.workspace, session.org_id)
        new = NewFanOutSession(self._services, self._access, self._lookup, job, fan_out, session, organisation)
        await self._once.create(job, new)

    async def on_dead(self, uow: UnitOfWork, job: Job[TaskCause], _reason: str, /) -> None:
        """Show that the session was not started, or may not have been; then a retry looks it up first."""
        fan_out, session = await _read(uow.tx, job)
        if fan_out is None or session is None or not _is_meant(job, session):
            return
        await announce_loss(uow, job.row, FanOutSessionLoss(job, fan_out, session))


async def _read(tx: Transaction, job: Job[TaskCause]) -> tuple[FanOut | None, FanOutSession | None]:
    fan_out_id, org_id = job.cause.subject, job.cause.org_id or ""
    return await fan_outs.get(tx, fan_out_id), await fan_outs.session(tx, fan_out_id, org_id)


def _is_meant(job: Job[TaskCause], session: FanOutSession) -> bool:
    return session.lifecycle in UNSTARTED and session.attempt == job.cause.attempt


@dataclass(frozen=True, slots=True)
class FanOutSessionLoss(Loss):
    """The loss of the start of a session of a fan-out; the table shows it."""

    job: Job[TaskCause]
    fan_out: FanOut
    session: FanOutSession

    async def write_not_done(self, uow: UnitOfWork) -> None:
        """Show that the session was not started."""
        await self._change(uow, lifecycle=Lifecycle.REFUSED, reason=views.LOST, **_NOT_UNKNOWN)

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Show that nobody knows whether it was, and keep what a retry needs to look it up."""
        row = self.job.row
        known = {"intent_at": row.intent_at, "accepted_at": row.accepted_at}
        await self._change(uow, lifecycle=Lifecycle.UNCERTAIN, reason=views.UNKNOWN, **known)

    async def _change(self, uow: UnitOfWork, **values: object) -> None:
        await change_session(uow, self.fan_out, self.session, self.job.row.key, **values)


class NewFanOutSession(Creation[DevinSession]):
    """The creation of the session of a fan-out in one organisation, as the row of `job` asks for it."""

    kind: ClassVar[str] = "session of a fan-out"

    def __init__(
        self,
        services: Services,
        access: Access,
        lookup: SessionLookup,
        job: Job[TaskCause],
        fan_out: FanOut,
        session: FanOutSession,
        organisation: Organisation,
    ) -> None:
        self._services = services
        self._access = access
        self._lookup = lookup
        self._job = job
        self._fan_out = fan_out
        self._session = session
        self._organisation = organisation
        self._reference = reference_of(fan_out, session)
        self._tags = SessionTags(organisation, self._reference, fan_out.options.tags)
        self._prompt = ""

    async def prepare(self) -> bool:
        """Write the prompt. Returns False, with the row closed, if the fan-out was stopped or its person may not."""
        if self._fan_out.stopped_at is not None:
            await self._end(lifecycle=Lifecycle.CANCELLED, **_NOT_UNKNOWN)
            return False
        # Once more: since the person was admitted, the start may have waited for hours.
        workspace, fan_out = self._job.workspace, self._fan_out
        asker = await self._access.checked_person(workspace, fan_out.user)
        refusal = self._access.refusal(asker, shared=False) or await self._access.right_refusal(
            workspace, fan_out.user, Right.START, fan_out.channel
        )
        if refusal is not None:
            await self._end(lifecycle=Lifecycle.REFUSED, reason=views.NO_LONGER_ALLOWED, **_NOT_UNKNOWN)
            return False
        async with self._services.db.read() as tx:
            paused = await who_paused(tx, workspace.team, fan_out.channel)
        of = (self._services, workspace.team, fan_out.channel, self._organisation)
        if nothing := paused or await why_not(*of, fan_out.options):
            await self._end(lifecycle=Lifecycle.REFUSED, reason=nothing, **_NOT_UNKNOWN)
            return False
        task = with_organisation(self._fan_out.prompt, self._session.name)
        asked = f"Asked in Slack by {as_author(asker.name, asker.id)}. Reference: {self._reference}"
        self._prompt = f"{as_request(task)}\n\n{asked}"
        return True

    async def _end(self, **values: object) -> None:
        async with self._services.unit_of_work_for(self._job) as uow:
            await change_session(uow, self._fan_out, self._session, self._job.row.key, **values)
            await finish(uow, self._job)

    async def write_intent(self, uow: UnitOfWork) -> None:
        """Note that the session is being created; raises Reschedule if a stop has cancelled it meanwhile."""
        attempt = (uow.tx, self._fan_out.id, self._session.org_id, [*UNSTARTED], self._session.attempt)
        if not await fan_outs.change_session_while(*attempt, lifecycle=Lifecycle.CREATING):
            raise Reschedule(0.0, "cancelled")  # which rolls the intent back

    async def call(self) -> DevinSession:
        """Ask Devin for the session, with the fullest list of tags that was not refused."""
        options = self._fan_out.options
        return await self._organisation.devin.create_session(
            self._prompt,
            title=with_organisation(options.title, self._session.name) if options.title else None,
            tags=await self._tags.to_send(),
            repos=list(options.repos) or None,
            playbook_id=options.playbook,
            devin_mode=options.mode,
            max_acu_limit=self._session.acu_limit,
        )

    async def other_form(self, refused: DevinRefused, /) -> bool:
        """If Devin refused the tags, go on to the next shorter list. Returns False if there is none."""
        return self._tags.shorten(refused)

    async def lookup(self) -> LookupResult[DevinSession]:
        """Search the organisation for the session, by its reference."""
        return await self._lookup.oldest(self._organisation, self._reference, self._fan_out.created_at)

    async def write_checking(self, uow: UnitOfWork) -> None:
        """Have the table say that it is being checked whether the session was started."""
        if self._session.intent_at is None:
            await change_session(uow, self._fan_out, self._session, self._job.row.key, intent_at=uow.now)

    async def write_created(self, uow: UnitOfWork, thing: DevinSession) -> None:
        """Store what Devin answered about the session. From here on the fan-out follows it."""
        begun = {"polled_at": uow.now, "started_at": uow.now}
        values = {"reason": None, **begun, **_NOT_UNKNOWN, **facts_of(self._session, thing)}
        await change_session(uow, self._fan_out, self._session, self._job.row.key, **values)
        await record(uow, self._fan_out, self._session, thing)
        log.info("session of a fan-out created", fan_out=self._fan_out.id, devin_id=thing.session_id)

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Have the table show why the session was not started."""
        values = {"lifecycle": Lifecycle.REFUSED, "reason": reason_of(refused), **_NOT_UNKNOWN}
        await change_session(uow, self._fan_out, self._session, self._job.row.key, **values)


def facts_of(session: FanOutSession, made: DevinSession) -> dict[str, object]:
    """What is stored of the session that Devin has for `session`."""
    snapshot = made.snapshot()
    state = display_state_of(snapshot)
    # The status `error` says all; a detail beside it is what was going on.
    explained = state is DisplayState.ENDED or (state in EXPLAINED and snapshot.status != "error")
    detail = snapshot.detail if explained else None
    # An answer may lack the ACUs once, and what grows again would be booked twice.
    acus = session.acus_before + made.acus_consumed if made.acus_consumed else session.acus
    facts = {"devin_id": made.session_id, "url": made.url, "acus": acus}
    return {"lifecycle": Lifecycle.OPEN, "display": state, "detail": detail, **facts}


async def record(
    uow: UnitOfWork, fan_out: FanOut, session: FanOutSession, made: DevinSession, *, stopped: bool = False
) -> None:
    """Keep of a session, longer than the fan-out, what it spent since it was stored, and its pull requests."""
    snapshot, key = made.snapshot(), session_id_of(fan_out.id, session.org_id)
    outcome = outcome_at_devin(snapshot, stopped=stopped)
    await session_days.record_of_fan_out(uow.tx, key, session.org_id, outcome, uow.now)
    if (more := session.acus_before + snapshot.acus - session.acus) > 0:
        since = history.first_day_in_doubt(uow, session.read_at, made.created_at or fan_out.created_at)
        await spend.add(uow.tx, session.org_id, billing_day(uow.now), {key: more}, {key: since})
    elif more < 0 < snapshot.acus:
        await spend.lower(uow.tx, session.org_id, key, -more)
    await fan_outs.change_session(uow.tx, fan_out.id, session.org_id, read_at=uow.now)
    followed = FollowedSession(key, fan_out.team, session.org_id, bare_id(made.session_id))
    await pull_requests.put(uow.tx, [(followed, snapshot.pull_requests)], uow.now)


def reason_of(refused: DevinRefused) -> str:
    """Return the sentence that says why Devin did not start a session."""
    if isinstance(refused, DevinForbidden):
        return views.forbidden(refused.needed)
    if isinstance(refused, DevinQuotaExceeded):
        return views.limited(refused.words)
    if isinstance(refused, DevinNotFound):
        return views.NOT_REACHED
    return views.refused(refused.words or refused.message)
