"""Verbs and buttons: what people ask of the bot itself. They run in the lane of the session's thread.

A stop is claimed before the replies that wait, and ends them in its transaction. Before the create call it cancels the
start. While that call has no known outcome, the stop is stored, and whoever finds the session stops it. To stop is to
archive, which may be repeated: after a crash it is done again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.conversation.notified import post_stop
from bot.conversation.session_card import SessionCard, remove_mark
from bot.conversation.session_rows import show_new_state
from bot.conversation.steer import held_reply
from bot.conversation.steer.ending import Ending, record_end
from bot.conversation.steer.reply import key_of_muted
from bot.conversation.steer.session_list import SessionList
from bot.conversation.steer.waiting_messages import end_waiting, open_start
from bot.conversation.titles import ShownTitles, permalink
from bot.domain.causes import ActionCause, MessageCause
from bot.domain.commands import registry
from bot.domain.commands.spec import CommandSpec
from bot.domain.dead_ends import WayOn, way_on
from bot.domain.session import Lifecycle, Session
from bot.kernel.commands.handler import NO_ANSWER, Answer, Asked, Deferred, Handler
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.job import CommandJob, Job, Reschedule, finish, finish_with, move, recipient_of, reply_not_done
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.slack.errors import SlackRefused
from bot.store import audit, channels, inbox, people, sessions, threads
from bot.store.audit import AuditRow
from bot.views.answers import replies as reply_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.message import Message
from bot.views.sentences import STOPPABLE

OnSession = Callable[[CommandJob, Session], Awaitable[None]]
StopFailed = Callable[[UnitOfWork, Session], Awaitable[None]]


class SessionCommands:
    """Carries out verbs and buttons about sessions."""

    def __init__(self, services: Services, session_list: SessionList, stop_failed: Sequence[StopFailed]) -> None:
        self._services = services
        self._stop_failed = stop_failed
        self._session_list = session_list
        self._ending = Ending(services)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What each command about a session does."""
        stop = self._in_thread(self._stop)
        return {
            registry.STATUS: Handler(self._answer_status, on_session=self._status, named=self._session_list.by_title),
            registry.STOP: Handler(self._pick, on_session=stop, lost=self._lost, named=self._session_list.by_title),
            registry.STOP_LISTED: Handler(on_session=self._stop_listed, lost=self._lost),
            registry.STOP_CONFIRMED: Handler(on_session=stop, lost=self._lost),
            registry.ARCHIVE: Handler(self._pick, on_session=self._in_thread(self._archive), lost=self._lost),
            registry.ARCHIVE_CONFIRMED: Handler(on_session=self._in_thread(self._archive), lost=self._lost),
            registry.MUTE: Handler(on_session=self._mute),
            registry.UNMUTE: Handler(on_session=self._unmute),
            registry.EXIT: Handler(on_session=self._confirm_exit),
            registry.EXIT_CONFIRMED: Handler(on_session=self._in_thread(self._exit), lost=self._lost),
        }

    async def _lost(self, uow: UnitOfWork, job: CommandJob, _reason: str) -> None:
        """Announce that the session was not stopped: in its thread, or privately if it has none."""
        session = await sessions.get(uow.tx, job.cause.argument)
        if session is not None and session.thread_ts is not None:
            await self.not_stopped(uow, job, session.id)
        else:
            await reply_not_done(uow, job)

    async def not_stopped(self, uow: UnitOfWork, job: Job[MessageCause | ActionCause], session_id: str) -> None:
        """Announce in the thread and on the card that the session still runs, and wherever a hook does."""
        session = await sessions.get(uow.tx, session_id)
        if session is None or session.thread_ts is None:
            return
        await sessions.change(uow.tx, session.id, stop_requested=False, stopped_by=None)
        for hook in self._stop_failed:
            await hook(uow, session)
        await uow.redraw(SessionCard, session.id)
        failed = stop_sentences.stop_failed(session.url, job.row.ref, job.cause.unsent)
        await uow.post(f"lost:{job.row.key}", session, failed)

    def _in_thread(self, act: OnSession) -> OnSession:
        """Have `act` done in the lane of the session's thread: the row is moved there first."""

        async def done_in_thread(job: CommandJob, session: Session) -> None:
            if session.thread_ts is None or session.lane == job.row.lane:
                await act(job, session)
                return
            async with self._services.unit_of_work_for(job) as uow:
                await move(uow, job, session.lane, job.cause)

        return done_in_thread

    # ------------------------------------------------------------ answers

    async def _answer_status(self, asked: Asked) -> Answer:
        picked = await self._session_list.pick(asked)
        return picked if isinstance(picked, Message) else await self._session_list.status(asked.workspace, picked)

    async def _pick(self, asked: Asked) -> Answer:
        picked = await self._session_list.pick(asked)
        if isinstance(picked, Message):
            return picked
        if asked.spec is not registry.STOP:
            return Deferred(
                picked.lane, picked.id, stop_sentences.archiving(picked, permalink(asked.workspace, picked))
            )
        if _nothing_to_stop(picked) is not None:
            return Deferred(picked.lane, picked.id, NO_ANSWER)
        async with self._services.db.read() as tx:
            titles = await ShownTitles.read(tx, asked.workspace, asked.readers)
        stand_in = titles.replacement(picked.channel, picked.requester)
        stopping = stop_sentences.stopping(picked, permalink(asked.workspace, picked), stand_in)
        return Deferred(picked.lane, picked.id, stopping)

    async def _status(self, job: CommandJob, session: Session) -> None:
        shown = await self._session_list.as_seen_by(job.workspace, session, job.cause.user or "")
        await self._services.answer(job, session_sentences.status(self._services.workspaces.with_code_hosts(shown)))

    async def _mute(self, job: CommandJob, session: Session) -> None:
        await self._set_muted(job, session, True, reply_sentences.MUTED, reply_sentences.ALREADY_MUTED)

    async def _unmute(self, job: CommandJob, session: Session) -> None:
        async with self._services.db.read() as tx:
            turns = await self._services.settings.turns(tx, session.team, session.channel)
        await self._set_muted(job, session, False, reply_sentences.unmuted(turns), reply_sentences.not_muted(turns))

    async def _set_muted(self, job: CommandJob, session: Session, muted: bool, message: Message, same: Message) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            thread = await threads.get(uow.tx, session.team, session.channel, session.thread_ts or "")
            if thread is None or thread.muted == muted:
                await finish_with(uow, job, same, session)
                return
            muted_at, to = uow.now if muted else None, recipient_of(job, session)
            await threads.set_muted(uow.tx, thread, muted_at)
            # Who mutes the thread reads of it now, and not once more at a reply.
            key = key_of_muted(replace(thread, muted_at=muted_at), to.user) if muted else None
            await uow.reply_privately(to, message, key=key)
            await finish(uow, job)

    # ------------------------------------------------------------ stop, archive, exit

    async def _stop(self, job: CommandJob, session: Session) -> None:
        if (nothing := _nothing_to_stop(session)) is not None:
            if not await held_reply.leave_asleep(self._services, job, session):
                await self._leave(job, session, nothing)
        elif _is_somebody_elses(job, session):
            await self._services.answer(job, stop_sentences.stop_confirm(session), session)
        elif session.lifecycle is Lifecycle.OPEN:
            await self._put_to_sleep(job, session, closing=False)
        else:
            await self._stop_unless_open(job, session)

    async def _leave(self, job: CommandJob, session: Session, nothing: Message) -> None:
        """Answer that there is `nothing` to stop, and end the replies that wait, which would set Devin to work."""
        to = recipient_of(job, session)
        shown_in = to.pressed_in if to.response_url else to.thread_ts
        if (to.channel, shown_in) == (session.channel, session.thread_ts):
            nothing = stop_sentences.in_its_thread(nothing)
        async with self._services.unit_of_work_for(job) as uow:
            unsent = await end_waiting(uow, self._services.commands.parser, job)
            if unsent:
                await uow.post(f"unsent:{job.row.key}", session, stop_sentences.none_sent(unsent))
            await finish_with(uow, job, nothing, session)

    async def _stop_listed(self, job: CommandJob, session: Session) -> None:
        """Show the stop in the list whose button was pressed, with the numbers of before, and have the session stopped.

        What comes of the stop is then posted in the session's thread. Where there is nothing to stop, a private answer
        says so beside the list.
        """
        stoppable = session.display_state in STOPPABLE
        async with self._services.unit_of_work_for(job) as uow:
            shown = await self._session_list.shown_again(
                uow.tx, job.workspace, job.cause.user or "", replace(session, stop_requested=stoppable)
            )
            message = (
                session_list_sentences.list_with_stop(shown, session)
                if stoppable
                else session_list_sentences.session_list(shown)
            )
            # With a key of its own, because the stop may have an answer too.
            await uow.reply_privately(recipient_of(job), message, key=f"{job.row.key}:list")
            stop = replace(job.cause, command=registry.STOP.name, pressed=False, chosen=False)
            await move(uow, job, session.lane, stop)

    async def _archive(self, job: CommandJob, session: Session) -> None:
        if _is_somebody_elses(job, session):
            await self._services.answer(job, stop_sentences.archive_confirm(session), session)
        elif session.lifecycle is Lifecycle.OPEN:
            await self._put_to_sleep(job, session, closing=True)
        else:
            await self._stop_unless_open(job, session)

    async def _stop_unless_open(self, job: CommandJob, session: Session) -> None:
        """Stop a session that is not open: cancel its start, have it stopped once found, or say that it has ended."""
        if session.lifecycle not in {Lifecycle.QUEUED, Lifecycle.CREATING}:
            unknown = session.lifecycle is Lifecycle.UNCERTAIN
            await self._services.answer(
                job, stop_sentences.STOP_UNKNOWN if unknown else stop_sentences.already_ended(session), session
            )
            return
        async with self._services.unit_of_work_for(job) as uow:
            by = await _name(uow, job)
            await sessions.change(
                uow.tx, session.id, stop_requested=True, stop_ts=job.row.ts, **_stopped_by(job.cause.user, by)
            )
            current = await sessions.get(uow.tx, session.id)
            if current is None or current.lifecycle not in {Lifecycle.QUEUED, Lifecycle.CREATING}:
                # Rolls this transaction back; the next try stops the session.
                raise Reschedule(self._services.timing.just_begun_retry, "the session has just begun")
            start = await open_start(uow, job, session)
            if start is not None and not is_unknown(start):
                await inbox.finish(uow.tx, [start.key], uow.now, reason="cancelled")
                await sessions.end(uow.tx, session.id, Lifecycle.CANCELLED, uow.now)
                await remove_mark(uow, session.id)
                unsent = await end_waiting(uow, self._services.commands.parser, job)
                said = stop_sentences.cancelled(by, unsent)
                await post_stop(uow, f"announce:{session.id}:cancelled", session, job.cause.user, said)
                await _record_stop(uow, job, session, audit.STOP)
                await _close_question(uow, job)
            else:
                # Whoever finds the session, or that there is none, acts on `stop_requested`.
                stopping = stop_sentences.stopping(session, permalink(job.workspace, session))
                message = stopping if start is None else stop_sentences.STOP_AFTER_CHECK
                await uow.reply_privately(recipient_of(job, session), message)
            await uow.redraw(SessionCard, session.id)
            await finish(uow, job)

    async def cancel_waiting_messages(self, job: Job[MessageCause]) -> None:
        """End the messages that wait in a thread without a session, so that the first of them starts none."""
        async with self._services.unit_of_work_for(job) as uow:
            unsent = await end_waiting(uow, self._services.commands.parser, job)
            message = stop_sentences.cancelled(await _name(uow, job)) if unsent else session_sentences.NO_SESSION_HERE
            await finish_with(uow, job, message)

    async def _put_to_sleep(self, job: CommandJob, session: Session, *, closing: bool) -> None:
        if await self._was_resumed(job, session):
            await self._leave_awake(job, session)
            return
        unsent = await self._begin_stop(job, session)
        made = await self._ending.put_to_sleep(job, session)
        if made is None:
            await self._mark_ended(job, session)
            return
        async with self._services.unit_of_work_for(job) as uow:
            by = await _name(uow, job)
            asleep = {"archived": True, "stop_requested": False, "not_found_since": None}
            await sessions.change(uow.tx, session.id, **asleep, **_stopped_by(job.cause.user, by))
            await sessions.apply_reply_status(uow.tx, session.id, made.snapshot())
            if closing:
                await threads.close(uow.tx, session.team, session.channel, session.thread_ts or "")
                await sessions.change(uow.tx, session.id, lifecycle=Lifecycle.ENDED, ended_at=uow.now)
            known = await channels.get(uow.tx, session.team, session.channel)
            shared = known is not None and known.is_shared
            turns = await uow.settings.turns(uow.tx, session.team, session.channel)
            now = await sessions.get(uow.tx, session.id)
            spent = now is not None and way_on(now) is WayOn.CONTINUE
            stopped = stop_sentences.stopped(by, unsent, shared=shared, spent=spent, turns=turns)
            message = stop_sentences.archived(by, unsent) if closing else stopped
            await _record_stop(uow, job, session, audit.ARCHIVE if closing else audit.STOP)
            await post_stop(uow, _said(job), session, job.cause.user, message)
            await _close_question(uow, job)
            await remove_mark(uow, session.id)
            await show_new_state(uow, session.id)
            await finish(uow, job)

    async def _was_resumed(self, job: CommandJob, session: Session) -> bool:
        """Whether the stop was carried out, and the session woken since: only where a backup was put back as the store.

        Its post stands in the thread then, and the session is awake.
        """
        restoration, slack = self._services.restoration, job.workspace.slack
        if session.thread_ts is None or session.devin_id is None or not restoration.may_be_done(job.row):
            return False
        since = restoration.earliest(job.row.created_at)
        try:
            if await slack.find(session.channel, session.thread_ts, _said(job), since) is None:
                return False
        except SlackRefused:
            return False
        made = await self._services.organisations.of(session).devin.get_session(session.devin_id)
        return not made.is_archived

    async def _leave_awake(self, job: CommandJob, session: Session) -> None:
        """Close a stop from before the session was woken, and the replies from before it, as that stop has done."""
        async with self._services.unit_of_work_for(job) as uow:
            await end_waiting(uow, self._services.commands.parser, job, session)
            await finish(uow, job)

    async def _mark_ended(self, job: CommandJob, session: Session) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await sessions.change(
                uow.tx, session.id, lifecycle=Lifecycle.ENDED, ended_at=uow.now, stop_requested=False, stopped_by=None
            )
            await uow.reply_privately(recipient_of(job, session), stop_sentences.ALREADY_ENDED)
            await show_new_state(uow, session.id)
            await finish(uow, job)
        tick = self._services.organisations.of(session).poll_tick
        self._services.engine.wake_by(tick, self._services.timing.poll_soon)  # for its last words

    async def _begin_stop(self, job: CommandJob, session: Session) -> int:
        """End the replies that wait, and have the card show the stop. Returns how many replies were not sent."""
        async with self._services.unit_of_work_for(job) as uow:
            unsent = await end_waiting(uow, self._services.commands.parser, job, session) + job.cause.unsent
            if unsent:
                await inbox.note(uow.tx, job.row.key, replace(job.cause, unsent=unsent))
            by = await _name(uow, job)
            await sessions.change(uow.tx, session.id, stop_requested=True, **_stopped_by(job.cause.user, by))
            await uow.redraw(SessionCard, session.id)
        return unsent

    async def _confirm_exit(self, job: CommandJob, session: Session) -> None:
        message = (
            stop_sentences.exit_confirm(session)
            if session.lifecycle is Lifecycle.OPEN
            else stop_sentences.already_ended(session)
        )
        await self._services.answer(job, message, session)

    async def _exit(self, job: CommandJob, session: Session) -> None:
        if session.lifecycle is not Lifecycle.OPEN:
            await self._services.answer(job, stop_sentences.already_ended(session), session)
            return
        unsent = await self._begin_stop(job, session)
        await self._ending.end_for_good(job, session)
        async with self._services.unit_of_work_for(job) as uow:
            by = await _name(uow, job)
            # One that slept before is no longer only archived.
            ended = {"lifecycle": Lifecycle.ENDED, "ended_at": uow.now, "archived": False}
            await sessions.change(uow.tx, session.id, **ended, **_stopped_by(job.cause.user, by))
            await record_end(uow, job, session)
            await threads.close(uow.tx, session.team, session.channel, session.thread_ts or "")
            said = stop_sentences.exited(by, unsent)
            await post_stop(uow, f"said:{job.row.key}", session, job.cause.user, said)
            await uow.reply_privately(recipient_of(job), stop_sentences.EXIT_DONE)  # in place of the question
            await remove_mark(uow, session.id)
            await show_new_state(uow, session.id)
            await finish(uow, job)


def _nothing_to_stop(session: Session) -> Message | None:
    """What a stop of `session` is answered if it would change nothing; None if it does something.

    With `stop_requested` an earlier try may have put it to sleep: the stop goes on, so that it is announced.
    """
    if session.lifecycle is not Lifecycle.OPEN or session.stop_requested:
        return None
    return stop_sentences.nothing_to_stop(session)


def _is_somebody_elses(job: CommandJob, session: Session) -> bool:
    """Whether a person stops or archives, by a word or a button, what they did not ask for: they have to confirm it."""
    cause = job.cause
    # Whatever state it is in: until it is archived a reply wakes it.
    archives = cause.command == registry.ARCHIVE.name and session.lifecycle is Lifecycle.OPEN
    stops = cause.command in {registry.STOP.name, registry.ARCHIVE.name} and session.display_state in STOPPABLE
    return (cause.written or cause.pressed) and (stops or archives) and cause.user != session.requester


async def _close_question(uow: UnitOfWork, job: CommandJob) -> None:
    """Replace the private question whether to stop the session, if the stop is the answer to it."""
    if job.cause.command == registry.STOP_CONFIRMED.name:
        await uow.reply_privately(recipient_of(job), stop_sentences.STOP_DONE)
    elif job.cause.command == registry.ARCHIVE_CONFIRMED.name:
        await uow.reply_privately(recipient_of(job), stop_sentences.ARCHIVE_DONE)


async def _name(uow: UnitOfWork, job: Job[MessageCause | ActionCause]) -> str:
    return await people.name_of(uow.tx, job.workspace.team, job.cause.user) if job.cause.user else ""


def _stopped_by(user: str | None, name: str) -> dict[str, Any]:
    return {"stopped_by": user, "stopped_by_name": name}


async def _record_stop(uow: UnitOfWork, job: CommandJob, session: Session, action: str) -> None:
    by = (job.cause.user or "", action, session.devin_id or "", session.channel)
    await audit.add(uow.tx, AuditRow(session.team, uow.now, *by))


def _said(job: CommandJob) -> str:
    """The key of the post that announces a stop."""
    return f"said:{job.row.key}"
