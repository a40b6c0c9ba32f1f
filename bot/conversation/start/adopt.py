"""A session that Devin has already is tied to a thread, and followed there from then on.

Who made it at Devin may bring it into any channel. So may an admin, who is told first whose it is; its maker reads that
they did. One that was followed in a private channel or a direct message is followed in no other place.

1. The row of the command asks Devin for the session, and answers privately why it cannot be followed. Otherwise it
   stores our record: in a thread with the row that follows, else with a card, which begins a thread.
2. The row of the thread reads the session and its messages to their end, so that nothing from before is posted, and
   gives it the bot's tag, by which the poller lists it. Where Devin refuses that, it is listed by its id.
3. What it spent before is where the counting begins: it is not booked.
"""

from dataclasses import replace
from functools import partial
from typing import ClassVar

from bot.conversation.allowed import why_not
from bot.conversation.follow.announce import with_words
from bot.conversation.follow.read_messages import NewMessages, read_messages
from bot.conversation.lookup import SessionLookup
from bot.conversation.session_card import answer_to, post_card, refuse
from bot.conversation.session_rows import add, record, show_new_state, start_row, stop_row
from bot.conversation.session_tags import BOT_TAG
from bot.devin.errors import DevinError, DevinNotFound, DevinRefused
from bot.devin.models import DevinSession
from bot.domain.announcements import TurnState, turn_end
from bot.domain.causes import StartCause
from bot.domain.commands.registry import ADOPT, ADOPT_CONFIRMED
from bot.domain.commands.spec import CommandSpec
from bot.domain.keys import reference, session_id
from bot.domain.lane import person_lane
from bot.domain.session import TERMINAL_STATUSES, Lifecycle, Options, Session, bare_id
from bot.kernel.access import Access
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler
from bot.kernel.exactly_once.change import Change, Record
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.gates import Asker, Gates
from bot.kernel.identities import Identities
from bot.kernel.job import CommandJob, Job, finish, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import audit, fan_out_ids, identities, people, sessions, threads
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.store.sessions import RelayPosition
from bot.views.answers import adoptions as adoption_sentences
from bot.views.answers import starts as start_sentences
from bot.views.message import Message
from bot.views.pull_requests import repository_name

log = get_logger(__name__)


class AdoptCommand:
    """Takes the command by which somebody ties a session to a thread."""

    def __init__(
        self, services: Services, access: Access, gates: Gates, lookup: SessionLookup, identities: Identities
    ) -> None:
        self._services = services
        self._access = access
        self._gates = gates
        self._lookup = lookup
        self._identities = identities

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does, and the choice of an admin whom it asks."""
        return {ADOPT: Handler(self._answer, run=self._run), ADOPT_CONFIRMED: Handler(run=self._run)}

    async def _answer(self, asked: Asked) -> Answer:
        refusal = await self._access.refusal_in_ack(asked.workspace, asked.user)
        if refusal is not None or not asked.argument:
            return refusal or adoption_sentences.NO_ADDRESS
        return Deferred(person_lane(asked.workspace.team, asked.user), asked.argument)

    async def _run(self, job: CommandJob) -> None:
        """Store the session with the row that ties it to its thread, or answer why it is not followed."""
        try:
            made = await self._checked(job)
        except DevinError as error:
            made = adoption_sentences.GONE if isinstance(error, DevinNotFound) else failure_sentence(error)
        # A crash before this commit has Devin asked once more, and after it the row of the thread goes on.
        async with self._services.unit_of_work_for(job) as uow:
            if isinstance(made, Message):
                await uow.reply_privately(recipient_of(job), made)
            else:
                await self._begin(uow, job, made)
            await finish(uow, job)

    async def _checked(self, job: CommandJob) -> DevinSession | Message:
        """Return the session as it is at Devin, or why it may not be tied to the thread."""
        cause, workspace = job.cause, job.workspace
        user, channel = cause.user or "", cause.channel or ""
        if not cause.argument:
            return adoption_sentences.NO_ADDRESS
        refusal = await self._access.start_refusal(workspace, user, channel)
        if refusal is None and _thread_ts(job) is not None:
            refusal = await self._of_thread(job)
        if refusal is not None:
            return refusal
        made = await workspace.organisation.devin.get_session(cause.argument.partition(" ")[0])
        session = replace(_session(job, made, self._services.clock()), snapshot=made.snapshot())
        refusal = _over(made, workspace.organisation.id) or await self._taken(job, made)
        # In this order: what a session is about is said to nobody who may not bring it here.
        refusal = refusal or await self._not_theirs(job, made) or await self._not_allowed(job, made)
        used, most = session.snapshot.acus, workspace.policy.wake_limits.most
        if refusal is None and most is not None and used >= most:
            refusal = adoption_sentences.past_most(used, most)
        refusal = refusal or await self._gates.wake_refusal(Asker(workspace, user, channel, user), session)
        return made if refusal is None else refusal

    async def _of_thread(self, job: CommandJob) -> Message | None:
        """Why the thread in which the command was written takes no session: it has one."""
        async with self._services.db.read() as tx:
            thread = await threads.get(tx, job.workspace.team, job.cause.channel or "", _thread_ts(job) or "")
            session = None if thread is None else await sessions.get(tx, thread.session_id)
        live = session is not None and session.lifecycle in sessions.LIVE_LIFECYCLES
        return adoption_sentences.THREAD_TAKEN if live and thread is not None and not thread.closed else None

    async def _taken(self, job: CommandJob, made: DevinSession) -> Message | None:
        """Why another thread has the session, or will have it."""
        organisation = job.workspace.organisation
        async with self._services.db.read() as tx:
            known = await _followed(tx, organisation.id, made)
            carried = self._lookup.carried(organisation, made) or []
            begun = await sessions.by_references(tx, organisation.id, carried)
            of_fan_out = await fan_out_ids.has(tx, organisation.id, made.session_id)
        if of_fan_out:
            return adoption_sentences.OF_FAN_OUT
        # The answer to its start may have got lost: whoever looks that up ties it to the thread that asked for it.
        starting = {Lifecycle.QUEUED, Lifecycle.CREATING, Lifecycle.UNCERTAIN}
        known = known or next((one for one in begun.values() if one.lifecycle in starting), None)
        return None if known is None else adoption_sentences.taken(await self._permalink(job, known))

    async def _not_allowed(self, job: CommandJob, made: DevinSession) -> Message | None:
        """Why the channel may not go on with what Devin says of the session: its pull requests, playbook and mode."""
        workspace, urls = job.workspace, [request.pr_url for request in made.pull_requests]
        repos = tuple(repository_name(url, workspace.policy.code_hosts) or url for url in urls)
        options = Options(playbook=made.playbook_id, mode=made.devin_mode, also=repos)
        of = (self._services, workspace.team, job.cause.channel or "", workspace.organisation)
        why = await why_not(*of, options, begins=False)
        return start_sentences.not_allowed(why, "Not linked") if why else None

    async def _not_theirs(self, job: CommandJob, made: DevinSession) -> Message | None:
        """Why whoever asks may not bring the session into their channel, or the question that an admin is asked."""
        cause, workspace, organisation = job.cause, job.workspace, job.workspace.organisation
        user, channel = cause.user or "", cause.channel or ""
        async with self._services.db.read() as tx:
            found = (await sessions.by_bare_ids(tx, organisation.id, [bare_id(made.session_id)])).values()
            names = await identities.of_devin_user(tx, workspace.team, made.user_id) if made.user_id else []
        before = next((one.session for one in found if one.session.team == workspace.team), None)
        if before is not None:
            if not await self._access.may_go_on(workspace, before.channel, channel):
                return adoption_sentences.STAYS_PRIVATE
            if before.channel == channel or before.requester == user:
                return None  # who is in its channel could read and steer the session there
        identity = await self._identities.identity_of(workspace, organisation, user)
        is_maker = made.user_id is not None and identity is not None and identity.acts_as == made.user_id
        # Of two people who are linked to one user there, only an admin can say which of the two it is.
        if is_maker and identity is not None and not await self._identities.is_shared(workspace, identity):
            return None
        if not await self._access.is_admin(workspace, user):
            return adoption_sentences.NOT_YOURS
        if cause.command == ADOPT_CONFIRMED.name:
            return None
        which = f"{made.session_id} {_thread_ts(job) or ''}".strip()
        return adoption_sentences.confirm_adoption(which, made.title or "", [*names, *_asker_of(before)])

    async def _permalink(self, job: CommandJob, session: Session) -> str | None:
        """The address of the thread of `session`, if whoever asks may read it there."""
        if session.thread_ts is None or session.team != job.workspace.team:
            return None
        channel = session.channel
        may = channel == job.cause.channel or await self._access.may_read(job.workspace, job.cause.user or "", channel)
        return job.workspace.slack.permalink(channel, session.thread_ts) if may else None

    async def _begin(self, uow: UnitOfWork, job: CommandJob, made: DevinSession) -> None:
        session = _session(job, made, uow.now)
        await add(uow, session)
        if session.thread_ts is None:
            follow = {"cause": job.row.key, "files": [], "adopts": made.session_id}
            await post_card(uow, session, payload=answer_to(recipient_of(job)), follow=follow)
            return
        start = StartCause(session.id, adopts=made.session_id)
        await uow.add_to_inbox(start_row(job.row, session, start, uow.now))


class Adoption:
    """Ties the sessions of stored rows to their threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._once = ExactlyOnce(services)

    async def run(self, job: Job[StartCause], session: Session) -> None:
        """Follow in the thread of `session` what Devin has under the id that the row names."""
        # Stored before, as a crash leaves it; a second time this changes nothing.
        async with self._services.unit_of_work_for(job) as uow:
            await record(uow, session)
        await self._once.change(job, TagAdopted(self._services, job, session))

    async def on_dead(self, uow: UnitOfWork, job: Job[StartCause]) -> None:
        """Announce that the session is not followed. A tag that it may carry by now lists it, and nothing more."""
        await refuse(uow, job.cause.session_id, adoption_sentences.not_adopted(job.row.ref))


class TagAdopted(Change[DevinSession]):
    """The bot's tag on a session that Devin had before, with which it is followed in its thread."""

    kind: ClassVar[str] = "adoption"

    def __init__(self, services: Services, job: Job[StartCause], session: Session) -> None:
        self._services = services
        self._job = job
        self._session = session
        self._organisation = services.organisations.of(session)
        self._id = job.cause.adopts or ""
        self._made: DevinSession | None = None
        self._messages: NewMessages | None = None

    async def read(self) -> DevinSession:
        """Read the session, and its messages to their end."""
        made = await self._organisation.devin.get_session(self._id)
        of = replace(self._session, devin_id=made.session_id)
        self._messages = await read_messages(self._organisation, of, RelayPosition())
        self._made = made
        return made

    def record(self, thing: DevinSession) -> Record:
        """Return its tags."""
        return {"tags": list(thing.tags)}

    def is_done(self, now: DevinSession | None) -> bool:
        """Whether it carries the tag."""
        return now is not None and BOT_TAG in now.tags

    def may_begin(self, now: DevinSession) -> bool:
        """Whether the tag is asked for: not of a session that is over, or where tags are refused."""
        over = _over(now, self._organisation.id) is not None
        return not (over or self._organisation.tags_refused or self.is_done(now))

    async def call(self, now: DevinSession) -> None:
        """Add the tag to those that it has."""
        # A crash right here leaves the tag, which the next try finds; Devin keeps each tag once.
        await self._organisation.devin.append_tags(now.session_id, [BOT_TAG])

    async def write_changed(self, uow: UnitOfWork, before: Record, _read: DevinSession | None, /) -> None:
        """Follow the session."""
        await self._follow(uow, before, tagged=True)

    async def write_left_alone(self, uow: UnitOfWork, now: DevinSession | None, /) -> None:
        """Follow the session as it is, or announce why not: it is gone or over."""
        if self._made is None:
            await self._refuse(uow, adoption_sentences.GONE)
        elif (over := _over(self._made, self._organisation.id)) is not None:
            await self._refuse(uow, over)
        else:
            await self._follow(uow, {}, tagged=self.is_done(now))

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Follow the session by its id where the tag was refused, or announce why it may not be read."""
        if self._made is None:
            await self._refuse(uow, failure_sentence(refused))
        else:
            await self._follow(uow, {}, tagged=False)

    async def _refuse(self, uow: UnitOfWork, message: Message) -> None:
        await refuse(uow, self._session.id, message)

    async def _follow(self, uow: UnitOfWork, before: Record, *, tagged: bool) -> None:
        """Store the session as it is, from the end of its messages on, unless another thread has it by now."""
        assert self._made is not None
        made, session = self._made, self._session
        makers = await identities.of_devin_user(uow.tx, session.team, made.user_id) if made.user_id else []
        other = (await sessions.by_bare_ids(uow.tx, session.org_id, [bare_id(made.session_id)])).values()
        for known in other:
            if known.session.lifecycle in sessions.LIVE_LIFECYCLES:
                await self._refuse(uow, adoption_sentences.TAKEN)
                return
            await sessions.give_up_id(uow.tx, known.session.id)
            makers += _asker_of(known.session)
        snapshot = with_words(made.snapshot(), self._messages)
        opened = replace(session, lifecycle=Lifecycle.OPEN, devin_id=made.session_id, url=made.url, by_id=not tagged)
        await sessions.adopted(uow.tx, opened.with_snapshot(snapshot), self._position(), uow.now)
        await show_new_state(uow, session.id)
        await audit.add(uow.tx, self._audit_row(uow.now, before, tagged=tagged))
        for maker in {*makers} - {session.requester}:
            by = await people.name_of(uow.tx, session.team, session.requester)
            told = adoption_sentences.adopted(by, opened)
            await uow.add_to_outbox(uow.post_row(f"adopted:{session.id}:{maker}", session.team, maker, None, told))
        current = await sessions.get(uow.tx, session.id)
        if current is not None and current.stop_requested:
            await uow.add_to_inbox(stop_row(self._job.row.lane, self._job.row.ref, current, uow.now))
        tick, soon = self._organisation.poll_tick, self._services.timing.poll_soon
        uow.after_commit(partial(self._services.engine.wake_by, tick, soon))

    def _position(self) -> RelayPosition:
        """The end of what was said. What the session shows now counts as announced."""
        assert self._made is not None
        end, read = turn_end(with_words(self._made.snapshot(), self._messages)), self._messages
        turn = TurnState(announced=end.name if end else None)
        if read is None:
            return RelayPosition(turn=turn)
        return RelayPosition(read.last_event_id, read.page_cursor, read.count, turn)

    def _audit_row(self, now: float, before: Record, *, tagged: bool) -> AuditRow:
        session = self._session
        after = {"tags": [*before["tags"], BOT_TAG]} if before and tagged else None
        return AuditRow(
            session.team, now, session.requester, ADOPT.name, self._id, session.channel, before or None, after
        )


async def _followed(tx: Transaction, org_id: str, made: DevinSession) -> Session | None:
    """The session of ours that Devin has under this id, if a thread follows it."""
    known = await sessions.by_bare_ids(tx, org_id, [bare_id(made.session_id)])
    live = (one.session for one in known.values() if one.session.lifecycle in sessions.LIVE_LIFECYCLES)
    return next(live, None)


def _over(made: DevinSession, org_id: str) -> Message | None:
    """Why the session is not to be followed: it is in another organisation, or has ended."""
    if made.org_id not in {None, org_id}:
        return adoption_sentences.ELSEWHERE
    if made.status in TERMINAL_STATUSES:
        return adoption_sentences.OVER
    return adoption_sentences.ARCHIVED if made.is_archived else None


def _asker_of(session: Session | None) -> list[str]:
    return [session.requester] if session is not None and session.requester else []


def _thread_ts(job: CommandJob) -> str | None:
    """The thread in which the command was written, or that begins with it; None where it was typed behind `/devin`."""
    if job.cause.command == ADOPT_CONFIRMED.name:
        return job.cause.argument.partition(" ")[2] or None
    return job.cause.thread_ts or job.row.ts if job.cause.written else None


def _session(job: CommandJob, made: DevinSession, now: float) -> Session:
    cause, team, thread_ts = job.cause, job.workspace.team, _thread_ts(job)
    return Session(
        id=session_id(job.row.key),
        team=team,
        org_id=job.workspace.organisation.id,
        channel=cause.channel or "",
        thread_ts=thread_ts,
        requester=cause.user or "",
        prompt=made.title or "Session",
        reference=reference(team, cause.channel or "", job.row.ts) if thread_ts else None,
        url=made.url,
        snapshot=made.snapshot().unannounced(),
        created_at=now,
        spoken_at=now,
        adopted_at=now,
    )
