"""The form of settings: one set of fields, for a person and for a channel."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.form import Form
from bot.domain.settings_values import Scope, Setting
from bot.features.settings.rules import UNSET, Group, drawn, field_name, shown_in_field
from bot.features.settings.sentences import CHOICES, GROUPS, LABELS, fixed
from bot.views import blocks
from bot.views.message import Block
from bot.views.modals.parts import View, choice_field, form_view, text_field

TITLE: Final = "Settings"
_ABOUT: Final = {
    Scope.PERSON: "Used unless the channel has its own setting. Your reminders and mentions override the channel's.",
    Scope.CHANNEL: "For everyone's sessions here. Each person's own reminders and mentions override these.",
}
_HINTS: Final[Mapping[Setting, str]] = {
    Setting.REPOS: "owner/name, separated by commas. Used unless repo= names others.",
    Setting.PLAYBOOK: "Its name, macro, or ID.",
    Setting.LIMIT: "ACUs that Devin can use in one session. An ACU (agent compute unit) measures Devin's work.",
    Setting.TAGS: "Separate tags with commas.",
    Setting.QUIET: "In your time zone, such as 22:00-07:00. You won't be mentioned.",
}
_NOT_SET: Final = "Not set"


def settings_form(form: Form, groups: Sequence[Group], file: str) -> View:
    """The form with these `groups` of fields; what the `file` sets is a line in place of a field."""
    shown = [block for group in groups for block in _group(group, file)]
    return form_view(replace(form, digest=drawn([*groups])), TITLE, "Save", shown)


def _group(group: Group, file: str) -> list[Block]:
    head = [blocks.header(GROUPS[group.scope]), *blocks.context([_ABOUT[group.scope]])]
    lines = [blocks.section(fixed(setting, value, file)) for setting, value in group.fixed.items()]
    return [*head, *lines, *(_field(group, setting) for setting in group.open)]


def _field(group: Group, setting: Setting) -> Block:
    name, label = field_name(group.scope, setting), LABELS[setting]
    value, hint = shown_in_field(group.chosen, setting), _HINTS.get(setting, "")
    if setting in CHOICES:
        own = {value: value} if value and value not in CHOICES[setting] else {}  # a mode that only Devin knows
        return choice_field(name, label, {UNSET: _NOT_SET, **CHOICES[setting], **own}, value or UNSET, hint=hint)
    return text_field(name, label, value, hint=hint, optional=True)
