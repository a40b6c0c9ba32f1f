"""Who may speak to Devin through us: members of this workspace, in channels that are not shared with others."""

from typing import Final

from bot.domain.commands.spec import CommandSpec, Role
from bot.domain.person import Person
from bot.domain.session import Session
from bot.flows.tools import Tools
from bot.slack.client import Channel
from bot.slack.errors import ChannelGone, ScopeMissing, SlackRefused
from bot.store import people
from bot.views import answers
from bot.views.message import Message

PERSON_SECONDS: Final = 3600.0
CHANNEL_SECONDS: Final = 30.0  # a channel may become a shared one at any time


class Admission:
    """Looks people and channels up, remembers them for a while, and says no where it has to."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._channels: dict[str, tuple[float, Channel]] = {}

    async def person(self, user: str) -> Person:
        """Who this is, from our rows or from Slack."""
        tools = self._tools
        async with tools.db.read() as tx:
            known = await people.get(tx, tools.place.team, user, tools.clock() - PERSON_SECONDS)
        if known is not None:
            return known
        person = await tools.slack.person(user)
        async with tools.db.write() as tx:
            await people.put(tx, tools.place.team, person, tools.clock())
        return person

    async def names(self, users: list[str]) -> dict[str, str]:
        """Names for the people a text mentions."""
        return {user: await self._name(user) for user in users}

    async def _name(self, user: str) -> str:
        try:
            return (await self.person(user)).name
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            return user  # somebody Slack does not show us must not cost the message

    async def channel(self, channel: str) -> Channel:
        """What kind of channel this is; raises ChannelGone where the bot cannot see it."""
        now = self._tools.clock()
        at, known = self._channels.get(channel, (0.0, None))
        if known is None or now - at > CHANNEL_SECONDS:
            known = await self._tools.slack.channel(channel)
            self._channels[channel] = (now, known)
            if known.is_archived or known.is_ext_shared:
                del self._channels[channel]  # who was told so may have changed it by the next try
        return known

    async def is_shared(self, channel: str) -> bool:
        """Whether people of other companies are in this channel; direct messages and those we are not in are not."""
        if channel.startswith("D"):
            return False
        try:
            return (await self.channel(channel)).is_ext_shared
        except (ChannelGone, ScopeMissing):
            return False

    def refusal(self, person: Person, *, shared: bool) -> Message | None:
        """Why this person may not do this here, or None. What is refused by default stays refused."""
        if shared:
            return answers.SHARED_CHANNEL_REFUSED
        if person.is_stranger:
            return answers.OTHER_COMPANY_REFUSED
        return answers.GUEST_REFUSED if person.is_guest else None

    def role_refusal(self, spec: CommandSpec, user: str | None, session: Session | None = None) -> Message | None:
        """Why the role of `user` does not allow the command, or None; `session` is the one it is about, if any."""
        admins = self._tools.rules.admin_users
        if spec.role.includes(user, admins, session.requester if session else None):
            return None
        if spec.role is Role.ASKER_OR_ADMIN and session is not None:
            return answers.not_yours(session.requester)
        return answers.admins_only(spec.subject, sorted(admins))
