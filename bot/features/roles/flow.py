"""`/devin role`: lists who has which role, gives roles and takes them away. Each change is an audit row."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.domain.commands.presses import undone
from bot.domain.commands.spec import CommandSpec
from bot.domain.roles import EVERYONE, Right, Roles
from bot.features.roles import sentences as views
from bot.features.roles.specs import ADMINS, ROLE_ADD, ROLE_ADD_CONFIRMED, ROLE_LIST, ROLE_REMOVE, ROLE_UNDO
from bot.features.roles.words import Problem, WantedRole, parse_add, parse_remove
from bot.kernel.access import Access
from bot.kernel.admins import admins_of, roles_of
from bot.kernel.commands.handler import Asked, Handler, asked_by
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.upkeep.user_groups import user_groups_tick
from bot.store import audit, roles
from bot.store.audit import AuditRow
from bot.views.message import Message
from bot.views.questions import TOO_LATE_TO_UNDO


class RoleCommands:
    """Answers what is typed about roles, from our own rows alone."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        changes = dict.fromkeys((ROLE_ADD, ROLE_REMOVE), Handler(self._change, self._run))
        pressed = dict.fromkeys((ROLE_ADD_CONFIRMED, ROLE_UNDO), Handler(run=self._run))
        return {ADMINS: Handler(self._list), ROLE_LIST: Handler(self._list), **changes, **pressed}

    async def _list(self, asked: Asked) -> Message:
        services, workspace = self._services, asked.workspace
        if (refused := await self._access.refusal_in_ack(workspace, asked.user)) is not None:
            return refused
        async with services.db.read() as tx:
            held = await roles_of(tx, workspace)
            admins = await admins_of(tx, workspace, services.clock() - services.timing.admins_known)
        if asked.spec is ADMINS:
            return views.whom_to_ask(admins)
        # What holds in other channels, which may be private, is for admins.
        here = None if asked.user in admins.ids else asked.channel
        return views.listing(held, workspace.policy.roles, admins, here)

    async def _change(self, asked: Asked) -> Message:
        """Carry out a command within the ack, and return the confirmation or what is wrong with it."""
        # A crash right after this commit leaves a change that was not confirmed; the list shows it.
        async with self._services.unit_of_work(urgent=True) as uow:
            return await self._carried_out(uow, asked)

    async def _run(self, job: CommandJob) -> None:
        """Carry out a command that was written, and confirm it privately."""
        asked = asked_by(job, self._services.commands.named(job.cause.command))
        # The change and the end of its row are one commit: a crash before it repeats nothing, and none after it does.
        async with self._services.unit_of_work_for(job) as uow:
            await finish_with(uow, job, await self._carried_out(uow, asked))

    async def _carried_out(self, uow: UnitOfWork, asked: Asked) -> Message:
        argument = asked.argument
        if asked.spec is ROLE_UNDO:
            undoes = undone(argument, uow.now, uow.timing.undo)
            if undoes is None:
                return TOO_LATE_TO_UNDO
            argument = undoes
        removes = asked.spec in {ROLE_REMOVE, ROLE_UNDO}
        wanted = parse_remove(argument) if removes else parse_add(argument)
        if isinstance(wanted, Problem):
            return views.problem(wanted, removes=removes)
        if (wanted.right, wanted.channel) in asked.workspace.policy.roles.held:
            return views.set_by_file(wanted.right)
        change = _Change(uow, asked, wanted, await roles.of_workspace(uow.tx, asked.workspace.team))
        # Who is in a new group is asked of Slack at once. A crash right here leaves it to the next reading.
        uow.after_commit(partial(self._services.engine.wake_by, user_groups_tick(asked.workspace), 0.0))
        return await (change.take() if removes else change.give())


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that is `asked` for, to the roles that there are."""

    uow: UnitOfWork
    asked: Asked
    wanted: WantedRole
    before: Roles

    @property
    def _held(self) -> tuple[str, ...]:
        return self.before.held.get((self.wanted.right, self.wanted.channel), ())

    async def give(self) -> Message:
        wanted = self.wanted
        new = [holder for holder in wanted.holders if holder not in self._held]
        opens = EVERYONE in new
        if opens and not wanted.channel and not self._held:  # in a channel, it keeps that open if there is a rule later
            return views.open_to_all(wanted.right, wanted.channel)
        if not new:
            return views.all_have_it(wanted.right)
        asks = wanted.right is Right.ADMINISTER or opens is bool(self._held)
        if asks and self.asked.spec is ROLE_ADD:
            could = await self._could()
            return views.ask_to_give(wanted.right, wanted.channel, [EVERYONE] if opens else new, could)
        await roles.add(self.uow.tx, self.asked.workspace.team, wanted.right, wanted.channel, new)
        after = (*self._held, *new)
        await self._record(after)
        if self.asked.spec is ROLE_ADD_CONFIRMED:
            return views.given_undoable(wanted.right, wanted.channel, new, self.uow.now)
        return views.given(wanted.right, wanted.channel, after)

    async def take(self) -> Message:
        wanted = self.wanted
        out = wanted.holders or self._held
        if not out or not set(out) <= set(self._held):
            if wanted.right is Right.ADMINISTER and not self.asked.workspace.policy.admin_users.isdisjoint(out):
                return views.NAMED_BY_SETTINGS
            return views.not_held(wanted.right, wanted.holders, wanted.channel, await self._could())
        if wanted.right is Right.ADMINISTER and self._is_own(out):
            return views.NOT_YOURSELF
        await roles.remove(self.uow.tx, self.asked.workspace.team, wanted.right, wanted.channel, out)
        left = tuple(holder for holder in self._held if holder not in out)
        await self._record(left)
        if left:
            return views.given(wanted.right, wanted.channel, left)
        could = await self._could()
        if EVERYONE in out and could is None:
            return views.open_to_all(wanted.right, wanted.channel)
        return views.as_before(wanted.right, wanted.channel, could)

    async def _could(self) -> Sequence[str] | None:
        """Who has the role there now; None where nobody was given it, so that it is as without roles."""
        held = await roles_of(self.uow.tx, self.asked.workspace)
        return held.holders(self.wanted.right, self.wanted.channel)

    def _is_own(self, out: Sequence[str]) -> bool:
        """Whether the person has the role by what is taken away; those whom the settings name have it anyway."""
        return self.asked.user in out and self.asked.user not in self.asked.workspace.policy.admin_users

    async def _record(self, after: Sequence[str]) -> None:
        asked, wanted = self.asked, self.wanted
        target = f"{wanted.right} {wanted.channel}".strip()
        who = (asked.workspace.team, self.uow.now, asked.user)
        action = ROLE_ADD.name if asked.spec is ROLE_ADD_CONFIRMED else asked.spec.name
        row = AuditRow(*who, action, target, asked.channel or None, _listed(self._held), _listed(after))
        await audit.add(self.uow.tx, row)


def _listed(holders: Sequence[str]) -> dict[str, Any] | None:
    return {"holders": [*holders]} if holders else None
