"""A fan-out begins, is carried on, stopped and retried: what is stored for that, each in one transaction.

A fan-out is a row of its own, and a row of the inbox that carries it on (`bot.features.fan_out.run`). Each of its
sessions is a row too, which another row of the inbox creates (`bot.features.fan_out.run`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final

from bot.conversation.allowed import why_not
from bot.conversation.refusals import refusal_sentence
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound, DevinRefused
from bot.domain.causes import TaskCause
from bot.domain.commands.presses import AnswerGiven
from bot.domain.commands.spec import CommandSpec
from bot.domain.defaults import with_defaults
from bot.domain.keys import fan_out_id, short_id
from bot.domain.lane import fan_out_lane, fan_out_session_lane, person_lane
from bot.domain.session import Lifecycle, Options, first_line
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out import sentences as views
from bot.features.fan_out.rules import (
    MOST_ORGANISATIONS,
    FanOut,
    FanOutQuery,
    FanOutSession,
    FanOutState,
    NotChosen,
    OrganisationName,
    WrongFanOut,
    chosen,
    parse_fan_out,
)
from bot.features.fan_out.specs import FANOUT, RETRY_FAN_OUT, START_FAN_OUT, STOP_FAN_OUT
from bot.kernel.access import Access
from bot.kernel.commands.devin_failures import why_missing
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler
from bot.kernel.gates import Asker, Gates, Limit, Work
from bot.kernel.job import CommandJob, finish, finish_with, recipient_of
from bot.kernel.organisation import Organisation
from bot.kernel.readable import Readable
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, Location, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError
from bot.store import audit, inbox, people
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.store.inbox import InboxRow
from bot.store.outbox import OutboxRow
from bot.store.posts import subject_of
from bot.views.answers.starts import not_allowed
from bot.views.message import Message

# The names of the tasks.
RUN: Final = "fan_out"
START_SESSION: Final = "fan_out_session"
ENDED: Final = "fanout_end"  # the action of the audit row about what became of a fan-out


async def carry_on(uow: UnitOfWork, fan_out: FanOut, cause: str) -> None:
    """Have the fan-out worked on at once, by the row that does so already, or by a new one for this key of a `cause`.

    The version of the fan-out was counted up in this transaction, so the row that is there is not just being closed.
    """
    lane = fan_out_lane(fan_out.id)
    if await inbox.make_ready(uow.tx, lane, uow.now):
        uow.wakes[lane] = 0.0
        return
    await uow.add_to_inbox(_row(uow, fan_out, f"{fan_out.message_key}:{cause}", lane, TaskCause(RUN, fan_out.id), 0.0))


async def enqueue_session(uow: UnitOfWork, fan_out: FanOut, session: FanOutSession, after: float) -> None:
    """Store the row that creates a session in `after` seconds, once for each of the session's attempts.

    A session whose last attempt has an unknown outcome is looked up first.
    """
    cause = TaskCause(START_SESSION, fan_out.id, session.org_id, session.attempt)
    key = f"{fan_out.message_key}:{session.org_id}:{session.attempt}"
    await uow.add_to_inbox(_row(uow, fan_out, key, fan_out_session_lane(fan_out.id, session.org_id), cause, after))
    if session.intent_at is not None:
        await inbox.intend(uow.tx, key, session.intent_at)
    if session.accepted_at is not None:
        await inbox.accept(uow.tx, key, session.accepted_at)


def _row(uow: UnitOfWork, fan_out: FanOut, key: str, lane: str, cause: TaskCause, after: float) -> InboxRow[TaskCause]:
    return InboxRow(
        key=key,
        team=fan_out.team,
        lane=lane,
        ts=f"{uow.now:.6f}",
        ref=short_id(fan_out.id),
        cause=cause,
        ready_at=uow.now + after,
        created_at=uow.now,
    )


def audited(fan_out: FanOut, now: float, outcome: str, counts: dict[str, int]) -> AuditRow:
    """Return the audit row about what became of a fan-out: its `outcome`, and how many sessions are in which state."""
    after = {"sessions": counts} if counts else None
    return AuditRow(fan_out.team, now, fan_out.user, ENDED, fan_out.id, fan_out.channel, None, after, outcome)


class FanOutOrganisations:
    """The organisations in which fan-outs start sessions, with the key of a workspace's own organisation."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[tuple[str, str], Organisation] = {}

    async def of(self, workspace: Workspace, org_id: str) -> Organisation:
        """Return the organisation with the id `org_id`, with what is known of it."""
        own = workspace.organisation
        if org_id == own.id:
            return own
        key = (own.id, org_id)
        if key not in self._known:
            self._known[key] = Organisation(own.devin.within(org_id), self._services.db)
        await self._known[key].learn()  # each time, for another task or worker may have learned more
        return self._known[key]


async def limit_of_each(
    tx: Transaction, gates: Gates, workspace: Workspace, fan_out: FanOut, sessions: int, *, again: bool = False
) -> Limit | Message:
    """Return what each of so many new `sessions` of a fan-out, which start at once, may use, or why they may not begin.

    They may have failed before, and be tried `again`.
    """
    who = Asker(workspace, fan_out.user, fan_out.channel, fan_out.user)
    ceiling = fan_out.options.acu or workspace.policy.wake_limits.session_acus
    work = Work(fan_out.id, ceiling, sessions=sessions, again=again, options=fan_out.options)
    return await gates.limit(tx, who, work)


# ------------------------------------------------------------ preview
# `/devin fanout`: what would be started is shown to its person, who starts it with a button.


log = get_logger(__name__)


class FanOutPreview:
    """Shows what a fan-out would start."""

    def __init__(self, services: Services, access: Access, gates: Gates) -> None:
        self._services = services
        self._access = access
        self._readable = Readable(access)
        self._gates = gates

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {FANOUT: Handler(self._answer, self._run, elsewhere=views.ONLY_IN_PRIVATE)}

    async def _answer(self, asked: Asked) -> Answer:
        """Say what is wrong with what was typed behind `fanout`, as far as can be seen without asking Devin."""
        query = parse_fan_out(asked.argument)
        if isinstance(query, WrongFanOut):
            return views.wrong(query)
        return Deferred(person_lane(asked.workspace.team, asked.user), asked.argument)

    async def _run(self, job: CommandJob) -> None:
        """Show the preview of what was typed behind `fanout`, or say why nothing can be started."""
        query = parse_fan_out(job.cause.argument)
        if isinstance(query, WrongFanOut):
            await self._services.answer(job, views.wrong(query))
            return
        user, channel = job.cause.user or "", job.cause.channel or ""
        message = await self._access.start_refusal(job.workspace, user, channel)
        if message is None:
            message = await self._gates.start_refusal(Asker(job.workspace, user, channel, user))
        found = await _organisations(job.workspace, query) if message is None else message
        if isinstance(found, Message):
            await self._services.answer(job, found)
        else:
            prompt = await self._readable.named(job.workspace, query.prompt)
            options = await self._with_defaults(job, query)
            of = (self._services, job.workspace.team, channel, job.workspace.organisation)
            if why := await why_not(*of, options):
                await self._services.answer(job, not_allowed(why))
                return
            await self._show(job, self._fan_out(job, replace(query, prompt=prompt, options=options)), *found)

    async def _with_defaults(self, job: CommandJob, query: FanOutQuery) -> Options:
        """The options with what is set where the person asks. A playbook has another id in each organisation."""
        cause = job.cause
        async with self._services.db.read() as tx:
            held = await self._services.settings.effective(tx, job.workspace.team, cause.channel, cause.user)
        return with_defaults(query.options, held, {*query.without, "playbook"})

    def _fan_out(self, job: CommandJob, query: FanOutQuery) -> FanOut:
        return FanOut(
            id=fan_out_id(job.row.key),
            team=job.workspace.team,
            user=job.cause.user or "",
            channel=job.cause.channel or "",
            prompt=query.prompt,
            state=FanOutState.ASKED,
            created_at=self._services.clock(),
            options=query.options,
        )

    async def _show(
        self,
        job: CommandJob,
        fan_out: FanOut,
        organisations: list[OrganisationName],
        note: str,
    ) -> None:
        sessions = [FanOutSession(organisation.org_id, organisation.name) for organisation in organisations]
        async with self._services.unit_of_work_for(job) as uow:
            limit = await limit_of_each(uow.tx, self._gates, job.workspace, fan_out, len(organisations))
            if isinstance(limit, Message):
                await finish_with(uow, job, limit)
                return
            await fan_outs.add(uow.tx, fan_out, sessions)
            await finish_with(uow, job, views.preview(replace(fan_out, limit=limit.acus), organisations, note))


async def _organisations(workspace: Workspace, query: FanOutQuery) -> tuple[list[OrganisationName], str] | Message:
    """The organisations that `query` names, with a note about those that cannot be reached, or why there are none."""
    devin = workspace.organisation.devin
    try:
        known = [
            OrganisationName(organisation.org_id, organisation.name or organisation.org_id)
            async for organisation in devin.organizations()
        ]
    except (DevinForbidden, DevinDenied, DevinNotFound) as refused:
        return _own_alone(devin.org_id, query, why_missing(refused, "ManageOrganizations"))
    except DevinRefused as refused:
        return refusal_sentence(refused)
    except DevinError as error:
        log.warning("organizations not read", error=str(error))
        return views.UNREACHABLE
    found = chosen(query.names, known)
    if isinstance(found, NotChosen):
        return views.not_chosen(found)
    if not found:
        return views.NO_ORGANISATIONS
    return views.too_many(len(found)) if len(found) > MOST_ORGANISATIONS else (found, "")


def _own_alone(own: str, query: FanOutQuery, why: str) -> tuple[list[OrganisationName], str] | Message:
    alone = {name.casefold() for name in query.names} <= {own.casefold()}
    note = views.own_alone(own, why, started=alone)
    return ([OrganisationName(own, own)], note) if alone else Message(note)


# ------------------------------------------------------------ drawer
# The message with the table of a fan-out: its sessions are asked for once it stands, and it shows how they stand.


class FanOutTable(Drawer):
    """Draws the tables of fan-outs, and has their sessions started."""

    name: ClassVar[str] = "fanout"
    no_replies: ClassVar[Message | None] = views.NO_REPLIES

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return the table of a fan-out. None if the fan-out is gone, or is yet to be posted in a `shared` channel."""
        fan_out = await fan_outs.get(tx, subject)
        if fan_out is None or (shared and fan_out.ts is None):
            return None
        if shared:
            return views.in_shared_channel(fan_out)
        asker = await people.name_of(tx, fan_out.team, fan_out.user)
        return views.table(fan_out, await fan_outs.sessions_of(tx, fan_out.id), asker)

    async def posted(self, uow: UnitOfWork, row: OutboxRow, ts: str) -> None:
        """Ask for the sessions of the fan-out, one after the other."""
        await fan_outs.touch(uow.tx, subject_of(row.key))
        fan_out = await fan_outs.get(uow.tx, subject_of(row.key))
        if fan_out is None:
            return
        await fan_outs.change(uow.tx, fan_out.id, ts=ts)
        sessions = await fan_outs.sessions_of(uow.tx, fan_out.id)
        waiting = [session for session in sessions if session.lifecycle is Lifecycle.QUEUED]
        for number, session in enumerate(waiting):
            await enqueue_session(uow, fan_out, session, number * uow.timing.fan_out_pause)
        await carry_on(uow, fan_out, "begin")

    async def not_posted(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:  # noqa: ARG002
        """End the fan-out, and inform who asked that nothing was started."""
        fan_out = await fan_outs.get(uow.tx, subject_of(row.key))
        if fan_out is None:
            return
        await fan_outs.change_while(uow.tx, fan_out.id, FanOutState.RUNNING, state=FanOutState.OVER)
        await fan_outs.cancel_unstarted(uow.tx, fan_out.id)
        lost = views.not_posted(fan_out.channel)
        await uow.add_to_outbox(uow.post_row(f"{fan_out.message_key}:lost", fan_out.team, fan_out.user, None, lost))
        await audit.add(uow.tx, audited(fan_out, uow.now, "unposted", {}))


async def post_table(uow: UnitOfWork, fan_out: FanOut) -> None:
    """Have the table of `fan_out` posted, after which its sessions are started."""
    await uow.show(FanOutTable, fan_out.id, Location(fan_out.team, fan_out.channel))


async def touch(uow: UnitOfWork, fan_out_id: str) -> None:
    """Count up the version of a fan-out, and have its table show what is about to change. Edits of cards go first."""
    await fan_outs.touch(uow.tx, fan_out_id)
    await uow.redraw(FanOutTable, fan_out_id, gives_way=True)


async def change_session(
    uow: UnitOfWork, fan_out: FanOut, session: FanOutSession, cause: str, **values: object
) -> None:
    """Store `values` about a session, have the table show them, and carry the fan-out on.

    `cause` is a part of the key of the row that does so, such as the key of the row that is being worked on.
    """
    await touch(uow, fan_out.id)
    await fan_outs.change_session(uow.tx, fan_out.id, session.org_id, **values)
    await carry_on(uow, fan_out, cause)


# ------------------------------------------------------------ presses
# The buttons of a fan-out: under its preview it is started or left, under its table it is stopped or tried again.


_BEGUN: Final = frozenset({FanOutState.RUNNING, FanOutState.OVER})
# What a person reads who declines a fan-out that is by now in this state.
_DECLINED: Final[Mapping[FanOutState, Message]] = {
    FanOutState.CANCELLED: views.CANCELLED,
    FanOutState.RUNNING: views.STARTED_BEFORE,
    FanOutState.OVER: views.NOT_RUNNING,
}


class FanOutPresses:
    """Takes what admins decide about a fan-out. Each decision is an audit row of the bot."""

    def __init__(self, services: Services, gates: Gates) -> None:
        self._services = services
        self._gates = gates

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the buttons do."""
        return {
            START_FAN_OUT: Handler(run=partial(self._press, self._start)),
            STOP_FAN_OUT: Handler(run=partial(self._press, self._stop)),
            RETRY_FAN_OUT: Handler(run=partial(self._press, self._retry)),
        }

    async def _press(self, act: Callable[[CommandJob, FanOut], Awaitable[None]], job: CommandJob) -> None:
        """Have `act` store the decision about the fan-out, or answer privately that there is none any more."""
        fan_out = await self._fan_out(job, job.cause.argument)
        if fan_out is None:
            await self._services.answer(job, views.EXPIRED if job.cause.chosen else views.GONE)
        else:
            await act(job, fan_out)

    async def _fan_out(self, job: CommandJob, fan_out_id: str) -> FanOut | None:
        async with self._services.db.read() as tx:
            fan_out = await fan_outs.get(tx, fan_out_id)
        return fan_out if fan_out is not None and fan_out.team == job.workspace.team else None

    # ------------------------------------------------------------ under the preview

    def _is_open(self, job: CommandJob, fan_out: FanOut) -> bool:
        is_new = self._services.clock() - fan_out.created_at <= self._services.timing.fan_out_question
        return fan_out.user == job.cause.user and is_new

    async def _start(self, job: CommandJob, fan_out: FanOut) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            answer = await self._admit(uow, job) if self._is_open(job, fan_out) else views.EXPIRED
            await finish_with(uow, job, answer)

    async def _admit(self, uow: UnitOfWork, job: CommandJob) -> Message:
        """Begin the fan-out, unless it was answered before or a budget has no room. Its limits are thereby reserved."""
        # Locks it first: what a first press of the same button has reserved is no reason to refuse the second one.
        if not await fan_outs.change_while(uow.tx, job.cause.argument, FanOutState.ASKED):
            return await self._settled(uow, job)
        fan_out, sessions = await self._current(uow, job)
        limit = await limit_of_each(uow.tx, self._gates, job.workspace, fan_out, max(len(sessions), 1))
        if isinstance(limit, Message):
            return limit
        await fan_outs.change(uow.tx, fan_out.id, state=FanOutState.RUNNING, acu_limit=limit.acus, begun_at=uow.now)
        await _limit(uow, fan_out, sessions, limit)
        return views.begun(await self._begin(uow, job))

    async def _settled(self, uow: UnitOfWork, job: CommandJob) -> Message:
        """What takes the place of a preview that was answered before, perhaps by a first press of the same button."""
        fan_out, sessions = await self._current(uow, job)
        return views.begun(len(sessions)) if fan_out.state in _BEGUN else views.EXPIRED

    async def _begin(self, uow: UnitOfWork, job: CommandJob) -> int:
        """Have the table posted, after which the sessions are started. Returns how many there are."""
        fan_out, sessions = await self._current(uow, job)
        await post_table(uow, fan_out)
        title = first_line(fan_out.options.title or fan_out.prompt)
        organisations = [session.org_id for session in sessions]
        await _audit(uow, job, fan_out, {"title": title, "organisations": organisations, "acu_limit": fan_out.limit})
        return len(sessions)

    # As the kind of the question under the preview (`bot.kernel.questions`), of which no row waits for the answer.
    name = views.QUESTION

    async def answered(self, job: CommandJob, given: AnswerGiven) -> None:
        """Leave the fan-out, which was declined."""
        fan_out = await self._fan_out(job, given.subject)
        async with self._services.unit_of_work_for(job) as uow:
            if fan_out is not None and self._is_open(job, fan_out):
                await fan_outs.change_while(uow.tx, fan_out.id, FanOutState.ASKED, state=FanOutState.CANCELLED)
            # Its state in this transaction: a press of the other button may have come first.
            now = await fan_outs.get(uow.tx, given.subject) if fan_out is not None else None
            await finish_with(uow, job, _DECLINED.get(now.state, views.EXPIRED) if now else views.EXPIRED)

    # ------------------------------------------------------------ under the table

    async def _stop(self, job: CommandJob, fan_out: FanOut) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await touch(uow, fan_out.id)
            fan_out, sessions = await self._current(uow, job)
            if fan_out.state not in _BEGUN or all(session.is_over for session in sessions):
                await uow.reply_privately(recipient_of(job), views.NOT_RUNNING)
            elif fan_out.stopped_at is not None:
                await uow.reply_privately(recipient_of(job), views.BEING_STOPPED)
            else:
                again = {"state": FanOutState.RUNNING, "begun_at": uow.now}
                await fan_outs.change(uow.tx, fan_out.id, stopped_at=uow.now, **again)
                await fan_outs.cancel_unstarted(uow.tx, fan_out.id)
                await carry_on(uow, fan_out, job.row.key)
                await _audit(uow, job, fan_out, {"sessions": sum(not session.is_over for session in sessions)})
            await finish(uow, job)

    async def _retry(self, job: CommandJob, fan_out: FanOut) -> None:
        who = Asker(job.workspace, fan_out.user, fan_out.channel, job.cause.user or "")
        refusal = await self._gates.start_refusal(who, again=True)
        if refusal is not None:
            await self._services.answer(job, refusal)
            return
        async with self._services.unit_of_work_for(job) as uow:
            await touch(uow, fan_out.id)
            fan_out, before = await self._current(uow, job)
            may = fan_out.state in _BEGUN and fan_out.stopped_at is None
            retried = sum(session.is_retried for session in before) if may else 0
            limit = (
                await limit_of_each(uow.tx, self._gates, job.workspace, fan_out, retried, again=True)
                if retried
                else None
            )
            if isinstance(limit, Message):
                await finish_with(uow, job, limit)
                return
            if limit is not None:
                again = await fan_outs.retry(uow.tx, fan_out.id)
                await fan_outs.change(uow.tx, fan_out.id, acu_limit=limit.acus)
                await _limit(uow, fan_out, again, limit)
                await self._ask_again(uow, job, fan_out, again)
                organisations = [session.org_id for session in again]
                failed = [session.url for session in before if session.is_broken]
                # The table shows the new sessions in place of those that have failed.
                replaced = {"sessions": failed} if failed else None
                await _audit(uow, job, fan_out, {"organisations": organisations}, replaced)
            else:
                await uow.reply_privately(recipient_of(job), views.NOTHING_TO_RETRY)
            await finish(uow, job)

    async def _ask_again(self, uow: UnitOfWork, job: CommandJob, fan_out: FanOut, again: list[FanOutSession]) -> None:
        await fan_outs.change(uow.tx, fan_out.id, state=FanOutState.RUNNING, begun_at=uow.now)
        for number, session in enumerate(again):
            await enqueue_session(uow, fan_out, session, number * self._services.timing.fan_out_pause)
        await carry_on(uow, fan_out, job.row.key)

    async def _current(self, uow: UnitOfWork, job: CommandJob) -> tuple[FanOut, list[FanOutSession]]:
        """The fan-out and its sessions as they are in this transaction, which has locked it."""
        fan_out = await fan_outs.get(uow.tx, job.cause.argument)
        assert fan_out is not None
        return fan_out, await fan_outs.sessions_of(uow.tx, fan_out.id)


async def _limit(uow: UnitOfWork, fan_out: FanOut, sessions: Sequence[FanOutSession], limit: Limit) -> None:
    """Store how much each of these sessions may use; others of the fan-out go on with what they were admitted with."""
    for session in sessions:
        await fan_outs.change_session(uow.tx, fan_out.id, session.org_id, acu_limit=limit.acus)


async def _audit(
    uow: UnitOfWork,
    job: CommandJob,
    fan_out: FanOut,
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:
    user, action = job.cause.user or "", job.cause.command
    await audit.add(uow.tx, AuditRow(fan_out.team, uow.now, user, action, fan_out.id, fan_out.channel, before, after))
