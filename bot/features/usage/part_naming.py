"""Names what sessions are grouped by: people, channels, sessions, repositories and playbooks."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from bot.conversation.titles import ShownTitles, permalink, title_of
from bot.domain.questions import By
from bot.domain.readers import Readers
from bot.features.usage import part_names
from bot.kernel.workspace import Workspace
from bot.store import people
from bot.store.database.connection import Transaction
from bot.store.stored_sessions import StoredSession, stored
from bot.views.pull_requests import repository_name

_NAMES: Final[Mapping[By, Callable[[str | None], str]]] = {
    By.CHANNEL: part_names.channel,
    By.TEAM: part_names.team,
    By.PLAYBOOK: part_names.playbook,
    By.REPO: part_names.repository,
}


class PartNaming:
    """Reads and writes the names of groups in one workspace, for `readers`."""

    def __init__(self, tx: Transaction, workspace: Workspace, readers: Readers) -> None:
        self._tx = tx
        self._workspace = workspace
        self._readers = readers

    @property
    def shows_people(self) -> bool:
        """Whether people are named, and not only counted."""
        return self._workspace.policy.shows_names

    async def names(
        self, division: By, keys: Sequence[str | None], asked_as: Mapping[str, str]
    ) -> Mapping[str | None, str]:
        """Name the groups of a `division`, by their keys; `asked_as` are people's names when they asked."""
        known_keys = [key for key in keys if key is not None]
        if division is By.PERSON and not self.shows_people:
            return {key: part_names.SOMEBODY if key else part_names.ERASED for key in known_keys}
        if division is By.PERSON:
            known = {**asked_as, **await people.names(self._tx, self._workspace.team, known_keys)}
            return {key: part_names.person(key, known.get(key)) for key in known_keys}
        if division is By.SESSION:
            return await self._sessions(known_keys)
        return {key: _NAMES[division](key) for key in keys}

    def repository(self, pull_request: str | None, option: str | None) -> str | None:
        """Name the repository of a session: that of its pull request, or else that of its options."""
        return repository_of(pull_request, option, self._workspace.policy.code_hosts)

    async def _sessions(self, ids: Sequence[str]) -> dict[str | None, str]:
        found = await stored(self._tx, ids)
        named = {session.requester for session in found.values()} if self.shows_people else ()
        askers = await people.names(self._tx, self._workspace.team, named)
        titles = await ShownTitles.read(self._tx, self._workspace, self._readers)
        return {key: self._session(session, titles, askers) for key, session in found.items()}

    def _session(self, session: StoredSession, titles: ShownTitles, askers: Mapping[str, str]) -> str:
        asker = (askers.get(session.requester) or session.requester_name or None) if self.shows_people else None
        if (instead := titles.instead(session)) is not None:
            return part_names.session(instead, None, None, asker)
        return part_names.session(title_of(session), permalink(self._workspace, session), session.url, asker)


def repository_of(pull_request: str | None, option: str | None, hosts: Collection[str]) -> str | None:
    """Name the repository of a session: that of its pull request on one of `hosts`, or else that of its options."""
    return (repository_name(pull_request, hosts) if pull_request else None) or option
