"""What posts show that are edited: drawn by the drawer that a row names, in the first form that the workspace draws."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from bot.kernel.sending.forms import first_drawable, note_refused
from bot.kernel.services import Services
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.unit_of_work import Drawer, UnitOfWork
from bot.slack.errors import SlackRefused
from bot.store import posts
from bot.views.message import Message
from bot.views.plain_text import without_blocks


@dataclass(frozen=True, slots=True)
class Drawing:
    """A post as it is to be shown in one of its `forms`, and the number of that version."""

    version: int
    forms: tuple[Message, ...]
    form: int

    @property
    def message(self) -> Message:
        """What is shown."""
        return self.forms[self.form]

    @property
    def plainer(self) -> Message | None:
        """The next plainer form; None if there is none."""
        return None if self.form + 1 == len(self.forms) else self.forms[self.form + 1]

    @property
    def fingerprint(self) -> str:
        """A short hash of the message, which shows whether an edit would change anything."""
        drawn = json.dumps([self.message.text, self.message.blocks], sort_keys=True)
        return hashlib.blake2b(drawn.encode(), digest_size=8).hexdigest()


class Drawings:
    """Draws posts with the drawers that there are."""

    def __init__(self, services: Services, drawers: Iterable[Drawer], shared_channels: SharedChannels) -> None:
        self._services = services
        self._drawers = {drawer.name: drawer for drawer in drawers}
        self._shared_channels = shared_channels

    def drawer(self, name: str) -> Drawer:
        """Return the drawer of this name."""
        return self._drawers[name]

    async def note_shown(self, uow: UnitOfWork, key: str) -> None:
        """Let its drawer know that the post with this `key` was sent or edited, if nothing newer is to be shown."""
        post = await posts.get(uow.tx, key)
        if post is not None and post.is_up_to_date:
            await self.drawer(post.drawer).shown(uow, post)

    async def draw(self, key: str, form: int) -> Drawing | None:
        """Draw the post with this `key` as its subject is now, in `form` or a plainer one. None if that is gone.

        Raises SlackError if nobody knows whether its channel is shared.
        """
        async with self._services.db.read() as tx:
            # The version is read before its subject: if that changes in between, the post is only drawn once more.
            post = await posts.get(tx, key)
        if post is None:
            return None
        shared = await self._shared_channels.is_shared(self._services.workspaces[post.team], post.channel)
        async with self._services.db.read() as tx:
            message = await self._drawers[post.drawer].draw(tx, post.subject, shared=shared)
            if message is None:
                return None
            forms = _forms(message)
            drawable = await first_drawable(tx, post.team, message.forms()[form:], self._services.clock())
        return Drawing(post.version, forms, min(form + drawable, len(forms) - 1))


async def note_form_refused(uow: UnitOfWork, team: str, drawing: Drawing, refused: SlackRefused) -> None:
    """Store which kinds of blocks the workspace does not draw; that text alone is next says nothing about kinds."""
    if drawing.plainer is not None and drawing.plainer.blocks:
        await note_refused(uow, team, refused, drawing.message.blocks, drawing.plainer.blocks)


def _forms(message: Message) -> tuple[Message, ...]:
    """All forms of a message; the last one is text alone, which says all that its blocks say."""
    forms = message.forms()
    plainest = forms[-1]
    if not plainest.blocks:
        return forms
    return (*forms, Message(without_blocks(plainest.blocks, None) or plainest.text))
