"""Notes and playbooks at Devin, by the calls that each of them has: what differs between the two stands here."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.devin.answers import Answer, Page
from bot.devin.client import Devin
from bot.devin.errors import DevinUnexpectedAnswer
from bot.devin.models import Note, Playbook
from bot.features.library.rules import BODY, MACRO, NAME, REPO, TRIGGER, Kind, LibraryItem

OF_ENTERPRISE: Final = "enterprise"


@dataclass(frozen=True, slots=True)
class Listing:
    """All items of one kind that could be read, and how many could not."""

    items: Sequence[LibraryItem]
    unreadable: int


class LibraryCalls(ABC):
    """The calls for the items of one kind in an organisation. They raise a DevinError."""

    @abstractmethod
    async def listing(self, devin: Devin) -> Listing:
        """Read all items, page after page."""

    @abstractmethod
    async def get(self, devin: Devin, item_id: str) -> LibraryItem:
        """Read one item with all that a change of it has to leave as it is."""

    @abstractmethod
    async def create(self, devin: Devin, item: LibraryItem) -> LibraryItem:
        """Create `item`, once."""

    @abstractmethod
    async def replace(self, devin: Devin, before: LibraryItem, item: LibraryItem) -> None:
        """Put the fields of `item` into the one that was `before`. May be repeated."""


class NoteCalls(LibraryCalls):
    """The knowledge notes."""

    async def listing(self, devin: Devin) -> Listing:
        """Read all notes, page after page."""
        pages = [page async for page in devin.note_pages()]
        return Listing([_of_note(note) for page in pages for note in page.items], _unreadable(pages))

    async def get(self, devin: Devin, item_id: str) -> LibraryItem:
        """Read one note."""
        note = await devin.get_note(item_id)
        _check(note, "name", "body", "trigger", "pinned_repo", "folder_id", "is_enabled")
        return _of_note(note)

    async def create(self, devin: Devin, item: LibraryItem) -> LibraryItem:
        """Create a note."""
        made = await devin.create_note(item.name, item.body, item.trigger, pinned_repo=item.repo or None)
        return _of_note(made)

    async def replace(self, devin: Devin, before: LibraryItem, item: LibraryItem) -> None:
        """Replace a note; its folder stays, and whether it is on."""
        await devin.replace_note(
            before.id,
            item.name,
            item.body,
            item.trigger,
            pinned_repo=item.repo or None,
            folder_id=before.folder_id,
            is_enabled=before.is_enabled,
        )


class PlaybookCalls(LibraryCalls):
    """The playbooks."""

    async def listing(self, devin: Devin) -> Listing:
        """Read all playbooks, page after page."""
        pages = [page async for page in devin.playbook_pages()]
        return Listing([_of_playbook(playbook) for page in pages for playbook in page.items], _unreadable(pages))

    async def get(self, devin: Devin, item_id: str) -> LibraryItem:
        """Read one playbook."""
        playbook = await devin.get_playbook(item_id)
        _check(playbook, "title", "body", "macro", "structured_output_schema")
        return _of_playbook(playbook)

    async def create(self, devin: Devin, item: LibraryItem) -> LibraryItem:
        """Create a playbook."""
        return _of_playbook(await devin.create_playbook(item.name, item.body, item.macro or None))

    async def replace(self, devin: Devin, before: LibraryItem, item: LibraryItem) -> None:
        """Replace a playbook; the schema of its output stays."""
        await devin.replace_playbook(
            before.id, item.name, item.body, item.macro or None, structured_output_schema=before.schema
        )


CALLS: Final[dict[Kind, LibraryCalls]] = {Kind.NOTE: NoteCalls(), Kind.PLAYBOOK: PlaybookCalls()}


def _of_note(note: Note) -> LibraryItem:
    return LibraryItem(
        Kind.NOTE,
        note.name,
        note.body,
        trigger=note.trigger,
        repo=note.pinned_repo or "",
        id=note.note_id,
        created_at=note.created_at,
        updated_at=note.updated_at,
        is_enabled=note.is_enabled,
        of_enterprise=note.access_type == OF_ENTERPRISE,
        folder_id=note.folder_id,
        unread=_unread(note, {"name": NAME, "body": BODY, "trigger": TRIGGER}, {"pinned_repo": REPO}),
    )


def _of_playbook(playbook: Playbook) -> LibraryItem:
    return LibraryItem(
        Kind.PLAYBOOK,
        playbook.title,
        playbook.body,
        macro=playbook.macro or "",
        id=playbook.playbook_id,
        created_at=playbook.created_at,
        updated_at=playbook.updated_at,
        of_enterprise=playbook.access_type == OF_ENTERPRISE,
        schema=playbook.structured_output_schema,
        unread=_unread(playbook, {"title": NAME, "body": BODY}, {"macro": MACRO}),
    )


def _unread(answer: Answer, texts: Mapping[str, str], optional: Mapping[str, str]) -> frozenset[str]:
    """The fields of the form that could not be read. Both mappings go from Devin's names to those of the form.

    Each of the `texts` is always there; what is `optional` may be null.
    """
    missing = {form for name, form in texts.items() if not answer.has(name)}
    return frozenset(missing | {form for name, form in optional.items() if name in answer.odd_fields})


def _check(answer: Answer, *fields: str) -> None:
    """Raise DevinUnexpectedAnswer if one of these `fields` could not be read: a change would write over it."""
    if odd := [field for field in fields if field in answer.odd_fields]:
        raise DevinUnexpectedAnswer(f"Not readable: {', '.join(odd)}.")


def _unreadable(pages: Sequence[Page[Note]] | Sequence[Page[Playbook]]) -> int:
    return sum(len(page.unreadable) for page in pages)
