"""The `chat.*` methods: post, edit, delete, whisper, link (https://docs.slack.dev/reference/methods)."""

from typing import Any, Final
from urllib.parse import urlsplit

from bot.playground.slack.arguments import TS, Args, read_content
from bot.playground.slack.blocks import block_errors
from bot.playground.slack.errors import SlackError
from bot.playground.slack.timeline import Message
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import DOMAIN, Channel

Json = dict[str, Any]

MOST_EDITED_TEXT: Final = 4_000
DISGUISE: Final = ("username", "icon_emoji", "icon_url")


def post_message(workspace: Workspace, args: Args) -> Json:
    """chat.postMessage."""
    if any(args.text(name) for name in DISGUISE):
        workspace.slack.app.need("chat:write.customize")
    channel = writable(workspace, args.need("channel"))
    content = read_content(args)
    parent = _parent(workspace, channel, args.text("thread_ts"))
    workspace.slack.limits.post(channel.id)
    subtype = "thread_broadcast" if parent and args.flag("reply_broadcast") else None
    message = workspace.post(channel.id, content, parent=parent, subtype=subtype)
    return {"channel": channel.id, "ts": message.ts, "message": message.shown(metadata=True)}


def update(workspace: Workspace, args: Args) -> Json:
    """chat.update."""
    channel = known(workspace, args.need("channel"))
    message = workspace.slack.message(channel.id, args.need("ts"))
    if not message.by_bot:
        raise SlackError("cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    workspace.update(message, read_content(args, most_text=MOST_EDITED_TEXT))
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.shown(metadata=True)}


def unfurl(workspace: Workspace, args: Args) -> Json:
    """chat.unfurl: previews of links that stand in a person's message, of domains that the app named."""
    channel = known(workspace, args.need("channel"))
    message = workspace.slack.timeline(channel.id).get(args.need("ts"))
    if message is None:
        raise SlackError("cannot_find_message")
    given = args.data("unfurls")
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise SlackError("cannot_parse_attachment")
    if (
        any(url not in message.text for url in given)
        or not set(map(_domain, given)) <= workspace.slack.app.unfurl_domains
    ):
        raise SlackError("cannot_unfurl_url")
    errors = [error for one in given.values() for error in block_errors(one.get("blocks") or [])]
    if errors:
        raise SlackError("invalid_blocks", messages=errors, errors=errors)
    previous = message.shown()
    kept = [one for one in message.attachments if one.get("from_url") not in given]
    fresh = [{"from_url": url, "fallback": url, "blocks": one["blocks"]} for url, one in given.items()]
    message.attachments = [{**one, "id": number} for number, one in enumerate([*kept, *fresh], start=1)]
    workspace.events.edited(message, previous, by_person=False)
    return {}


def _domain(url: str) -> str:
    return urlsplit(url).hostname or ""


def delete(workspace: Workspace, args: Args) -> Json:
    """chat.delete."""
    channel = known(workspace, args.need("channel"))
    message = workspace.slack.message(channel.id, args.need("ts"))
    if not message.by_bot:
        raise SlackError("cant_delete_message")
    workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(workspace: Workspace, args: Args) -> Json:
    """chat.postEphemeral. It answers well also when nobody will see it."""
    slack = workspace.slack
    channel = writable(workspace, args.need("channel"))
    user = args.need("user")
    if user not in slack.world.people:
        raise SlackError("user_not_found")
    if user not in channel.members or slack.world.people[user].deleted:
        raise SlackError("user_not_in_channel")
    content = read_content(args)
    parent = _parent(workspace, channel, args.text("thread_ts"))
    seen = slack.world.people[user].active and (parent is None or bool(parent.live_replies))
    shown = {"text": content.text, "blocks": workspace.stored(content.blocks)}
    thread_ts = parent.ts if parent else None
    item = slack.whisper(channel.id, user, shown, "chat.postEphemeral", thread_ts=thread_ts, visible=seen)
    return {"message_ts": item.ts}


def get_permalink(workspace: Workspace, args: Args) -> Json:
    """chat.getPermalink."""
    channel = known(workspace, args.need("channel"))
    message = workspace.slack.message(channel.id, args.need("message_ts"))
    link = f"https://{DOMAIN}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.parent:
        link += f"?thread_ts={message.parent.ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def known(workspace: Workspace, channel_id: str) -> Channel:
    """A channel the bot may know of: a private one only as a member."""
    channel = workspace.slack.world.channels.get(channel_id)
    if channel is None or (channel.kind != "channel" and not channel.has_bot):
        raise SlackError("channel_not_found")
    return channel


def writable(workspace: Workspace, channel_id: str) -> Channel:
    """A channel the bot can post to; a person's id stands for the direct messages with them."""
    world = workspace.slack.world
    person = world.people.get(channel_id)
    if person is not None and not person.is_bot and not person.deleted:
        return world.direct(person.id)
    channel = known(workspace, channel_id)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not channel.has_bot and "chat:write.public" not in workspace.slack.app.scopes:
        raise SlackError("not_in_channel")
    return channel


def _parent(workspace: Workspace, channel: Channel, thread_ts: str) -> Message | None:
    """The message to reply to: it must exist and must not be a reply itself."""
    if not thread_ts:
        return None
    if not TS.fullmatch(thread_ts):
        raise SlackError("invalid_thread_ts")
    root = workspace.slack.timeline(channel.id).root(thread_ts)
    if root is None:
        raise SlackError("thread_not_found")
    if root.parent:
        raise SlackError("cannot_reply_to_message")
    return root
