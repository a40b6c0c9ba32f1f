"""What becomes of a message after it was stored: its author edits or deletes it.

While the message waits, in the inbox or for an answer, the new text takes the place of the old one, or nothing is sent.
A session that Devin has not taken yet is cancelled by a deletion, and starts with the old text in spite of an edit.
Once Devin has it, the new text is sent as a correction when the author has made no further edit for a while; of a
deletion only the author is informed.

The row of an edit comes first in the lane of its thread, so that nobody works on the message meanwhile. Of two edits
that change places the older one counts for nothing (`edited_ts`). All that an edit changes is stored with the end of
its row: a crash leaves both or neither.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.conversation.notified import post_stop
from bot.conversation.receive.intake import NO_TASK
from bot.conversation.session_card import card_key, end_unstarted
from bot.conversation.steer import held_reply
from bot.conversation.steer.held_start import go_on
from bot.domain.causes import Confirmation, MessageCause, Revision
from bot.domain.commands.small_talk import small_talk
from bot.domain.keys import session_id
from bot.domain.lane import thread_lane, thread_of
from bot.domain.session import Lifecycle, Session
from bot.domain.text import plain, without_mention
from bot.kernel.job import Job, finish, finish_with, move, recipient_of
from bot.kernel.services import Services
from bot.kernel.tasks import Revised
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import inbox, lanes, people, posts, sessions, threads
from bot.store.inbox import InboxRow, Standing
from bot.store.threads import Thread
from bot.views.answers import replies as reply_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.answers import wakings as waking_sentences


class Revisions:
    """Takes edits and deletions of messages; `is_command` says whether the message of a row is one for the bot.

    The hooks `revised` are called for a message that waited for an answer.
    """

    def __init__(
        self, services: Services, is_command: Callable[[Job[MessageCause]], bool], revised: Sequence[Revised]
    ) -> None:
        self._services = services
        self._is_command = is_command
        self._revised = revised

    async def take(self, job: Job[MessageCause], revision: Revision) -> None:
        """Have the message say what it says after `revision`, which the row of the job is about."""
        async with self._services.unit_of_work_for(job) as uow:
            stands = await _standing(uow, revision)
            begun = stands and (stands.sent or await sessions.get(uow.tx, session_id(stands.key)) is not None)
            if stands is None:
                await self._store_message(uow, job, revision)
            elif stands.edited_ts is not None and stands.edited_ts >= revision.at:
                await finish(uow, job)
            elif revision.of_files and (begun or not stands.open):
                await finish(uow, job)  # what is begun keeps the files that it has
            elif (starting := await _starting(uow, stands)) is not None:
                await self._revise_starting(uow, job, revision, stands, starting)
            elif begun:
                await inbox.note_edit(uow.tx, stands.key, revision.at)
                await self._revise_sent(uow, job, revision, stands)
            else:
                await self._revise_waiting(uow, job, revision, stands)

    async def _store_message(self, uow: UnitOfWork, job: Job[MessageCause], revision: Revision) -> None:
        """Store the message itself, whose own event has not come yet; one that is deleted is never sent."""
        if uow.now - float(job.cause.ts) <= uow.timing.slack_retries:
            cause = replace(job.cause, revision=None)
            row = replace(
                job.row.with_cause(cause), key=revision.of, ready_at=uow.now, urgent=False, edited_ts=revision.at
            )
            await uow.add_to_inbox(row)
            if revision.deleted:
                await inbox.finish(uow.tx, [row.key], uow.now, reason="deleted")
        await finish(uow, job)

    # ------------------------------------------------------------ a message that waits

    async def _revise_waiting(
        self, uow: UnitOfWork, job: Job[MessageCause], revision: Revision, stands: Standing
    ) -> None:
        row = await inbox.get(uow.tx, stands.key)
        if row is None or not isinstance(row.cause, MessageCause):
            # A command that was carried out, or a message that was answered and not sent.
            if _asks_for_something(job, revision):
                key = f"{stands.key}:edited late"  # once, however often it is edited
                await uow.reply_privately(recipient_of(job), reply_sentences.EDITED_LATE, key=key)
            await finish(uow, job)
        elif row.lane != job.row.lane and row.cause.hold is None:
            await move(uow, job, row.lane, job.cause)  # a line of a direct message went there
        else:
            await inbox.note_edit(uow.tx, row.key, revision.at)
            message = row.with_cause(row.cause)
            for hook in self._revised if row.cause.hold is not None else ():
                await hook(uow, job.workspace, row.key, not revision.deleted)
            await (_end_waiting(uow, message) if revision.deleted else self._renew(uow, job, message))
            await finish(uow, job)

    async def _renew(self, uow: UnitOfWork, job: Job[MessageCause], row: InboxRow[MessageCause]) -> None:
        """Put the new text into the row of the message. What was asked about the old text is asked anew if need be."""
        new = job.cause
        said = replace(
            row.cause,
            text=new.text,
            mention=new.mention,
            files=new.files,
            quoted=new.quoted,
            with_secret=new.with_secret,
            as_it_is=False,
        )
        hold = row.cause.hold
        about_session = hold is not None and hold.question == waking_sentences.QUESTION
        if hold is None or (about_session and not new.with_secret and not self._is_command(job)):
            await inbox.note(uow.tx, row.key, said)
            return
        await held_reply.ask_others_anew(uow, row)
        await go_on(uow, row.key, row.team, replace(said, hold=None, confirmation=Confirmation()))

    # ------------------------------------------------------------ a start that Devin has not taken yet

    async def _revise_starting(
        self, uow: UnitOfWork, job: Job[MessageCause], revision: Revision, stands: Standing, session: Session
    ) -> None:
        """Cancel the start of a message that was deleted; an edit of its text follows the start as a correction."""
        if stands.lane != job.row.lane:
            await move(uow, job, stands.lane, job.cause)  # so that the start is not on its way meanwhile
            return
        await inbox.note_edit(uow.tx, stands.key, revision.at)
        if revision.deleted:
            await _cancel_start(uow, job, stands.key, session)
            await finish(uow, job)
            return
        if not job.cause.with_secret and not self._is_command(job):
            key = f"{stands.key}:starts as it was"  # once, however often it is edited
            await uow.reply_privately(recipient_of(job), reply_sentences.STARTS_AS_IT_WAS, key=key)
        await self._revise_sent(uow, job, revision, stands)

    # ------------------------------------------------------------ a message that Devin has

    async def _revise_sent(self, uow: UnitOfWork, job: Job[MessageCause], revision: Revision, stands: Standing) -> None:
        await _end_corrections(uow, job.cause.ts, stands.lane)
        place = thread_of(stands.lane)
        thread = await threads.get(uow.tx, *place) if place else None
        # A mention has no thread yet, and a line of a direct message has one that it was not written in.
        cause = replace(job.cause, thread_ts=place[2] if place else job.cause.root_ts, files=(), quoted="")
        answered = replace(job, row=job.row.with_cause(cause))
        if thread is not None and not cause.with_secret and await _is_over(uow, thread):
            await finish(uow, job)
        elif revision.deleted and (lost := await _without_thread(uow, cause, thread)) is not None:
            # In the channel, as Slack shows nothing in a thread whose first message is gone.
            await finish_with(uow, job, reply_sentences.deleted_task(lost))
        elif revision.deleted:
            session = await sessions.get(uow.tx, thread.session_id) if thread is not None else None
            told = reply_sentences.deleted(session, muted=thread is not None and thread.muted)
            await finish_with(uow, answered, told)
        elif self._is_command(job):
            await finish_with(uow, answered, reply_sentences.EDIT_IS_NO_COMMAND)
        else:
            # A secret is answered at once.
            wait = 0.0 if cause.with_secret else uow.timing.edit_settle
            await inbox.postpone(uow.tx, job.row.key, stands.lane, cause, uow.now + wait)
            await lanes.release(uow.tx, job.claim)
            uow.wakes[stands.lane] = wait


async def _standing(uow: UnitOfWork, revision: Revision) -> Standing | None:
    """What became of the message: of one with a task, and else of what it was without one."""
    with_task = await inbox.standing(uow.tx, revision.of.removesuffix(NO_TASK))
    return with_task or await inbox.standing(uow.tx, revision.of)


def _asks_for_something(job: Job[MessageCause], revision: Revision) -> bool:
    """Whether the new text is written to the bot itself, which took the old one, and is no small talk."""
    text = plain(without_mention(job.cause.text, job.workspace.bot_user))
    return job.cause.addressed and not revision.deleted and not job.cause.with_secret and small_talk(text) is None


async def _starting(uow: UnitOfWork, stands: Standing) -> Session | None:
    """The session that the message is to start, if Devin has taken nothing of it yet and the next try may start it."""
    if not stands.open or stands.sent:
        return None
    session = await sessions.get(uow.tx, session_id(stands.key))
    return session if session is not None and session.lifecycle in {Lifecycle.QUEUED, Lifecycle.CREATING} else None


async def _cancel_start(uow: UnitOfWork, job: Job[MessageCause], key: str, session: Session) -> None:
    """End the start of `session`, whose message's row has this `key`, as a stop by the author does."""
    by = await people.name_of(uow.tx, session.team, job.cause.user)
    await inbox.finish(uow.tx, [key], uow.now, reason="deleted")
    await sessions.change(uow.tx, session.id, stopped_by=job.cause.user, stopped_by_name=by)
    await end_unstarted(uow, session.id, Lifecycle.CANCELLED)
    said = stop_sentences.cancelled(by)
    await post_stop(uow, f"announce:{session.id}:cancelled", session, job.cause.user, said)


async def _is_over(uow: UnitOfWork, thread: Thread) -> bool:
    session = await sessions.get(uow.tx, thread.session_id)
    return thread.closed or session is None or session.lifecycle not in sessions.LIVE_LIFECYCLES


async def _without_thread(uow: UnitOfWork, cause: MessageCause, thread: Thread | None) -> Session | None:
    """The session that the deleted message began, if nothing stood in its thread yet: Slack then drops the thread."""
    if thread is None or cause.ts != thread.ts:
        return None
    card = await posts.get(uow.tx, card_key(thread.session_id))
    return await sessions.get(uow.tx, thread.session_id) if card is None or card.ts is None else None


async def _end_corrections(uow: UnitOfWork, ts: str, lane: str) -> None:
    """Close the rows of earlier edits of the message `ts` whose text waits to be sent: only the newest text is."""
    waiting = await inbox.waiting(uow.tx, lane, MessageCause)
    corrections = [row for row in waiting if row.cause.ts == ts and row.cause.revision and not row.urgent]
    overtaken = [row.key for row in corrections if row.intent_at is None]
    await inbox.finish(uow.tx, overtaken, uow.now, reason="edited again")


async def _end_waiting(uow: UnitOfWork, row: InboxRow[MessageCause]) -> None:
    """Close the row of a message that was deleted before it was sent, without what it said."""
    if row.cause.hold is not None:
        await held_reply.ask_others_anew(uow, row)
    # In the lane of its thread, where it stays so that it never acts again.
    lane = row.lane if row.cause.hold is None else _lane_of(row)
    await inbox.move(uow.tx, row.key, lane, replace(row.cause, text="", files=(), quoted="", hold=None), row.ts)
    # Dead and not done, so that who answers its question reads that nothing was sent.
    await inbox.finish(uow.tx, [row.key], uow.now, dead=True, reason="deleted")


def _lane_of(row: InboxRow[MessageCause]) -> str:
    return thread_lane(row.team, row.cause.channel, row.cause.root_ts)
