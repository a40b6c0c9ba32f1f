"""The app manifest: what Slack is told about the app, for Socket Mode or for a public address.

Format: https://docs.slack.dev/reference/app-manifest
"""

from pathlib import Path
from typing import Any, Final

import yaml

Manifest = dict[str, Any]

MANIFEST: Final = Path(__file__).resolve().parent.parent / "manifest.yml"
EVENTS_PATH: Final = "/slack/events"


def read_manifest(path: Path = MANIFEST) -> Manifest:
    """The manifest as it stands in the repository: Socket Mode."""
    manifest: Manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    return manifest


def manifest_for(url: str | None = None, path: Path = MANIFEST) -> Manifest:
    """The manifest for Socket Mode, or with request URLs under a public https:// address."""
    manifest = read_manifest(path)
    if url is None:
        return manifest
    if not url.startswith("https://"):
        raise ValueError("The address must start with https://, because Slack calls nothing else.")
    return _over_http(manifest, url.rstrip("/").removesuffix(EVENTS_PATH) + EVENTS_PATH)


def as_yaml(manifest: Manifest) -> str:
    """The text to paste into Slack's form."""
    text: str = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=100)
    return text


def scopes_of(manifest: Manifest) -> frozenset[str]:
    """What the bot token may do."""
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def events_of(manifest: Manifest) -> frozenset[str]:
    """The events that Slack sends."""
    return frozenset(manifest["settings"]["event_subscriptions"]["bot_events"])


def commands_of(manifest: Manifest) -> frozenset[str]:
    """The slash commands, with their slash."""
    return frozenset(command["command"] for command in manifest["features"]["slash_commands"])


def _over_http(manifest: Manifest, endpoint: str) -> Manifest:
    settings = manifest["settings"]
    for command in manifest["features"]["slash_commands"]:
        command["url"] = endpoint
    settings["event_subscriptions"]["request_url"] = endpoint
    settings["interactivity"] |= {"request_url": endpoint, "message_menu_options_url": endpoint}
    settings["socket_mode_enabled"] = False
    return manifest
