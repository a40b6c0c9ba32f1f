"""Who is an admin in a workspace, from its settings and from our rows."""

from bot.domain.admins import Admins
from bot.kernel.workspace import Workspace
from bot.store import admins, people
from bot.store.database.connection import Transaction


async def admins_of(tx: Transaction, workspace: Workspace, read_after: float) -> Admins:
    """Return the admins of `workspace`: those whom the settings name, and the members of the group that they name.

    Members count that were read from Slack since `read_after`. Who is no full member of the workspace any more, by what
    is stored about them, is no admin. Whether somebody is one right now, `Access` finds out.
    """
    policy = workspace.policy
    users = policy.admin_users - await people.outsiders(tx, workspace.team, policy.admin_users)
    if policy.admin_group is None:
        return Admins(users)
    return Admins(users, policy.admin_group, await admins.members(tx, workspace.team, policy.admin_group, read_after))
