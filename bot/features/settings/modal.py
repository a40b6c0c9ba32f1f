"""The form of settings: one set of fields, for a person and for a channel."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.domain.form import Form
from bot.domain.launch import UNSET
from bot.domain.settings_values import Scope, Setting
from bot.features.settings.rules import Group, drawn, field_name, shown_in_field
from bot.features.settings.sentences import EVERYONES, FIELDS, GROUPS, HINTS, fixed
from bot.views import blocks
from bot.views.message import Block
from bot.views.modals.parts import View, form_view

TITLE: Final = "Settings"
_ABOUT: Final = {
    Scope.PERSON: "Used unless the channel has its own setting. Your reminders and mentions override the channel's.",
    Scope.CHANNEL: "For everyone's sessions in {channel}. Each person's own reminders and mentions override these.",
}


def settings_form(form: Form, groups: Sequence[Group], file: str) -> View:
    """The form with these `groups` of fields; what the `file` sets is a line in place of a field."""
    shown = [block for group in groups for block in _group(group, file, f"<#{form.channel}>")]
    if any(group.scope is Scope.CHANNEL for group in groups):
        shown += blocks.context([EVERYONES.format(file=file or "bot.toml")])
    return form_view(replace(form, digest=drawn([*groups])), TITLE, "Save", shown)


def _group(group: Group, file: str, channel: str) -> list[Block]:
    head = [blocks.header(GROUPS[group.scope]), *blocks.context([_ABOUT[group.scope].format(channel=channel)])]
    lines = [blocks.section(fixed(setting, value, file)) for setting, value in group.fixed.items()]
    return [*head, *lines, *(_field(group, setting) for setting in group.open)]


def _field(group: Group, setting: Setting) -> Block:
    field, value = FIELDS[setting], shown_in_field(group.chosen, setting)
    field = replace(field, hint=HINTS.get((group.scope, setting), field.hint))
    return field.drawn(value or (UNSET if field.choices else ""), field_name(group.scope, setting))
