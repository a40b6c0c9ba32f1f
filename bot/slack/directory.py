"""Who a user is and what a channel is, by their ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.person import Person
from bot.slack.connection import Connection
from bot.slack.people import person_from


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation: public, private, or with one person."""

    id: str
    name: str
    is_ext_shared: bool = False
    is_archived: bool = False
    is_private: bool = False
    is_im: bool = False
    is_member: bool = False


class Directory(Connection):
    """The people and channels of a workspace."""

    async def person(self, user_id: str) -> Person:
        """Who a user id is, seen from our workspace."""
        home = self._identity or await self.auth_test()
        body = await self._read("users.info", user=user_id)
        return person_from(body["user"], home.team)

    async def channel(self, channel_id: str) -> Channel:
        """What kind of conversation a channel id is."""
        return channel_from((await self._read("conversations.info", channel=channel_id))["channel"])


def channel_from(channel: Mapping[str, Any]) -> Channel:
    """The `channel` of conversations.info (https://docs.slack.dev/reference/objects/conversation-object)."""
    is_im = bool(channel.get("is_im"))
    return Channel(
        id=channel["id"],
        name=channel.get("name") or "",
        is_ext_shared=bool(channel.get("is_ext_shared")),
        is_archived=bool(channel.get("is_archived")),
        is_private=bool(channel.get("is_private") or channel.get("is_mpim") or is_im),
        is_im=is_im,
        is_member=bool(channel.get("is_member") or is_im),  # Slack leaves it out where there is no joining
    )
