"""`/devin team`: lists teams, adds to them and removes them. Each change is an audit row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.domain.billing import billing_day
from bot.domain.commands.spec import CommandSpec
from bot.features.teams import rows as cost_centres
from bot.features.teams import sentences as views
from bot.features.teams.rules import CostCentre, Member, Problem, WantedTeam, home_of, named, parse_add, parse_remove
from bot.features.teams.specs import TEAM_ADD, TEAM_LIST, TEAM_REMOVE
from bot.kernel.commands.handler import Asked, Handler, asked_by
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit
from bot.store.audit import AuditRow
from bot.views.message import Message


class TeamCommands:
    """Answers what is typed about teams, from our own rows alone."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        changes = dict.fromkeys((TEAM_ADD, TEAM_REMOVE), Handler(self._change, self._run))
        return {TEAM_LIST: Handler(self._list), **changes}

    async def _list(self, asked: Asked) -> Message:
        async with self._services.db.read() as tx:
            today = billing_day(self._services.clock())
            return views.listing(await cost_centres.on_day(tx, asked.workspace.team, today))

    async def _change(self, asked: Asked) -> Message:
        """Carry out a command within the ack, and return the confirmation or what is wrong with it."""
        # A crash right after this commit leaves a change that was not confirmed; the list shows it.
        async with self._services.unit_of_work(urgent=True) as uow:
            return await _carried_out(uow, asked)

    async def _run(self, job: CommandJob) -> None:
        """Carry out a command that was written, and confirm it privately."""
        asked = asked_by(job, self._services.commands.named(job.cause.command))
        # The change and the end of its row are one commit: a crash before it repeats nothing, and none after it does.
        async with self._services.unit_of_work_for(job) as uow:
            await finish_with(uow, job, await _carried_out(uow, asked))


async def _carried_out(uow: UnitOfWork, asked: Asked) -> Message:
    removes = asked.spec is TEAM_REMOVE
    wanted = parse_remove(asked.argument) if removes else parse_add(asked.argument)
    if isinstance(wanted, Problem):
        return views.problem(wanted, removes=removes)
    today = billing_day(uow.now)
    centres = await cost_centres.on_day(uow.tx, asked.workspace.team, max(today, wanted.since or today))
    change = _Change(uow, asked, wanted, centres, wanted.since or today)
    return await (change.remove() if removes else change.add())


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that is `asked` for, to the cost centres that there are."""

    uow: UnitOfWork
    asked: Asked
    wanted: WantedTeam
    centres: Sequence[CostCentre]
    since: date  # the running day, unless another one was typed

    async def add(self) -> Message:
        before = named(self.centres, self.wanted.name)
        name = before.name if before else self.wanted.name
        new = []
        for member in self.wanted.members:
            home = home_of(self.centres, member)
            if home is not None and home != before and self.wanted.since is None:
                return views.in_another(member, home.name, name, billing_day(self.uow.now))
            new += [member] if home is None or self.wanted.since else []
        if not new:
            return views.all_there(name)
        await cost_centres.put(self.uow.tx, self.asked.workspace.team, name, new, self.since)
        old = before.members if before else ()
        await self._record(name, old, [*old, *(member for member in new if member not in old)])
        return views.added(name, new, self.since, is_new=before is None)

    async def remove(self) -> Message:
        before = named(self.centres, self.wanted.name)
        if before is None:
            return views.no_such_team(self.wanted.name)
        out = self.wanted.members or before.members
        stranger = next((member for member in out if member not in before.members), None)
        if stranger is not None:
            return views.not_in(stranger, before.name)
        left = [member for member in before.members if member not in out]
        await cost_centres.put(self.uow.tx, self.asked.workspace.team, "", out, self.since)
        await self._record(before.name, before.members, left)
        return (views.taken_out if left else views.removed)(before.name, out, self.since)

    async def _record(self, name: str, before: Sequence[Member], after: Sequence[Member]) -> None:
        asked = self.asked
        who = (asked.workspace.team, self.uow.now, asked.user)
        row = AuditRow(*who, asked.spec.name, name, asked.channel or None, _listed(before), _listed(after))
        await audit.add(self.uow.tx, row)


def _listed(members: Sequence[Member]) -> dict[str, Any] | None:
    return {"members": [str(member) for member in members]} if members else None
