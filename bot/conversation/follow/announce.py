"""What is announced about a session: its card, what Devin said, and the few moments when a person is needed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final

from bot.conversation.end_posts import NewEnd, TurnEndPost, post_end, settle
from bot.conversation.follow import history
from bot.conversation.follow.read_messages import NewMessages
from bot.conversation.notified import following, mentioned
from bot.conversation.session_card import SessionCard
from bot.conversation.session_rows import post_files, recheck_held, stop_at_most
from bot.devin.models import DevinMessage
from bot.domain.announcements import NOBODY, AnnouncementKind, Decision, Spoken, TurnEnd, asks, decide
from bot.domain.answer_options import answer_options
from bot.domain.keys import ref_of
from bot.domain.reminders import first_reminder
from bot.domain.session import (
    TERMINAL_STATUSES,
    Lifecycle,
    Session,
    Snapshot,
    is_asleep,
    moved,
    waits_for_something_new,
)
from bot.domain.settings_values import Detail
from bot.domain.waiting import waiting_since, waits
from bot.domain.zones import zone_or
from bot.kernel.admins import as_its_channel_sees
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit, inbox, outbox, people, sessions, waiting_times
from bot.store.audit import AuditRow
from bot.store.lanes import Claim
from bot.store.posts import post_key
from bot.store.sessions import TrackedSession
from bot.views import announcements
from bot.views.announcements import MessagePart
from bot.views.card_words import gist
from bot.views.sentences import STATE_MARKS

REPLAYED: Final = 3  # after a gap of `Timing.outage_summary` more messages than this become one summary
_WAITED_FOR: Final = frozenset(  # a person may be waiting for these
    {AnnouncementKind.QUESTION, AnnouncementKind.APPROVAL, AnnouncementKind.WAITS, AnnouncementKind.ANSWERED}
)
_BLOCKS: Final = frozenset({AnnouncementKind.QUESTION, AnnouncementKind.APPROVAL, AnnouncementKind.LIMIT})


@dataclass(frozen=True, slots=True)
class PollTimes:
    """When the poll before this one was, by our clock, and the newest instant that this one has seen, by Devin's."""

    last_poll: float
    newest: int


@dataclass(frozen=True, slots=True)
class _Change:
    """What a poll found about a session, and what of it is announced now."""

    before: TrackedSession
    session: Session  # as it is afterwards
    messages: NewMessages | None  # the new ones that are relayed now; None if there are none, or they were not read
    was_read: bool
    decision: Decision
    detail: Detail = Detail.FULL

    def without_words_if_linked(self) -> "_Change":
        """The change without Devin's words, where a link is all that is posted: nothing else shows them either."""
        if self.detail is not Detail.LINK:
            return self
        silent = replace(self.session.snapshot, last_words="", choices=())
        return replace(self, session=self.session.with_snapshot(silent))


@dataclass(frozen=True, slots=True)
class _ClosingWords:
    """Devin's last words in a turn, or their end, and the subject of the post that shows them."""

    key: str
    part: MessagePart


class Announce:
    """Stores what a poll found about a session: snapshot, relay position, posts and card, in one transaction."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def session(
        self,
        claim: Claim,
        tracked: TrackedSession,
        new: Snapshot,
        messages: NewMessages | None,
        times: PollTimes,
        *,
        unread: bool = False,
    ) -> bool:
        """Announce what is new in one session, Devin's messages first; `messages` is None if they were not read.

        With `unread`, Devin wrote some just now, and the next poll reads them. Returns False if our record of the
        session has changed since it was read. Then nothing was announced.
        """
        change = self._change(tracked, new, messages, times, unread=unread)
        change = replace(change, detail=await self._detail(tracked.session)).without_words_if_linked()
        # A crash before this commit announces nothing: the next poll finds the same. After it, all of it is stored.
        async with self._services.unit_of_work(claim, ref_of(tracked.session.id)) as uow:
            values, found = self._values(change, uow.now), change.session.snapshot
            if not await sessions.apply_snapshot(uow.tx, tracked.session, found, **values):
                return False
            await self._post(uow, change, times.last_poll)
            if change.messages and (masked := sum(message.masked for message in change.messages.messages)):
                session, after = change.session, {"of": "devin", "messages": masked}
                what = ("", audit.LEFT_OUT, session.devin_id or "", session.channel)
                await audit.add(uow.tx, AuditRow(session.team, uow.now, *what, after=after))
            if is_asleep(tracked.session) and not is_asleep(change.session):
                await recheck_held(uow, tracked.session)
            await self._settle_end(uow, change)
            await self._store_waiting(uow, change)
            if change.was_read and change.decision.relays:
                await self._store_end(uow, tracked.session, new)
            await stop_at_most(uow, self._services.workspaces, tracked.session, found)
            await history.record_polled(uow, tracked.session.org_id, [(tracked, found)], times.last_poll)
            await self._redraw(uow, change)
            await self._replace_mark(uow, change)
            self._poll_soon(uow, change)
        return True

    async def figures(self, uow: UnitOfWork, tracked: list[TrackedSession]) -> None:
        """Have cards edited that have shown the same figures for long enough. Any other edit goes first."""
        interval = self._services.timing.figures_interval
        due = [session.session.id for session in tracked if uow.now - session.position.figures_at >= interval]
        if due:
            await self.redraw(uow, due)

    async def redraw(self, uow: UnitOfWork, session_ids: Sequence[str]) -> None:
        """Have these cards edited, in which nothing but figures and times is new."""
        await sessions.mark_figures_drawn(uow.tx, session_ids, uow.now)
        await uow.redraw(SessionCard, *session_ids, gives_way=True)

    async def _detail(self, session: Session) -> Detail:
        """How much of what Devin says in `session` is posted."""
        async with self._services.db.read() as tx:
            held = await self._services.settings.effective(tx, session.team, session.channel, session.requester)
        return held.detail

    def _change(
        self, tracked: TrackedSession, new: Snapshot, messages: NewMessages | None, times: PollTimes, *, unread: bool
    ) -> _Change:
        now, timing = self._services.clock(), self._services.timing
        new = with_words(new, messages)
        unknown = Spoken(devin=True, just_now=True) if unread else NOBODY
        spoken = messages.spoken(times.newest - timing.words_settle) if messages else unknown
        if now - times.last_poll > timing.outage_summary:
            spoken = replace(spoken, just_now=False)  # words that may be summed up are summed up by this poll
        was_read = messages is not None
        turn, old = tracked.position.turn, tracked.session.snapshot
        decision = decide(turn, old, new, spoken, now, timing.answer_settle)
        if _ended_by_hand(tracked.session, new):
            decision = Decision(replace(turn, pending=None))
        if not decision.relays:  # the next poll reads the words again
            new, messages = replace(new, last_words=old.last_words, asks=old.asks, choices=old.choices), None
        return _Change(tracked, tracked.session.worked_until(new, now), messages, was_read, decision)

    def _values(self, change: _Change, now: float) -> dict[str, Any]:
        """The columns that are stored beside the snapshot: the state of the turn, the position, and the time worked."""
        turn, session = change.decision.turn, change.session
        values: dict[str, Any] = {
            "announcement_seq": turn.number,
            "announced": turn.announced,
            "person_wrote": turn.person_wrote,
            "pending": asdict(turn.pending) if turn.pending else None,
            "worked": session.worked,
            "working_since": session.working_since,
        }
        if change.was_read:
            values["failing_since"] = None
        if _is_progress(change):
            values |= {"progress_acus": session.snapshot.acus, "progress_at": _progress_at(change, now)}
        if session.snapshot != change.before.session.snapshot:
            values["changes_until"] = now + self._services.timing.same_second
        if change.decision.end is not None:
            values["replied_by"] = None
        if change.messages is not None:
            values |= {
                "last_event_id": change.messages.last_event_id,
                "page_cursor": change.messages.page_cursor,
                "devin_messages": change.messages.count,
                "read_at": now,
            }
        return values

    async def _replace_mark(self, uow: UnitOfWork, change: _Change) -> None:
        """Show the state of the session as the reaction on the message that started it."""
        session, old = change.session, change.before.position.mark
        new = STATE_MARKS.get(session.display_state, old)
        if new != old:
            await sessions.change(uow.tx, session.id, mark=new)
            await uow.replace_mark(session, old, new, str(session.snapshot.updated_at))

    def _poll_soon(self, uow: UnitOfWork, change: _Change) -> None:
        """Have what is pending decided in a moment and not only by the next regular poll."""
        pending = change.decision.turn.pending
        if pending is not None:
            tick = self._services.organisations.of(change.session).poll_tick
            within = max(pending.not_before - uow.now, self._services.timing.poll_soon)
            uow.after_commit(partial(self._services.engine.wake_by, tick, within))

    # ------------------------------------------------------------ posts

    async def _post(self, uow: UnitOfWork, change: _Change, polled_at: float) -> None:
        words = await self._relay(uow, change, polled_at)
        if change.decision.end is not None:
            # A crash before this commit leaves the posts held, and the next poll finds the same end.
            await outbox.withdraw(uow.tx, change.session.id, _pull_request_posts(change.session))
            await self._post_end(uow, change, change.decision.end, words)
            return
        session = self._services.workspaces.with_code_hosts(change.session)
        for request in session.snapshot.pull_requests:
            if request.url in change.decision.pull_requests:
                key, held = f"{_pull_request_posts(session)}{request.url}", self._services.timing.pull_request_settle
                await uow.post(key, session, announcements.new_pull_request(request, session), held=held)

    async def _relay(self, uow: UnitOfWork, change: _Change, polled_at: float) -> "_ClosingWords | None":
        """Post what Devin wrote. The last words before the end of a turn, or their end, are returned for its post."""
        session = self._services.workspaces.with_code_hosts(change.session)
        messages = change.messages.messages if change.messages else ()
        if change.detail is not Detail.FULL:
            return await self._relay_end(uow, change)
        if not messages:
            return None
        # Counted from a person's last message at the earliest: what follows is an answer, however old the last poll.
        gap = uow.now - max(polled_at, session.created_at, session.spoken_at)
        last = messages[-1]
        if gap > self._services.timing.outage_summary and len(messages) > REPLAYED:
            summary = announcements.caught_up(len(messages), last.message, session, round(gap / 60))
            await uow.post(f"say:{session.id}:{last.event_id}:0", session, summary)
            await post_files(uow, session, last.event_id, last.files)
            return None
        closing = change.decision.end is not None and change.messages is not None and change.messages.devin_spoke_last
        for message in messages[:-1] if closing else messages:
            await self._post_words(uow, session, message.event_id, announcements.parts_of(message.message, session))
            await post_files(uow, session, message.event_id, message.files)
        return await self._relay_closing(uow, session, last) if closing else None

    async def _relay_end(self, uow: UnitOfWork, change: _Change) -> "_ClosingWords | None":
        """Post Devin's closing words where a turn ends, also those that were read before; no words for a link alone."""
        session, messages = self._services.workspaces.with_code_hosts(change.session), change.messages
        if messages is None or change.detail is Detail.LINK:
            return None
        last = messages.last if change.decision.end is not None else None
        for message in messages.messages:
            if last is None or message.event_id != last.event_id:
                await post_files(uow, session, message.event_id, message.files)
        return None if last is None else await self._relay_closing(uow, session, last)

    async def _relay_closing(self, uow: UnitOfWork, session: Session, last: DevinMessage) -> "_ClosingWords | None":
        """Post the `last` words of a turn but for their end, which is returned for the post of the end."""
        *earlier, end = announcements.parts_of(last.message, session) or [MessagePart("", [])]
        await self._post_words(uow, session, last.event_id, earlier)
        await post_files(uow, session, last.event_id, last.files)
        key = f"{session.id}:{last.event_id}:{len(earlier)}"
        # Words that were posted before, as those of a source that was not known, are not posted again.
        known = await outbox.by_key(uow.tx, post_key(TurnEndPost.name, key))
        return _ClosingWords(key, end) if end.text and known is None else None

    async def _post_words(self, uow: UnitOfWork, session: Session, event_id: str, parts: Sequence[MessagePart]) -> None:
        for number, part in enumerate(announcements.devin_parts(parts, session)):
            await uow.post(f"say:{session.id}:{event_id}:{number}", session, part)

    async def _post_end(self, uow: UnitOfWork, change: _Change, end: TurnEnd, words: "_ClosingWords | None") -> None:
        session, turn = self._services.workspaces.with_code_hosts(change.session), change.decision.turn
        position = change.messages.last_event_id if change.messages else change.before.position.last_event_id
        rank = outbox.FIRST if end.kind in _WAITED_FOR else outbox.USUAL
        # With words, the post has their key, so that they are not posted a second time.
        key = words.key if words else await _wordless_key(uow, f"{session.id}:{end.name}:{position}")
        concerned = [*people_of_turn(change.before.session), *await following(uow, session)]
        users = await mentioned(uow, session, list(dict.fromkeys(concerned)), end.kind)
        linked = change.detail is Detail.LINK
        shown = await as_its_channel_sees(uow.tx, self._services.workspaces.get(session.team), session)
        turns, part = await uow.settings.turns(uow.tx, session.team, session.channel), words.part if words else None
        above = await _is_posted(uow, session, position)
        message = announcements.turn_end(end, shown, part, users, linked=linked, above=above, turns=turns)
        asked = end.kind is AnnouncementKind.QUESTION and not waits_for_something_new(session.snapshot)
        options = session.snapshot.choices if asked else ()
        remind_at = await self._remind_at(uow, session, end.kind)
        await post_end(uow, NewEnd(key, session, turn.number, end, message, options, remind_at), rank)
        if end.kind is AnnouncementKind.DONE:
            await sessions.change(uow.tx, session.id, done_at=uow.now)

    async def _remind_at(self, uow: UnitOfWork, session: Session, kind: AnnouncementKind) -> float | None:
        """When whoever has asked for `session` is reminded first that it waits; None if never."""
        asker = await people.get(uow.tx, session.team, session.requester, 0.0)
        zone = self._services.workspaces[session.team].policy.zone
        return first_reminder(kind, uow.now, zone_or(asker.tz if asker is not None else None, zone))

    # ------------------------------------------------------------ state and card

    async def _settle_end(self, uow: UnitOfWork, change: _Change) -> None:
        """Settle the end at which the session rested, if it goes on by itself.

        A reply that is on its way may be why it goes on: then that settles the end, and says who has answered.
        """
        went_on = change.before.position.turn.announced and not change.decision.turn.announced
        if went_on and not await inbox.has_open(uow.tx, change.session.lane):
            await settle(uow, change.session.id)

    async def _store_waiting(self, uow: UnitOfWork, change: _Change) -> None:
        """Store that the session waits for a person, once that is announced, or that it does so no longer.

        That ends with its sleep: whoever leaves a question until then does not wait for the answer.
        """
        session, end = change.session, change.decision.end
        if not waits(session):
            if moved(change.before.session.snapshot, session.snapshot):
                await waiting_times.end(uow.tx, session.id, min(float(session.snapshot.updated_at), uow.now))
        elif end is not None and end.kind in _BLOCKS:
            await waiting_times.begin(uow.tx, session, waiting_since(session, uow.now))

    async def _store_end(self, uow: UnitOfWork, session: Session, new: Snapshot) -> None:
        """Store that the session ended at Devin, so that it is watched no longer, or that it goes on again.

        For a while after a reply nothing is stored, because the reply may wake the session.
        """
        over = new.status in TERMINAL_STATUSES
        waking = uow.now - session.spoken_at < self._services.timing.waking
        replied = session.spoken_at > session.created_at and waking
        if session.lifecycle is not Lifecycle.OPEN or (over and replied):
            return
        if over != (session.ended_at is not None):
            await sessions.change(uow.tx, session.id, ended_at=uow.now if over else None)

    async def _redraw(self, uow: UnitOfWork, change: _Change) -> None:
        tracked, old, new = change.before, change.before.session.snapshot, change.session.snapshot
        if moved(old, new):
            await sessions.mark_figures_drawn(uow.tx, [tracked.session.id], uow.now)
            await uow.redraw(SessionCard, tracked.session.id)
        elif old.last_words != new.last_words or _is_progress(change):
            await uow.redraw(SessionCard, tracked.session.id, gives_way=True)
        elif new.acus != old.acus:
            await self.figures(uow, [tracked])


async def _wordless_key(uow: UnitOfWork, end: str) -> str:
    """The key of an end without words, by how often this `end` came before at the same place of the conversation."""
    # Not by the number of the turn: on a restored store, two ends may have been posted where one is found.
    number = 0
    while await outbox.by_key(uow.tx, post_key(TurnEndPost.name, f"{end}:{number}")) is not None:
        number += 1
    return f"{end}:{number}"


async def _is_posted(uow: UnitOfWork, session: Session, event_id: str | None) -> bool:
    """Whether the message `event_id` of Devin's was posted in the thread of `session` before."""
    keys = f"say:{session.id}:{event_id}:0", post_key(TurnEndPost.name, f"{session.id}:{event_id}:0")
    return any([await outbox.by_key(uow.tx, key) is not None for key in keys])


def _pull_request_posts(session: Session) -> str:
    """How the keys of posts begin that show a new pull request of `session`."""
    return f"announce:{session.id}:pull_request:"


def people_of_turn(session: Session) -> list[str]:
    """The people whom the end of a turn concerns: the asker, and who replied last in this turn if that is another."""
    return list(dict.fromkeys(user for user in (session.requester, session.replied_by) if user))


def with_words(new: Snapshot, messages: NewMessages | None) -> Snapshot:
    """`new` with what Devin's newest words say; nothing once a person has written, until Devin answers."""
    if messages is None or not messages.fresh:
        return new
    if not messages.devin_spoke_last:
        return replace(new, last_words="", asks=None, choices=())
    last = messages.messages[-1].message
    return replace(new, last_words=gist(last), asks=asks(last), choices=answer_options(last))


def _is_progress(change: _Change) -> bool:
    """Whether there is a new message of Devin's or a new pull request."""
    before = {request.url for request in change.before.session.snapshot.pull_requests}
    opened = any(request.url not in before for request in change.session.snapshot.pull_requests)
    return opened or bool(change.messages and change.messages.messages)


def _progress_at(change: _Change, now: float) -> float:
    """When Devin wrote its newest message or, with a pull request alone, changed the session; by our clock at most."""
    written = [message.created_at for message in change.messages.messages] if change.messages else []
    return min(float(max(written, default=change.session.snapshot.updated_at)) or now, now)


def _ended_by_hand(session: Session, new: Snapshot) -> bool:
    """Whether a person here is ending the session for good: that is announced with their name, and not as work done."""
    return session.stop_requested and new.status == "exit" and not new.archived
