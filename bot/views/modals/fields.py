"""The fields of forms, each declared once: how it is drawn, and what is said where it is empty or too long.

Those of a start are here: the forms of a start, of a schedule and of settings share them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.domain.launch import LIMIT, LONGEST_TITLE, MODE, PLAYBOOK, REPOS, TAGS, TASK, TITLE
from bot.domain.settings_values import MOST_REPOS
from bot.views.message import Block
from bot.views.modals.parts import LONGEST_COUNTED, choice_field, search_field, text_field


@dataclass(frozen=True, slots=True)
class Field:
    """A field for text of at most so many characters; with `choices` a menu of them.

    With `picks` it is a menu that asks for its choices as a person types, of which so many may be picked; the
    `placeholder` says what holds while nothing is. A field that must not be empty says `empty` where it is.
    """

    name: str
    label: str
    hint: str = ""
    most: int | None = None
    empty: str = ""
    multiline: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    picks: int = 0
    placeholder: str = ""

    def drawn(self, value: str = "", name: str = "") -> Block:
        """Return the field, which holds `value` at first: of several picks all, with commas between."""
        name = name or self.name
        if self.choices:
            return choice_field(name, self.label, self.choices, value, hint=self.hint)
        if self.picks:
            picked = [part.strip() for part in value.split(",")] if self.picks > 1 else [value]
            first = {one: one for one in picked if one}
            return search_field(
                name, self.label, first, several=self.picks, placeholder=self.placeholder, hint=self.hint
            )
        shape = {"multiline": self.multiline, "optional": not self.empty}
        return text_field(name, self.label, value, hint=self.hint, most=self.most, **shape)

    def mistake(self, value: str) -> str:
        """Return what is said of a `value` that is empty or too long; nothing of another one."""
        if not value:
            return self.empty
        if self.most is None or len(value) <= self.most:
            return ""
        return f"This has {len(value):,} characters, and the limit is {self.most:,}. Make it shorter."


_ACUS: Final = "For one session. An ACU (agent compute unit) measures Devin's work."
TASK_FIELD: Final = Field(TASK, "Task", most=LONGEST_COUNTED, empty="Write what Devin should do.", multiline=True)
TITLE_FIELD: Final = Field(TITLE, "Title", most=LONGEST_TITLE)
# The options of a start, by their names, which are those of the settings that fill them.
OPTION_FIELDS: Final[Mapping[str, Field]] = {
    one.name: one
    for one in (
        Field(REPOS, "Repositories", picks=MOST_REPOS, placeholder="Devin finds them by itself"),
        Field(PLAYBOOK, "Playbook", picks=1, placeholder="None"),
        Field(MODE, "Mode", picks=1, placeholder="Devin's default"),
        Field(LIMIT, "ACU limit", hint=_ACUS),
        Field(TAGS, "Tags", hint="Separate tags with commas."),
    )
}
