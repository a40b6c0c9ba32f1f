"""A session that gets no further is tried again or continued: another session begins in its thread, once.

The new session has an id that follows from the old one's, and its row stands in the lane of their thread. It reads the
thread as its context, so that nothing is lost that people replied. From its start on, the thread belongs to it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.conversation.allowed import why_not
from bot.conversation.end_posts import settle
from bot.conversation.prompt import as_alert
from bot.conversation.session_card import SessionCard
from bot.conversation.session_rows import add, start_row
from bot.conversation.start.room import waits_as_one_of_many
from bot.conversation.steer.held_start import answer_refusal
from bot.domain.causes import StartCause
from bot.domain.commands import registry
from bot.domain.commands.spec import CommandSpec
from bot.domain.dead_ends import WayOn, next_session_id, way_on
from bot.domain.keys import reference
from bot.domain.session import DisplayState, Session
from bot.domain.text import as_quotation
from bot.domain.turn_ends import AnnouncedEnd
from bot.kernel.admins import as_its_channel_sees
from bot.kernel.commands.handler import Handler
from bot.kernel.gates import Asker, Gates
from bot.kernel.job import CommandJob, finish_with, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import kept_tasks, sessions, threads
from bot.store.database.connection import Transaction
from bot.store.kept_tasks import KeptTask
from bot.views import dead_ends
from bot.views.answers import starts as start_sentences
from bot.views.message import Block, Message

CONTINUES: Final = "This continues an earlier session, which has used up its ACU limit: "
_LAST_WORDS: Final = "Its last words were:"
_PULL_REQUESTS: Final = "Its pull requests: "
_WAYS: Final = {registry.TRY_AGAIN.name: WayOn.TRY_AGAIN, registry.CONTINUE.name: WayOn.CONTINUE}


class StartAnew:
    """Carries out the buttons of sessions that get no further."""

    def __init__(self, services: Services, gates: Gates) -> None:
        self._services = services
        self._gates = gates

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What these buttons do."""
        return dict.fromkeys((registry.TRY_AGAIN, registry.CONTINUE), Handler(on_session=self._press))

    async def _press(self, job: CommandJob, session: Session) -> None:
        """Begin the session that goes on from `session`, or answer why not."""
        cause = job.cause
        user = cause.user or ""
        of = (self._services, session.team, session.channel, job.workspace.organisation)
        # First: what waits for room is started later.
        why = await why_not(*of, session.options)
        refusal = start_sentences.not_allowed(why) if why else None
        refusal = refusal or await self._gates.start_refusal(
            Asker(job.workspace, user, session.channel, user, job.row.key)
        )
        # All is stored with the end of the press: a crash before this commit has it carried out anew.
        async with self._services.unit_of_work_for(job) as uow:
            said = await _already(uow, _WAYS[cause.command], session)
            if said is None and refusal is not None:
                await answer_refusal(uow, job, refusal, session)
            elif said or not await waits_as_one_of_many(uow, job, session.channel, recipient_of(job, session)):
                await finish_with(uow, job, said or await _begin(uow, job, session), session)


class WayOnButton:
    """The button under the post of an end of a turn at which a session gets no further."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def under(self, tx: Transaction, session: Session, _end: AnnouncedEnd) -> Sequence[Block]:
        """Return the button of the way on: it goes with a session that goes on from this one."""
        if way_on(session) is None or session.display_state is DisplayState.DONE:
            return []
        workspace = self._services.workspaces[session.team]
        shown, kept = await as_its_channel_sees(tx, workspace, session), await kept_tasks.exists(tx, session.id)
        button = dead_ends.way_on_button(shown, workspace.policy.wake_limits, kept=kept)
        return [button] if button else []


async def _already(uow: UnitOfWork, way: WayOn, session: Session) -> Message | None:
    """Why nothing begins: another session goes on already or has begun there, this one works, or its task is gone."""
    begun = await sessions.get(uow.tx, next_session_id(session.id))
    if begun is not None:
        return dead_ends.went_on_already(begun, way)
    if way_on(session) is not way or session.thread_ts is None:
        return dead_ends.NOTHING_TO_GO_ON_FROM
    if not await kept_tasks.exists(uow.tx, session.id):
        return dead_ends.TASK_NOT_KEPT
    thread = await threads.get(uow.tx, session.team, session.channel, session.thread_ts)
    other = None if thread is None else await sessions.get(uow.tx, thread.session_id)
    overtaken = other is not None and other.id != session.id and other.lifecycle in sessions.LIVE_LIFECYCLES
    return start_sentences.START_OVERTAKEN if overtaken else None


async def _begin(uow: UnitOfWork, job: CommandJob, session: Session) -> Message:
    """Store the session that goes on from `session`, and the row that creates it."""
    way, kept = way_on(session), await kept_tasks.get(uow.tx, session.id)
    if way is None or kept is None or session.thread_ts is None:
        return dead_ends.TASK_NOT_KEPT
    begun = _next(job, session, way, kept, uow.now)
    await add(uow, begun)
    await kept_tasks.keep(uow.tx, begun, kept.files, kept.about, uow.now)
    await kept_tasks.remove(uow.tx, session.id)
    cause = StartCause(begun.id, kept.files, in_thread=True, about=kept.about)
    await uow.add_to_inbox(start_row(job.row, begun, cause, uow.now))
    await settle(uow, session.id)
    await uow.redraw(SessionCard, session.id)
    return dead_ends.began(begun, way)


def _next(job: CommandJob, session: Session, way: WayOn, kept: KeptTask, now: float) -> Session:
    """The session that goes on from `session`, for the person who pressed the button."""
    continues, more = way is WayOn.CONTINUE, job.workspace.policy.wake_limits.more(session)
    task = as_alert(kept.text) if session.is_from_machine else kept.text
    return Session(
        id=next_session_id(session.id),
        team=session.team,
        org_id=job.workspace.organisation.id,
        channel=session.channel,
        thread_ts=session.thread_ts,
        requester=job.cause.user or session.requester,
        prompt=continuation(task, session) if continues else task,
        options=replace(session.options, acu=more) if continues else session.options,
        reference=reference(session.team, session.channel, job.row.ts),
        alert=session.alert,
        created_at=now,
        spoken_at=now,
    )


def continuation(task: str, session: Session) -> str:
    """Return the prompt that continues `session`: its `task`, what it said last, and where its work is.

    A task that continues a session itself is continued with the newest context alone.
    """
    words, pulls = session.snapshot.last_words, [request.url for request in session.snapshot.pull_requests]
    parts = [
        task.partition(f"\n\n{CONTINUES}")[0],
        f"{CONTINUES}{session.url or session.devin_id}",
        f"{_LAST_WORDS}\n{as_quotation(words)}" if words else "",
        f"{_PULL_REQUESTS}{', '.join(pulls)}" if pulls else "",
    ]
    return "\n\n".join(part for part in parts if part)
