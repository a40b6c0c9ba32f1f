"""The rows of a session that several rooms write: its record, its stop, its files, and its end if it never started."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bot.conversation.end_posts import settle
from bot.conversation.session_card import SessionCard, end_unstarted, post_card, refuse
from bot.domain.causes import ActionCause, Cause, StartCause
from bot.domain.commands.registry import STOP
from bot.domain.file import DEVINS, DevinFile
from bot.domain.keys import ref_of, ts_of
from bot.domain.lane import held_lane, thread_lane
from bot.domain.session import Lifecycle, Session, Snapshot
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.job import Job
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspaces
from bot.store import inbox, people, session_days, sessions, threads, waiting_times
from bot.store.inbox import InboxRow
from bot.store.threads import Thread
from bot.views.answers import starts as start_sentences
from bot.views.answers import wakings as waking_sentences
from bot.views.attachments import files_named
from bot.views.sentences import STOPPABLE

EYES: Final = "eyes"
NOT_SENT: Final = "pray"  # on small talk and the like: Devin doesn't get it
FILES_A_POST: Final = 10  # what people can share at once in Slack


async def add(uow: UnitOfWork, session: Session) -> None:
    """Store `session` with the name of its asker, unless it is stored already."""
    name = await people.name_of(uow.tx, session.team, session.requester)
    await sessions.add(uow.tx, replace(session, requester_name=name))


async def record(uow: UnitOfWork, session: Session) -> None:
    """Store `session`, which has a thread: its row, its thread, its card, and eyes on the message that asked for it."""
    assert session.thread_ts is not None
    await add(uow, session)
    values = {"lifecycle": session.lifecycle, "checking": session.checking, "acu_limit": session.acu_limit}
    await sessions.change(uow.tx, session.id, **values, devin_user=session.devin_user)
    # What was written before it began is no reply to it.
    last_seen_ts = ts_of(session.reference) if session.reference else session.thread_ts
    thread = Thread(session.team, session.channel, session.thread_ts, session.id, False, last_seen_ts)
    await threads.put(uow.tx, thread, uow.now)
    await post_card(uow, session)
    if session.cause_ts is not None:
        await uow.react(session, session.cause_ts, EYES)


async def start_is_dead(uow: UnitOfWork, job: Job[Cause], session_id: str) -> None:
    """End a session whose start is marked dead, as refused or as uncertain; its card and its thread say which."""
    ref = job.row.ref
    if not is_unknown(job.row):
        await refuse(uow, session_id, start_sentences.start_failed(ref))
        return
    session = await end_unstarted(uow, session_id, Lifecycle.UNCERTAIN)
    if session is not None:
        said = start_sentences.start_uncertain(ref, session.reference or "")
        await uow.post(f"announce:{session.id}:uncertain", session, said)


def stop_row(lane: str, ref: str, session: Session, now: float) -> InboxRow[ActionCause]:
    """Return the inbox row for a stop of `session` that somebody asked for while its start had no known outcome.

    `lane` is that of its thread, and `ref` the reference by which the log names the row.
    """
    cause = ActionCause(STOP.name, session.id, session.stopped_by)
    ts = session.stop_ts or f"{now:.6f}"
    key = f"stop:{session.id}"
    return InboxRow(key, session.team, lane, ts, ref, cause, ready_at=now, created_at=now, urgent=True)


async def stop_at_most(uow: UnitOfWork, workspaces: Workspaces, session: Session, new: Snapshot) -> None:
    """Have `session` stopped that runs on, as a poll found it `new`, although it has used all that any session may.

    From then on that is its limit, so that no reply wakes it and another session goes on from there.
    """
    workspace = workspaces.get(session.team)
    runs = not session.stop_requested and session.with_snapshot(new).display_state in STOPPABLE
    if workspace is not None and runs and workspace.policy.wake_limits.passed_by(session, new.acus):
        await sessions.change(uow.tx, session.id, acu_limit=workspace.policy.wake_limits.most)
        row = stop_row(session.lane, ref_of(session.id), session, uow.now)
        # A crash before this commit has the next poll find it again; after it each further use of it is stopped once.
        await uow.add_to_inbox(replace(row, key=f"{row.key}:most:{new.acus}"))


def start_row(asked: InboxRow[Any], session: Session, cause: StartCause, now: float) -> InboxRow[StartCause]:
    """Return the inbox row that begins `session` in its thread, which another row has `asked` for."""
    assert session.thread_ts is not None
    lane, key = thread_lane(session.team, session.channel, session.thread_ts), f"start:{session.id}"
    return InboxRow(key, session.team, lane, asked.ts, asked.ref, cause, ready_at=now, created_at=now)


async def post_files(uow: UnitOfWork, session: Session, event_id: str, files: Sequence[DevinFile]) -> None:
    """Have the `files` of the message `event_id` of Devin's shown in the thread, in one post as far as they fit."""
    assert session.thread_ts is not None
    for number, first in enumerate(range(0, len(files), FILES_A_POST)):
        together = files[first : first + FILES_A_POST]
        key, named = (
            f"say:{session.id}:{event_id}:files:{number}",
            files_named([file.name for file in together], session),
        )
        row = uow.post_row(key, session.team, session.channel, session.thread_ts, named, session_id=session.id)
        shared = [{"source": DEVINS, "name": file.name, "subject": file.uuid} for file in together]
        # Its words name the files, and stand for them where none can be shown.
        await uow.add_to_outbox(replace(row, payload=row.payload | {"files": shared, "comment": ""}))


async def show_new_state(uow: UnitOfWork, session_id: str) -> None:
    """Have the card show a session's new state, end its waiting time and what it asks, and record its outcome."""
    await waiting_times.end(uow.tx, session_id, uow.now)
    await settle(uow, session_id)
    await session_days.record(uow.tx, session_id, uow.now)
    await uow.redraw(SessionCard, session_id)


async def recheck_held(uow: UnitOfWork, session: Session) -> None:
    """Have the replies looked at that wait for an answer whether they may wake `session`, which is awake by now."""
    lane = held_lane(waking_sentences.QUESTION, session.id)
    if await inbox.make_ready(uow.tx, lane, uow.now):
        uow.wakes[lane] = 0.0
