"""The playbooks and repositories that the form for a start offers while a person types.

Slack waits three seconds for them. What Devin has answered counts for a moment, because each letter asks anew. Where
Devin does not answer in time, or does not list repositories, those of earlier sessions are offered.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from bot.devin.errors import DevinError
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import sessions

log = get_logger(__name__)

MOST_CHOICES: Final = 100  # that Slack shows at once
_PLAYBOOKS, _REPOSITORIES = "playbooks", "repositories"

Names = Mapping[str, str]  # words by value


class LaunchChoices:
    """Asks Devin for what may be picked, and remembers it for a moment."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[tuple[str, str], tuple[float, Names]] = {}

    async def playbooks(self, workspace: Workspace, typed: str) -> Names:
        """Return the titles of the playbooks whose title or macro has all words that were `typed`, by their ids."""
        found = await self._read(workspace.organisation, _PLAYBOOKS, _playbooks)
        return _fitting(found, typed)

    async def repositories(self, workspace: Workspace, user: str, channel: str, typed: str) -> Names:
        """Return the repositories whose names have all words that were `typed`, the ones used last first."""
        async with self._services.db.read() as tx:
            used = await sessions.repositories(tx, workspace.team, user, channel)
        found = await self._read(workspace.organisation, _REPOSITORIES, _repositories)
        return _fitting({repo: repo for repo in (*used, *found)}, typed)

    async def listed_repositories(self, organisation: Organisation) -> list[str]:
        """Return the names of the repositories that Devin lists; none where it does not say in time."""
        return list(await self._read(organisation, _REPOSITORIES, _repositories) or {})

    async def _read(
        self, organisation: Organisation, what: str, read: Callable[[Organisation], Awaitable[Names]]
    ) -> Names:
        """What Devin lists, or listed a moment ago; nothing if it does not answer."""
        timing, key = self._services.timing, (organisation.id, what)
        at, known = self._known.get(key, (-math.inf, None))
        if known is not None and self._services.clock.steady() - at <= timing.choices_known:
            return known
        try:
            async with asyncio.timeout(timing.choices_asked):
                found = await read(organisation)
        except (DevinError, TimeoutError) as error:
            log.info("choices not read", what=what, error=type(error).__name__)
            found = known or {}  # also a refusal counts for a moment
        self._known[key] = (self._services.clock.steady(), found)
        return found


async def _playbooks(organisation: Organisation) -> Names:
    return {
        playbook.playbook_id: f"{playbook.title} ({playbook.macro})" if playbook.macro else playbook.title
        async for playbook in organisation.devin.playbooks()
    }


async def _repositories(organisation: Organisation) -> Names:
    return {repo.name: repo.name async for repo in organisation.devin.repositories()}


def _fitting(names: Names, typed: str) -> Names:
    words: Sequence[str] = typed.casefold().split()
    fitting = {value: name for value, name in names.items() if all(word in name.casefold() for word in words)}
    return dict(list(fitting.items())[:MOST_CHOICES])
