"""A reply in a session's thread is sent to Devin once, with its sender: `bot.kernel.exactly_once` says how.

The first line of the message at Devin begins with a mark that is made from the reply's `ts`, and of an edit also from
the time of that: the new text of a message that Devin has goes as a second one. A look-up searches for the
mark, never for the text, because people may write "yes" twice and mean both. The text below it is quoted, so that no
line of it reads like another person's. A session that sleeps is unarchived first.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Final

from bot.conversation.end_posts import settle
from bot.conversation.lookup import SessionLookup
from bot.conversation.prompt import PromptBuilder, left_out_of, with_left_out
from bot.conversation.session_card import SessionCard
from bot.conversation.session_check import MAY_BE_OVER, MAY_BE_TAKEN_BACK, SessionCheck
from bot.conversation.session_rows import EYES, NOT_SENT, recheck_held, show_new_state
from bot.conversation.steer import held_reply
from bot.conversation.steer.held_start import answer_refusal, hold
from bot.conversation.steer.quick_answer import why_not_open
from bot.conversation.steer.session_list import SessionList
from bot.conversation.steer.turns import Turns
from bot.conversation.uploads import Files
from bot.devin.errors import (
    DevinDenied,
    DevinError,
    DevinForbidden,
    DevinQuotaExceeded,
    DevinRefused,
    DevinTooLarge,
    DevinUnauthorized,
)
from bot.domain.causes import MessageCause, SearchStart
from bot.domain.commands.intent import Place, read_intent
from bot.domain.dead_ends import WayOn, is_over, way_on
from bot.domain.keys import ts_of
from bot.domain.reply_rules import Outcome, Situation, asks_again, outcome_of, situation_of
from bot.domain.session import DisplayState, Lifecycle, Session, Snapshot, is_asleep
from bot.domain.text import plain, unescape, without_mention
from bot.domain.turn_taking import NotForDevin
from bot.kernel.admins import as_its_channel_sees
from bot.kernel.exactly_once.creation import Creation, LookupResult, Missing
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.gates import Asker, Gates, Work
from bot.kernel.identities import Identities, OwnName
from bot.kernel.job import Job, Reschedule, finish, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import audit, inbox, kept_tasks, session_days, sessions, threads, turn_ends, waiting_times
from bot.store.audit import AuditRow
from bot.store.threads import Thread
from bot.views.answers import files as file_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import starts as start_sentences
from bot.views.dead_ends import way_on_button, with_way_on
from bot.views.message import Message
from bot.views.questions import STALE

log = get_logger(__name__)

_WHY_REFUSED: Final = {
    DevinForbidden: "Devin Bridge's key lacks a permission for it",
    DevinQuotaExceeded: "a limit or quota of your Devin organization is used up",
    DevinDenied: "Devin doesn't allow it",
    DevinTooLarge: "it's too long for Devin",
}
_PERMISSION: Final = "Devin Bridge's key lacks the permission `{needed}`, which a Devin admin can grant"
# Awake at Devin, and nothing of a budget is reserved for it any more (`SESSION_GOES_ON` in `bot.store.tables`).
_HOLDS_NOTHING: Final = frozenset({DisplayState.DONE, DisplayState.ANSWERED})
_OVER: Final = (
    *(reply_sentences.SESSION_ENDED, reply_sentences.SESSION_ARCHIVED),
    reply_sentences.SESSION_UNFOLLOWED,
)


class Reply:
    """Sends replies to their sessions."""

    def __init__(
        self,
        services: Services,
        gates: Gates,
        prompts: PromptBuilder,
        lookup: SessionLookup,
        identities: Identities,
        session_list: SessionList,
    ) -> None:
        self._services = services
        self._gates = gates
        self._prompts = prompts
        self._lookup = lookup
        self._identities = identities
        self._session_list = session_list
        self._once = ExactlyOnce(services)
        self._turns = Turns(services)

    async def run(self, job: Job[MessageCause], thread: Thread, session: Session | None) -> None:
        """Send the reply to the `session` of `thread`, or answer privately why it is not sent."""
        unwanted = self._reason_not_to_send(job, thread, session)
        if job.cause.revision is not None and job.row.intent_at is None:
            unwanted = _unwanted_correction(unwanted, session)
        over = unwanted is not None
        if session is not None and (not over or unwanted in _OVER):
            for_others = await self._is_for_others(job, thread, session, over=over)
            if for_others or await self._is_handled(job, session, over=over):
                return
        if session is None or unwanted is not None:
            await self._refuse_unwanted(job, thread, session, unwanted)
            return
        if session.lifecycle is not Lifecycle.OPEN:
            raise Reschedule(self._services.timing.start_retry, "the session is still starting")
        if await self._is_taken(job) or await self._leads_nowhere(job, session):
            return
        if await self._is_refused(job, session) or await held_reply.hold_if_in_doubt(self._services, job, session):
            return
        await self._once.create(job, self._new_message(job, session))

    def _new_message(self, job: Job[MessageCause], session: Session) -> "NewMessage":
        parts = (self._services, self._gates, self._prompts, self._lookup, self._identities)
        return NewMessage(*parts, job, session)

    async def _is_taken(self, job: Job[MessageCause]) -> bool:
        """Whether the option that was chosen can be chosen no more: then that is answered, and the row closed."""
        if job.cause.picked is None or job.row.intent_at is not None:
            return False
        # Replies of a session come one after the other, so nobody is faster than the intent that follows.
        async with self._services.db.read() as tx:
            end = await turn_ends.get(tx, job.cause.picked)
            answer = await why_not_open(tx, end, job.cause.user) if end is not None else STALE
        if answer is not None:
            await self._services.answer(job, answer)
        return answer is not None

    async def _leads_nowhere(self, job: Job[MessageCause], session: Session) -> bool:
        """Whether `session` used up its own limit, or failed and is to try again: the answer then has its way on."""
        way, cause = way_on(session), job.cause
        again = way is WayOn.TRY_AGAIN and cause.only_text and asks_again(self._text(job))
        if (way is not WayOn.CONTINUE and not again) or job.row.intent_at is not None:
            return False
        if await self._may_be_there(job, session):
            return False
        shown, kept = await self._at_its_end(job, session)
        if again and not kept:
            return False  # nothing else can be tried again, so Devin gets the words
        # A crash before this is stored answers once more, by the same key.
        await self._refuse(job, self._not_sent(job, shown, kept=kept), job.row.key)
        return True

    async def _at_its_end(self, job: Job[MessageCause], session: Session) -> tuple[Session, bool]:
        """Return `session` as its channel may see it, and whether its task is kept: its way on needs both."""
        async with self._services.db.read() as tx:
            return await as_its_channel_sees(tx, job.workspace, session), await kept_tasks.exists(tx, session.id)

    def _not_sent(self, job: Job[MessageCause], session: Session, *, kept: bool) -> Message:
        said = reply_sentences.leads_nowhere(way_on(session), kept=kept)
        return with_way_on(said, session, job.workspace.policy.wake_limits, kept=kept)

    async def _is_refused(self, job: Job[MessageCause], session: Session) -> bool:
        """Whether a budget keeps the reply from being sent: then that is answered, and the row waits or is closed."""
        if job.row.intent_at is not None:
            return False  # Devin may have the reply already
        who = Asker(job.workspace, session.requester, session.channel, job.cause.user, job.row.key)
        refused = self._gates.wake_refusal if begins_anew(session) else self._gates.steer_refusal
        refusal = await refused(who, session)
        if refusal is not None:
            said = replace(job.cause.confirmation, as_reply=True)
            kept = replace(job.cause, thread_ts=session.thread_ts, confirmation=said)
            async with self._services.unit_of_work_for(job) as uow:
                await answer_refusal(uow, replace(job, row=job.row.with_cause(kept)), refusal, session)
        return refusal is not None

    async def _is_for_others(self, job: Job[MessageCause], thread: Thread, session: Session, *, over: bool) -> bool:
        """Whether people write to each other: then Devin does not get it, which is said unless it is `over`."""
        kept = await self._turns.reason(job, thread, session)
        if kept is None or (over and kept is NotForDevin.NO_MENTION):
            return False
        said = None if over else reply_sentences.NOT_FOR_DEVIN[kept]
        await self._refuse(job, said, _key_once(thread, job.cause.user, f"turns:{kept}"))
        return True

    async def _is_handled(self, job: Job[MessageCause], session: Session, *, over: bool) -> bool:
        """Whether something else than sending becomes of the reply: then that is done. `over` is whether none can be.

        It is sent if Devin may have it already, if its author has said so, or if it brings more than a text.
        """
        cause = job.cause
        said_so = cause.picked is not None or cause.was_held or cause.confirmation.as_reply
        if said_so or not cause.only_text or job.row.intent_at is not None:
            return False
        outcome = outcome_of(self._text(job), Situation.OVER if over else situation_of(session))
        # Nobody is asked about the correction of what Devin has.
        asks = cause.revision is not None and outcome in {Outcome.TELL, Outcome.ASK}
        unknown = session.lifecycle is Lifecycle.UNFOLLOWED and outcome is Outcome.TELL  # our rows are old
        if asks or unknown or outcome in {Outcome.SEND, Outcome.WAY_ON}:
            return False
        if not over and await self._may_be_there(job, session):
            return False
        await self._act(job, session, outcome, over=over)
        return True

    async def _may_be_there(self, job: Job[MessageCause], session: Session) -> bool:
        """Whether Devin may have the reply already from a process that a restored store knows nothing of.

        What a session does now is not what it did then: by the rules, what was sent might be asked about today.
        """
        if session.lifecycle is not Lifecycle.OPEN or not self._services.restoration.may_be_done(job.row):
            return False
        return await self._new_message(job, session).lookup() is not Missing.NOT_FOUND

    def _text(self, job: Job[MessageCause]) -> str:
        bot_user = job.workspace.bot_user
        return plain(without_mention(job.cause.text, bot_user).replace(f"<@{bot_user}>", "Devin Bridge"))

    async def _act(self, job: Job[MessageCause], session: Session, outcome: Outcome, *, over: bool) -> None:
        """Do what is done in place of sending the reply.

        Its author may have it sent after all, unless it is `over` or gets no further: then the way on is offered.
        """
        to, key, said, waits = recipient_of(job, session), job.row.key, None, False
        at_end = way_on(session) is not None or is_over(session)
        if outcome is Outcome.TELL:
            waits = not (over or at_end)
            said = await self._facts(job, session, waits=waits)
        elif outcome is Outcome.ASK and at_end:
            shown, kept = await self._at_its_end(job, session)
            said = self._not_sent(job, shown, kept=kept)
        elif outcome is Outcome.ASK:
            said, waits = reply_sentences.ask_if_for_devin(session, key, self._text(job)), True
        elif outcome is Outcome.APPROVE:
            said = reply_sentences.approve_in_devin(session)
        async with self._services.unit_of_work_for(job) as uow:
            # A crash before this commit has it decided anew; after it nothing is said twice.
            if said is not None and waits:
                await hold(uow, job, start_sentences.COMMAND, said, to=to)
                return
            if said is None:
                await uow.react(session, job.cause.ts, NOT_SENT)
            else:
                await uow.reply_privately(to, said)
            await finish(uow, job)

    async def _facts(self, job: Job[MessageCause], session: Session, *, waits: bool) -> Message:
        """Answer a question about `session`, with a button: to send a reply that `waits`, or else for the way on."""
        said = await self._session_list.facts(job, session, read_intent(self._text(job), Place.REPLY).kind)
        if waits:
            return reply_sentences.answered(said, reply_sentences.send(job.row.key))
        shown, kept = await self._at_its_end(job, session)
        button = way_on_button(shown, job.workspace.policy.wake_limits, kept=kept)
        return said if button is None else reply_sentences.answered(said, button)

    def _reason_not_to_send(self, job: Job[MessageCause], thread: Thread, session: Session | None) -> Message | None:
        """Why the reply is not sent, or None. A Message without text means that nothing need be answered."""
        if session is not None and session.display_state is DisplayState.ARCHIVED:
            return reply_sentences.SESSION_ARCHIVED
        if session is not None and session.lifecycle is Lifecycle.UNFOLLOWED:
            return reply_sentences.SESSION_UNFOLLOWED
        if thread.closed:
            return reply_sentences.SESSION_ENDED
        if session is not None and session.lifecycle is Lifecycle.UNCERTAIN:
            return reply_sentences.START_UNKNOWN
        if session is None or session.lifecycle not in sessions.LIVE_LIFECYCLES:
            return reply_sentences.SESSION_ENDED
        meant = job.cause.mention or job.cause.picked is not None
        if thread.muted and not (meant or job.cause.was_held):  # what was held came before the mute
            return reply_sentences.THREAD_MUTED
        if _was_context(job, session):
            return Message("")
        empty = not without_mention(job.cause.text, job.workspace.bot_user).strip()
        return Message("") if empty and job.cause.only_text else None

    async def _refuse_unwanted(
        self, job: Job[MessageCause], thread: Thread, session: Session | None, unwanted: Message | None
    ) -> None:
        """Close the row and answer why it is not sent: each time with the way on, where only a new session has one."""
        user, edited = job.cause.user, job.cause.revision is not None
        if session is not None and unwanted is not None and unwanted in _OVER and is_over(session):
            await self._refuse(job, with_way_on(unwanted, session, kept=False), job.row.key)
        elif unwanted is reply_sentences.THREAD_MUTED:
            await self._refuse(job, unwanted, key_of_muted(thread, user))
        else:
            unknown = session is not None and session.lifecycle is Lifecycle.UNCERTAIN
            once = f"edited:{job.cause.ts}" if edited else "unknown" if unknown else "ended"
            await self._refuse(job, unwanted, _key_once(thread, user, once))

    async def _refuse(self, job: Job[MessageCause], message: Message | None, key: str) -> None:
        """Close the row, and answer with `message`: once for each `key`."""
        async with self._services.unit_of_work_for(job) as uow:
            if message is not None and message.text:
                await uow.reply_privately(recipient_of(job), message, key=key)
            await finish(uow, job)


def _was_context(job: Job[MessageCause], session: Session) -> bool:
    """Whether Devin has read the message already, as context of what was written or pressed in its thread after it.

    Before a card that began the thread of its command there is no such context, only lines of a direct message.
    """
    if session.reference is None:
        return False
    started_at = ts_of(session.reference)
    return started_at != session.thread_ts and job.cause.ts < started_at


class NewMessage(Creation[Snapshot | None]):
    """The creation of a message in `session`; `write_created` gets Devin's snapshot, or None if it is unreadable."""

    kind: ClassVar[str] = "reply"

    def __init__(
        self,
        services: Services,
        gates: Gates,
        prompts: PromptBuilder,
        lookup: SessionLookup,
        identities: Identities,
        job: Job[MessageCause],
        session: Session,
    ) -> None:
        self._services = services
        self._gates = gates
        self._prompts = prompts
        self._lookup = lookup
        self._identities = identities
        self._own_name = OwnName()
        self._job = job
        self._session = session
        self._organisation = services.organisations.of(session)
        self._files = Files(left_out=left_out_of(job.cause))  # until `prepare`, what an earlier try noted
        self._message_text = ""
        self._search_start = job.cause.search_start
        self._check = SessionCheck(services)
        self._over = False  # whether Devin says so of the session, after a refusal
        self._not_taken_yet = False  # whether Devin takes no message now, but may later

    @property
    def _devin_id(self) -> str:
        assert self._session.devin_id is not None
        return self._session.devin_id

    async def prepare(self) -> bool:
        """Hand the files on and write the text. If that leaves nothing to send, close the row and return False."""
        cause = self._job.cause
        self._files = await self._prompts.files(self._job, self._organisation)
        text = await self._prompts.reply(self._job)
        if text or self._files.urls:
            author = await self._prompts.author(self._job.workspace, cause.user)
            self._message_text = f"{_mark(self._job)} {author}:\n{_correction_of(cause)}{text}"
            self._own_name = await self._identities.name_of(
                self._job.workspace, self._organisation, cause.user, self._session.requester
            )
            if self._own_name.is_refused:
                await self._services.answer(self._job, reply_sentences.NAME_REFUSED, self._session)
            return not self._own_name.is_refused
        async with self._services.unit_of_work_for(self._job) as uow:
            if self._files.left_out:
                lost = file_sentences.files_lost(self._files.left_out, "sent")
                await uow.post(f"file:{self._job.row.key}", self._session, lost)
            await finish(uow, self._job)
        return False

    async def call_first(self) -> None:
        """Unarchive the session if it sleeps."""
        if self._session.snapshot.archived:
            await self._unarchive()

    async def _unarchive(self) -> None:
        await self._services.check_claim(self._job)
        # A crash right here repeats the request, which changes nothing.
        await self._organisation.devin.unarchive(self._devin_id)

    async def admit(self, uow: UnitOfWork) -> bool:
        """Reserve what the session may still use: with the intent that counts. The next try says why it may not."""
        if begins_anew(self._session):
            who = Asker(self._job.workspace, self._session.requester, self._session.channel, self._job.cause.user)
            work = Work(self._session.id, None, woken=self._session)
            if isinstance(await self._gates.limit(uow.tx, who, work), Message):
                raise Reschedule(0.0, "others have reserved what was left")  # which rolls the intent back
        return True

    async def write_intent(self, uow: UnitOfWork) -> None:
        """Note in the row where a look-up begins and which files were left out, and put eyes on the reply.

        The position is noted now, because the poller moves it on and a look-up must begin before the message.
        """
        row = self._job.row
        if self._search_start is None:
            self._search_start = SearchStart(await sessions.page_cursor(uow.tx, self._session.id))
        cause = replace(with_left_out(row.cause, self._files.left_out), search_start=self._search_start)
        if cause != row.cause:
            await inbox.note(uow.tx, row.key, cause)
        if cause.picked is None:  # a press is no message that could have a reaction
            await uow.react(self._session, cause.ts, EYES)

    async def call(self) -> Snapshot | None:
        """Send the message to Devin. Returns what the answer says about the session, or None if that cannot be read."""
        sent = (self._devin_id, self._message_text, self._files.urls, self._own_name.user_id)
        answer = await self._organisation.devin.send_message(*sent)
        if answer is not None and answer.is_archived:
            return await self._woken(answer.snapshot())
        return answer.snapshot() if answer else None

    async def _woken(self, snapshot: Snapshot) -> Snapshot:
        """Unarchive the session that was archived elsewhere: as long as it is archived, it counts as asleep.

        Returns `snapshot` as it is after that. The message is sent already, so a failure is left to the next reply.
        """
        try:
            await self._unarchive()
        except DevinError as error:
            log.warning(
                "session not unarchived", session=self._session.id, error=type(error).__name__, status=error.status
            )
            return snapshot
        return replace(snapshot, archived=False)

    async def lookup(self) -> LookupResult[Snapshot | None]:
        """Search the session's messages for the mark. What is found says nothing about the session."""
        cursor = self._search_start.cursor if self._search_start else None
        try:
            return await self._lookup.message(self._session, _mark(self._job), cursor)
        except MAY_BE_TAKEN_BACK:
            if (await self._check.ask(self._job, self._session)).over:
                raise  # then it can never be known
            return Missing.UNREADABLE

    async def other_form(self, refused: DevinRefused, /) -> bool:
        """If Devin may have refused the person's name, send the reply in the bot's. Returns False if it was in that.

        A crash right here leaves the intent: the next try finds no message, and is refused and repeated like this one.
        """
        return self._own_name.fall_back(refused)

    async def is_final(self, refused: DevinRefused, /) -> bool:
        """Whether Devin takes no more messages in the session: not if it only does not take one now."""
        if not isinstance(refused, MAY_BE_OVER):
            return True
        self._over = (await self._check.ask(self._job, self._session)).over
        self._not_taken_yet = not self._over and isinstance(refused, MAY_BE_TAKEN_BACK)
        return not self._not_taken_yet

    async def write_late(self, uow: UnitOfWork, error: DevinError | None) -> None:
        """Announce in the thread that replies wait for Devin."""
        # One post in that time for all replies that wait, not one for each.
        period = int(uow.now // self._services.timing.late_reminder)
        message = reply_sentences.REPLY_NOT_TAKEN_YET if self._not_taken_yet else reply_sentences.REPLY_LATE
        if isinstance(error, DevinUnauthorized):
            message = reply_sentences.REPLY_KEY_REFUSED
        await uow.post(f"late:{self._session.id}:{period}", self._session, message)

    async def write_created(self, uow: UnitOfWork, thing: Snapshot | None) -> None:
        """Store that a person wrote to the session, which wakes it, and what Devin answered about it."""
        session, ts = self._session, self._job.cause.ts
        by = (self._job.cause.user, audit.REPLY, session.devin_id or "", session.channel)
        await audit.add(uow.tx, AuditRow(session.team, uow.now, *by))
        await sessions.spoke(uow.tx, session.id, self._job.cause.user, uow.now)
        if thing is not None and await sessions.apply_reply_status(uow.tx, session.id, thing):
            await uow.redraw(SessionCard, session.id)
        await waiting_times.end(uow.tx, session.id, uow.now)
        answer = unescape(self._job.cause.text) if self._job.cause.picked is not None else None
        await settle(uow, session.id, self._job.cause.user, answer)
        await session_days.record(uow.tx, session.id, uow.now)
        if is_asleep(session):
            await recheck_held(uow, session)
        if session.thread_ts is not None and self._job.cause.picked is None:
            await threads.advance_last_seen(uow.tx, session.team, session.channel, session.thread_ts, ts)
        for number, message in enumerate(self._files.left_out):
            await uow.post(f"file:{self._job.row.key}:{number}", session, message)
        if thing is None or thing.status == session.snapshot.status:
            await self._answer_at_dead_end(uow)
        to = recipient_of(self._job, session)
        await self._identities.write_outcome(uow, self._organisation, self._own_name, to)
        uow.after_commit(self._follow)

    async def _answer_at_dead_end(self, uow: UnitOfWork) -> None:
        """Answer what becomes of a reply that may lead nowhere, with the way on; at a limit each person once."""
        session, key = self._session, None
        if session.display_state is DisplayState.LIMIT:
            turn = (await sessions.tracked(uow.tx, [session.id]))[session.id].position.turn
            answer, key = reply_sentences.REPLY_AT_LIMIT, f"limit:{session.id}:{turn.number}:{self._job.cause.user}"
        elif session.display_state is DisplayState.FAILED:
            answer = reply_sentences.REPLY_AFTER_FAILURE
        elif is_over(session):
            answer = reply_sentences.REPLY_AFTER_END
        else:
            return
        kept = await kept_tasks.exists(uow.tx, session.id)
        to = recipient_of(self._job, session)
        await uow.reply_privately(to, with_way_on(answer, session, kept=kept), key=key or f"{self._job.row.key}:end")

    def _follow(self) -> None:
        log.info("reply sent", session=self._session.id, devin_id=self._session.devin_id)
        self._services.engine.wake_by(self._organisation.poll_tick, self._services.timing.poll_soon)

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Announce that the reply was not sent, and why. A session that takes no more messages is stored as ended."""
        if self._over:
            await self._write_ended(uow)
            return
        if self._own_name.is_refused:
            to = recipient_of(self._job, self._session)
            await self._identities.write_outcome(uow, self._organisation, self._own_name, to)
            await uow.reply_privately(to, reply_sentences.NAME_REFUSED)
            await inbox.finish(uow.tx, [self._job.row.key], uow.now, reason="name refused")
            return
        excerpt, words = plain(self._job.cause.text), _words(refused)
        said = reply_sentences.reply_not_sent(_reason(refused), self._job.row.ref, excerpt, words)
        await self._write_lost(uow, said, type(refused).__name__)

    async def _write_ended(self, uow: UnitOfWork) -> None:
        """Store that the session has ended, so that a mention in its thread starts a new one, and announce the loss."""
        session = self._session
        over = {"lifecycle": Lifecycle.ENDED, "ended_at": uow.now, "archived": False}
        await sessions.change(uow.tx, session.id, **over, stopped_by=None)
        await show_new_state(uow, session.id)
        said = with_way_on(reply_sentences.SESSION_ENDED, replace(session, lifecycle=Lifecycle.ENDED), kept=False)
        await self._write_lost(uow, said, "session ended")
        uow.after_commit(
            partial(self._services.engine.wake_by, self._organisation.poll_tick, self._services.timing.poll_soon)
        )  # for its last words

    async def _write_lost(self, uow: UnitOfWork, said: Message, reason: str) -> None:
        key = self._job.row.key
        await uow.post(f"lost:{key}", self._session, said)
        await inbox.finish(uow.tx, [key], uow.now, dead=True, reason=reason)
        uow.after_commit(partial(self._services.metrics.died, self._job.row.kind))


def key_of_muted(thread: Thread, user: str) -> str:
    """The key of the answer that `user` gets once because `thread` is muted, anew when it is muted once more."""
    return _key_once(thread, user, f"muted:{thread.muted_at}")


def _key_once(thread: Thread, user: str, what: str) -> str:
    """The key of an answer that each person gets once for a reason, because people may go on talking in the thread."""
    return f"{thread.team}:{thread.channel}:{thread.ts}:{user}:{what}"


def begins_anew(session: Session) -> bool:
    """Whether a reply has `session` use of a budget again what is not reserved: it sleeps or rests."""
    return is_asleep(session) or session.display_state in _HOLDS_NOTHING


def _mark(job: Job[MessageCause]) -> str:
    """Return the mark that begins the first line of the message: no other message has the same."""
    revision = job.cause.revision
    return f"[Slack {job.cause.ts}]" if revision is None else f"[Slack {job.cause.ts}, edited {revision.at}]"


def _correction_of(cause: MessageCause) -> str:
    """The line above the new text of an edited message, which says which message it takes the place of."""
    if cause.revision is None:
        return ""
    return f"Correction of the message of {datetime.fromtimestamp(float(cause.ts), UTC):%H:%M} UTC:\n"


def _unwanted_correction(unwanted: Message | None, session: Session | None) -> Message | None:
    """Why the new text of a message that Devin has is not sent: where no reply would be, without an answer.

    It wakes no session, and begins no new turn of one that is done, has answered or has failed: nobody means to pay for
    a typing error.
    """
    if unwanted is not None:
        return Message("")
    rests = session is not None and (
        begins_anew(session) or session.display_state in {DisplayState.FAILED, DisplayState.ENDED}
    )
    return reply_sentences.EDIT_NOT_SENT if rests else None


def _reason(refused: DevinRefused) -> str:
    if isinstance(refused, DevinForbidden) and refused.needed:
        return _PERMISSION.format(needed=refused.needed)
    return _WHY_REFUSED.get(type(refused), "Devin rejected it")


def _words(refused: DevinRefused) -> str:
    """What Devin said about it that the reason does not say: of a key or a permission that is all."""
    return "" if isinstance(refused, DevinForbidden) else refused.words
