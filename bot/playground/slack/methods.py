"""The table of the Web API: method, what runs it, the scope it needs, its tier, the token it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.playground.slack import chat, conversations, directory, files, views
from bot.playground.slack.arguments import Args
from bot.playground.slack.workspace import Workspace

Handler = Callable[[Workspace, Args], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One method. Without a tier it is not limited here: its real limit is looser or not known."""

    run: Handler
    scopes: tuple[str, ...] = ()
    tier: int | None = None


# Tiers as in https://docs.slack.dev/apis/web-api/rate-limits and the method pages.
METHODS: Final[Mapping[str, Method]] = {
    "auth.test": Method(directory.auth_test),
    "bots.info": Method(directory.bot_info, ("users:read",), 3),
    "chat.postMessage": Method(chat.post_message, ("chat:write",)),  # its limit is the channel's pace
    "chat.update": Method(chat.update, ("chat:write",), 3),
    "chat.unfurl": Method(chat.unfurl, ("links:write",), 3),
    "chat.delete": Method(chat.delete, ("chat:write",), 3),
    "chat.postEphemeral": Method(chat.post_ephemeral, ("chat:write",), 4),
    "chat.getPermalink": Method(chat.get_permalink),
    "conversations.info": Method(conversations.info, (), 3),
    "conversations.history": Method(conversations.history, (), 3),
    "conversations.replies": Method(conversations.replies, (), 3),
    "conversations.members": Method(conversations.members, (), 4),
    "conversations.open": Method(conversations.open_direct, ("im:write", "mpim:write"), 3),
    "users.info": Method(directory.user_info, ("users:read",), 4),
    "users.lookupByEmail": Method(directory.user_by_email, ("users:read.email",), 3),
    "usergroups.list": Method(directory.user_groups, ("usergroups:read",), 2),
    "usergroups.users.list": Method(directory.user_group_members, ("usergroups:read",), 2),
    "reactions.add": Method(directory.add_reaction, ("reactions:write",), 3),
    "reactions.remove": Method(directory.remove_reaction, ("reactions:write",), 2),
    "files.info": Method(files.info, ("files:read",), 4),
    "files.delete": Method(files.delete, ("files:write",), 3),
    "files.getUploadURLExternal": Method(files.upload_url, ("files:write",), 4),
    "files.completeUploadExternal": Method(files.complete_upload, ("files:write",), 4),
    "blocks.validate": Method(views.validate),
    "views.open": Method(views.open_view, (), 4),
    "views.push": Method(views.push_view, (), 4),
    "views.update": Method(views.update_view, (), 4),
    "views.publish": Method(views.publish_view, (), 4),
    "agents.sessions.setStatus": Method(directory.set_agent_status, ("chat:write",), 3),
    "agents.sessions.rename": Method(directory.rename_agent_session, ("chat:write",), 3),
}
