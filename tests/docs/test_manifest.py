"""The manifest: what Slack accepts, what the bot asks for, and both transports.

The schema is github.com/slackapi/manifest-schema v0.5.0 (MIT, Slack Technologies), bundled into one file.
"""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.features import COMMANDS
from bot.manifest import as_yaml, commands_of, events_of, manifest_for, read_manifest, scopes_of
from handlers import register

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads((ROOT / "tests/samples/slack/manifest.schema.json").read_text(encoding="utf-8"))
ENDPOINT = "https://bot.example.com/slack/events"

# What Slack asks for before it delivers an event: https://docs.slack.dev/reference/events
NEEDED_BY_EVENT = {
    "agent_session_stopped": "chat:write",
    "agent_session_title_changed": "chat:write",
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "channel_archive": "channels:read",
    "channel_left": "channels:read",
    "channel_shared": "channels:read",  # of private channels: groups:read
    "channel_unshared": "channels:read",
    "group_archive": "groups:read",
    "group_left": "groups:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "team_join": "users:read",
    "tokens_revoked": None,
    "user_change": "users:read",
}
# What the bot does beyond hearing events.
NEEDED_BY_WORK = {
    "assistant:write",  # agent_view brings it
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "im:write",
    "mpim:read",
    "reactions:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
}


def errors(manifest):
    """What Slack's schema says against it, for version 2 alone: its messages can be read."""
    assert manifest["_metadata"]["major_version"] == 2
    validator = Draft7Validator(SCHEMA["definitions"]["manifest.schema.2.0.0"])
    return [error.message for error in validator.iter_errors(manifest)]


@pytest.mark.parametrize("url", [None, "https://bot.example.com"])
def test_slack_accepts_it(url):
    manifest = manifest_for(url)
    assert errors(manifest) == []
    Draft7Validator(SCHEMA).validate(manifest)


def test_the_schema_would_notice():
    manifest = read_manifest()
    manifest["features"]["slash_commands"][0]["command"] = "devin"
    assert errors(manifest) == ["'devin' does not match '^\\\\/'"]


def test_it_is_devin_bridge_an_agent_with_one_command():
    manifest = read_manifest()
    assert manifest["display_information"]["name"] == "Devin Bridge"
    assert manifest["features"]["bot_user"]["display_name"] == "Devin Bridge"
    assert "agent_view" in manifest["features"]
    assert commands_of(manifest) == {"/devin"}
    (command,) = manifest["features"]["slash_commands"]
    # Escaped, a mention in the prompt arrives as an id that can be turned into a name.
    assert command["should_escape"] is True
    assert command["usage_hint"]


def test_people_can_write_to_it_and_press_its_buttons():
    manifest = read_manifest()
    home = manifest["features"]["app_home"]
    assert (home["messages_tab_enabled"], home["messages_tab_read_only_enabled"]) == (True, False)
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}


def test_it_asks_for_what_it_uses_and_no_more():
    needed = {scope for scope in NEEDED_BY_EVENT.values() if scope}
    assert events_of(read_manifest()) == set(NEEDED_BY_EVENT)
    assert scopes_of(read_manifest()) == needed | NEEDED_BY_WORK


def test_it_uses_socket_mode_by_default_and_names_no_address():
    manifest = manifest_for()
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "https://" not in as_yaml(manifest)


@pytest.mark.parametrize("url", ["https://bot.example.com", "https://bot.example.com/", ENDPOINT])
def test_over_http_everything_goes_to_one_address(url):
    manifest = manifest_for(url)
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is False
    assert [command["url"] for command in manifest["features"]["slash_commands"]] == [ENDPOINT]
    assert settings["event_subscriptions"]["request_url"] == ENDPOINT
    assert settings["interactivity"] == {
        "is_enabled": True,
        "request_url": ENDPOINT,
        "message_menu_options_url": ENDPOINT,
    }


@pytest.mark.parametrize("url", ["http://bot.example.com", "bot.example.com"])
def test_an_address_that_slack_would_not_call_is_refused(url):
    with pytest.raises(ValueError, match=r"^The URL must start with https://\. Slack accepts nothing else\.$"):
        manifest_for(url)


def test_what_is_printed_is_what_was_made():
    manifest = manifest_for("https://bot.example.com")
    assert yaml.safe_load(as_yaml(manifest)) == manifest


class Routes:
    """A Bolt app that only notes which events have a route; whatever else is asked of it takes everything."""

    def __init__(self):
        self.events = []

    def event(self, name):
        self.events.append(name)
        return lambda _listener: None

    def __getattr__(self, _name):
        return lambda *_: lambda _listener: None


class Listeners:
    """Has a listener by any name."""

    def __getattr__(self, _name):
        return None


def test_every_event_of_the_manifest_has_a_route_and_every_route_its_event():
    routes = Routes()
    register(routes, COMMANDS, *[Listeners()] * 5)
    routed = {name for name in routes.events if isinstance(name, str)}
    assert routed == {event.split(".")[0] for event in events_of(manifest_for(unfurls=True))}


def test_an_app_that_is_no_agent_asks_for_nothing_that_slack_has_for_agents():
    manifest, usual = manifest_for(agent=False), read_manifest()
    assert errors(manifest) == []
    assert scopes_of(usual) - scopes_of(manifest) == {"assistant:write"}
    assert events_of(usual) - events_of(manifest) == {name for name in events_of(usual) if name.startswith("agent_")}
    assert usual["features"].keys() - manifest["features"].keys() == {"agent_view"}


def test_what_previews_need_is_asked_for_where_they_are_wanted_alone():
    manifest, usual = manifest_for(unfurls=True), read_manifest()
    assert errors(manifest) == []
    assert scopes_of(manifest) - scopes_of(usual) == {"links:read", "links:write"}
    assert events_of(manifest) - events_of(usual) == {"link_shared"}
    assert manifest["features"]["unfurl_domains"] == ["app.devin.ai", "github.com", "gitlab.com"]
    assert "unfurl_domains" not in usual["features"]
