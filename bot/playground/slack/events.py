"""What the bot hears of: messages, mentions, edits, deletions, being put out of a channel, and people who change."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from bot.playground.slack.delivery import Courier
from bot.playground.slack.state import Slack
from bot.playground.slack.timeline import Message
from bot.playground.slack.world import APP, BOT_USER, OTHER_TEAM, Channel, Person

Json = dict[str, Any]

LINK: Final = re.compile(r"<(https?://[^<>|]+)(?:\|[^<>]*)?>")
MENTION: Final = re.compile(rf"<@{BOT_USER}(\|[^>]*)?>")
SUBSCRIPTIONS: Final = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


class Events:
    """Turns what happened into events, and sends those the app subscribed to."""

    def __init__(self, slack: Slack, courier: Courier) -> None:
        self._slack = slack
        self._courier = courier

    def posted(self, message: Message) -> None:
        """A new message; a mention is heard twice, as two events."""
        channel = self._slack.world.channels[message.channel]
        self._tell(message)
        if not channel.has_bot:
            return
        self._message(channel, self._placed(message, channel))
        self._mention(message, channel)
        self._links(message, channel)

    def _links(self, message: Message, channel: Channel) -> None:
        """Links of the domains that the app named, unless the app wrote them."""
        links = [(urlsplit(url).hostname or "", url) for url in LINK.findall(message.text)]
        known = [{"domain": host, "url": url} for host, url in links if host in self._slack.app.unfurl_domains]
        if known and not message.by_bot:
            place = {"channel": channel.id, "message_ts": message.ts, "source": "conversations_history"}
            event = {"type": "link_shared", "user": message.user, **place, "links": known}
            self.send("link_shared", event | {"unfurl_id": f"{channel.id}-{message.ts}"}, channel=channel.id)

    def edited(self, message: Message, previous: Json, *, by_person: bool) -> None:
        """A changed message; a person's edit that mentions the bot is a mention again, with a new event id."""
        channel = self._slack.world.channels[message.channel]
        self._tell(message)
        if not channel.has_bot:
            return
        self._changed(channel, message.shown(), previous)
        if by_person:
            self._mention(message, channel)

    def deleted(self, message: Message, previous: Json) -> None:
        """A deleted message; under one with replies a tombstone stays."""
        channel = self._slack.world.channels[message.channel]
        self._tell(message)
        if not channel.has_bot:
            return
        if message.gone:
            facts = {"deleted_ts": message.ts, "previous_message": previous}
            self._hidden(channel, {"subtype": "message_deleted", **facts})
        else:
            self._changed(channel, message.shown(), previous)

    def reacted(self, message: Message, user: str, name: str, *, added: bool) -> None:
        """A reaction came or went."""
        self._slack.news.tell(message.change)
        kind = "reaction_added" if added else "reaction_removed"
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
        if self._slack.world.channels[message.channel].has_bot:
            self.send(kind, event, channel=message.channel)

    def bot_joined(self, channel: Channel, by: str) -> None:
        """The bot was invited."""
        kind = "G" if channel.kind == "group" else "C"
        event = {"type": "member_joined_channel", "user": BOT_USER, "channel": channel.id, "channel_type": kind}
        self.send("member_joined_channel", event | {"team": self._slack.team, "inviter": by}, channel=channel.id)

    def bot_left(self, channel: Channel, by: str) -> None:
        """The bot was removed."""
        kind = "G" if channel.kind == "group" else "C"
        event = {"type": "member_left_channel", "user": BOT_USER, "channel": channel.id, "channel_type": kind}
        self.send("member_left_channel", event | {"team": self._slack.team}, channel=channel.id)
        left = "group_left" if channel.kind == "group" else "channel_left"
        self.send(left, {"type": left, "channel": channel.id, "actor_id": by}, channel=channel.id)

    def archived(self, channel: Channel, by: str) -> None:
        """The channel was archived, or brought back."""
        state = "archive" if channel.is_archived else "unarchive"
        kind = f"group_{state}" if channel.kind == "group" else f"channel_{state}"
        self.send(kind, {"type": kind, "channel": channel.id, "user": by}, channel=channel.id)

    def shared(self, channel: Channel) -> None:
        """The channel was shared with another company, or unshared; who hears of it depends on the channel's kind."""
        app, ts = self._slack.app, self._slack.stamps.next()
        if {"channel": "channels:read", "group": "groups:read"}.get(channel.kind) not in app.scopes:
            return
        kind = "channel_shared" if channel.is_ext_shared else "channel_unshared"
        facts: Json = {"connected_team_id": OTHER_TEAM}
        if not channel.is_ext_shared:
            facts = {"previously_connected_team_id": OTHER_TEAM, "is_ext_shared": False}
        self.send(kind, {"type": kind, **facts, "channel": channel.id, "event_ts": ts}, channel=channel.id)

    def person(self, person: Person, *, is_new: bool) -> None:
        """Somebody came into the workspace, or is somebody else by now: renamed, a guest, deactivated."""
        kind = "team_join" if is_new else "user_change"
        user = person.shown(with_email="users:read.email" in self._slack.app.scopes)
        updated = int(self._slack.clock.wall())
        self.send(kind, {"type": kind, "user": user | {"updated": updated}, "cache_ts": updated})

    def send(self, subscription: str, event: Json, *, channel: str | None = None) -> str | None:
        """Wrap and send an event; its id, or None when the app did not subscribe to it."""
        if not self._slack.app.hears(subscription):
            return None
        shared = channel is not None and channel in self._slack.world.channels
        is_ext_shared = shared and self._slack.world.channels[channel or ""].is_ext_shared
        payload = self._envelope({"event_ts": self._slack.stamps.next(), **event}, is_ext_shared=is_ext_shared)
        self._courier.event(payload)
        return str(payload["event_id"])

    def _tell(self, message: Message) -> None:
        """A reply changes its parent too: how many there are, and the latest."""
        parent = message.parent
        self._slack.news.tell(*([message.change, parent.change] if parent else [message.change]))

    def _envelope(self, event: Json, *, is_ext_shared: bool) -> Json:
        installation = {"enterprise_id": None, "team_id": self._slack.team, "user_id": BOT_USER, "is_bot": True}
        return {
            "token": "verification",
            "team_id": event.get("user_team", self._slack.team),  # of the author, in a channel that is shared
            "context_team_id": self._slack.team,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": self._slack.names.next("Ev"),
            "event_time": int(self._slack.clock.wall()),
            "authorizations": [{**installation, "is_enterprise_install": False}],
            "is_ext_shared_channel": is_ext_shared,
            "event_context": self._slack.names.next("4-"),
        }

    def _placed(self, message: Message, channel: Channel) -> Json:
        place: Json = {"channel": channel.id, "event_ts": message.ts}
        if channel.is_ext_shared:
            place |= {"user_team": message.team, "source_team": message.team}
        return message.shown() | place

    def _message(self, channel: Channel, event: Json) -> None:
        self.send(SUBSCRIPTIONS[channel.kind], {**event, "channel_type": channel.kind}, channel=channel.id)

    def _mention(self, message: Message, channel: Channel) -> None:
        if channel.kind == "im" or message.by_bot or not MENTION.search(message.text):
            return
        event = self._placed(message, channel) | {"type": "app_mention"}
        event.pop("subtype", None)
        self.send("app_mention", event, channel=channel.id)

    def _changed(self, channel: Channel, message: Json, previous: Json) -> None:
        self._hidden(channel, {"subtype": "message_changed", "message": message, "previous_message": previous})

    def _hidden(self, channel: Channel, event: Json) -> None:
        ts = self._slack.stamps.next()
        self._message(
            channel, {"type": "message", "hidden": True, "channel": channel.id, "ts": ts, "event_ts": ts} | event
        )
