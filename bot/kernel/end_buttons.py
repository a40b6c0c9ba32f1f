"""The buttons under the post of an end of a turn. They go when the session goes on, or somebody has answered."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.session import Session
from bot.domain.turn_ends import AnnouncedEnd
from bot.store.database.connection import Transaction
from bot.views.message import Block


class EndButtons(Protocol):
    """Gives the buttons of one kind; the posts of ends show those of all kinds, in the order of their declarations."""

    async def under(self, tx: Transaction, session: Session, end: AnnouncedEnd) -> Sequence[Block]:
        """Return the buttons under the post of `end`, at which `session` rests; none where it has none of them.

        They are asked for at each drawing. A press of one is no authorisation, and may be of an end that is over.
        """
