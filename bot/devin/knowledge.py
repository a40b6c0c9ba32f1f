"""Knowledge: the notes that Devin is to remember.

https://docs.devin.ai/api-reference/v3/notes/post-organizations-knowledge-notes
"""

from collections.abc import AsyncIterator
from typing import Any

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.api import Api
from bot.devin.models import Note


class KnowledgeApi(Api):
    """The knowledge notes of one organisation."""

    def note_pages(self) -> AsyncIterator[Page[Note]]:
        """List all notes in pages; each page has the rows that could not be read."""
        return self._pages(self._org("knowledge", "notes"), Page[Note], {}, paging.LISTED_PAGES)

    def notes(self) -> AsyncIterator[Note]:
        """List all notes."""
        return self._listed(self._org("knowledge", "notes"), Page[Note])

    async def get_note(self, note_id: str) -> Note:
        """Read one note."""
        return await self._request("GET", self._org("knowledge", "notes", note_id), Note)

    async def create_note(
        self,
        name: str,
        body: str,
        trigger: str,
        *,
        folder_id: str | None = None,
        pinned_repo: str | None = None,
        is_enabled: bool | None = None,
    ) -> Note:
        """Create a note. `trigger` is required, though one page of the documentation calls it by an older name.

        After any 2xx the note exists. Raises DevinCreatedUnreadable if not even its id can be read.
        """
        note = _note(name, body, trigger, folder_id, pinned_repo, is_enabled)
        return await self._create(self._org("knowledge", "notes"), Note, note, "note_id")

    async def replace_note(
        self,
        note_id: str,
        name: str,
        body: str,
        trigger: str,
        *,
        folder_id: str | None = None,
        pinned_repo: str | None = None,
        is_enabled: bool | None = None,
    ) -> None:
        """Replace all of a note. What is left out may be lost. The call may be repeated."""
        note = _note(name, body, trigger, folder_id, pinned_repo, is_enabled)
        response = await self._answer("PUT", self._org("knowledge", "notes", note_id), json=note)
        self._read_if_possible(response, Note)

    async def delete_note(self, note_id: str) -> None:
        """Delete a note for good."""
        response = await self._answer("DELETE", self._org("knowledge", "notes", note_id))
        self._read_if_possible(response, Note)


def _note(
    name: str, body: str, trigger: str, folder_id: str | None, pinned_repo: str | None, is_enabled: bool | None
) -> dict[str, Any]:
    return {
        "name": name,
        "body": body,
        "trigger": trigger,
        "folder_id": folder_id,
        "pinned_repo": pinned_repo,
        "is_enabled": is_enabled,
    }
