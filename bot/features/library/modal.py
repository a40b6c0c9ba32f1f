"""The forms of notes and playbooks."""

from collections.abc import Mapping
from typing import Final

from bot.domain.form import Form
from bot.features.library.rules import (
    ALL_REPOS,
    BODY,
    FIELDS,
    LONGEST,
    MACRO,
    NAME,
    REPO,
    TRIGGER,
    FieldMistake,
    Kind,
    LibraryItem,
)
from bot.features.library.sentences import LABELS, PAGES
from bot.views.message import Block
from bot.views.modals.parts import View, form_view, text_field
from bot.views.text import link

TITLES: Final[Mapping[str, str]] = {
    "note_add": "New note",
    "note_edit": "Edit note",
    "playbook_add": "New playbook",
    "playbook_edit": "Edit playbook",
}
_HINTS: Final[Mapping[str, str]] = {
    TRIGGER: "When Devin should think of it, such as: when deploying the web app.",
    REPO: f"Pin to one repository (owner/name) or all ({ALL_REPOS}). Leave empty to use only the trigger.",
    MACRO: "A short name, such as !release, that a task can use to ask for this playbook.",
}
_OPTIONAL: Final = frozenset({REPO, MACRO})
_MULTILINE: Final = frozenset({TRIGGER, BODY})
_EMPTY: Final[Mapping[str, str]] = {
    NAME: "Give it a name.",
    TRIGGER: "Say when Devin should think of it.",
    BODY: "Write what Devin should know.",
}


def library_form(form: Form, item: LibraryItem) -> View:
    """The form of a note or playbook, which holds `item` at first."""
    fields = [_field(item.kind, name, value) for name, value in item.fields.items()]
    return form_view(form, TITLES[form.command], "Save", fields)


def too_long(item: LibraryItem) -> str:
    """Say that a text does not fit into a form."""
    return (
        f"The text of this {item.kind} is longer than {LONGEST[BODY]:,} characters, which is too long for a form. "
        f"{link(PAGES[item.kind], 'Edit it in Devin')}."
    )


def sentence(kind: Kind, name: str, mistake: FieldMistake, length: int) -> str:
    """The sentence under the field called `name`, which holds so many characters, for what is wrong with it."""
    if mistake is FieldMistake.EMPTY:
        playbook = kind is Kind.PLAYBOOK and name == BODY
        return "Write what Devin should do." if playbook else _EMPTY[name]
    if mistake is FieldMistake.TOO_LONG:
        return f"This has {length:,} characters, and the limit is {LONGEST[name]:,}. Make it shorter."
    if mistake is FieldMistake.NO_REPO:
        return f"Write owner/name, such as acme/web, or {ALL_REPOS} for all repositories, or leave it empty."
    return "Write a macro as ! and letters, digits, _ or -, such as !release, or leave it empty."


def _field(kind: Kind, name: str, value: str) -> Block:
    assert name in FIELDS[kind]
    return text_field(
        name,
        LABELS[kind][name],
        value,
        hint=_HINTS.get(name, ""),
        most=LONGEST[name],
        multiline=name in _MULTILINE,
        optional=name in _OPTIONAL,
    )
