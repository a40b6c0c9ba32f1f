"""The session of a fan-out in one organisation is created, exactly once: `bot.kernel.exactly_once` says how.

It is looked up in its organisation alone, so one reference, that of the fan-out, does for all of them. A session in
place of one that failed has another reference, so that the failed one is not found in its stead.
"""

from functools import partial
from math import inf
from typing import ClassVar, Final

from bot.conversation.allowed import why_not
from bot.conversation.follow import history
from bot.conversation.lookup import SessionLookup
from bot.conversation.session_tags import SessionTags
from bot.devin.errors import (
    DevinConflict,
    DevinError,
    DevinForbidden,
    DevinNotFound,
    DevinQuotaExceeded,
    DevinRateLimited,
    DevinRefused,
)
from bot.devin.models import DevinSession
from bot.domain.billing import billing_day
from bot.domain.causes import TaskCause
from bot.domain.outcomes import outcome_at_devin
from bot.domain.person import as_author
from bot.domain.roles import Right
from bot.domain.session import TERMINAL_STATUSES, DisplayState, Lifecycle, bare_id, display_state_of
from bot.domain.text import as_request
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out import sentences as views
from bot.features.fan_out.flow import RUN, START_SESSION, FanOutOrganisations, audited, change_session, touch
from bot.features.fan_out.rules import (
    EXPLAINED,
    UNSTARTED,
    FanOut,
    FanOutSession,
    FanOutState,
    PollIntervals,
    reference_of,
    session_id_of,
    with_organisation,
)
from bot.kernel.access import Access
from bot.kernel.exactly_once.creation import Creation, LookupResult
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.job import Job, Reschedule, finish, go_on
from bot.kernel.organisation import Organisation
from bot.kernel.pause_gate import who_paused
from bot.kernel.services import Services
from bot.kernel.tasks import Kernel
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import audit, pull_requests, session_days, spend
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
        row = job.row
        lost: dict[str, object] = {"lifecycle": Lifecycle.REFUSED, "reason": views.LOST, **_NOT_UNKNOWN}
        if is_unknown(row):  # a retry needs what looks it up
            known = {"intent_at": row.intent_at, "accepted_at": row.accepted_at}
            lost = {"lifecycle": Lifecycle.UNCERTAIN, "reason": views.UNKNOWN, **known}
        await change_session(uow, fan_out, session, row.key, **lost)


async def _read(tx: Transaction, job: Job[TaskCause]) -> tuple[FanOut | None, FanOutSession | None]:
    fan_out_id, org_id = job.cause.subject, job.cause.org_id or ""
    return await fan_outs.get(tx, fan_out_id), await fan_outs.session(tx, fan_out_id, org_id)


def _is_meant(job: Job[TaskCause], session: FanOutSession) -> bool:
    return session.lifecycle in UNSTARTED and session.attempt == job.cause.attempt


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


# ------------------------------------------------------------ run
# The way of a fan-out: its table is posted, its sessions are asked for, followed and perhaps stopped.
#
# 1. The message with the table is posted (`bot.features.fan_out.flow`). If it cannot be, nothing is started. 2. Once
# it stands, the rows that create the sessions and the one that carries the fan-out on are stored with that. 3. Devin is
# asked how the sessions stand, and asked to stop them if somebody wants that; the table shows it. 4. When all are over,
# or after a week, the end is posted in the thread.
#
# A crash anywhere repeats at most calls that change nothing. The claim on the lane is given back every few seconds.


class RunFanOut:
    """Carries a fan-out on, from wherever it has got to."""

    name: ClassVar[str] = RUN

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services
        self._lookup = SessionLookup(kernel.services)
        self._organisations = FanOutOrganisations(kernel.services)

    async def run(self, job: Job[TaskCause]) -> None:
        """Work on the fan-out until something has to be waited for, or until it is over."""
        found = await self._read(job)
        if found is None:  # it was erased
            await self._services.close(job)
            return
        fan_out, running = found[0], FanOutState.RUNNING
        wait = await self._ask_devin(job, *found) if fan_out.state is running else 0.0
        if (found := await self._read(job)) is None:
            await self._services.close(job)
        elif found[0].state is running and not self._is_over(*found):
            await self._wait(job, found[0], wait)
        else:
            await self._end(job, *found)

    async def on_dead(self, uow: UnitOfWork, job: Job[TaskCause], _reason: str, /) -> None:
        """Stop following the fan-out; its sessions go on at Devin, and a press of a button carries it on."""
        fan_out = await fan_outs.get(uow.tx, job.cause.subject)
        if fan_out is not None:
            await self._post_end(uow, fan_out, await fan_outs.sessions_of(uow.tx, fan_out.id))

    async def _read(self, job: Job[TaskCause]) -> tuple[FanOut, list[FanOutSession]] | None:
        async with self._services.db.read() as tx:
            # The fan-out first: if a session changes between the two reads, it is shown once more.
            fan_out = await fan_outs.get(tx, job.cause.subject)
            return None if fan_out is None else (fan_out, await fan_outs.sessions_of(tx, fan_out.id))

    # ------------------------------------------------------------ Devin

    async def _ask_devin(self, job: Job[TaskCause], fan_out: FanOut, sessions: list[FanOutSession]) -> float:
        """Stop what is to be stopped, and ask about what is due. Returns the seconds until something is due again."""
        services, timing = self._services, self._services.timing
        until = services.clock.steady() + timing.progress_interval
        intervals = PollIntervals(timing.fan_out_first_poll, timing.fan_out_poll, timing.fan_out_slow_poll)
        # The one that was asked about longest ago first, so that none that fails holds up the others.
        for session in sorted(sessions, key=lambda session: session.polled_at):
            if services.clock.steady() >= until:
                return 0.0
            stop = fan_out.stopped_at is not None and session.is_to_be_stopped
            due = session.is_followed and intervals.due_at(session) <= services.clock()
            if not (stop or due):
                continue
            try:
                await (self._stop(job, fan_out, session) if stop else self._poll(job, fan_out, session))
            except DevinRateLimited as limited:
                return min(limited.retry_after or timing.fan_out_poll, timing.row_longest_asked)
            except DevinError as error:
                log.warning("session of a fan-out not read", org_id=session.org_id, error=str(error))
                await self._store(job, fan_out, session, {"polled_at": services.clock()})
        current = await self._current(fan_out)
        if fan_out.stopped_at is not None and any(session.is_to_be_stopped for session in current):
            return timing.fan_out_stop_retry
        at = intervals.next_poll(current)
        return timing.fan_out_poll if at is None else max(at - services.clock(), 0.1)

    async def _current(self, fan_out: FanOut) -> list[FanOutSession]:
        async with self._services.db.read() as tx:
            return await fan_outs.sessions_of(tx, fan_out.id)

    async def _poll(self, job: Job[TaskCause], fan_out: FanOut, session: FanOutSession) -> None:
        """Store how a session stands at Devin. Of two with its reference the younger one is ended.

        A second one appears when a worker freezes after the check of its claim, before the call.
        """
        organisation = await self._organisations.of(job.workspace, session.org_id)
        reference = reference_of(fan_out, session)
        made, _ = await self._lookup.all_made(organisation, reference, fan_out.created_at)
        if not made and session.devin_id is not None:
            # The list may leave out what somebody has archived at Devin.
            made = [await organisation.devin.get_session(session.devin_id)]
        made.sort(key=partial(_age, session))
        for younger in made[1:]:
            if younger.status not in TERMINAL_STATUSES:
                await self._end_younger(organisation, younger.session_id)
        values: dict[str, object] = {"polled_at": self._services.clock()}
        if made:
            known = session.reason if session.lifecycle is Lifecycle.OPEN else None
            values |= facts_of(session, made[0]) | {"intent_at": None, "accepted_at": None, "reason": known}
        await self._store(job, fan_out, session, values, made[0] if made else None)

    async def _end_younger(self, organisation: Organisation, devin_id: str) -> None:
        # A crash right here ends it once more at the next poll, which changes nothing.
        try:
            await organisation.devin.terminate(devin_id)
        except (DevinConflict, DevinNotFound):
            log.info("second session of a fan-out already over", devin_id=bare_id(devin_id))
        else:
            log.warning("second session of a fan-out ended", devin_id=bare_id(devin_id))

    async def _stop(self, job: Job[TaskCause], fan_out: FanOut, session: FanOutSession) -> None:
        organisation = await self._organisations.of(job.workspace, session.org_id)
        assert session.devin_id is not None
        await self._services.check_claim(job)
        # A crash from here on archives the session once more, which changes nothing.
        try:
            stopped = await organisation.devin.archive(session.devin_id)
        except DevinRefused as refused:
            log.warning("session of a fan-out not stopped", org_id=session.org_id, error=str(refused))
            await self._store(job, fan_out, session, {"reason": views.NOT_STOPPED})
        else:
            acus = max(session.acus_before + stopped.acus_consumed, session.acus)
            values: dict[str, object] = {"display": DisplayState.STOPPED, "acus": acus}
            await self._store(job, fan_out, session, values, stopped)

    async def _store(
        self,
        job: Job[TaskCause],
        fan_out: FanOut,
        session: FanOutSession,
        values: dict[str, object],
        made: DevinSession | None = None,
    ) -> None:
        """Store what Devin says about a session; it is a new version if the table shows anything of it."""
        shown = any(getattr(session, name) != value for name, value in values.items() if name != "polled_at")
        # A crash before this commit asks Devin again, and what was spent is counted then.
        async with self._services.unit_of_work_for(job) as uow:
            if shown:
                await touch(uow, fan_out.id)
            # Not one that a person has just asked for again.
            attempt = (uow.tx, fan_out.id, session.org_id, [Lifecycle.OPEN, Lifecycle.UNCERTAIN], session.attempt)
            if await fan_outs.change_session_while(*attempt, **values) and made is not None:
                stopped = values.get("display") is DisplayState.STOPPED
                await record(uow, fan_out, session, made, stopped=stopped)

    # ------------------------------------------------------------ waiting, and the end

    def _is_over(self, fan_out: FanOut, sessions: list[FanOutSession]) -> bool:
        begun = fan_out.begun_at or fan_out.created_at
        too_old = self._services.clock() - begun > self._services.timing.fan_out_followed
        starts = any(not session.is_over and not session.is_followed for session in sessions)
        return all(session.is_over for session in sessions) or (too_old and not starts)

    async def _wait(self, job: Job[TaskCause], fan_out: FanOut, seconds: float) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            changed = await self._has_changed(uow, fan_out)
            await go_on(uow, job, 0.0 if changed else seconds)

    async def _has_changed(self, uow: UnitOfWork, fan_out: FanOut) -> bool:
        """Whether the fan-out has a newer version than `fan_out`. It is locked, so that none comes unseen."""
        await fan_outs.change(uow.tx, fan_out.id, ts=fan_out.ts)
        current = await fan_outs.get(uow.tx, fan_out.id)
        return current is not None and current.version != fan_out.version

    async def _end(self, job: Job[TaskCause], fan_out: FanOut, sessions: list[FanOutSession]) -> None:
        """End the fan-out, and close the row, unless something has changed meanwhile."""
        # A crash before this commit posts nothing, and what was read is read again.
        async with self._services.unit_of_work_for(job) as uow:
            if await self._has_changed(uow, fan_out):
                await go_on(uow, job, 0.0)
                return
            if fan_out.state is FanOutState.RUNNING:
                await self._post_end(uow, fan_out, sessions)
            await finish(uow, job)

    async def _post_end(self, uow: UnitOfWork, fan_out: FanOut, sessions: list[FanOutSession]) -> None:
        """End the fan-out: the asker is mentioned in its thread, once for each time that it ends."""
        await touch(uow, fan_out.id)
        await fan_outs.change_while(uow.tx, fan_out.id, FanOutState.RUNNING, state=FanOutState.OVER)
        key = f"{fan_out.message_key}:end:{fan_out.version}"
        message = views.ended(fan_out, sessions)
        await uow.add_to_outbox(uow.post_row(key, fan_out.team, fan_out.channel, fan_out.ts, message))
        counts: dict[str, int] = {}
        for session in sessions:
            counts[session.state.value] = counts.get(session.state.value, 0) + 1
        await audit.add(uow.tx, audited(fan_out, uow.now, "done", counts))


def _age(session: FanOutSession, made: DevinSession) -> tuple[float, bool, str]:
    """The key that sorts what was made for a session, oldest first; of equally old ones that which it has first."""
    is_another = session.devin_id is None or bare_id(session.devin_id) != bare_id(made.session_id)
    return made.created_at or inf, is_another, made.session_id
