"""`/devin team`: lists teams, adds to them and removes them. Each change is an audit row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.commands.spec import CommandSpec
from bot.features.teams import rows as cost_centres
from bot.features.teams import sentences as views
from bot.features.teams.rules import CostCentre, Member, home_of, named
from bot.features.teams.specs import TEAM_ADD, TEAM_LIST, TEAM_REMOVE
from bot.features.teams.words import Order, Problem, parse_add, parse_remove
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.services import Services
from bot.store import audit
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.views.message import Message


class TeamCommands:
    """Answers what is typed about teams, from our own rows alone."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        return {TEAM_LIST: Handler(self._list), TEAM_ADD: Handler(self._add), TEAM_REMOVE: Handler(self._remove)}

    async def _list(self, asked: Asked) -> Message:
        async with self._services.db.read(urgent=True) as tx:
            return views.listing(await cost_centres.of_workspace(tx, asked.workspace.team))

    async def _add(self, asked: Asked) -> Message:
        order = parse_add(asked.argument)
        if isinstance(order, Problem):
            return views.problem(order)
        # A crash right after this commit leaves a change that was not confirmed; the list shows it.
        async with self._services.db.write(urgent=True) as tx:
            change = await _Change.of(tx, asked, order, self._services.clock())
            return await change.add()

    async def _remove(self, asked: Asked) -> Message:
        order = parse_remove(asked.argument)
        if isinstance(order, Problem):
            return views.problem(order, removes=True)
        # A crash right after this commit leaves a change that was not confirmed; the list shows it.
        async with self._services.db.write(urgent=True) as tx:
            change = await _Change.of(tx, asked, order, self._services.clock())
            return await change.remove()


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that is `asked` for at the instant `now`, to the cost centres that there are."""

    tx: Transaction
    asked: Asked
    order: Order
    now: float
    centres: Sequence[CostCentre]

    @classmethod
    async def of(cls, tx: Transaction, asked: Asked, order: Order, now: float) -> "_Change":
        return cls(tx, asked, order, now, await cost_centres.of_workspace(tx, asked.workspace.team))

    async def add(self) -> Message:
        before = named(self.centres, self.order.name)
        name = before.name if before else self.order.name
        new = []
        for member in self.order.members:
            home = home_of(self.centres, member)
            if home is not None and home != before:
                return views.in_another(member, home.name)
            new += [member] if home is None else []
        if not new:
            return views.all_there(name)
        await cost_centres.add(self.tx, self.asked.workspace.team, name, new)
        await self._record(name, before.members if before else (), [*(before.members if before else ()), *new])
        return views.added(name, new, is_new=before is None)

    async def remove(self) -> Message:
        before = named(self.centres, self.order.name)
        if before is None:
            return views.no_such_team(self.order.name)
        out = self.order.members or before.members
        stranger = next((member for member in out if member not in before.members), None)
        if stranger is not None:
            return views.not_in(stranger, before.name)
        left = [member for member in before.members if member not in out]
        await cost_centres.remove(self.tx, self.asked.workspace.team, out)
        await self._record(before.name, before.members, left)
        return views.taken_out(before.name, out) if left else views.removed(before.name, out)

    async def _record(self, name: str, before: Sequence[Member], after: Sequence[Member]) -> None:
        asked = self.asked
        who = (asked.workspace.team, self.now, asked.user)
        row = AuditRow(*who, asked.spec.name, name, asked.channel or None, _listed(before), _listed(after))
        await audit.add(self.tx, row)


def _listed(members: Sequence[Member]) -> dict[str, Any] | None:
    return {"members": [str(member) for member in members]} if members else None
