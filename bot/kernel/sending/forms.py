"""The form in which a post is sent: the first one that its workspace can draw.

1. If Slack refuses the blocks of a post, its next plainer form is stored in the row, which is sent once more.
2. The kinds of blocks that this form does without are stored for the workspace. So what one worker learns, all know.
3. For a week posts begin with their first form without these kinds. Then the others are tried again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.kernel.sending.file_sources import FileSources
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.slack.errors import SlackRefused
from bot.store import due, outbox
from bot.store.database.connection import Transaction
from bot.store.outbox import OutboxRow
from bot.views.message import Block, Message

Payload = Mapping[str, Any]
OF_FILES: Final = frozenset({"files", "uploaded", "tries", "comment"})
_OF_BLOCKS: Final = frozenset({"invalid_blocks", "invalid_blocks_format"})


def in_plainer_form(payload: Payload) -> dict[str, Any]:
    """Return the payload with the next of its plainer forms in place of the one that it has."""
    form, *plainer = payload["plainer"]
    kept = {name: value for name, value in payload.items() if name not in OF_FILES}
    return {**kept, **form, "plainer": plainer}


async def note_refused(
    uow: UnitOfWork, team: str, refused: SlackRefused, blocks: Sequence[Block], plainer: Sequence[Block]
) -> None:
    """Store that the workspace does not draw the kinds of blocks that a refused form has, and its `plainer` one not."""
    if refused.error not in _OF_BLOCKS:
        return
    for kind in sorted(_kinds(blocks) - _kinds(plainer)):
        until = uow.now + uow.timing.blocks_refused
        await due.write(uow.tx, due.not_drawn(team, kind), until, {"v": 1})


async def first_drawable(tx: Transaction, team: str, forms: Sequence[Message], now: float) -> int:
    """Return the number of the first of these `forms` that the workspace can draw, or of the last one."""
    for number, form in enumerate(forms[:-1]):
        if await _draws(tx, team, form.blocks, now):
            return number
    return max(len(forms) - 1, 0)


async def _draws(tx: Transaction, team: str, blocks: Iterable[Block], now: float) -> bool:
    stored = [await due.read(tx, due.not_drawn(team, kind)) for kind in sorted(_kinds(blocks))]
    return all(entry is None or entry.at <= now for entry in stored)


class PostForms:
    """Chooses the forms of posts."""

    def __init__(self, services: Services, sources: FileSources) -> None:
        self._services = services
        self._sources = sources

    async def drawable(self, row: OutboxRow) -> OutboxRow:
        """Return the row in its first form that can be drawn, or in its last one."""
        payload = row.payload
        if not payload.get("plainer"):
            return row
        async with self._services.db.read() as tx:
            while payload.get("plainer") and not await self._can_be_drawn(tx, row.team, payload):
                payload = in_plainer_form(payload)
        if payload is row.payload:
            return row
        # A crash before this commit has the next try choose again, and after it nothing was posted yet.
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.replace_payload(uow.tx, row, payload)
        return replace(row, payload=payload)

    async def _can_be_drawn(self, tx: Transaction, team: str, payload: Payload) -> bool:
        if not all(source.is_available for source in self._sources.of_payload(payload)):
            return False
        return await _draws(tx, team, payload["blocks"], self._services.clock())


def _kinds(blocks: Iterable[Block]) -> set[str]:
    return {block["type"] for block in blocks}
