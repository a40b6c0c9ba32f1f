"""Who may speak to Devin through us: members of this workspace, in channels that are not shared with others."""

from typing import Final

from bot.domain.person import Person
from bot.flows.tools import Tools
from bot.slack.client import Channel
from bot.store import people
from bot.views import answers
from bot.views.message import Message

PERSON_SECONDS: Final = 3600.0
CHANNEL_SECONDS: Final = 600.0


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
        return {user: (await self.person(user)).name for user in users}

    async def channel(self, channel: str) -> Channel:
        """What kind of channel this is; raises ChannelGone where the bot cannot see it."""
        now = self._tools.clock()
        at, known = self._channels.get(channel, (0.0, None))
        if known is None or now - at > CHANNEL_SECONDS:
            known = await self._tools.slack.channel(channel)
            self._channels[channel] = (now, known)
        return known

    def refusal(self, person: Person, *, shared: bool) -> Message | None:
        """Why this person may not do this here, or None. What is refused by default stays refused."""
        if shared:
            return answers.SHARED_CHANNEL_REFUSED
        if person.is_stranger:
            return answers.OTHER_COMPANY_REFUSED
        return answers.GUEST_REFUSED if person.is_guest else None
