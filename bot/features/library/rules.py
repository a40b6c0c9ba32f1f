"""What an organisation at Devin keeps for all of its sessions: knowledge notes and playbooks.

The `repo` of a note says to what it is pinned: to one repository, or to all of them (`ALL_REPOS`), which every session
gets. A note without one is not pinned, and is used when its trigger fits. These are the values of the API's first
version; the third has the field `pinned_repo`, and its pages do not say what it may hold.

https://docs.devin.ai/api-reference/knowledge/create-knowledge
https://docs.devin.ai/onboard-devin/knowledge-onboarding
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final

from bot.domain.redaction import redact
from bot.views.modals.fields import Field

NAME, TRIGGER, BODY, REPO, MACRO = "name", "trigger", "body", "repo", "macro"  # the fields of the forms
LONGEST_NAME: Final = 200
LONGEST_BODY: Final = 20_000  # characters
ALL_REPOS: Final = "all"
MOST_RECORDED: Final = 200  # characters of a field in a row about a change
_BEFORE_CHANGE: Final = 20  # characters that are recorded before the first one that has changed
_REPO: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)+")
_MACRO: Final = re.compile(r"![A-Za-z0-9_-]+")


class Kind(StrEnum):
    """What is kept; the value is the word behind `/devin`."""

    NOTE = "note"
    PLAYBOOK = "playbook"


_REPO_HINT: Final = f"Pin to one repository (owner/name) or all ({ALL_REPOS}). Leave empty to use only the trigger."
_TRIGGER: Final = Field(
    TRIGGER,
    "Trigger",
    hint="When Devin should use this note, for example when deploying the web app.",
    most=1_000,
    empty="Say when Devin should use this note.",
    multiline=True,
)
_BODY: Final = Field(BODY, "Body", most=LONGEST_BODY, empty="Write what Devin should know.", multiline=True)
_MACRO_HINT: Final = "A short name, such as !release, that a task can use to ask for this playbook."
FIELDS: Final[Mapping[Kind, Mapping[str, Field]]] = {
    Kind.NOTE: {
        NAME: Field(NAME, "Name", most=LONGEST_NAME, empty="Give it a name."),
        TRIGGER: _TRIGGER,
        BODY: _BODY,
        REPO: Field(REPO, "Repository", hint=_REPO_HINT, most=200),
    },
    Kind.PLAYBOOK: {
        NAME: Field(NAME, "Title", most=LONGEST_NAME, empty="Give it a name."),
        BODY: replace(_BODY, empty="Write what Devin should do."),
        MACRO: Field(MACRO, "Macro", hint=_MACRO_HINT, most=60),
    },
}
NO_REPO: Final = f"Write owner/name, such as acme/web, or {ALL_REPOS} for all repositories, or leave it empty."
NO_MACRO: Final = "Write a macro as ! and letters, digits, _ or -, such as !release, or leave it empty."


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """A note or a playbook. A note has a `trigger`, which says when it is used, and perhaps a `repo`.

    `id` is empty, and the times are 0, as long as it is not at Devin. `folder_id`, `is_enabled` and the `schema` of a
    playbook's output are in no form, and stay as they are when it changes. `unread` names the fields of its form that
    are empty here because Devin's answer had nothing readable in them.
    """

    kind: Kind
    name: str
    body: str
    trigger: str = ""
    repo: str = ""
    macro: str = ""
    id: str = ""
    created_at: int = 0
    updated_at: int = 0
    is_enabled: bool = True
    of_enterprise: bool = False
    folder_id: str | None = None
    schema: Mapping[str, Any] | None = None
    unread: frozenset[str] = frozenset()

    @property
    def fields(self) -> dict[str, str]:
        """The values of the fields of its form."""
        values = {NAME: self.name, TRIGGER: self.trigger, BODY: self.body, REPO: self.repo, MACRO: self.macro}
        return {field: values[field] for field in FIELDS[self.kind]}

    @property
    def digest(self) -> str:
        """A short text that is another one as soon as a field changes."""
        return hashlib.blake2b(json.dumps(self.fields).encode(), digest_size=12).hexdigest()

    def masked(self) -> "LibraryItem":
        """Return the item as Slack may show it: without what looks like a secret. Its name came without it."""
        return replace(self, body=redact(self.body), trigger=redact(self.trigger))

    def contains(self, text: str) -> bool:
        """Whether `text` occurs in one of its fields, in capitals or not."""
        wanted = text.casefold()
        return any(wanted in value.casefold() for value in self.fields.values())

    def is_same_as(self, other: "LibraryItem") -> bool:
        """Whether the fields of both hold the same, but for white space around it, which no form sends."""
        return {name: value.strip() for name, value in self.fields.items()} == {
            name: value.strip() for name, value in other.fields.items()
        }

    def is_like(self, other: "LibraryItem") -> bool:
        """Whether the fields of both say the same in the same words, as where Devin has tidied up white space."""
        return {name: value.split() for name, value in self.fields.items()} == {
            name: value.split() for name, value in other.fields.items()
        }

    def may_be(self, other: "LibraryItem") -> bool:
        """Whether this item is like `other` in all fields but those that are `unread`."""
        return all(
            value.split() == other.fields[name].split()
            for name, value in self.fields.items()
            if name not in self.unread
        )

    def as_record(self) -> dict[str, Any]:
        """The fields for a row about something that was added or deleted, shortened."""
        return _record(self.fields, {})


def records_of_change(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields `before` and `after` a change for a row about it.

    A long one is shortened to where the change begins, so that the row shows what has changed.
    """
    return _record(before, after), _record(after, before)


def _record(fields: Mapping[str, str], other: Mapping[str, str]) -> dict[str, Any]:
    return {name: _excerpt(redact(value), redact(other.get(name, ""))) for name, value in fields.items() if value}


def _excerpt(value: str, other: str) -> str:
    """Shorten `value` to what stands around its first character that is not in `other`, or else to its beginning."""
    if len(value) <= MOST_RECORDED:
        return value
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(value, other, strict=False))
    start = 0 if value == other else max(sum(1 for _ in alike) - _BEFORE_CHANGE, 0)
    part = ("…" if start else "") + value[start:]
    return part if len(part) <= MOST_RECORDED else part[: MOST_RECORDED - 1] + "…"


def entered(kind: Kind, fields: Mapping[str, str]) -> LibraryItem:
    """Make the item that `fields` describe, which somebody has filled in."""
    values = {name: fields.get(name, "").strip() for name in FIELDS[kind]}
    macro, repo = values.get(MACRO, ""), values.get(REPO, "")
    return LibraryItem(
        kind,
        values[NAME],
        values[BODY],
        trigger=values.get(TRIGGER, ""),
        repo=ALL_REPOS if repo.casefold() == ALL_REPOS else repo,
        macro=f"!{macro}" if macro and not macro.startswith("!") else macro,
    )


def mistakes(item: LibraryItem) -> dict[str, str]:
    """Return a sentence for each field of `item` that cannot be taken."""
    found = {name: field.mistake(item.fields[name]) for name, field in FIELDS[item.kind].items()}
    if item.repo and item.repo != ALL_REPOS and not _REPO.fullmatch(item.repo):
        found[REPO] = found[REPO] or NO_REPO
    if item.macro and not _MACRO.fullmatch(item.macro):
        found[MACRO] = found[MACRO] or NO_MACRO
    return {name: sentence for name, sentence in found.items() if sentence}
