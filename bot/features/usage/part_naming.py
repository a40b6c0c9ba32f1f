"""Names what sessions are grouped by: people, channels, sessions, repositories and playbooks."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from bot.conversation.titles import ShownTitles
from bot.domain.questions import By
from bot.domain.readers import Readers
from bot.domain.session import Session
from bot.features.usage import part_names
from bot.kernel.workspace import Workspace
from bot.store import past_sessions, people, sessions
from bot.store.database.connection import Transaction
from bot.store.past_sessions import PastSession
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
            return {key: part_names.person(key, None) for key in known_keys}
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
        found = [tracked.session for tracked in (await sessions.tracked(self._tx, ids)).values()]
        past = list((await past_sessions.read(self._tx, ids)).values())
        both: list[Session | PastSession] = [*found, *past]
        named = {session.requester for session in both} if self.shows_people else ()
        askers = await people.names(self._tx, self._workspace.team, named)
        titles = await ShownTitles.read(self._tx, self._workspace, self._readers)
        names: dict[str | None, str] = {session.id: self._past(session, askers) for session in past}
        for session in found:
            names[session.id] = self._session(session, titles, askers.get(session.requester))
        return names

    def _past(self, session: PastSession, askers: Mapping[str, str]) -> str:
        asker = (askers.get(session.requester) or session.requester_name) if self.shows_people else None
        return part_names.session(part_names.past_session(session.created_at), None, None, asker or None)

    def _session(self, session: Session, titles: ShownTitles, asker: str | None) -> str:
        if (title := titles.replacement(session.channel, session.requester)) is not None:
            return part_names.session(title, None, None, asker)
        return part_names.session(session.title, self._thread(session), session.url, asker)

    def _thread(self, session: Session) -> str | None:
        thread = session.thread_ts
        return self._workspace.slack.permalink(session.channel, thread) if thread else None


def repository_of(pull_request: str | None, option: str | None, hosts: Collection[str]) -> str | None:
    """Name the repository of a session: that of its pull request on one of `hosts`, or else that of its options."""
    return (repository_name(pull_request, hosts) if pull_request else None) or option
