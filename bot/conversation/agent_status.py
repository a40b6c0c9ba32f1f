"""The status of a session on Slack's agent surface: "is working…" with a Stop of Slack's own, or waiting, or over.

It is a post that is edited like a card, on a surface of its own, so that it neither waits for posts nor holds one up.
An edit shows the newest state and may be repeated. Slack ends "is working…" after an hour, so that is shown again
before. Where Slack refuses the surface, as in an app that is no agent, no session there gets a status for a day; the
card and the reaction say the same.
"""

from typing import ClassVar, Final

from bot.domain.session import Session
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, UnitOfWork
from bot.slack.errors import SlackError, SlackRefused
from bot.store import due, posts, sessions
from bot.store.database.connection import Transaction
from bot.store.posts import Post
from bot.views.agent_status import STATUS_OF, WORKING, agent_status
from bot.views.message import Message

# The errors that are about the workspace and the app. The others are about one thread, such as `not_authorized`.
_NOWHERE: Final = frozenset({"feature_disabled", "missing_scope", "not_agent_app"})


class AgentStatus(Drawer):
    """Draws the statuses of sessions."""

    name: ClassVar[str] = posts.AGENT

    def __init__(self, services: Services) -> None:
        self._services = services

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return the status of a session as it is stored now; None if the session is gone."""
        session = await sessions.get(tx, subject)
        if session is None:
            return None
        return agent_status(session, self._spells(session, self._services.clock()), shared=shared)

    def _spells(self, session: Session, now: float) -> int:
        """How many times by `now` Slack would have been shown that a session works which always worked."""
        return int((now - session.created_at) // self._services.timing.agent_working)

    async def shown(self, uow: UnitOfWork, post: Post) -> None:
        """Have the status of a session that works shown again, before Slack ends it by itself."""
        session = await sessions.get(uow.tx, post.subject)
        if session is not None and STATUS_OF[session.display_state] == WORKING:
            again = session.created_at + (self._spells(session, uow.now) + 1) * uow.timing.agent_working
            await uow.redraw(AgentStatus, post.subject, after=again - uow.now)

    async def lost(self, uow: UnitOfWork, post: Post, error: SlackError) -> None:
        """Have no more statuses shown in the workspace for a day, unless only this thread cannot have one."""
        if isinstance(error, SlackRefused) and error.error in _NOWHERE:
            until = uow.now + uow.timing.agent_surface_off
            await due.write(uow.tx, due.no_agent_surface(post.team), until, {"v": 1})


async def show_status(uow: UnitOfWork, session: Session) -> None:
    """Have the status of `session`, which has a thread, shown from now on, where Slack shows any."""
    off = await due.read(uow.tx, due.no_agent_surface(session.team))
    if off is not None and off.at > uow.now:
        return
    shown = Post(AgentStatus.name, session.id, session.team, session.channel, uow.ref, uow.now, session.id)
    await uow.edit_from_now_on(shown, posts.AGENT, session.thread_ts)
