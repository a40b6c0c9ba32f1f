"""Messages: what one holds, how Slack shows it, and a channel's messages in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.playground.news import Change
from bot.playground.slack.blocks import rendered
from bot.playground.slack.world import APP, BOT_ID, BOT_USER, OTHER_APP, OTHER_BOT, TEAM

Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class Message:
    """One message. A reply knows its parent, a parent its replies."""

    channel: str
    ts: str
    user: str
    text: str
    team: str = TEAM
    username: str | None = None  # of another app, whose id stands in `user`
    app: str | None = None  # the name of another app that posts with the token of a person, who is the `user`
    parent: "Message | None" = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    subtype: str | None = None
    client_msg_id: str | None = None
    edited: Json | None = None
    edits: int = 0
    deleted: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)
    replies: list["Message"] = field(default_factory=list)

    @property
    def by_bot(self) -> bool:
        """Whether the app wrote it."""
        return self.user == BOT_USER

    @property
    def thread_ts(self) -> str:
        """The thread it belongs to or could begin."""
        return self.parent.ts if self.parent else self.ts

    @property
    def live_replies(self) -> list["Message"]:
        """Replies that were not deleted."""
        return [reply for reply in self.replies if not reply.deleted]

    @property
    def change(self) -> Change:
        """That it came, says something else, or went."""
        return Change("message", self.channel, self.ts, self)

    @property
    def in_channel(self) -> bool:
        """Whether it stands in the channel itself, not only in a thread."""
        return self.parent is None or self.subtype == "thread_broadcast"

    @property
    def gone(self) -> bool:
        """Deleted without a trace: a deleted parent stays as a tombstone while it has replies."""
        return self.deleted and not self.live_replies

    def shown(self, *, metadata: bool = False) -> Json:
        """As events and the Web API show it; metadata only on request."""
        if self.deleted:
            return self._tombstone()
        out: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts, "team": self.team}
        kept = {name: getattr(self, name) for name in ("subtype", "client_msg_id", "edited", "blocks", "files")}
        out |= {name: value for name, value in kept.items() if value}
        if self.attachments:
            out["attachments"] = self.attachments
        if self.by_bot:
            profile = {"id": BOT_ID, "app_id": APP, "name": "Devin Bridge", "team_id": self.team}
            out |= {"bot_id": BOT_ID, "app_id": APP, "bot_profile": profile}
        if self.app:
            profile = {"id": OTHER_BOT, "app_id": OTHER_APP, "name": self.app, "team_id": self.team}
            out |= {"bot_id": OTHER_BOT, "app_id": OTHER_APP, "bot_profile": profile}
        if self.username:
            out |= {"bot_id": out.pop("user"), "username": self.username}
        if self.reactions:
            out["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()
            ]
        if metadata and self.metadata:
            out["metadata"] = self.metadata
        return out | self._thread()

    def _tombstone(self) -> Json:
        return {
            "type": "message",
            "subtype": "tombstone",
            "user": "USLACKBOT",
            "text": "This message was deleted.",
            "hidden": True,
            "ts": self.ts,
        } | self._thread()

    def _thread(self) -> Json:
        if self.parent:
            return {"thread_ts": self.parent.ts, "parent_user_id": self.parent.user}
        replies = self.live_replies
        if not replies:
            return {}
        users = list(dict.fromkeys(reply.user for reply in replies))
        return {
            "thread_ts": self.ts,
            "reply_count": len(replies),
            "reply_users": users,
            "reply_users_count": len(users),
            "latest_reply": replies[-1].ts,
            "is_locked": False,
            "subscribed": False,
        }

    def read(self) -> Json:
        """As the control API tells it: everything, and what a person reads of it."""
        text = "" if self.deleted else rendered(self.text, self.blocks) or _fallback(self.attachments)
        facts = {"channel": self.channel, "rendered": text, "edits": self.edits, "deleted": self.deleted}
        return self.shown(metadata=True) | facts | ({"user": self.user} if self.username else {})


def _fallback(attachments: list[Json]) -> str:
    return "\n".join(str(attachment["fallback"]) for attachment in attachments if attachment.get("fallback"))


class Timeline:
    """The messages of one channel."""

    def __init__(self) -> None:
        self._by_ts: dict[str, Message] = {}

    def add(self, message: Message) -> None:
        """Append; timestamps only grow, so the order is right."""
        self._by_ts[message.ts] = message
        if message.parent:
            message.parent.replies.append(message)

    def get(self, ts: str) -> Message | None:
        """The message that stands there and was not deleted."""
        message = self._by_ts.get(ts)
        return None if message is None or message.deleted else message

    def root(self, ts: str) -> Message | None:
        """The message or tombstone a thread could hang under."""
        message = self._by_ts.get(ts)
        return None if message is None or message.gone else message

    def __iter__(self) -> Iterator[Message]:
        """All of them, oldest first."""
        return (message for message in self._by_ts.values() if not message.gone)

    def newest(self) -> Iterator[Message]:
        """All of them, newest first."""
        return (message for message in reversed(self._by_ts.values()) if not message.gone)

    def in_channel(self) -> list[Message]:
        """Those a person sees without opening a thread, oldest first."""
        return [message for message in self if message.in_channel]

    def thread(self, ts: str) -> list[Message]:
        """A parent and its replies, oldest first; a reply stands alone."""
        root = self.root(ts)
        return [] if root is None else [root, *root.live_replies]
