"""Who is an admin in a workspace, from its settings and from our rows."""

from bot.domain.admins import Admins
from bot.kernel.workspace import Workspace
from bot.store import admins
from bot.store.database.connection import Transaction


async def admins_of(tx: Transaction, workspace: Workspace, read_after: float) -> Admins:
    """Return the admins of `workspace`: those whom the settings name, and the members of the group that they name.

    Members count that were read from Slack since `read_after`.
    """
    policy = workspace.policy
    if policy.admin_group is None:
        return Admins(policy.admin_users)
    members = await admins.members(tx, workspace.team, policy.admin_group, read_after)
    return Admins(policy.admin_users, policy.admin_group, members)
