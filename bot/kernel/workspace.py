"""A Slack workspace: who the bot is in it, its client, and the settings that flows obey in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, time, tzinfo
from typing import Any, Final

from bot.domain.amounts import Price
from bot.domain.roles import Right, Roles
from bot.domain.session import Session
from bot.domain.waking import WakeLimits
from bot.kernel.organisation import Organisation
from bot.logs import get_logger
from bot.slack.client import Slack
from bot.slack.origin import app_of, enterprises_of, teams_of

log = get_logger(__name__)

EVERY_CHANNEL: Final = "*"


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that flows obey in a workspace."""

    admin_channel: str | None = None
    admin_users: frozenset[str] = frozenset()
    admin_group: str | None = None
    start_emoji: str = ""  # a reaction that starts a session; empty is none
    start_emoji_channels: frozenset[str] = frozenset()  # in which it does; EVERY_CHANNEL is in all
    alert_bots: tuple[tuple[str, str, str], ...] = ()  # a channel, a bot whose messages start there, and in whose name
    roles: Roles = field(default_factory=Roles)  # of the settings file
    digest_time: time = time(9, 0)
    zone: tzinfo = UTC
    posts_quiet_days: bool = False
    code_hosts: frozenset[str] = frozenset()
    link_hosts: frozenset[str] = frozenset()
    acu_price: Price | None = None
    wake_limits: WakeLimits = field(default_factory=WakeLimits)
    runaway_acus: float = 0.0  # from which on a session's spending may be an alarm; 0 is never
    cycle_acus: float | None = None  # that Devin itself may use in a cycle, where Devin names no limit
    audit_log: str = ""  # the file for a SIEM, `-` for stdout, empty for none
    unfurls: bool = False  # whether links to sessions get a preview
    stops_at_limit: bool = False  # whether sessions without a limit are stopped once their budget is used up
    sends_secrets: bool = False  # whether people may send what looks like a secret to Devin
    repeats_as_bot: bool = True  # whether what Devin refuses in a person's name is asked for in the bot's
    shows_names: bool = True  # whether figures name people; else they count them

    def starts_with(self, emoji: str, channel: str) -> bool:
        """Whether this reaction starts a session in `channel`."""
        allowed = bool(self.start_emoji_channels & {channel, EVERY_CHANNEL})
        return bool(self.start_emoji) and emoji == self.start_emoji and allowed

    def owner_of_alerts(self, channel: str, bot: str) -> str | None:
        """In whose name the messages of `bot` start sessions in `channel`; None if they do not."""
        return next((who for where, which, who in self.alert_bots if (where, which) == (channel, bot)), None)

    @property
    def wants_figures(self) -> bool:
        """Whether somebody gets the digest or may ask what was spent."""
        administer = self.roles.holders(Right.ADMINISTER)
        return bool(self.admin_channel or self.admin_users or self.admin_group or administer)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Slack workspace: its id, the ids of the bot in it, its client, its policy, and where its sessions start.

    `app` is the id of the bot's app, None if it is not known. `enterprise` is the Slack organisation that has
    installed the app as a whole, if one has.
    """

    team: str
    bot_user: str
    bot_id: str
    slack: Slack
    policy: Policy
    organisation: Organisation
    app: str | None = None
    enterprise: str | None = None

    @property
    def catch_up_tick(self) -> str:
        """The name by which the engine calls the catch-up of this workspace."""
        return f"catch-up:{self.team}"

    @property
    def gap_tick(self) -> str:
        """The name by which the engine has marked what the workspace may have sent in vain."""
        return f"gap:{self.team}"


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
            log.warning("workspace not connected", team=team)
        return found

    def want_figures_of(self, organisation: Organisation) -> bool:
        """Whether somebody in a workspace of `organisation` gets the digest or may ask what was spent."""
        return any(workspace.policy.wants_figures for workspace in self if workspace.organisation is organisation)

    def with_code_hosts(self, session: Session) -> Session:
        """Return `session` with the hosts that the settings of its workspace name, as views need them."""
        workspace = self._by_team.get(session.team)
        if workspace is None:
            return session
        policy = workspace.policy
        return replace(session, code_hosts=policy.code_hosts, link_hosts=policy.link_hosts)

    def of_request(self, body: Mapping[str, Any]) -> Workspace | None:
        """Return the workspace that Slack's request `body` is for; None if the request comes from elsewhere.

        Elsewhere is another app, or a workspace that is not connected. The person of a request may be from another
        company all the same: `bot.kernel.access` refuses such people.
        """
        found, app = self._named(body), app_of(body)
        for_another_app = found is not None and None not in {found.app, app} and found.app != app
        return None if for_another_app else found

    def _named(self, body: Mapping[str, Any]) -> Workspace | None:
        # Most requests name their workspace first, so that nothing else is read.
        for team in teams_of(body):
            if team in self._by_team:
                return self._by_team[team]
        enterprises = set(enterprises_of(body))
        for workspace in self:
            if workspace.enterprise is not None and workspace.enterprise in enterprises:
                return workspace
        # A request that names no workspace is no reason to lose it, as long as it can be for one alone.
        return next(iter(self)) if len(self._by_team) == 1 and not any(teams_of(body)) else None
