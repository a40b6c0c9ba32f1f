"""The corrected bills that the digests in a channel name, each once.

What was named is the number of the newest correction. It counts from when the digest that names it is stored, unless
that digest dies unposted: then the next one begins where that one did.
"""

from typing import Any

from bot.domain.consumption import Correction, joined
from bot.flows.unit_of_work import UnitOfWork
from bot.flows.workspace import Workspace
from bot.store import corrections, due, outbox
from bot.timing import DAY
from bot.views.digest import Figures


class AnnouncedCorrections:
    """The corrections of one destination's next digest, within the transaction that stores it."""

    def __init__(self, uow: UnitOfWork, workspace: Workspace, channel: str) -> None:
        self._uow = uow
        self._org_id = workspace.organisation.id
        self._name = due.corrections(workspace.team, channel)

    async def lock(self) -> None:
        """Let no other worker store a correction, or a digest about this organisation, until the transaction ends.

        Otherwise one with a lower number could be committed after this digest, and no digest would name it.
        """
        await due.lock(self._uow.tx, due.consumption(self._org_id))

    async def take(self, key: str, figures: Figures) -> tuple[Correction, ...]:
        """Return the corrections that the digest with this `key` names beside its `figures`, and store that it does."""
        begin = await self._begin()
        found = await corrections.after(self._uow.tx, self._org_id, begin)
        state = {"v": 1, "digest": key, "from": begin, "to": found.seq}
        await due.write(self._uow.tx, self._name, 0.0, state)
        return tuple(one for one in joined(found.changes) if not _is_shown(one, figures))

    async def _begin(self) -> int:
        stored = await due.read(self._uow.tx, self._name)
        if stored is None:
            # To readers who had no digest so far, corrections of last month would say nothing.
            return await corrections.last_before(self._uow.tx, self._org_id, self._uow.now - DAY)
        begin: int = stored.state["from" if await self._died(stored.state) else "to"]
        return begin

    async def _died(self, state: dict[str, Any]) -> bool:
        digest = await outbox.by_key(self._uow.tx, state["digest"])
        return digest is not None and digest.state == "dead"


def _is_shown(correction: Correction, figures: Figures) -> bool:
    """Whether a digest is about the corrected day itself, and shows its new figure, or that it is not known."""
    return correction.day == figures.day and figures.total in {None, correction.after}
