"""The repositories, playbooks and modes that forms offer while a person types.

Slack waits three seconds for them. What Devin has answered counts for a moment, because each letter asks anew. Where
Devin does not answer in time, or does not list repositories, those of earlier sessions are offered, and why that is.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound
from bot.domain.commands.option_words import MODES
from bot.domain.commands.options import is_playbook_id, is_repo, may_be_mode, nearest_repos, without_host
from bot.domain.launch import MODE, PLAYBOOK, REPOS
from bot.domain.settings_values import ANYTHING, LONGEST, Effective, Setting
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import sessions
from bot.views.modals import launch as views

log = get_logger(__name__)

MOST_KNOWN: Final = 1_000  # answers that are remembered
PLAYBOOKS, REPOSITORIES = "playbooks", "repositories"

Names = Mapping[str, str]  # words by value


@dataclass(frozen=True, slots=True)
class Listed:
    """What Devin lists, whether that is all, and why it lists nothing. Playbooks are `called` by title and macro."""

    names: Names
    called: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_whole: bool = True
    refused: str = ""


class LaunchChoices:
    """Asks Devin for what may be picked, and remembers it for a moment."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[tuple[str, str, str], tuple[float, Listed]] = {}

    async def of_field(self, workspace: Workspace, user: str, channel: str, name: str, typed: str) -> Names:
        """Return what the menu of the field called `name` offers for what was `typed`; nothing for one without any.

        That is what `channel` allows; without a channel, what is allowed everywhere.
        """
        text = typed.strip()
        if name not in {REPOS, PLAYBOOK, MODE}:
            return {}
        async with self._services.db.read() as tx:
            held = await self._services.settings.effective(tx, workspace.team, channel or None, user)
            used = await sessions.repositories(tx, workspace.team, user, channel) if name == REPOS else []
        if name == REPOS:
            return await self._repositories(workspace, held, used, without_host(text))
        if name == PLAYBOOK:
            found = await self._read(workspace.organisation, PLAYBOOKS)
            fitting = _fitting(found.names, text)
            known = {one: fitting[one] for one in fitting if held.allows(Setting.PLAYBOOK, one, *found.called[one])}
            own = is_playbook_id(text) and held.allows(Setting.PLAYBOOK, text, *found.called.get(text, ()))
            return views.menu(name, text, known, found.refused or _none_of(fitting, known), own=own)
        other = [text.casefold()] if may_be_mode(text.casefold()) else []
        fitting = {**_fitting({mode: mode for mode in MODES}, text), **{mode: mode for mode in other}}
        known = {mode: mode for mode in fitting if held.allows(Setting.MODE, mode)}
        return views.menu(name, text, known, _none_of(fitting, known), own=False)

    async def playbook_titles(self, workspace: Workspace) -> Names:
        """Return the titles by which playbooks may be kept, by their ids."""
        called = (await self._read(workspace.organisation, PLAYBOOKS)).called
        return {one: title for one, (title, *_) in called.items() if title == title.strip()[:LONGEST] != ""}

    async def _repositories(self, workspace: Workspace, held: Effective, used: Sequence[str], name: str) -> Names:
        """The repositories whose names have all words that were typed as `name`, the ones used last first.

        Whatever is typed as owner/name is offered too: Devin may know a repository that it does not list. That says so,
        and one that was used comes behind those that Devin lists: it may have been a slip.
        """
        found = await self.listed_repositories(workspace.organisation, name)
        lists = bool(found.names or (self._remembered((workspace.organisation.id, REPOSITORIES, "")) or found).names)
        listed = set(map(str.casefold, found.names)) if lists and found.is_whole and not found.refused else None
        named = [repo for repo in held.allow_repos if ANYTHING not in repo]
        fitting = _fitting({repo: repo for repo in (*used, *named, *found.names)}, name)
        own = is_repo(name) and held.allows(Setting.REPOS, name)
        allowed = [*([name] if own else []), *(repo for repo in fitting if held.allows(Setting.REPOS, repo))]
        unlisted = [repo for repo in allowed if listed is not None and repo.casefold() not in listed]
        known = {repo: repo for repo in allowed if repo not in unlisted}
        known |= {repo: views.NOT_LISTED.format(repo=repo) for repo in unlisted}
        asked = [*fitting, name] if is_repo(name) else fitting
        return views.menu(REPOS, name, known, found.refused or _none_of(asked, known), own=own)

    async def listed_repositories(self, organisation: Organisation, like: str = "") -> Listed:
        """Return the repositories that Devin lists: all, or if they fill a page those like `like`."""
        whole = self._remembered((organisation.id, REPOSITORIES, ""))
        if whole is not None and whole.is_whole:
            return whole
        return await self._read(organisation, REPOSITORIES, " ".join(like.split()[-1:]).rpartition("/")[2].casefold())

    async def near_unlisted(self, organisation: Organisation, repo: str) -> list[str] | None:
        """Return the nearest names to a repository that Devin does not list; None if it does, or lists none at all."""
        like = await self.listed_repositories(organisation, repo)
        if like.refused or not like.is_whole or repo.casefold() in map(str.casefold, like.names):
            return None
        listed = [*like.names, *(await self.listed_repositories(organisation)).names]
        return nearest_repos(repo.rpartition("/")[2], listed) if listed else None

    def _remembered(self, key: tuple[str, str, str]) -> Listed | None:
        at, known = self._known.get(key, (-math.inf, None))
        return known if self._services.clock.steady() - at <= self._services.timing.choices_known else None

    async def _read(self, organisation: Organisation, what: str, like: str = "") -> Listed:
        """What Devin lists, or listed a moment ago. If it does not answer: what it listed before, and why not now."""
        key = (organisation.id, what, like)
        if (known := self._remembered(key)) is not None:
            return known
        _, before = self._known.pop(key, (0.0, Listed({})))
        try:
            async with asyncio.timeout(self._services.timing.choices_asked):
                found = await _READ[what](organisation, like)
        except (DevinError, TimeoutError) as error:
            log.warning("choices not read", what=what, error=type(error).__name__)
            # Also a refusal counts for a moment.
            found = replace(before, is_whole=True, refused=views.refused(_why(error), what))
        else:
            found = found if found.names or like else replace(found, refused=views.refused(views.LISTS_NONE, what))
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[key] = (self._services.clock.steady(), found)
        return found


def _why(error: Exception) -> str:
    match error:
        case DevinForbidden() | DevinDenied():
            return views.NOT_ALLOWED
        case DevinNotFound():
            return views.NOT_OFFERED
        case _:
            return views.NO_ANSWER


async def _playbooks(organisation: Organisation, _like: str) -> Listed:
    found = [playbook async for playbook in organisation.devin.playbooks()]
    return Listed(
        {one.playbook_id: f"{one.title} ({one.macro})" if one.macro else one.title for one in found},
        {one.playbook_id: (one.title, (one.macro or "").removeprefix("!")) for one in found},
    )


async def _repositories(organisation: Organisation, like: str) -> Listed:
    found, has_more = await organisation.devin.repositories(like, most_pages=1)
    return Listed({repo.name: repo.name for repo in found}, is_whole=not has_more)


_READ: Final[Mapping[str, Callable[[Organisation, str], Awaitable[Listed]]]] = {
    PLAYBOOKS: _playbooks,
    REPOSITORIES: _repositories,
}


def _fitting(names: Names, typed: str) -> Names:
    words = typed.casefold().split()
    return {value: name for value, name in names.items() if all(word in name.casefold() for word in words)}


def _none_of(fitting: Collection[str], known: Names) -> str:
    """Say why a menu is empty: none of what is `fitting` is allowed."""
    return views.NONE_ALLOWED if fitting and not known else ""
