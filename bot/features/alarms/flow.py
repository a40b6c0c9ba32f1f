"""The post of an alarm, which shows what the alarm is now."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final

from bot.conversation.session_costs import cost_so_far
from bot.conversation.titles import ShownTitles, permalink
from bot.domain.amounts import Money
from bot.domain.causes import ActionCause
from bot.domain.commands import registry
from bot.domain.commands.spec import CommandSpec
from bot.domain.keys import short_id
from bot.domain.outliers import usual_limit_of
from bot.domain.readers import Readers
from bot.domain.roles import Right
from bot.domain.session import Session
from bot.features.alarms import rows as alarms
from bot.features.alarms.rules import Alarm, AlarmKind, AlarmState, Runaway, is_the_same, runaway, spends, was_woken
from bot.features.alarms.sentences import GO_ON, OVER, SETTLED, SNOOZED, WITHHELD, alarm_post, reminder
from bot.features.alarms.specs import ALARM_FINE, ALARM_SNOOZE, ALARM_STOP
from bot.kernel.access import Access
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, finish, finish_with, move, recipient_of
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, Location, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError
from bot.store import channels, due, people, posts, recent_spend, sessions
from bot.store.database.connection import Transaction
from bot.store.outbox import OutboxRow
from bot.store.posts import post_key, subject_of
from bot.views.answers import failures as failure_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.message import Message


class AlarmPost(Drawer):
    """Draws the posts of alarms."""

    name: ClassVar[str] = "alarm"

    def __init__(self, services: Services) -> None:
        self._services = services

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return the post of an alarm. None if the alarm is gone, or is yet to be posted in a `shared` channel."""
        alarm = await alarms.get(tx, subject)
        if alarm is None:
            return None
        if shared:
            post = await posts.get(tx, alarm_key(alarm))
            return None if post is None or post.ts is None else WITHHELD
        workspace = self._services.workspaces[alarm.team]
        session = await sessions.get(tx, alarm.subject) if alarm.kind is AlarmKind.RUNAWAY else None
        named = alarm.user if workspace.policy.shows_names else None
        by = await people.name_of(tx, alarm.team, named) if named else ""
        cost = await cost_of(tx, workspace, alarm, alarm.changed_at)
        return await _drawn(tx, workspace, alarm, session, by, cost)

    async def not_posted(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:
        """Announce in the thread of the session that something could not be posted there, or inform the admins.

        Without an `error` the channel is a shared one.
        """
        if error is None:
            await self._inform_admins(uow, subject_of(row.key))
        session = await sessions.get(uow.tx, row.session_id) if row.session_id and error is not None else None
        if session is not None and session.thread_ts is not None:
            await uow.post(f"lost:{row.key}", session, failure_sentences.post_lost(row.ref, session.url))

    async def _inform_admins(self, uow: UnitOfWork, key: str) -> None:
        alarm = await alarms.get(uow.tx, key)
        if alarm is None:
            return
        workspace, about = self._services.workspaces[alarm.team], replace(alarm, thread_ts=None)
        session = await sessions.get(uow.tx, alarm.subject) if alarm.kind is AlarmKind.RUNAWAY else None
        cost = await cost_of(uow.tx, workspace, alarm, alarm.changed_at)
        await uow.notify_admins(workspace, f"alarm:{key}", await notice(uow.tx, workspace, about, session, cost))


async def post_alarm(uow: UnitOfWork, alarm: Alarm) -> None:
    """Have `alarm` posted where it belongs, once."""
    whose = alarm.subject if alarm.thread_ts else None  # in the thread of its session
    await uow.show(AlarmPost, alarm.key, Location(alarm.team, alarm.channel, alarm.thread_ts, whose))


def alarm_key(alarm: Alarm) -> str:
    """The key of the post of `alarm`."""
    return post_key(AlarmPost.name, alarm.key)


async def notice(
    tx: Transaction, workspace: Workspace, alarm: Alarm, session: Session | None, cost: Money | None
) -> Message:
    """Return what the admins read of an alarm that has no post of its own, so that nothing can be pressed."""
    message = await _drawn(tx, workspace, alarm, session, cost=cost)
    return replace(message, blocks=[block for block in message.blocks if block["type"] != "actions"])


async def cost_of(tx: Transaction, workspace: Workspace, alarm: Alarm, at: float) -> Money | None:
    """Return what the session of `alarm` has cost; None for another kind of alarm, or where no price is known.

    Its figures are of the instant `at`.
    """
    if alarm.kind is not AlarmKind.RUNAWAY:
        return None
    return await cost_so_far(tx, workspace.policy.acu_price, alarm.subject, alarm.facts["acus"], at)


async def _drawn(
    tx: Transaction,
    workspace: Workspace,
    alarm: Alarm,
    session: Session | None,
    by: str = "",
    cost: Money | None = None,
) -> Message:
    thread = stand_in = None
    if session is not None:
        # An alarm without a post of its own is for the admins.
        readers = Readers(workspace.policy.admin_channel or "")
        stand_in = (await ShownTitles.read(tx, workspace, readers)).replacement(session.channel)
        thread = permalink(workspace, session)
    return alarm_post(alarm, session, by, thread, cost, stand_in, names=workspace.policy.shows_names)


# ------------------------------------------------------------ watch
# The runaway watch: a running session that spends without a sign of progress, or more than is usual, is an alarm.
#
# 1. What the sessions of an organisation spent lately is compared, from our own rows: the poller has read it. The store
# adds it up, and only those sessions are read that may be an alarm. 2. An alarm that begins is stored with its post in
# one transaction. It is never posted again: the post is edited when    figures move, when a person decides and when the
# alarm is over. One that comes back is open again. 3. If the poller has read nothing for an hour, that is an alarm too.
#
# Whichever worker has claimed the watch does all of this. A crash anywhere repeats it: a row that is there opens no
# second alarm.


log = get_logger(__name__)

BATCH_SIZE: Final = 50  # sessions in one transaction, which is short because an ack may wait for it
_MOVED: Final = 0.1  # ACUs from which on an open alarm shows its new figures
_OPEN_AGAIN: Final[dict[str, Any]] = {"over_at": None, "state": AlarmState.OPEN, "user": None, "snoozed_until": None}


@dataclass(frozen=True, slots=True)
class _Spending:
    """What was read for one watch: the ids of sessions that may be alarms, and what they spent in an hour.

    `unread_since` is when the last good poll was, if that is long ago.
    """

    suspects: list[str]
    hours: dict[str, float]
    known: dict[str, Alarm]  # the newest alarm about each subject
    unread_since: float | None


class RunawayWatch:
    """Watches what the running sessions of an organisation spend."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._usual: dict[str, tuple[float, float]] = {}  # the usual limit by organisation, and when it was read

    async def tick(self, organisation: Organisation) -> float:
        """Watch once, if no other worker does. Returns the seconds until the next watch."""
        services, timing, name = self._services, self._services.timing, due.alarms(organisation.id)
        now = services.clock()
        if not await self._is_needed(organisation, now):
            return timing.alarm_watch  # only our own store was read
        # A crash after this commit has the watch begin again once the lease is over.
        async with services.db.write() as tx:
            if not await due.claim(tx, name, now, now + timing.lease):
                return timing.alarm_watch
        await self._watch(organisation, now)
        async with services.db.write() as tx:
            await due.write(tx, name, now, {"v": 1})
        return timing.alarm_watch

    async def _watch(self, organisation: Organisation, now: float) -> None:
        usual = await self._usual_limit(organisation, now)
        current = await self._read(organisation, usual, now)
        run_away: set[str] = set()
        for start in range(0, len(current.suspects), BATCH_SIZE):
            for session in await self._at_work(current.suspects[start : start + BATCH_SIZE]):
                spending = self._runaway(session, current.hours.get(session.id, 0.0), usual)
                if spending is not None:
                    run_away.add(session.id)
                    await self._raise(session, spending, current.known.get(session.id))
        for alarm in current.known.values():
            if alarm.over_at is None and alarm.kind is AlarmKind.RUNAWAY and alarm.subject not in run_away:
                await self._change(alarm, over_at=now)
        await self._watch_the_poller(organisation, current, now)

    async def _is_needed(self, organisation: Organisation, now: float) -> bool:
        """Whether Devin works on a session, or an alarm is open."""
        async with self._services.db.scan() as tx:
            return await alarms.any_works(tx, organisation.id) or any(
                alarm.over_at is None for alarm in await alarms.current(tx, organisation.id, now)
            )

    async def _read(self, organisation: Organisation, usual: float, now: float) -> _Spending:
        org_id, timing = organisation.id, self._services.timing
        floors = [
            workspace.policy.runaway_acus
            for workspace in self._services.workspaces
            if workspace.organisation is organisation and workspace.policy.runaway_acus
        ]
        hours: dict[str, float] = {}
        silent: list[str] = []
        # Hours before sessions: what is spent in between then shows as spent since the last progress.
        if floors:
            async with self._services.db.scan() as tx:
                hours = await recent_spend.above(tx, org_id, now, max(usual, min(floors)))
            async with self._services.db.scan() as tx:
                silent = await alarms.silent_ids(tx, org_id, min(floors))
        async with self._services.db.scan() as tx:
            known = {alarm.subject: alarm for alarm in await alarms.current(tx, org_id, now - timing.alarm_returns)}
            polled = await due.read(tx, due.poll(org_id))
        state = polled.state["poll"] if polled else {}
        failing = bool(state.get("failures")) and now - state["polled_at"] > timing.spend_unread
        suspects = sorted({*silent, *hours})
        return _Spending(suspects, hours, known, state["polled_at"] if failing else None)

    async def _at_work(self, ids: Sequence[str]) -> list[Session]:
        """Those of these sessions that Devin works on; what changes meanwhile is for the next watch."""
        async with self._services.db.read() as tx:
            found = await sessions.tracked(tx, ids)
        return [tracked.session for tracked in found.values() if spends(tracked.session)]

    async def _usual_limit(self, organisation: Organisation, now: float) -> float:
        limit, at = self._usual.get(organisation.id, (0.0, -math.inf))
        if self._services.clock.steady() - at > self._services.timing.usual_known:
            async with self._services.db.scan() as tx:
                counts = await recent_spend.session_hours(tx, organisation.id, now - recent_spend.HOUR)
            limit = usual_limit_of(counts)
            self._usual[organisation.id] = (limit, self._services.clock.steady())
        return limit

    def _runaway(self, session: Session, hour: float, usual: float) -> Runaway | None:
        workspace = self._services.workspaces.get(session.team)
        floor = workspace.policy.runaway_acus if workspace else 0.0
        silent = session.snapshot.acus - session.progress_acus
        return runaway(silent, hour, usual, floor) if floor else None

    # ------------------------------------------------------------ alarms about sessions

    async def _raise(self, session: Session, found: Runaway, known: Alarm | None) -> None:
        """Open an alarm about `session`, or bring the `known` one up to date."""
        facts = _facts(session, found)
        if known is None or (known.over_at is not None and not is_the_same(known, found, session)):
            await self._open(session, facts)
        elif known.over_at is not None or was_woken(known, session):
            # Who has snoozed it is reminded all the same.
            snoozed = (known.snoozed_until or 0.0) > self._services.clock()
            await self._change(known, facts=facts, **({"over_at": None} if snoozed else _OPEN_AGAIN))
        elif known.snoozed_until is not None and known.snoozed_until <= self._services.clock():
            await self._end_snooze(replace(known, facts=facts))
        elif self._has_moved(known, facts):
            await self._change(known, gives_way=True, facts=facts)

    def _has_moved(self, known: Alarm, facts: dict[str, Any]) -> bool:
        long_ago = self._services.clock() - known.changed_at >= self._services.timing.figures_interval
        return long_ago and facts["acus"] - known.facts["acus"] >= _MOVED

    async def _open(self, session: Session, facts: dict[str, Any]) -> None:
        now, workspace = self._services.clock(), self._services.workspaces[session.team]
        key = f"{AlarmKind.RUNAWAY}:{session.id}:{int(now)}"
        channel = workspace.policy.admin_channel
        where = {"channel": channel} if channel else {"channel": session.channel, "thread_ts": session.thread_ts}
        alarm = Alarm(
            key, AlarmKind.RUNAWAY, session.id, session.team, session.org_id, **where, opened_at=now, facts=facts
        )
        if not channel and await self._is_shared(session):
            # What was spent is no business of another company. Until there is progress, each watch has the same key.
            async with self._services.unit_of_work(ref=short_id(key)) as uow:
                quiet = replace(alarm, thread_ts=None)
                once = f"{AlarmKind.RUNAWAY}:{session.id}:{session.progress_acus}"
                cost = await cost_of(uow.tx, workspace, quiet, now)
                await uow.notify_admins(workspace, once, await notice(uow.tx, workspace, quiet, session, cost))
            return
        await self._store(replace(alarm, changed_at=now))
        log.warning("runaway session", session=session.id, silent=facts["silent"], hour=facts["hour"])

    async def _is_shared(self, session: Session) -> bool:
        async with self._services.db.read() as tx:
            known = await channels.get(tx, session.team, session.channel)
        return known is not None and known.is_shared

    async def _store(self, alarm: Alarm) -> None:
        # A crash before this commit opens nothing, and the next watch does. After it, the post is stored too.
        async with self._services.unit_of_work(ref=short_id(alarm.key)) as uow:
            await alarms.open_one(uow.tx, alarm)
            await post_alarm(uow, alarm)

    async def _change(self, alarm: Alarm, *, gives_way: bool = False, **values: Any) -> None:
        # A crash before this commit changes nothing, and the next watch finds the same.
        async with self._services.unit_of_work() as uow:
            await alarms.change(uow.tx, alarm.key, uow.now, **values)
            await uow.redraw(AlarmPost, alarm.key, gives_way=gives_way)

    async def _end_snooze(self, alarm: Alarm) -> None:
        # The reminder is stored with the change of which it reminds: a crash leaves both or neither.
        async with self._services.unit_of_work(ref=short_id(alarm.key)) as uow:
            opened = {"state": AlarmState.OPEN, "snoozed_until": None, "facts": alarm.facts}
            await alarms.change(uow.tx, alarm.key, uow.now, **opened)
            await uow.redraw(AlarmPost, alarm.key)
            await _remind(uow, alarm)

    # ------------------------------------------------------------ the poller

    async def _watch_the_poller(self, organisation: Organisation, current: _Spending, now: float) -> None:
        """Open the alarm that nothing is read, or end it, in each workspace of the organisation."""
        for workspace in self._services.workspaces:
            if workspace.organisation is not organisation or not workspace.policy.runaway_acus:
                continue
            known, since = current.known.get(workspace.team), current.unread_since
            is_open = known is not None and known.over_at is None
            if known is not None and is_open and since is None:
                await self._change(known, over_at=now)
            elif since is not None and not is_open and await self._any_works(organisation):
                await self._open_unread(workspace, since, now)

    async def _any_works(self, organisation: Organisation) -> bool:
        async with self._services.db.scan() as tx:
            return await alarms.any_works(tx, organisation.id)

    async def _open_unread(self, workspace: Workspace, since: float, now: float) -> None:
        """Post that nothing is read in the admins' channel, or without one inform each admin once."""
        key, facts = f"{AlarmKind.UNREAD}:{workspace.team}:{int(since)}", {"since": since}
        team, org_id = workspace.team, workspace.organisation.id
        channel = workspace.policy.admin_channel or ""
        alarm = Alarm(key, AlarmKind.UNREAD, team, team, org_id, channel, opened_at=now, facts=facts, changed_at=now)
        if channel:
            await self._store(alarm)
            return
        # The keys of these posts are the same in each watch, so each admin gets one.
        async with self._services.unit_of_work(ref=short_id(key)) as uow:
            await uow.notify_admins(workspace, key, alarm_post(alarm))


async def _remind(uow: UnitOfWork, alarm: Alarm) -> None:
    post = await posts.get(uow.tx, alarm_key(alarm))
    if post is None or post.ts is None:
        return
    thread_ts = alarm.thread_ts or post.ts
    key = f"alarm:{alarm.key}:{int(alarm.snoozed_until or 0)}"
    await uow.add_to_outbox(uow.post_row(key, alarm.team, alarm.channel, thread_ts, reminder(alarm)))


def _facts(session: Session, found: Runaway) -> dict[str, Any]:
    return {
        "silent": found.silent,
        "hour": found.hour,
        "limit": found.limit,
        "acus": session.snapshot.acus,
        "progress": session.progress_acus,
    }


# ------------------------------------------------------------ presses
# The buttons under an alarm: its session is stopped, or goes on, or the alarm is put off. The post shows which.


_MAY_FOLLOW: Final = {
    ALARM_STOP.name: {AlarmState.OPEN, AlarmState.SNOOZED, AlarmState.ACKNOWLEDGED},
    ALARM_FINE.name: {AlarmState.OPEN, AlarmState.SNOOZED},
    ALARM_SNOOZE.name: {AlarmState.OPEN},
}


class AlarmPresses:
    """Takes what people decide about alarms."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the buttons do."""
        return {spec: Handler(run=partial(self._run, spec)) for spec in (ALARM_STOP, ALARM_FINE, ALARM_SNOOZE)}

    async def _run(self, spec: CommandSpec, job: CommandJob) -> None:
        """Store the decision and have the post edited, or answer privately why nothing was changed."""
        async with self._services.db.read() as tx:
            alarm = await alarms.get(tx, job.cause.argument)
            # Of an alarm in another channel nothing is shown, not even whether its channel is public.
            session = await sessions.get(tx, alarm.subject) if alarm and _is_in_place(job, alarm) else None
        refusal = None
        if session is not None:
            refusal = await self._refusal(job, spec, session)
        async with self._services.unit_of_work_for(job) as uow:
            alarm = await alarms.locked(uow.tx, job.cause.argument)
            why_not = refusal or _why_not(job, alarm, session)
            if why_not is not None or alarm is None or session is None:
                if why_not is OVER and alarm is not None and _is_in_place(job, alarm):
                    await uow.redraw(AlarmPost, alarm.key)  # its buttons go
                await finish_with(uow, job, why_not or OVER)
                return
            await self._decide(uow, job, alarm, session)

    async def _refusal(self, job: CommandJob, spec: CommandSpec, session: Session) -> Message | None:
        """Why the person may not decide this about the session, or None.

        Whoever reads a session's channel may stop it there. The post may stand in another one, whose readers need not
        see the session: then it is for who asked for it, and for admins.
        """
        if spec is ALARM_STOP:
            refusal = await self._access.right_refusal(
                job.workspace, job.cause.user or "", Right.STOP, session.channel, asker=session.requester
            )
            if refusal is not None:
                return refusal
            if await self._access.may_go_on(job.workspace, session.channel, job.cause.channel or ""):
                return None
            spec = ALARM_FINE
        return await self._access.role_refusal(job.workspace, spec, job.cause.user, session)

    async def _decide(self, uow: UnitOfWork, job: CommandJob, alarm: Alarm, session: Session) -> None:
        titles = await ShownTitles.read(uow.tx, job.workspace, Readers(job.cause.channel or "", job.cause.user or ""))
        stand_in = titles.replacement(session.channel, session.requester)
        stopping = stop_sentences.stopping(session, permalink(job.workspace, session), stand_in)
        values, message = self._values(job.cause.command, stopping, uow.now)
        await alarms.change(uow.tx, alarm.key, uow.now, user=job.cause.user, **values)
        await uow.redraw(AlarmPost, alarm.key)
        # With a key of its own, because the stop may have an answer too.
        await uow.reply_privately(recipient_of(job), message, key=f"{job.row.key}:received")
        if job.cause.command == ALARM_STOP.name:
            stop = ActionCause(registry.STOP.name, session.id, job.cause.user, job.cause.channel)
            await move(uow, job, session.lane, stop)
        else:
            await finish(uow, job)

    def _values(self, command: str, stopping: Message, now: float) -> tuple[dict[str, Any], Message]:
        if command == ALARM_STOP.name:
            return {"state": AlarmState.STOPPED, "snoozed_until": None}, stopping
        if command == ALARM_FINE.name:
            return {"state": AlarmState.ACKNOWLEDGED, "snoozed_until": None}, GO_ON
        until = now + self._services.timing.alarm_snooze
        return {"state": AlarmState.SNOOZED, "snoozed_until": until}, SNOOZED


def _is_in_place(job: CommandJob, alarm: Alarm) -> bool:
    """Whether the alarm is in the channel in which the button was pressed: a button's value is no authorisation."""
    return (alarm.team, alarm.channel) == (job.workspace.team, job.cause.channel)


def _why_not(job: CommandJob, alarm: Alarm | None, session: Session | None) -> Message | None:
    """Why the press changes nothing, or None."""
    if alarm is None or not _is_in_place(job, alarm) or alarm.over_at is not None:
        return OVER
    if session is None or not spends(session):
        return OVER
    return None if alarm.state in _MAY_FOLLOW[job.cause.command] else SETTLED
