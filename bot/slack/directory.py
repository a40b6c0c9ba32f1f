"""What Slack says about a person, a channel or a user group, by its id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.person import Person
from bot.slack.connection import Connection
from bot.slack.errors import SlackOutcomeUnknown
from bot.slack.people import person_from

MEMBERS_A_PAGE: Final = 999
MOST_PAGES: Final = 100


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation: a channel, public or private, or direct messages."""

    id: str
    name: str
    is_ext_shared: bool = False
    is_archived: bool = False
    is_private: bool = False
    is_im: bool = False
    is_member: bool = False
    creator: str = ""  # the id of who made it; empty for a direct message


class Directory(Connection):
    """The people, channels and user groups of a workspace."""

    async def person(self, user_id: str) -> Person:
        """Read who the user with this id is, as seen from our workspace."""
        home = self._identity or await self.auth_test()
        body = await self._read("users.info", user=user_id)
        return person_from(body["user"], home.team)

    async def app_id(self) -> str | None:
        """Read the id of the app that the token belongs to; None if Slack does not know it."""
        us = self._identity or await self.auth_test()
        bot = (await self._read("bots.info", bot=us.bot_id)).get("bot") or {}
        return bot.get("app_id") or None

    async def channel(self, channel_id: str) -> Channel:
        """Read what kind of conversation has this id."""
        return channel_from((await self._read("conversations.info", channel=channel_id))["channel"])

    async def is_member(self, channel_id: str, user_id: str) -> bool:
        """Read whether this person is in the channel, from as many pages as it takes."""
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            body = await self._read("conversations.members", channel=channel_id, limit=MEMBERS_A_PAGE, cursor=cursor)
            if user_id in body.get("members", ()):
                return True
            cursor = (body.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return False
        raise SlackOutcomeUnknown("conversations.members", "too many pages")

    async def groups(self) -> dict[str, str]:
        """Read the user groups of the workspace: their names by id, as people mention them."""
        found = (await self._read("usergroups.list"))["usergroups"]
        return {group["id"]: group.get("handle") or group.get("name") or group["id"] for group in found}

    async def group_members(self, group_id: str) -> frozenset[str]:
        """Read the ids of the people in the user group with this id. Raises GroupGone if it is not there, or disabled.

        https://docs.slack.dev/reference/methods/usergroups.users.list
        """
        method = "usergroups.users.list"
        users = (await self._read(method, usergroup=group_id)).get("users")
        # Whoever asks takes the answer for the whole list, so an answer without one must not pass for an empty one.
        if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
            raise SlackOutcomeUnknown(method, "no list of users")
        return frozenset(users)


def channel_from(channel: Mapping[str, Any]) -> Channel:
    """Make a Channel from the `channel` of conversations.info.

    https://docs.slack.dev/reference/objects/conversation-object
    """
    is_im = bool(channel.get("is_im"))
    return Channel(
        id=channel["id"],
        name=channel.get("name") or "",
        is_ext_shared=bool(channel.get("is_ext_shared")),
        is_archived=bool(channel.get("is_archived")),
        is_private=bool(channel.get("is_private") or channel.get("is_mpim") or is_im),
        is_im=is_im,
        is_member=bool(channel.get("is_member") or is_im),  # Slack leaves it out where nobody can join
        creator=channel.get("creator") or "",
    )
