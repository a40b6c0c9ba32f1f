"""Messages that say what somebody else said: what another app posts, and what a person forwards."""

from collections.abc import Callable
from typing import Any, Final

from bot.playground.slack.arguments import Args, Content, read_content
from bot.playground.slack.errors import ImpossibleError
from bot.playground.slack.people import People
from bot.playground.slack.timeline import Message
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import DOMAIN, OTHER_BOT, Channel

Json = dict[str, Any]

DIRECT_MESSAGE: Final = "Direct Message"


class Shares:
    """The acts of other apps, and the forwarding of messages."""

    def __init__(self, workspace: Workspace, people: People) -> None:
        self._workspace = workspace
        self._people = people

    def acts(self) -> dict[str, Callable[[Args], Json]]:
        """The acts by their names."""
        return {"post_as_app": self.post_as_app, "forward": self.forward}

    def post_as_app(self, args: Args) -> Json:
        """Post as another app does with an incoming webhook: `name`, and `text`, `blocks`, `attachments`.

        With a `user` it posts with that person's token: Slack shows the person as the author, beside the app's id.
        https://docs.slack.dev/reference/methods/chat.postMessage
        """
        channel = self._workspace.slack.world.channels.get(args.need("channel"))
        if channel is None:
            raise ImpossibleError(f"there's no channel {args.text('channel')}")
        parent = self._people.parent(channel, args.text("thread_ts"))
        name, person = args.need("name"), args.text("user")
        message = self._workspace.post(
            channel.id,
            read_content(args),
            user=person or OTHER_BOT,
            username=None if person else name,
            app=name if person else None,
            parent=parent,
            subtype=None if person else "bot_message",
        )
        return {"ts": message.ts, "channel": channel.id, "message": message.read()}

    def forward(self, args: Args) -> Json:
        """Forward the message `ts` of a channel `to` another one or a thread there, maybe with words of one's own."""
        person, source = self._people.place(args)
        message = self._people.message(args)
        _, target = self._people.place(Args({"user": person.id, "channel": args.need("to")}))
        parent = self._people.parent(target, args.text("thread_ts"))
        content = Content(args.text("text"), attachments=[self._shared(message, source)])
        made = self._workspace.post(target.id, content, user=person.id, parent=parent)
        return {"ts": made.ts, "channel": target.id, "message": made.read()}

    def _shared(self, message: Message, source: Channel) -> Json:
        """The attachment that Slack makes of a forwarded message."""
        author = self._workspace.slack.world.people.get(message.user)
        name = message.username or (author.real_name if author else message.user)
        address = f"https://{DOMAIN}.slack.com/archives/{source.id}/p{message.ts.replace('.', '')}"
        facts = {
            "id": 1,
            "is_msg_unfurl": True,
            "is_share": True,
            "ts": message.ts,
            "channel_id": source.id,
            "channel_name": DIRECT_MESSAGE if source.kind == "im" else source.name,
            "channel_team": self._workspace.slack.team,
            "author_id": message.user,
            "author_name": name,
            "author_subname": author.name if author else name,
            "from_url": address,
            "original_url": address,
            "fallback": f"[{message.ts}] {name}: {message.text}",
            "text": message.text,
            "mrkdwn_in": ["text"],
            "footer": "Posted in a direct message" if source.kind == "im" else f"Posted in #{source.name}",
            "message_blocks": [{"channel": source.id, "ts": message.ts, "message": {"blocks": message.blocks}}],
        }
        kept = {"files": message.files, "attachments": message.attachments}
        return facts | {key: value for key, value in kept.items() if value}
