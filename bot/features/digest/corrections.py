"""The corrected bills that the digests of a destination name, each once.

What was named is the number of the newest correction. It counts from when the digest that names it is stored, unless
that digest dies unposted: then the next one begins where that one did.

A digest of one channel's sessions says nothing about the bill, and the warning before a cycle ends is about what is to
come: neither names any.
"""

from typing import Any

from bot.features.consumption import correction_rows as corrections
from bot.features.consumption.correction_rows import Changes
from bot.features.consumption.rules import Correction, joined
from bot.features.digest.edition_sentences import EditionFigures
from bot.features.digest.editions import Occasion, Share
from bot.features.digest.past import Destination
from bot.kernel.workspace import Workspace
from bot.store import due, outbox
from bot.store.database.connection import Transaction
from bot.timing import DAY


class AnnouncedCorrections:
    """The corrections of the next digest of a `destination`, within one transaction at the instant `now`."""

    def __init__(self, tx: Transaction, workspace: Workspace, destination: Destination, now: float) -> None:
        self._tx = tx
        self._now = now
        self._org_id = workspace.organisation.id
        occasion, share = destination.occasion, destination.subscription.share
        self._names_any = share is Share.ALL and occasion is not Occasion.WARNING
        self._name = due.corrections(workspace.team, destination.subscription.channel, occasion)

    async def lock(self) -> None:
        """Let no other worker store a correction, or a digest about this organisation, until the transaction ends.

        Otherwise one with a lower number could be committed after this digest, and no digest would name it.
        """
        await due.lock(self._tx, due.consumption(self._org_id))

    async def of(self, edition: EditionFigures) -> tuple[Correction, ...]:
        """Return the corrections that a digest of this `edition` names, and store nothing."""
        if not self._names_any:
            return ()
        return _named((await self._unnamed())[1], edition)

    async def take(self, key: str, edition: EditionFigures) -> tuple[Correction, ...]:
        """Return the corrections that the digest with this `key` names, and store that it does."""
        if not self._names_any:
            return ()
        begin, found = await self._unnamed()
        state = {"v": 1, "digest": key, "from": begin, "to": found.seq}
        await due.write(self._tx, self._name, 0.0, state)
        return _named(found, edition)

    async def _unnamed(self) -> tuple[int, Changes]:
        begin = await self._begin()
        return begin, await corrections.after(self._tx, self._org_id, begin)

    async def _begin(self) -> int:
        stored = await due.read(self._tx, self._name)
        if stored is None:
            # To readers who had no digest so far, corrections of last month would say nothing.
            return await corrections.last_before(self._tx, self._org_id, self._now - DAY)
        begin: int = stored.state["from" if await self._died(stored.state) else "to"]
        return begin

    async def _died(self, state: dict[str, Any]) -> bool:
        digest = await outbox.by_key(self._tx, state["digest"])
        return digest is not None and digest.state == "dead"


def _named(found: Changes, edition: EditionFigures) -> tuple[Correction, ...]:
    return tuple(correction for correction in joined(found.changes) if not _is_shown(correction, edition))


def _is_shown(correction: Correction, edition: EditionFigures) -> bool:
    """Whether a digest is about the corrected day itself, and shows its new figure, or that it is not known."""
    first, figures = edition.first, edition.figures
    if first == figures.day:
        return correction.day == first and figures.total in {None, correction.after}
    return first <= correction.day <= figures.day
