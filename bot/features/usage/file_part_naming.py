"""Names the groups of figures in a file: in plain text, with ids and addresses in columns of their own."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.conversation.titles import ShownTitles, permalink, title_of
from bot.domain.questions import By
from bot.domain.readers import Readers
from bot.features.usage import part_names
from bot.kernel.workspace import Workspace
from bot.store import people
from bot.store.database.connection import Transaction
from bot.store.inbox import BATCH
from bot.store.stored_sessions import StoredSession, stored

Names = tuple[str | None, ...]
_UNKNOWN: Final[Mapping[By, str]] = {
    By.TEAM: part_names.NO_TEAM,
    By.PLAYBOOK: part_names.NO_PLAYBOOK,
    By.REPO: part_names.NO_REPOSITORY,
}


class FilePartNaming:
    """Reads the names of groups in one workspace, one for each of `bot.features.usage.figure_files.name_columns`."""

    def __init__(self, tx: Transaction, workspace: Workspace, readers: Readers) -> None:
        """`readers` are who may get the file."""
        self._tx = tx
        self._workspace = workspace
        self._readers = readers

    async def names(
        self, division: By, keys: Sequence[str | None], asked_as: Mapping[str, str]
    ) -> Mapping[str | None, Names]:
        """Name the groups of a `division`, by their keys; `asked_as` are people's names when they asked."""
        known_keys = [key for key in keys if key is not None]
        if division is By.SESSION:
            # In batches, because it takes a while to read thousands of them, and others go on between.
            batches = [known_keys[start : start + BATCH] for start in range(0, len(known_keys), BATCH)]
            return {key: names for batch in batches for key, names in (await self._sessions(batch)).items()}
        if division is By.PERSON:
            known = {**asked_as, **await people.names(self._tx, self._workspace.team, known_keys)}
            return {key: (known.get(key) or part_names.SOMEBODY, key) if key else (part_names.ERASED,) for key in keys}
        if division is By.CHANNEL:
            return {key: (part_names.DIRECT_MESSAGES if key == "D" else key,) for key in keys}
        return {key: (key or _UNKNOWN[division],) for key in keys}

    async def _sessions(self, ids: Sequence[str]) -> dict[str | None, Names]:
        found = await stored(self._tx, ids)
        titles = await ShownTitles.read(self._tx, self._workspace, self._readers)
        named: dict[str | None, Names] = {key: self._session(session, titles) for key, session in found.items()}
        if not self._workspace.policy.shows_names:
            return named
        known = await people.names(self._tx, self._workspace.team, {session.requester for session in found.values()})
        return {
            key: (*named[key], known.get(session.requester) or session.requester_name or None)
            for key, session in found.items()
        }

    def _session(self, session: StoredSession, titles: ShownTitles) -> Names:
        if (title := titles.instead(session)) is not None:
            return title, None, None
        return title_of(session), session.url, permalink(self._workspace, session)
