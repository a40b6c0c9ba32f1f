"""The forms of notes and playbooks."""

from collections.abc import Mapping
from typing import Final

from bot.domain.form import Form
from bot.features.library.rules import FIELDS, LONGEST_BODY, LibraryItem
from bot.features.library.sentences import PAGES
from bot.views.modals.parts import View, form_view
from bot.views.text import link

TITLES: Final[Mapping[str, str]] = {
    "note_add": "New note",
    "note_edit": "Edit note",
    "playbook_add": "New playbook",
    "playbook_edit": "Edit playbook",
}


def library_form(form: Form, item: LibraryItem) -> View:
    """The form of a note or playbook, which holds `item` at first."""
    fields = [field.drawn(item.fields[name]) for name, field in FIELDS[item.kind].items()]
    return form_view(form, TITLES[form.command], "Save", fields)


def has_secret(item: LibraryItem) -> str:
    """Say that an item is not shown whole, and so not changed here."""
    return f"This {item.kind} has what looks like a secret. {link(PAGES[item.kind], 'Edit it in Devin')}."


def too_long(item: LibraryItem) -> str:
    """Say that a text does not fit into a form."""
    return (
        f"The text of this {item.kind} is longer than {LONGEST_BODY:,} characters, which is too long for a form. "
        f"{link(PAGES[item.kind], 'Edit it in Devin')}."
    )
