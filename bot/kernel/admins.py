"""Who is an admin in a workspace and who has a role there, from its settings and from our rows."""

from dataclasses import replace

from bot.domain.admins import Admins
from bot.domain.dead_ends import WayOn, way_on
from bot.domain.roles import EVERYONE, Right, Roles, holds, is_group, is_person
from bot.domain.session import Session
from bot.kernel.workspace import Workspace
from bot.store import people, roles, user_groups
from bot.store.database.connection import Transaction


async def roles_of(tx: Transaction, workspace: Workspace) -> Roles:
    """Return the roles in `workspace`: those of the settings file, and beside them those that admins have given."""
    return workspace.policy.roles.over(await roles.of_workspace(tx, workspace.team))


async def has_right(tx: Transaction, workspace: Workspace, user: str, right: Right, read_after: float) -> bool:
    """Whether `user` has a `right` everywhere, as far as our rows know; `read_after` is as in `admins_of`."""
    holders = (await roles_of(tx, workspace)).holders(right)
    if holders is None:
        return True
    groups = await user_groups.of_person(tx, workspace.team, user, holders, read_after)
    return holds(holders, user, groups) or user in (await admins_of(tx, workspace, read_after)).ids


async def as_its_channel_sees(tx: Transaction, workspace: Workspace | None, session: Session) -> Session:
    """Return `session` as it may be shown where all can read it: without ACUs where only some may see what it cost.

    Who reads their direct messages asked for what is in them.
    """
    if workspace is None or session.channel.startswith("D"):
        return session
    holders = (await roles_of(tx, workspace)).holders(Right.COST, session.channel)
    if holders is None or EVERYONE in holders:
        return session
    return without_acus(session)


def without_acus(session: Session) -> Session:
    """Return `session` as whoever may not see what it cost is shown it. That its limit is used up can be seen."""
    options, snapshot = replace(session.options, acu=None), replace(session.snapshot, acus=0.0)
    limit = 0 if way_on(session) is WayOn.CONTINUE else None
    return replace(session, options=options, snapshot=snapshot, acu_limit=limit)


async def admins_of(tx: Transaction, workspace: Workspace, read_after: float) -> Admins:
    """Return the admins of `workspace`: the people and the members of groups that settings name, or that administer.

    Members count that were read from Slack since `read_after`. Who is no full member of the workspace any more, by what
    is stored about them, is no admin. Whether somebody is one right now, `Access` finds out.
    """
    policy, team = workspace.policy, workspace.team
    holders = (await roles_of(tx, workspace)).holders(Right.ADMINISTER) or ()
    named = policy.admin_users | {holder for holder in holders if is_person(holder)}
    users = named - await people.outsiders(tx, team, named)
    own = [policy.admin_group] if policy.admin_group is not None else []
    groups = tuple(dict.fromkeys([*own, *(holder for holder in holders if is_group(holder))]))
    members = {group: await user_groups.members(tx, team, group, read_after) for group in groups}
    return Admins(users, groups, frozenset().union(*members.values()))
