"""A Slack workspace: who the bot is in it, its client, and the settings that flows obey in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, time, tzinfo

from bot.domain.session import Session
from bot.flows.organisation import Organisation
from bot.logs import get_logger
from bot.slack.client import Slack

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that flows obey in a workspace."""

    admin_channel: str | None = None
    admin_users: frozenset[str] = frozenset()
    digest_time: time = time(9, 0)
    zone: tzinfo = UTC
    code_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Slack workspace: its id, the ids of the bot in it, its client, its policy, and where its sessions start."""

    team: str
    bot_user: str
    bot_id: str
    slack: Slack
    policy: Policy
    organisation: Organisation

    @property
    def catch_up_tick(self) -> str:
        """The name by which the engine calls the catch-up of this workspace."""
        return f"catch-up:{self.team}"


class Workspaces:
    """The workspaces that this process is connected to. Rows of any other one wait until it is connected again."""

    def __init__(self, *workspaces: Workspace) -> None:
        self._by_team = {workspace.team: workspace for workspace in workspaces}
        self._missed: set[str] = set()

    def __iter__(self) -> Iterator[Workspace]:
        return iter(self._by_team.values())

    def __getitem__(self, team: str) -> Workspace:
        return self._by_team[team]

    def get(self, team: str | None) -> Workspace | None:
        """Return the workspace with the id `team`, or None if it is not connected, which the log says once."""
        found = self._by_team.get(team or "")
        if found is None and (team or "") not in self._missed:
            self._missed.add(team or "")
            log.warning("workspace is not connected", team=team)
        return found

    def with_code_hosts(self, session: Session) -> Session:
        """Return `session` with the code hosts that the settings of its workspace name, as views need them."""
        workspace = self._by_team.get(session.team)
        return session if workspace is None else replace(session, code_hosts=workspace.policy.code_hosts)

    def of_request(self, team: str | None) -> Workspace | None:
        """Return the workspace that a request of Slack's concerns, or None if that one is not connected.

        `team` is what the request names. In a channel that is shared with another company it may be the other team, and
        where a whole Slack organisation has installed the app there may be none: while only one workspace is connected,
        such requests are its requests too, and `bot.flows.access` refuses other companies' people.
        """
        return next(iter(self)) if len(self._by_team) == 1 else self.get(team)
