"""The acts that change messages, whoever does them: a method, a person or a response URL."""

from typing import Any

from bot.playground.slack.arguments import Content
from bot.playground.slack.blocks import with_ids
from bot.playground.slack.delivery import Courier
from bot.playground.slack.events import Events
from bot.playground.slack.state import Slack
from bot.playground.slack.timeline import Message
from bot.playground.slack.world import BOT_USER

Json = dict[str, Any]


class Workspace:
    """State, events and deliveries, and what can be done with them."""

    def __init__(self, slack: Slack, courier: Courier) -> None:
        self.slack = slack
        self.courier = courier
        self.events = Events(slack, courier)

    def post(
        self,
        channel: str,
        content: Content,
        *,
        user: str = BOT_USER,
        username: str | None = None,
        app: str | None = None,
        parent: Message | None = None,
        subtype: str | None = None,
        files: list[Json] | None = None,
    ) -> Message:
        """Put a message into a channel or thread."""
        slack = self.slack
        message = Message(channel, slack.stamps.next(), user, content.text, parent=parent, subtype=subtype)
        message.username, message.app = username, app
        message.team = slack.world.people[user].team if user in slack.world.people else slack.team
        message.blocks = self.stored(content.blocks)
        message.attachments, message.metadata = content.attachments, content.metadata or None
        message.files = files or []
        message.client_msg_id = (
            slack.names.envelope() if user in slack.world.people and user != BOT_USER and not app else None
        )
        slack.timeline(channel).add(message)
        self.events.posted(message)
        return message

    def update(self, message: Message, content: Content, *, by: str = BOT_USER) -> None:
        """Edit a message; what was not given stays."""
        previous = message.shown()
        message.text = content.text or message.text
        if content.blocks is not None:
            message.blocks = self.stored(content.blocks)
        if content.attachments:
            message.attachments = content.attachments
        if content.metadata is not None:
            message.metadata = content.metadata or None
        message.edited = {"user": by, "ts": self.slack.stamps.next()}
        message.edits += 1
        self.events.edited(message, previous, by_person=by != BOT_USER)

    def delete(self, message: Message) -> None:
        """Take a message away."""
        previous = message.shown()
        message.deleted = True
        self.events.deleted(message, previous)

    def stored(self, blocks: list[Json] | None) -> list[Json]:
        """Blocks as Slack keeps them."""
        return with_ids(blocks or [], lambda: self.slack.names.next("b"))
