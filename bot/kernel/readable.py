"""Slack's texts as people read them: names instead of ids, plain links; and who wrote them."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.commands.intent import part_of_sentence
from bot.domain.person import as_author, clean_name
from bot.domain.text import mentioned_channels, mentioned_groups, mentioned_users, plain, without_mention
from bot.kernel.access import Access
from bot.kernel.workspace import Workspace
from bot.views.text import escape

# How many names are looked up for one text, or for one thread; whoever is mentioned after that keeps the id.
MOST_PEOPLE: Final = 100
MOST_CHANNELS: Final = 20
_TYPED: Final = re.compile(r"(?<!\w)(@[UW][A-Z0-9]{4,}|#[CG][A-Z0-9]{4,})\b")
# As `bot.slack.rendering.quoted` writes it; what somebody else wrote has a mark before it.
_FORWARDED_FROM: Final = re.compile(
    r"^(?:Forwarded message|In it, a forwarded message) from <@(\w+)(?:\|[^<>\n]*)?> \(\w+\)", re.MULTILINE
)
OUTSIDER: Final = ", a guest or someone from another company,"
_TYPED_GROUP: Final = re.compile(r"(?<!\w)@(S[A-Z0-9]{4,})\b")


class Readable:
    """Writes the texts of a workspace as Devin is to read them."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def text(self, workspace: Workspace, text: str) -> str:
        """Return Slack's `text` as a person reads it: names, plain links, no mention that addresses us."""
        return (await self.texts(workspace, [without_mention(text, workspace.bot_user, part_of_sentence)]))[0]

    async def texts(self, workspace: Workspace, texts: Sequence[str]) -> list[str]:
        """Return `texts` in the same way, with one look-up of all names; mentions of the bot stay."""
        all_of_it = "\n".join(texts)
        names = await self._access.names(workspace, mentioned_users(all_of_it)[:MOST_PEOPLE])
        names |= await self._access.group_names(workspace, mentioned_groups(all_of_it))
        channels = await self._access.channel_names(workspace, mentioned_channels(all_of_it)[:MOST_CHANNELS])
        return [plain(text, _cleaned(names), _cleaned(channels)).strip() for text in texts]

    async def quotations(self, workspace: Workspace, quoted: Sequence[str]) -> list[str]:
        """Return `quoted` forwarded messages in the same way; who is an outsider is named as one."""
        authors = {author for one in quoted for author in _FORWARDED_FROM.findall(one)}
        outsiders = {author for author in authors if await self.is_outsider(workspace, author)}

        def named(found: re.Match[str]) -> str:
            return f"{found[0]}{OUTSIDER if found[1] in outsiders else ''}"

        return await self.texts(workspace, [_FORWARDED_FROM.sub(named, one) for one in quoted])

    async def is_of_outsiders(self, workspace: Workspace, quoted: str) -> bool:
        """Whether the messages that are `quoted` as forwarded were all written by outsiders."""
        authors = re.findall(r"^Forwarded message(?: from <@(\w+))?", quoted, re.MULTILINE)
        return bool(authors) and all([author and await self.is_outsider(workspace, author) for author in authors])

    async def named(self, workspace: Workspace, typed: str) -> str:
        """Return `typed`, in which people, channels and groups are ids as `as_typed` leaves them, with their names."""
        picked = _TYPED_GROUP.sub(r"<!subteam^\1>", _TYPED.sub(r"<\1>", escape(typed)))
        return (await self.texts(workspace, [picked]))[0]

    async def author(self, workspace: Workspace, user: str) -> str:
        """Return the name and the id of the person with the id `user`, as they stand beside what that person wrote."""
        return as_author((await self._access.names(workspace, [user]))[user], user)

    async def is_outsider(self, workspace: Workspace, user: str) -> bool:
        """Whether `user` is a guest, of another company, or somebody whom Slack does not show us."""
        return await self._access.is_outsider(workspace, user)


def _cleaned(names: Mapping[str, str]) -> dict[str, str]:
    """Clean each of `names`; the id stands for one of which nothing is left."""
    return {key: clean_name(name) or key for key, name in names.items()}
