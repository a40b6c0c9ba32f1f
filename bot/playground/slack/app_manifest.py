"""What the app was allowed at installation: scopes, events, commands, read from its manifest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

from bot.playground.slack.errors import SlackError

_Feature = TypeVar("_Feature", "Command", "Shortcut")

APP_NAME: Final = "Devin Bridge"
DEFAULT_SCOPES: Final = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "reactions:read",
    "reactions:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
)
DEFAULT_EVENTS: Final = (
    "agent_session_stopped",
    "agent_session_title_changed",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_left",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "group_archive",
    "group_left",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "team_join",
    "tokens_revoked",
    "user_change",
)
# The scope without which Slack does not let an app subscribe to the event; None: no scope needed.
EVENT_SCOPES: Final[Mapping[str, str]] = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "channel_archive": "channels:read",
    "channel_left": "channels:read",
    "channel_unarchive": "channels:read",
    "group_archive": "groups:read",
    "group_left": "groups:read",
    "group_unarchive": "groups:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "agent_session_stopped": "chat:write",
    "agent_session_title_changed": "chat:write",
    "link_shared": "links:read",
    "team_join": "users:read",
    "user_change": "users:read",
}


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: what people read of it, and whether names in its text are sent as entities."""

    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut, in the menu of every message or in the global one."""

    type: str  # message or global
    name: str
    callback_id: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """The app as the workspace has it."""

    scopes: frozenset[str]
    events: frozenset[str]
    commands: Mapping[str, Command]
    shortcuts: tuple[Shortcut, ...] = ()
    name: str = APP_NAME
    interactive: bool = True
    is_agent: bool = True
    has_home: bool = True
    unfurl_domains: frozenset[str] = frozenset()

    @property
    def provided(self) -> str:
        """The scopes as Slack lists them."""
        return ",".join(sorted(self.scopes))

    def need(self, *scopes: str) -> None:
        """Refuse with `missing_scope` unless one of these was granted."""
        if scopes and not self.scopes.intersection(scopes):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=self.provided)

    def hears(self, subscription: str) -> bool:
        """Whether such an event is sent: subscribed, and the scope for it was granted."""
        needed = EVENT_SCOPES.get(subscription)
        return subscription in self.events and (needed is None or needed in self.scopes)


def installed(manifest: Mapping[str, Any] | None, scopes: Iterable[str] | None = None) -> InstalledApp:
    """The app of a manifest; without one, an app that may do and hears everything the bot could use."""
    if manifest is None:
        granted = frozenset(DEFAULT_SCOPES if scopes is None else scopes)
        return InstalledApp(granted, frozenset(DEFAULT_EVENTS), {"/devin": Command(should_escape=True)})
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    asked = manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())
    return InstalledApp(
        scopes=frozenset(asked if scopes is None else scopes),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        commands={command["command"]: _read(Command, command) for command in features.get("slash_commands", ())},
        shortcuts=tuple(_read(Shortcut, shortcut) for shortcut in features.get("shortcuts", ())),
        name=manifest.get("display_information", {}).get("name", APP_NAME),
        interactive=bool(settings.get("interactivity", {}).get("is_enabled")),
        is_agent="agent_view" in features,
        unfurl_domains=frozenset(features.get("unfurl_domains", ())),
        has_home=bool(features.get("app_home", {}).get("home_tab_enabled")),
    )


def _read(kind: type[_Feature], told: Mapping[str, Any]) -> _Feature:
    return kind(**{item.name: told[item.name] for item in fields(kind) if item.name in told})
