"""The app manifest, which describes the app to Slack, for Socket Mode or for a public address.

Format: https://docs.slack.dev/reference/app-manifest
"""

from pathlib import Path
from typing import Any, Final

import yaml

Manifest = dict[str, Any]

MANIFEST: Final = Path(__file__).resolve().parent.parent / "manifest.yml"
AGENT_SCOPE: Final = "assistant:write"
AGENT_EVENTS: Final = "agent_session_"  # how the names of events begin that only an agent gets
PREVIEW_SCOPES: Final = ("links:read", "links:write")
PREVIEW_EVENT: Final = "link_shared"
# Slack takes five domains at most. Hosts of your own code may be added by hand.
PREVIEWED: Final = ("app.devin.ai", "github.com", "gitlab.com")
EVENTS_PATH: Final = "/slack/events"


def read_manifest(path: Path = MANIFEST) -> Manifest:
    """Read the manifest at `path`, by default the one in the repository, which is for Socket Mode."""
    manifest: Manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    return manifest


def manifest_for(
    url: str | None = None, path: Path = MANIFEST, *, unfurls: bool = False, agent: bool = True
) -> Manifest:
    """The manifest at `path` for Socket Mode, or with `url`, a public https:// address, for requests over HTTP.

    With `unfurls` it asks for what previews of links need. Without `agent` it asks for nothing of Slack's for agents.
    """
    manifest = _with_previews(read_manifest(path)) if unfurls else read_manifest(path)
    manifest = manifest if agent else _without_agent(manifest)
    if url is None:
        return manifest
    if not url.startswith("https://"):
        raise ValueError("The URL must start with https://. Slack accepts nothing else.")
    return _over_http(manifest, url.rstrip("/").removesuffix(EVENTS_PATH) + EVENTS_PATH)


def as_yaml(manifest: Manifest) -> str:
    """Write `manifest` as the YAML to paste into Slack's form."""
    text: str = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=100)
    return text


def scopes_of(manifest: Manifest) -> frozenset[str]:
    """The scopes that `manifest` asks for the bot token."""
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def events_of(manifest: Manifest) -> frozenset[str]:
    """The events to which `manifest` subscribes."""
    return frozenset(manifest["settings"]["event_subscriptions"]["bot_events"])


def commands_of(manifest: Manifest) -> frozenset[str]:
    """The slash commands in `manifest`, with their slash."""
    return frozenset(command["command"] for command in manifest["features"]["slash_commands"])


def _with_previews(manifest: Manifest) -> Manifest:
    scopes, events = manifest["oauth_config"]["scopes"], manifest["settings"]["event_subscriptions"]
    manifest["features"]["unfurl_domains"] = list(PREVIEWED)
    scopes["bot"] = sorted([*scopes["bot"], *PREVIEW_SCOPES])
    events["bot_events"] = sorted([*events["bot_events"], PREVIEW_EVENT])
    return manifest


def _without_agent(manifest: Manifest) -> Manifest:
    scopes, events = manifest["oauth_config"]["scopes"], manifest["settings"]["event_subscriptions"]
    del manifest["features"]["agent_view"]
    scopes["bot"].remove(AGENT_SCOPE)
    events["bot_events"] = [name for name in events["bot_events"] if not name.startswith(AGENT_EVENTS)]
    return manifest


def _over_http(manifest: Manifest, endpoint: str) -> Manifest:
    settings = manifest["settings"]
    for command in manifest["features"]["slash_commands"]:
        command["url"] = endpoint
    settings["event_subscriptions"]["request_url"] = endpoint
    settings["interactivity"] |= {"request_url": endpoint, "message_menu_options_url": endpoint}
    settings["socket_mode_enabled"] = False
    return manifest
