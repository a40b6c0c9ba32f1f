"""Knowledge: the notes that Devin is to remember.

https://docs.devin.ai/api-reference/v3/notes/post-organizations-knowledge-notes
"""

from collections.abc import AsyncIterator

from bot.devin.answers import Page
from bot.devin.api import Api, given
from bot.devin.models import Note


class KnowledgeApi(Api):
    """The knowledge notes of one organisation."""

    def notes(self) -> AsyncIterator[Note]:
        """List all notes."""
        return self._listed(self._org("knowledge", "notes"), Page[Note])

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
        """Create a note. `trigger` is required, though one page of the documentation calls it by an older name."""
        note = {"name": name, "body": body, "trigger": trigger, "folder_id": folder_id}
        extra = {"pinned_repo": pinned_repo, "is_enabled": is_enabled}
        return await self._request("POST", self._org("knowledge", "notes"), Note, json=given({**note, **extra}))
