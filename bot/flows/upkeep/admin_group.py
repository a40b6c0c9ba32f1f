"""The user group of the admins: its members are read from Slack again and again, and stored.

1. Each process reads the group at its start and every ten minutes. All processes know what one of them has stored.
2. Each member is known as a person too, as everybody who uses the bot. A guest, or somebody who is deactivated or of
   another company, is no admin, and Slack's events about people count at once.
3. While Slack does not answer, or the app lacks a permission, the stored members stay admins for an hour. When Slack
   says that the group is gone or disabled, nobody is an admin by it from then on.
"""

from bot.engine.port import Tick
from bot.flows.access import Access
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import GroupGone, PersonGone, SlackError
from bot.store import admins

log = get_logger(__name__)


class AdminGroup:
    """Keeps the members of the user group that the settings of a workspace name."""

    def __init__(self, services: Services, access: Access, workspace: Workspace) -> None:
        self._services = services
        self._access = access
        self._workspace = workspace
        self._problem: str | None = None  # with which the last reading ended, as it was logged

    async def tick(self) -> float:
        """Read the group and store its members. Returns the seconds until the next reading."""
        group, timing = self._workspace.policy.admin_group, self._services.timing
        if group is None:
            return timing.idle_tick
        asked_at = self._services.clock()
        try:
            await self._store(group, await self._members(group), asked_at)
            self._note(None)
        except GroupGone as gone:
            await self._store(group, frozenset(), asked_at)
            self._note(gone.outcome)
        except SlackError as error:
            self._note(error.outcome)
            return max(timing.admins_retry, getattr(error, "retry_after", 0.0))
        return timing.admins_interval

    async def _members(self, group: str) -> frozenset[str]:
        """Read who is in `group`, and who each of them is unless that is known. Whom Slack does not show is left out.

        One call for each person: after a rate limit the next reading goes on with those who are not known yet.
        """
        members = await self._workspace.slack.group_members(group)
        return frozenset([user for user in sorted(members) if await self._is_shown(user)])

    async def _is_shown(self, user: str) -> bool:
        try:
            await self._access.person(self._workspace, user)
        except PersonGone:
            return False
        return True

    async def _store(self, group: str, users: frozenset[str], asked_at: float) -> None:
        # A crash before this commit has the group read again by the next start.
        async with self._services.db.write() as tx:
            await admins.replace(tx, self._workspace.team, group, users, asked_at)

    def _note(self, problem: str | None) -> None:
        """Log once that the group cannot be read, for which `problem`, or that it can be read again."""
        if problem == self._problem:
            return
        facts = {"team": self._workspace.team, "group": self._workspace.policy.admin_group}
        if problem is None:
            log.info("admin group is read again", **facts)
        else:
            log.warning("admin group not read", error=problem, **facts)
        self._problem = problem


def admin_ticks(services: Services, access: Access) -> dict[str, Tick]:
    """Return the tick for the group of the admins of each workspace, by its name."""
    return {f"admins:{one.team}": AdminGroup(services, access, one).tick for one in services.workspaces}
