"""The user groups whose members are admins or have a role: they are read from Slack again and again, and stored.

1. Each process reads the groups at its start, every ten minutes, and as soon as a role names one. All processes know
   what one of them has stored.
2. Each member is known as a person too, as everybody who uses the bot. A guest, or somebody who is deactivated or of
   another company, has nothing by a group, and Slack's events about people count at once.
3. While Slack does not answer, or the app lacks a permission, the stored members keep what a group gives for an hour.
   When Slack says that the group is gone or disabled, nobody has anything by it from then on.
"""

from typing import Final

from bot.kernel.access import Access
from bot.kernel.admins import roles_of
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import GroupGone, PersonGone, SlackError
from bot.store import user_groups

log = get_logger(__name__)

TICK: Final = "user groups"


def user_groups_tick(workspace: Workspace) -> str:
    """Return the name by which the engine has the groups of `workspace` read."""
    return f"{TICK}:{workspace.team}"


class UserGroups:
    """Keeps the members of the user groups that settings and roles name."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._problems: dict[tuple[str, str], str | None] = {}  # with which the last readings ended, as logged

    async def tick(self, workspace: Workspace) -> float:
        """Read the groups of a workspace and store their members. Returns the seconds until the next reading."""
        services = self._services
        async with services.db.read() as tx:
            groups = set((await roles_of(tx, workspace)).groups)
        if workspace.policy.admin_group is not None:
            groups.add(workspace.policy.admin_group)
        waits = [await self._read(workspace, group) for group in sorted(groups)]
        return min(waits, default=services.timing.idle_tick)

    async def _read(self, workspace: Workspace, group: str) -> float:
        """Read one `group`. Returns the seconds until the next reading."""
        asked_at, timing = self._services.clock(), self._services.timing
        try:
            await self._store(workspace, group, await self._members(workspace, group), asked_at)
            self._note(workspace, group, None)
        except GroupGone as gone:
            await self._store(workspace, group, frozenset(), asked_at)
            self._note(workspace, group, gone.outcome)
        except SlackError as error:
            self._note(workspace, group, error.outcome)
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
            await user_groups.replace(tx, workspace.team, group, users, asked_at)

    def _note(self, workspace: Workspace, group: str, problem: str | None) -> None:
        """Log once that the group cannot be read, for which `problem`, or that it can be read again."""
        key = (workspace.team, group)
        if problem == self._problems.get(key):
            return
        facts = {"team": workspace.team, "group": group}
        if problem is None:
            log.info("user group read again", **facts)
        else:
            log.warning("user group not read", error=problem, **facts)
        self._problems[key] = problem
