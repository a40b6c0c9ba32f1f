"""Answers about a person's sessions. They are made from our own rows, so that they are ready within the ack.

A list is stored as it is shown, because its numbers belong to what the person has seen: `stop 2` means the session that
stood there as number 2, whatever has changed since.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.conversation.session_costs import cost_so_far
from bot.conversation.steer.others_sessions import OthersSessions
from bot.conversation.titles import permalink
from bot.domain.causes import MessageCause
from bot.domain.commands import registry
from bot.domain.commands.arguments import number_of
from bot.domain.commands.intent import Kind
from bot.domain.commands.registry import STOP
from bot.domain.commands.spec import CommandSpec
from bot.domain.list_groups import Grouped, ListGroup, grouped
from bot.domain.list_pages import FEW_DONE, FIRST_PAGE, OWN, PAGE, ListPage, Which, folded
from bot.domain.person import Person
from bot.domain.roles import Right
from bot.domain.session import Session
from bot.kernel.access import Access
from bot.kernel.admins import without_acus
from bot.kernel.commands.handler import Asked, Handler, asked_by
from bot.kernel.job import CommandJob, Job
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import pauses, people, session_lists, sessions
from bot.store.database.connection import Transaction
from bot.views import blocks
from bot.views.answers import access as access_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.answers.pauses import paused_by
from bot.views.answers.session_lists import NO_SESSIONS, Listed, ShownList
from bot.views.message import Message
from bot.views.questions import STALE
from bot.views.sentences import STOPPABLE

_WORDS: Final = re.compile(r"\w+").findall
# What people write around the words of a title.
_AROUND_TITLE: Final = frozenset({"a", "about", "my", "of", "on", "one", "please", "session", "task", "the"})


class SessionList:
    """Lists a person's sessions and says where each of them stands."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._others = OthersSessions(services, access)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command for the list and the buttons below a list do."""
        turn = Handler(run=self._turn)
        return {registry.LIST: Handler(self.answer), registry.LIST_ALL: turn, registry.LIST_PAGE: turn}

    async def answer(self, asked: Asked) -> Message:
        """Answer `list`."""
        return await self._page(asked, ListPage(which=Which(asked.argument or Which.MINE)))

    async def _page(self, asked: Asked, page: ListPage) -> Message:
        if page.which not in OWN:
            return await self._others.listing(asked, page)
        mine = await self.listing(asked.workspace, asked.user, page)
        # Who may start nothing doesn't read how to start something.
        refused = mine.text == NO_SESSIONS.text and await self._access.refusal_in_ack(asked.workspace, asked.user)
        return access_sentences.GUESTS if refused is access_sentences.GUEST_REFUSED else refused or mine

    async def listing(self, workspace: Workspace, user: str, page: ListPage = FIRST_PAGE) -> Message:
        """Return a page of the person's sessions, with the numbers that commands take."""
        mine = await self._sessions(workspace, user)
        if page.which is Which.WAITING:
            mine = [entry for entry in mine if entry.group is ListGroup.NEEDS_YOU]
        shown = session_list_sentences.session_list(await self._show(workspace, user, mine, page))
        async with self._services.db.read() as tx:
            paused = await paused_here(tx, workspace.team)
        if not paused:
            return shown
        below = shown.blocks or [blocks.section(shown.text)]
        return replace(shown, text=f"{paused}\n{shown.text}", blocks=[blocks.section(paused), *below])

    async def _turn(self, job: CommandJob) -> None:
        """Show another page in place of the one whose button was pressed."""
        page = ListPage.read(job.cause.argument)
        # A crash before the answer is stored has the page made once more, as it is by then.
        message = STALE if page is None else await self._page(asked_by(job, registry.LIST), page)
        await self._services.answer(job, message)

    async def status(self, workspace: Workspace, session: Session) -> Message:
        """Return the answer that says where `session` stands."""
        session = self._services.workspaces.with_code_hosts(session)
        return session_sentences.status(session, permalink(workspace, session))

    async def facts(self, job: Job[MessageCause], session: Session, kind: Kind) -> Message:
        """Return what our rows answer to a question of this `kind` about `session`: its cost, or how it is."""
        user, price, acus = job.cause.user, job.workspace.policy.acu_price, session.snapshot.acus
        if kind is not Kind.COST:
            shown = await self.as_seen_by(job.workspace, session, user)
            return session_sentences.status(self._services.workspaces.with_code_hosts(shown))
        asker = session.requester
        refused = await self._access.right_refusal(job.workspace, user, Right.COST, session.channel, asker=asker)
        async with self._services.db.read() as tx:
            so_far = await cost_so_far(tx, price, session.id, acus, self._services.clock())
        return refused or session_sentences.cost(session, so_far)

    async def as_seen_by(self, workspace: Workspace, session: Session, user: str) -> Session:
        """Return `session` as `user` may be shown it: without ACUs if a role keeps what it cost from them."""
        asker = session.requester
        refused = await self._access.right_refusal(workspace, user, Right.COST, session.channel, asker=asker)
        return session if refused is None else without_acus(session)

    async def pick(self, asked: Asked, to: Person | None = None) -> Session | Message:
        """Return the person's session that a command is about, or the answer that says or asks which.

        Without an argument a command that only shows something shows the list; others are about the only session in
        `channel` that fits them, or the only one at all. Several are listed, with buttons that give each `to` somebody.
        """
        if not asked.argument:
            if not (asked.spec.ends_session or asked.spec is registry.GIVE):
                return await self.listing(asked.workspace, asked.user)
            return await self._only_one(asked.workspace, asked.user, asked.channel, asked.spec, to)
        if asked.argument.startswith("@"):
            return await self._others.of_person(asked, asked.argument.removeprefix("@"))
        number = number_of(asked.argument)
        if number is None:
            return await self._by_id(asked)
        return await self._by_number(asked.workspace, asked.user, number)

    async def by_title(self, asked: Asked) -> Message | None:
        """Answer about the person's session that has what was typed in its title; about several by their list."""
        typed = set(_WORDS(asked.argument.casefold())) - _AROUND_TITLE
        mine = await self._sessions(asked.workspace, asked.user)
        found = [
            entry
            for entry in mine
            if _fits(entry.session, asked.spec) and typed and typed <= set(_WORDS(entry.session.title.casefold()))
        ]
        if len(found) != 1:
            shown = await self._show(asked.workspace, asked.user, found) if found else None
            return session_list_sentences.several_sessions(asked.spec.name, shown) if shown else None
        if asked.spec is registry.STATUS:
            return await self.status(asked.workspace, found[0].session)
        return stop_sentences.stop_named(found[0].session, asked.argument)

    async def shown_again(self, tx: Transaction, workspace: Workspace, user: str, session: Session) -> ShownList:
        """Store and return the list that `user` was shown last, with its numbers and with `session` as it is given.

        A new list takes its place if it is too old or does not have the session.
        """
        mine = await self._read(tx, workspace, user)
        before = await session_lists.shown(tx, workspace.team, user, self._numbers_since()) or []
        ids = before if session.id in before else _up_to(mine, FIRST_PAGE)
        await session_lists.show(tx, workspace.team, user, ids, self._services.clock())
        current = [Grouped(session, entry.group) if entry.session.id == session.id else entry for entry in mine]
        place = ids.index(session.id) if session.id in ids else 0
        return _as_shown(self._services, workspace, current, ids, ListPage(place - place % PAGE, _is_whole(mine, ids)))

    async def _show(
        self, workspace: Workspace, user: str, mine: Sequence[Grouped], page: ListPage = FIRST_PAGE
    ) -> ShownList:
        """Store that `user` is shown a `page` of `mine`, and return it."""
        ids = _up_to(mine, page)
        # A crash right after this commit leaves a list that nobody has seen, until the person asks for the next one.
        async with self._services.db.write(urgent=True) as tx:
            await session_lists.show(tx, workspace.team, user, ids, self._services.clock())
        return _as_shown(self._services, workspace, mine, ids, page)

    async def _sessions(self, workspace: Workspace, user: str) -> list[Grouped]:
        async with self._services.db.read() as tx:
            return await self._read(tx, workspace, user)

    async def _read(self, tx: Transaction, workspace: Workspace, user: str) -> list[Grouped]:
        lately = self._services.clock() - self._services.timing.list_over
        found = await session_lists.of_person(tx, workspace.team, user, lately)
        return grouped(found, lately, await session_lists.gone_on_from(tx, found))

    def _numbers_since(self) -> float:
        return self._services.clock() - self._services.timing.list_kept

    async def _by_number(self, workspace: Workspace, user: str, number: int) -> Session | Message:
        async with self._services.db.read() as tx:
            ids = await session_lists.shown(tx, workspace.team, user, self._numbers_since())
            if not ids or not 1 <= number <= len(ids):
                return session_list_sentences.no_such_number(number, shown=ids is not None)
            return await sessions.get(tx, ids[number - 1]) or session_list_sentences.no_such_session(str(number))

    async def _by_id(self, asked: Asked) -> Session | Message:
        workspace, which = asked.workspace, asked.argument
        async with self._services.db.read() as tx:
            found = await session_lists.by_id(tx, workspace.team, asked.user, which)
        if not found and asked.spec is STOP and await self._access.is_admin(workspace, asked.user):
            async with self._services.db.read() as tx:
                found = await session_lists.by_id(tx, workspace.team, None, which)
        if len(found) > 1:
            return session_list_sentences.several_with_id(which, [(one, permalink(workspace, one)) for one in found])
        return found[0] if found else session_list_sentences.no_such_session(which)

    async def _only_one(
        self, workspace: Workspace, user: str, channel: str, spec: CommandSpec, to: Person | None
    ) -> Session | Message:
        mine = await self._sessions(workspace, user)
        fit = [entry for entry in mine if _fits(entry.session, spec)]
        here = [entry.session for entry in fit if entry.session.channel == channel]
        here = here or [entry.session for entry in fit]
        if not here:
            return stop_sentences.NOTHING_TO_STOP
        if len(here) > 1:
            return session_list_sentences.several_sessions(spec.name, await self._show(workspace, user, fit), to)
        return here[0]


def _fits(session: Session, spec: CommandSpec) -> bool:
    """Whether `spec`, a stop or an archive, would change something about `session`."""
    return session.display_state in STOPPABLE if spec is STOP else session.lifecycle in sessions.LIVE_LIFECYCLES


def _up_to(mine: Sequence[Grouped], page: ListPage) -> list[str]:
    """The ids of the sessions up to the end of `page`: those that have a number once it is shown."""
    listed = mine if page.whole else folded(mine)
    return [entry.session.id for entry in listed[: page.first + PAGE]]


def _is_whole(mine: Sequence[Grouped], ids: Sequence[str]) -> bool:
    """Whether a list of these `ids` shows more of what is done than a folded one."""
    done = [entry for entry in mine if entry.group is ListGroup.RECENTLY_DONE and entry.session.id in ids]
    return len(done) > FEW_DONE


def _as_shown(
    services: Services, workspace: Workspace, mine: Sequence[Grouped], ids: Sequence[str], page: ListPage
) -> ShownList:
    """Return the `page` of those of `mine` that have a number, which is their place in `ids`."""
    numbers = {session_id: number for number, session_id in enumerate(ids, start=1)}
    now, silence = services.clock(), services.timing.silence
    entries = [
        Listed(number, entry.group, session, permalink(workspace, session), silent=session.silent_for(now, silence))
        for entry in mine
        if page.first < (number := numbers.get((session := entry.session).id, 0)) <= page.first + PAGE
    ]
    listed = mine if page.whole else folded(mine)
    return ShownList(tuple(entries), len(mine), page, page.next(len(listed)), len(mine) - len(listed))


async def paused_here(tx: Transaction, team: str) -> str:
    """Say who has paused the whole workspace; empty if nobody has."""
    pause = await pauses.over(tx, team, "")
    return "" if pause is None else paused_by(await people.name_of(tx, team, pause.user), "", pause.at)
