"""The user group of the admins: its members are read from Slack again and again, and stored.

1. Each process reads the group at its start and every ten minutes. All processes know what one of them has stored.
2. Each member is known as a person too, as everybody who uses the bot. A guest, or somebody who is deactivated or of
   another company, is no admin, and Slack's events about people count at once.
3. While Slack does not answer, or the app lacks a permission, the stored members stay admins for an hour. When Slack
   says that the group is gone or disabled, nobody is an admin by it from then on.
"""

from bot.kernel.access import Access
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import GroupGone, PersonGone, SlackError
from bot.store import admins

log = get_logger(__name__)


class AdminGroup:
    """Keeps the members of the user groups that the settings of workspaces name."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._problems: dict[str, str | None] = {}  # with which the last readings ended, as they were logged

    async def tick(self, workspace: Workspace) -> float:
        """Read the group of a workspace and store its members. Returns the seconds until the next reading."""
        group, timing = workspace.policy.admin_group, self._services.timing
        if group is None:
            return timing.idle_tick
        asked_at = self._services.clock()
        try:
            await self._store(workspace, group, await self._members(workspace, group), asked_at)
            self._note(workspace, None)
        except GroupGone as gone:
            await self._store(workspace, group, frozenset(), asked_at)
            self._note(workspace, gone.outcome)
        except SlackError as error:
            self._note(workspace, error.outcome)
            return max(timing.admins_retry, getattr(error, "retry_after", 0.0))
        return timing.admins_interval

    async def _members(self, workspace: Workspace, group: str) -> frozenset[str]:
        """Read who is in `group`, and who each of them is unless that is known. Whom Slack does not show is left out.

        One call for each person: after a rate limit the next reading goes on with those who are not known yet.
        """
        members = await workspace.slack.group_members(group)
        return frozenset([user for user in sorted(members) if await self._is_shown(workspace, user)])

    async def _is_shown(self, workspace: Workspace, user: str) -> bool:
        try:
            await self._access.person(workspace, user)
        except PersonGone:
            return False
        return True

    async def _store(self, workspace: Workspace, group: str, users: frozenset[str], asked_at: float) -> None:
        # A crash before this commit has the group read again by the next start.
        async with self._services.db.write() as tx:
            await admins.replace(tx, workspace.team, group, users, asked_at)

    def _note(self, workspace: Workspace, problem: str | None) -> None:
        """Log once that the group cannot be read, for which `problem`, or that it can be read again."""
        if problem == self._problems.get(workspace.team):
            return
        facts = {"team": workspace.team, "group": workspace.policy.admin_group}
        if problem is None:
            log.info("admin group is read again", **facts)
        else:
            log.warning("admin group not read", error=problem, **facts)
        self._problems[workspace.team] = problem
