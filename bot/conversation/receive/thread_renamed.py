"""A thread that a person has renamed in Slack's list of agents' sessions: its session has that title from then on."""

from typing import ClassVar

from bot.conversation.session_card import SessionCard
from bot.domain.causes import EventCause
from bot.domain.commands.spec import Source
from bot.domain.roles import Right
from bot.domain.secrets import has_secret
from bot.domain.title_words import title_words
from bot.kernel.job import Job, finish
from bot.kernel.tasks import Kernel, SlackEvent
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import sessions, threads
from bot.views.text import one_line


class ThreadRenamed:
    """Stores such a title. Devin keeps its own, because its API renames no session."""

    event: ClassVar[SlackEvent] = SlackEvent(
        ("agent_session_title_changed",),
        {"channel": "channel", "thread_ts": "thread_ts", "user": "user", "title": "title"},
        Source.HERE,
        Right.STEER,
    )

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services
        self._access = kernel.access

    async def run(self, job: Job[EventCause]) -> None:
        """Have the card show the title, if a person who may use the bot has given it."""
        workspace, fields = job.workspace, job.cause.fields
        title = title_words(one_line(fields["title"]))
        ours = fields["user"] in {"", workspace.bot_user}  # what we show there ourselves
        person = None if ours else await self._access.person(workspace, fields["user"])
        may = person is not None and self._access.refusal(person, shared=False) is None and not has_secret(title)
        async with self._services.db.read() as tx:
            thread = await threads.get(tx, workspace.team, fields["channel"], fields["thread_ts"])
            session = None if thread is None else await sessions.get(tx, thread.session_id)
        if may and session is not None:
            asked = (workspace, fields["user"], Right.STEER, session.channel)
            may = await self._access.right_refusal(*asked, asker=session.requester) is None
        async with self._services.unit_of_work_for(job) as uow:
            if thread is not None and title and may:
                await sessions.change(uow.tx, thread.session_id, renamed=title)
            if thread is not None:  # what nobody may give is put back
                await uow.redraw(SessionCard, thread.session_id)
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job[EventCause], _reason: str, /) -> None:
        """Announce nothing: the card keeps its title, and the log has the reason."""
