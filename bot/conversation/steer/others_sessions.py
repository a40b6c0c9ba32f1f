"""The lists that have sessions of others too: of everybody in a channel and, for admins, in the whole workspace.

They have no numbers, and change nothing about what the numbers of one's own list mean. Who asks is answered privately.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.titles import ShownTitles, permalink
from bot.domain.commands.registry import LIST_ALL
from bot.domain.list_groups import Grouped, grouped
from bot.domain.list_pages import PAGE, ListPage, Which, folded
from bot.kernel.access import Access
from bot.kernel.admins import as_its_channel_sees
from bot.kernel.commands.handler import Asked
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import session_lists
from bot.store.database.connection import Transaction
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers.session_lists import Listed, ShownList
from bot.views.message import Message


class OthersSessions:
    """Lists sessions whoever has asked for them."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    async def listing(self, asked: Asked, page: ListPage) -> Message:
        """Return a `page` of the sessions in the channel where somebody asks or, for an admin, of all."""
        refusal = await self._refusal(asked, page.which)
        if refusal is not None:
            return refusal
        async with self._services.db.read() as tx:
            found = await self._sessions(tx, asked, page.which)
            titles = await ShownTitles.read(tx, asked.workspace, asked.readers)
        listed = found if page.whole else folded(found)
        entries = [
            _entry(self._services, asked.workspace, entry, titles) for entry in listed[page.first : page.first + PAGE]
        ]
        shown = ShownList(tuple(entries), len(found), page, page.next(len(listed)), folded=len(found) - len(listed))
        return session_list_sentences.session_list(shown)

    async def of_person(self, asked: Asked, person: str) -> Message:
        """Return the sessions of a `person` that an admin may stop, each with a button."""
        team = asked.workspace.team
        refusal = await self._access.admins_only(
            asked.workspace, asked.user, LIST_ALL.admins_can, session_list_sentences.STOP_IN_THREAD
        )
        if refusal is not None or not person:
            return refusal or session_list_sentences.PICK_PERSON
        async with self._services.db.read() as tx:
            awake = await session_lists.awake(tx, team, person)
            titles = await ShownTitles.read(tx, asked.workspace, asked.readers)
        found = grouped([one for one in awake if session_list_sentences.is_stoppable(one)], 0, set())
        listed = [_entry(self._services, asked.workspace, entry, titles) for entry in found[:PAGE]]
        entries = [replace(one, button=session_list_sentences.stop_button(one.session)) for one in listed]
        return session_list_sentences.persons_sessions(person, ShownList(tuple(entries), len(found)))

    async def _refusal(self, asked: Asked, which: Which) -> Message | None:
        """Why somebody may not see the sessions of others; a guest may see their own alone."""
        if which is Which.ALL:
            return await self._access.role_refusal(asked.workspace, LIST_ALL, asked.user)
        return await self._access.refusal_in_ack(asked.workspace, asked.user)

    async def _sessions(self, tx: Transaction, asked: Asked, which: Which) -> Sequence[Grouped]:
        team, lately = asked.workspace.team, self._services.clock() - self._services.timing.list_over
        if which is Which.ALL:
            found = await session_lists.of_workspace(tx, team, lately)
        else:
            here = await session_lists.of_channel(tx, team, asked.channel, lately)
            found = [await as_its_channel_sees(tx, asked.workspace, session) for session in here]
        return grouped(found, lately, await session_lists.gone_on_from(tx, found))


def _entry(services: Services, workspace: Workspace, entry: Grouped, titles: ShownTitles) -> Listed:
    session = entry.session
    asker = session.requester_name if workspace.policy.shows_names else None
    stand_in = titles.replacement(session.channel, session.requester)
    silent = session.silent_for(services.clock(), services.timing.silence)
    return Listed(None, entry.group, session, permalink(workspace, session), stand_in, asker, silent)
