"""Answers about a person's sessions. They are made from our own rows, so that they are ready within the ack.

A list is stored as it is shown, because its numbers belong to what the person has seen: `stop 2` means the session that
stood there as number 2, whatever has changed since.
"""

from collections.abc import Sequence

from bot.domain.commands.arguments import number_of
from bot.domain.commands.registry import STATUS, STOP
from bot.domain.commands.spec import CommandSpec
from bot.domain.list_groups import Grouped, grouped
from bot.domain.session import Session
from bot.kernel.commands.handler import Asked
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import session_lists, sessions
from bot.store.database.connection import Transaction
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.answers.session_lists import MOST_LISTED, Listed, ShownList
from bot.views.message import Message
from bot.views.sentences import STOPPABLE


class SessionList:
    """Lists a person's sessions and says where each of them stands."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, asked: Asked) -> Message:
        """Answer `list`."""
        return await self.listing(asked.workspace, asked.user)

    async def listing(self, workspace: Workspace, user: str) -> Message:
        """Return the list of the person's sessions, with the numbers that commands take."""
        mine = await self._sessions(workspace, user)
        return session_list_sentences.session_list(await self._show(workspace, user, mine))

    async def status(self, workspace: Workspace, session: Session) -> Message:
        """Return the answer that says where `session` stands."""
        session = self._services.workspaces.with_code_hosts(session)
        return session_sentences.status(session, _permalink(workspace, session))

    async def pick(self, asked: Asked) -> Session | Message:
        """Return the person's session that a command is about, or the answer that says or asks which.

        Without an argument a status shows the list; other commands are about the only session in `channel` that fits
        them, or the only one at all.
        """
        if not asked.argument:
            if asked.spec is STATUS:
                return await self.listing(asked.workspace, asked.user)
            return await self._only_one(asked.workspace, asked.user, asked.channel, asked.spec)
        number = number_of(asked.argument)
        if number is None:
            return await self._by_id(asked.workspace, asked.user, asked.argument)
        return await self._by_number(asked.workspace, asked.user, number)

    async def shown_again(self, tx: Transaction, workspace: Workspace, user: str, session: Session) -> ShownList:
        """Store and return the list that `user` was shown last, with its numbers and with `session` as it is given.

        A new list takes its place if it is too old or does not have the session.
        """
        mine = await self._read(tx, workspace, user)
        before = await session_lists.shown(tx, workspace.team, user, self._numbers_since()) or []
        ids = before if session.id in before else [entry.session.id for entry in mine[:MOST_LISTED]]
        await session_lists.show(tx, workspace.team, user, ids, self._services.clock())
        current = [Grouped(session, entry.group) if entry.session.id == session.id else entry for entry in mine]
        return _as_shown(workspace, current, ids)

    async def _show(self, workspace: Workspace, user: str, mine: Sequence[Grouped]) -> ShownList:
        """Store that `user` is shown a list of `mine`, and return the list."""
        ids = [entry.session.id for entry in mine[:MOST_LISTED]]
        # A crash right after this commit leaves a list that nobody has seen, until the person asks for the next one.
        async with self._services.db.write(urgent=True) as tx:
            await session_lists.show(tx, workspace.team, user, ids, self._services.clock())
        return _as_shown(workspace, mine, ids)

    async def _sessions(self, workspace: Workspace, user: str) -> list[Grouped]:
        async with self._services.db.read(urgent=True) as tx:
            return await self._read(tx, workspace, user)

    async def _read(self, tx: Transaction, workspace: Workspace, user: str) -> list[Grouped]:
        lately = self._services.clock() - self._services.timing.list_over
        return grouped(await session_lists.of_person(tx, workspace.team, user, lately), lately)

    def _numbers_since(self) -> float:
        return self._services.clock() - self._services.timing.list_kept

    async def _by_number(self, workspace: Workspace, user: str, number: int) -> Session | Message:
        async with self._services.db.read(urgent=True) as tx:
            ids = await session_lists.shown(tx, workspace.team, user, self._numbers_since())
            if not ids or not 1 <= number <= len(ids):
                return session_list_sentences.no_such_number(number, shown=ids is not None)
            return await sessions.get(tx, ids[number - 1]) or session_list_sentences.no_such_session(str(number))

    async def _by_id(self, workspace: Workspace, user: str, which: str) -> Session | Message:
        async with self._services.db.read(urgent=True) as tx:
            found = await session_lists.by_id(tx, workspace.team, user, which)
        if len(found) > 1:
            return session_list_sentences.several_with_id(which, found)
        return found[0] if found else session_list_sentences.no_such_session(which)

    async def _only_one(self, workspace: Workspace, user: str, channel: str, spec: CommandSpec) -> Session | Message:
        mine = await self._sessions(workspace, user)
        fit = [entry.session for entry in mine if _fits(entry.session, spec)]
        here = [session for session in fit if session.channel == channel] or fit
        if not here:
            return stop_sentences.NOTHING_TO_STOP
        if len(here) > 1:
            return session_list_sentences.several_sessions(spec.name, fit, await self._show(workspace, user, mine))
        return here[0]


def _fits(session: Session, spec: CommandSpec) -> bool:
    """Whether `spec`, a stop or an archive, would change something about `session`."""
    return session.display_state in STOPPABLE if spec is STOP else session.lifecycle in sessions.LIVE_LIFECYCLES


def _as_shown(workspace: Workspace, mine: Sequence[Grouped], ids: Sequence[str]) -> ShownList:
    """Return the list of those of `mine` that have a number, which is their place in `ids`."""
    numbers = {session_id: number for number, session_id in enumerate(ids, start=1)}
    entries = [
        Listed(numbers[entry.session.id], entry.group, entry.session, _permalink(workspace, entry.session))
        for entry in mine
        if entry.session.id in numbers
    ]
    return ShownList(tuple(entries), left_out=len(mine) - len(entries))


def _permalink(workspace: Workspace, session: Session) -> str | None:
    return None if session.thread_ts is None else workspace.slack.permalink(session.channel, session.thread_ts)
