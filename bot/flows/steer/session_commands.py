"""Verbs and buttons: what people ask of the bot itself. They run in the lane of the session's thread.

A stop is claimed before the replies that wait, and ends them in its transaction. Before the create call it cancels the
start. While that call has no known outcome, the stop is stored, and whoever finds the session stops it. To stop is to
archive, which may be repeated: after a crash it is done again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from bot.domain.causes import ActionCause, MessageCause
from bot.domain.commands import registry
from bot.domain.commands.parser import Command
from bot.domain.commands.spec import CommandSpec
from bot.domain.session import DisplayState, Lifecycle, Session
from bot.flows.access import Access
from bot.flows.exactly_once.loss import is_unknown
from bot.flows.job import CommandJob, Job, Reschedule, finish, finish_with, move, recipient_of, reply_not_done
from bot.flows.services import Services
from bot.flows.session_rows import remove_mark, show_new_state
from bot.flows.steer import held_reply
from bot.flows.steer.ending import Ending, record_end
from bot.flows.steer.listed_stop import show_stop_in_list
from bot.flows.steer.session_list import SessionList
from bot.flows.steer.waiting_messages import end_waiting, open_start
from bot.flows.unit_of_work import UnitOfWork
from bot.store import alarms, channels, inbox, people, sessions, threads
from bot.store.threads import Thread
from bot.views.answers import replies as reply_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.help_texts import THREAD_HELP
from bot.views.message import Message
from bot.views.sentences import STOPPABLE

_ASLEEP: Final = frozenset({DisplayState.STOPPED, DisplayState.ASLEEP})

Handler = Callable[[CommandJob, Session], Awaitable[None]]


class SessionCommands:
    """Carries out verbs and buttons about sessions."""

    def __init__(self, services: Services, access: Access, session_list: SessionList) -> None:
        self._services = services
        self._access = access
        self._session_list = session_list
        self._ending = Ending(services)
        self._on_session: dict[str, Handler] = {
            registry.STATUS.name: self._status,
            registry.COST.name: self._cost,
            registry.STOP.name: self._stop,
            registry.STOP_LISTED.name: self._stop,
            registry.STOP_CONFIRMED.name: self._stop,
            registry.STOP_DECLINED.name: self._keep_session,
            registry.ARCHIVE.name: self._archive,
            registry.MUTE.name: self._mute,
            registry.UNMUTE.name: self._unmute,
            registry.EXIT.name: self._confirm_exit,
            registry.EXIT_CONFIRMED.name: self._exit,
            registry.EXIT_DECLINED.name: self._keep_session,
        }

    async def run(self, job: Job[ActionCause]) -> None:
        """Carry out a button, or a slash command that names a session, or answer privately why not."""
        cause = job.cause
        spec = registry.named(cause.verb)
        session = await self._services.session(cause.target)
        # A button's value is no authorisation: the session must be in the channel in which the button was pressed, or
        # in a list be the person's own.
        if session is None or not _is_in_place(session, job):
            await self._services.answer(job, session_sentences.NO_SESSION_HERE)
            return
        refusal = await self.refusal(job)
        if refusal is not None:
            await self._services.answer(job, refusal)
            return
        if spec is registry.STOP_LISTED and cause.pressed:
            await show_stop_in_list(self._services, self._session_list, job, session)
            return
        if spec.ends_session and await self._move_to_thread(job, session):
            return
        await self._run_on(session, spec, job)

    async def verb(self, job: Job[MessageCause], verb: Command, thread: Thread | None) -> None:
        """Carry out a verb that a person wrote in `thread`, or answer privately that no session is there."""
        if verb.spec is registry.HELP:
            await self._services.answer(job, THREAD_HELP)
        elif verb.spec is registry.ASIDE:
            await self._services.answer(job, reply_sentences.ASIDE)
        else:
            session = await self._services.session(thread.session_id) if thread else None
            if session is not None:
                await self._run_on(session, verb.spec, job)
            elif verb.spec.ends_session:
                await self._cancel_waiting_messages(job)
            else:
                await self._services.answer(job, session_sentences.NO_SESSION_HERE)

    async def on_dead(self, uow: UnitOfWork, job: Job[ActionCause], _reason: str, /) -> None:
        """Announce that the session was not stopped: in its thread, or privately if it has none."""
        session = await sessions.get(uow.tx, job.cause.target)
        if session is not None and session.thread_ts is not None:
            await self.not_stopped(uow, job, session.id)
        else:
            await reply_not_done(uow, job)

    async def not_stopped(self, uow: UnitOfWork, job: CommandJob, session_id: str) -> None:
        """Announce in the thread, on the card and in an alarm about it that the session still runs."""
        session = await sessions.get(uow.tx, session_id)
        if session is None or session.thread_ts is None:
            return
        await sessions.change(uow.tx, session.id, stop_requested=False, stopped_by=None)
        await alarms.not_stopped(uow.tx, session, uow.now)
        await uow.redraw(session.id)
        failed = stop_sentences.stop_failed(session.url, job.row.ref, job.cause.unsent)
        await uow.post(f"lost:{job.row.key}", session, failed)

    async def _run_on(self, session: Session, spec: CommandSpec, job: CommandJob) -> None:
        """Carry out `spec` on the session if the person's role allows it; else refuse, or answer that it has ended."""
        refusal = await self._access.role_refusal(job.workspace, spec, job.cause.user, session)
        if refusal is not None:
            message = refusal if session.lifecycle is Lifecycle.OPEN else stop_sentences.ALREADY_ENDED
            await self._services.answer(job, message, session)
            return
        await self._on_session[spec.name](job, session)

    async def _move_to_thread(self, job: Job[ActionCause], session: Session) -> bool:
        """Move the row into the lane of its session's thread, unless it came in that lane. Returns whether it moved."""
        if session.thread_ts is None:
            return False
        if session.lane == job.row.lane:
            return False
        async with self._services.unit_of_work_for(job) as uow:
            await move(uow, job, session.lane, job.cause)
        return True

    async def refusal(self, job: Job[ActionCause]) -> Message | None:
        """Why the person of the job may not use the bot where they pressed or typed, or None."""
        cause = job.cause
        if cause.user is None:
            return None  # a stop that was stored for later; its asker was checked when it was stored
        ends = registry.named(cause.verb).ends_session
        if ends:
            person = await self._access.checked_person(job.workspace, cause.user, stops=True)
        else:
            person = await self._access.person(job.workspace, cause.user)
        # A press does not say whether its channel is shared by now. A command is about the person's own sessions.
        # Members of our workspace may still stop what runs in a shared channel.
        channel = cause.channel if cause.pressed and not ends else None
        shared = channel is not None and await self._access.is_shared(job.workspace, channel)
        return self._access.refusal(person, shared=shared)

    # ------------------------------------------------------------ answers

    async def _status(self, job: CommandJob, session: Session) -> None:
        await self._services.answer(job, session_sentences.status(self._services.workspaces.with_code_hosts(session)))

    async def _cost(self, job: CommandJob, session: Session) -> None:
        await self._services.answer(job, session_sentences.cost(session, job.workspace.policy.acu_price))

    async def _keep_session(self, job: CommandJob, _session: Session) -> None:
        await self._services.answer(job, stop_sentences.SESSION_KEPT)

    async def _mute(self, job: CommandJob, session: Session) -> None:
        await self._set_muted(job, session, True, reply_sentences.MUTED, reply_sentences.ALREADY_MUTED)

    async def _unmute(self, job: CommandJob, session: Session) -> None:
        await self._set_muted(job, session, False, reply_sentences.UNMUTED, reply_sentences.NOT_MUTED)

    async def _set_muted(self, job: CommandJob, session: Session, muted: bool, message: Message, same: Message) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            thread = await threads.get(uow.tx, session.team, session.channel, session.thread_ts or "")
            if thread is not None and thread.muted != muted:
                await threads.set_muted(uow.tx, thread, muted)
                await uow.post(f"said:{job.row.key}", session, message)
            else:
                await uow.reply_privately(recipient_of(job, session), same)
            await finish(uow, job)

    # ------------------------------------------------------------ stop, archive, exit

    async def _stop(self, job: CommandJob, session: Session) -> None:
        # With `stop_requested` an earlier try may have put it to sleep: the stop goes on, so that it is announced.
        if session.lifecycle is Lifecycle.OPEN and session.display_state in _ASLEEP and not session.stop_requested:
            if not await held_reply.leave_asleep(self._services, job, session):
                await self._services.answer(job, stop_sentences.ALREADY_STOPPED, session)
        elif _is_somebody_elses(job, session):
            await self._services.answer(job, stop_sentences.stop_confirm(session), session)
        elif session.lifecycle is Lifecycle.OPEN:
            await self._put_to_sleep(job, session, closing=False)
        else:
            await self._stop_unless_open(job, session)

    async def _archive(self, job: CommandJob, session: Session) -> None:
        if session.lifecycle is Lifecycle.OPEN:
            await self._put_to_sleep(job, session, closing=True)
        else:
            await self._stop_unless_open(job, session)

    async def _stop_unless_open(self, job: CommandJob, session: Session) -> None:
        """Stop a session that is not open: cancel its start, have it stopped once found, or say that it has ended."""
        if session.lifecycle not in {Lifecycle.QUEUED, Lifecycle.CREATING}:
            unknown = session.lifecycle is Lifecycle.UNCERTAIN
            await self._services.answer(
                job, stop_sentences.STOP_UNKNOWN if unknown else stop_sentences.ALREADY_ENDED, session
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
                unsent = await end_waiting(uow, job)
                await uow.post(f"announce:{session.id}:cancelled", session, stop_sentences.cancelled(by, unsent))
                await _close_question(uow, job)
            else:
                # Whoever finds the session, or that there is none, acts on `stop_requested`.
                message = stop_sentences.stopping(session) if start is None else stop_sentences.STOP_AFTER_CHECK
                await uow.reply_privately(recipient_of(job, session), message)
            await uow.redraw(session.id)
            await finish(uow, job)

    async def _cancel_waiting_messages(self, job: CommandJob) -> None:
        """End the messages that wait in a thread without a session, so that the first of them starts none."""
        async with self._services.unit_of_work_for(job) as uow:
            unsent = await end_waiting(uow, job)
            message = stop_sentences.cancelled(await _name(uow, job)) if unsent else session_sentences.NO_SESSION_HERE
            await finish_with(uow, job, message)

    async def _put_to_sleep(self, job: CommandJob, session: Session, *, closing: bool) -> None:
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
            message = (
                stop_sentences.archived(by, unsent) if closing else stop_sentences.stopped(by, unsent, shared=shared)
            )
            await uow.post(f"said:{job.row.key}", session, message)
            await _close_question(uow, job)
            await remove_mark(uow, session.id)
            await show_new_state(uow, session.id)
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
            unsent = await end_waiting(uow, job, session) + job.cause.unsent
            if unsent:
                await inbox.note(uow.tx, job.row.key, replace(job.cause, unsent=unsent))
            by = await _name(uow, job)
            await sessions.change(uow.tx, session.id, stop_requested=True, **_stopped_by(job.cause.user, by))
            await uow.redraw(session.id)
        return unsent

    async def _confirm_exit(self, job: CommandJob, session: Session) -> None:
        message = (
            stop_sentences.exit_confirm(session)
            if session.lifecycle is Lifecycle.OPEN
            else stop_sentences.ALREADY_ENDED
        )
        await self._services.answer(job, message, session)

    async def _exit(self, job: CommandJob, session: Session) -> None:
        if session.lifecycle is not Lifecycle.OPEN:
            await self._services.answer(job, stop_sentences.ALREADY_ENDED, session)
            return
        unsent = await self._begin_stop(job, session)
        await self._ending.end_for_good(job, session)
        async with self._services.unit_of_work_for(job) as uow:
            by = await _name(uow, job)
            ended = {"lifecycle": Lifecycle.ENDED, "ended_at": uow.now}
            await sessions.change(uow.tx, session.id, **ended, **_stopped_by(job.cause.user, by))
            await record_end(uow, job, session)
            await threads.close(uow.tx, session.team, session.channel, session.thread_ts or "")
            await uow.post(f"said:{job.row.key}", session, stop_sentences.exited(by, unsent))
            await uow.reply_privately(recipient_of(job), stop_sentences.EXIT_DONE)  # in place of the question
            await remove_mark(uow, session.id)
            await show_new_state(uow, session.id)
            await finish(uow, job)


def _is_somebody_elses(job: CommandJob, session: Session) -> bool:
    """Whether *Stop* on the card was pressed by a person who did not ask for the session, who has to confirm it."""
    cause = job.cause
    pressed = isinstance(cause, ActionCause) and cause.pressed and cause.verb == registry.STOP.name
    return pressed and session.display_state in STOPPABLE and cause.user != session.requester


async def _close_question(uow: UnitOfWork, job: CommandJob) -> None:
    """Replace the private question whether to stop the session, if the stop is the answer to it."""
    if isinstance(job.cause, ActionCause) and job.cause.verb == registry.STOP_CONFIRMED.name:
        await uow.reply_privately(recipient_of(job), stop_sentences.STOP_DONE)


async def _name(uow: UnitOfWork, job: CommandJob) -> str:
    return await people.name_of(uow.tx, job.workspace.team, job.cause.user) if job.cause.user else ""


def _stopped_by(user: str | None, name: str) -> dict[str, Any]:
    return {"stopped_by": user, "stopped_by_name": name}


def _is_in_place(session: Session, job: Job[ActionCause]) -> bool:
    """Whether the session is in the workspace of the job, and one that the button or command may name.

    A command names the person's own sessions, and so does a button of a list. Other buttons are about their channel's.
    """
    cause = job.cause
    own = cause.verb == registry.STOP_LISTED.name and session.requester == cause.user
    return session.team == job.workspace.team and (own or not cause.pressed or session.channel == cause.channel)
