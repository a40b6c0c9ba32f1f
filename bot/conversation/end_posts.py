"""The posts of ends of turns: each has buttons for as long as it can be answered, and then says who chose what.

What such a post shows is drawn once, when the end is announced, and kept until the post is not edited any more. Its
buttons come from providers, of which each knows one kind (`EndButtons`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bot.domain.announcements import TurnEnd
from bot.domain.session import Session
from bot.domain.turn_ends import AnnouncedEnd
from bot.kernel.end_buttons import EndButtons
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, Location, UnitOfWork
from bot.slack.errors import SlackError
from bot.store import people, posts, sessions, turn_ends
from bot.store.database.connection import Transaction
from bot.store.outbox import OutboxRow
from bot.store.posts import Post
from bot.views import turn_ends as end_views
from bot.views.answers import failures as failure_sentences
from bot.views.message import Block, Message


class TurnEndPost(Drawer):
    """Draws the posts of ends of turns."""

    # The key of a post with Devin's last words is the one that these words have anywhere, so that they come once.
    name: ClassVar[str] = "say"

    def __init__(self, services: Services, buttons: Sequence[EndButtons]) -> None:
        self._services = services
        self._buttons = buttons

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return the post of an end of a turn. None if it is gone, or stays as it is, as in a `shared` channel."""
        end = await turn_ends.get(tx, subject)
        if end is None or end.message is None or shared:
            return None
        by = await people.name_of(tx, end.team, end.answered_by) if end.answered_by else ""
        return end_views.end_post(end, await self._buttons_of(tx, end), by)

    async def shown(self, uow: UnitOfWork, post: Post) -> None:
        """Forget what the post shows if it stays as it is from now on: it has nothing that could be chosen."""
        end = await turn_ends.get(uow.tx, post.subject)
        if end is None or not ((end.is_open and end.options) or await self._buttons_of(uow.tx, end)):
            await turn_ends.blank_message(uow.tx, post.subject)
            await posts.drop(uow.tx, post.key)

    async def not_posted(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:
        """Announce in the thread of the session that its end could not be posted."""
        session = await sessions.get(uow.tx, row.session_id) if row.session_id and error is not None else None
        if session is not None and session.thread_ts is not None:
            await uow.post(f"lost:{row.key}", session, failure_sentences.post_lost(row.ref, session.url))

    async def _buttons_of(self, tx: Transaction, end: AnnouncedEnd) -> list[Block]:
        session = await sessions.get(tx, end.session_id) if end.is_open else None
        if session is None:
            return []
        return [button for provider in self._buttons for button in await provider.under(tx, session, end)]


@dataclass(frozen=True, slots=True)
class NewEnd:
    """An end of a turn that is announced: its `message` goes into the thread of the session, with the `options`."""

    key: str
    session: Session
    number: int
    end: TurnEnd
    message: Message
    options: tuple[str, ...] = ()
    remind_at: float | None = None


async def post_end(uow: UnitOfWork, new: NewEnd, rank: int) -> None:
    """Have the end of a turn posted, once; `rank` says which posts go first. Ends before it are settled."""
    await settle(uow, new.session.id)
    session, message = new.session, {"text": new.message.text, "blocks": new.message.blocks}
    end = AnnouncedEnd(
        new.key, session.team, session.id, new.number, new.end, message, uow.now, new.options, new.remind_at
    )
    await turn_ends.add(uow.tx, end)
    to = Location(session.team, session.channel, session.thread_ts, session.id)
    await uow.show(TurnEndPost, new.key, to, rank=rank)


async def settle(uow: UnitOfWork, session_id: str, by: str | None = None, answer: str | None = None) -> None:
    """Take the buttons from the end of a turn at which a session rests: it goes on or is over, or `by` has answered."""
    settled = await turn_ends.settle(uow.tx, session_id, uow.now, by, answer)
    if settled:
        await uow.redraw(TurnEndPost, *settled)
