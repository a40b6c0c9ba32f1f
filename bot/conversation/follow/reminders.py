"""Reminders: whoever is asked, and answers nothing, is mentioned in the thread once more, twice at most.

Each end of a turn has the instant of its next reminder in its own row, so that the longest due comes first, however
many wait. A reminder is due until it is posted or given up: what the bot slept over is one reminder, not two.
"""

from typing import Final

from bot.conversation.notified import mentioned
from bot.domain.reminders import reminder_after
from bot.domain.session import Lifecycle, Session
from bot.domain.turn_ends import AnnouncedEnd
from bot.domain.waiting import waits
from bot.domain.zones import zone_or
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import people, sessions, threads, turn_ends
from bot.views import turn_ends as end_views

_AT_ONCE: Final = 50  # reminders that are read at once


class Reminders:
    """Posts the reminders of a workspace that are due."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self, workspace: Workspace) -> float:
        """Post what is due. Returns the seconds until that is done again."""
        while True:
            now = self._services.clock()
            async with self._services.db.read() as tx:
                due = await turn_ends.due_reminders(tx, workspace.team, now, _AT_ONCE)
            for end in due:
                # A crash before this commit leaves the reminder due; after it, the post has its key.
                async with self._services.unit_of_work(ref=end.session_id[:10]) as uow:
                    await self._remind(uow, workspace, end)
            if len(due) < _AT_ONCE:
                return self._services.timing.reminder_check

    async def _remind(self, uow: UnitOfWork, workspace: Workspace, end: AnnouncedEnd) -> None:
        """Post one reminder, or put it off, or give it up; each takes it out of those that are due."""
        assert end.remind_at is not None
        session = await sessions.get(uow.tx, end.session_id)
        if session is None or not session.requester or not await self._is_wanted(uow, session):
            await turn_ends.remind_next(uow.tx, end, None, reminded=False)
            return
        asker = await people.get(uow.tx, end.team, session.requester, 0.0)
        zone = zone_or(asker.tz if asker is not None else None, workspace.policy.zone)
        held = await self._services.settings.effective(uow.tx, end.team, session.channel, session.requester)
        later = held.quiet.over_at(uow.now, zone) if held.quiet is not None else uow.now
        if later > uow.now:
            await turn_ends.remind_next(uow.tx, end, later, reminded=False)
            return
        users = await mentioned(uow, session, [session.requester], end.end.kind) if held.reminders else []
        following = reminder_after(end.reminders, end.remind_at, uow.now, zone) if users else None
        if await turn_ends.remind_next(uow.tx, end, following, reminded=True) and users:
            key = f"announce:{session.id}:reminder:{end.number}:{end.reminders}"
            await uow.post(key, session, end_views.reminder(end.end.kind, users, session))

    async def _is_wanted(self, uow: UnitOfWork, session: Session) -> bool:
        """Whether the session still waits, and its thread is one in which people read and want reminders."""
        if session.lifecycle is not Lifecycle.OPEN or session.snapshot.archived or not waits(session):
            return False
        thread = await threads.get(uow.tx, session.team, session.channel, session.thread_ts or "")
        return thread is not None and not (thread.closed or thread.muted or thread.no_reminders)
