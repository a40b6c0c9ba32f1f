"""What people read about settings: their names, what is set, where it comes from, and how to change it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.form import Form
from bot.domain.launch import UNSET
from bot.domain.notify_choice import NotifyChoice
from bot.domain.settings_values import (
    ALLOWED,
    Detail,
    Effective,
    Scope,
    Setting,
    Source,
    TurnTaking,
    Value,
    as_text,
    may_be_set,
)
from bot.features.settings.rules import Group, SettingChange, drawn, field_name, shown_in_field
from bot.views import blocks
from bot.views.answers.wording import code
from bot.views.message import Block, Message
from bot.views.modals.fields import OPTION_FIELDS, Field
from bot.views.modals.parts import View, form_view

_NOT_SET: Final = {UNSET: "Not set"}
# Each setting is one field of the form; what a start takes from there is the same field as in the form of a start.
FIELDS: Final[Mapping[Setting, Field]] = {
    **{Setting(name): field for name, field in OPTION_FIELDS.items()},
    **{
        allowed: Field(allowed.value, f"Allowed {what}", hint=f"{example} Leave empty for any.")
        for allowed, what, example in (
            (Setting.ALLOW_REPOS, "repositories", "Such as acme/web, acme/*-docs."),
            (Setting.ALLOW_PLAYBOOKS, "playbooks", "Titles, macros, or IDs, such as Upgrade *."),
            (Setting.ALLOW_MODES, "modes", "Such as lite, normal. The first is the default."),
        )
    },
    Setting.STARTS: Field("starts", "Starts per hour"),
    Setting.TURNS: Field(
        "turns",
        "Replies sent to Devin",
        choices={
            **_NOT_SET,
            TurnTaking.ALL.value: "Every reply in a thread",
            TurnTaking.MENTIONS.value: "Only replies that mention Devin Bridge",
            TurnTaking.TWO_PEOPLE.value: "Every reply, except what people say to each other",
        },
    ),
    Setting.DETAIL: Field(
        "detail",
        "Devin's posts",
        choices={
            **_NOT_SET,
            Detail.FULL.value: "Everything Devin says",
            Detail.FINAL.value: "Only Devin's last message, each time it stops for you or finishes",
            Detail.LINK.value: "Only a link, each time Devin stops for you or finishes",
        },
    ),
    Setting.ALERTS_PER_HOUR: Field(
        "alerts_per_hour", "Sessions from alerts per hour", hint="The most that start here in an hour; 10 if empty."
    ),
    Setting.ALERT_ACUS: Field(
        "alert_acus", "ACU limit of alerts", hint="For each session that an alert starts; 10 if empty."
    ),
    Setting.REMINDERS: Field(
        "reminders",
        "Reminders",
        choices={**_NOT_SET, "on": "Remind me of open questions", "off": "No reminders"},
    ),
    Setting.QUIET: Field(
        "quiet", "Quiet hours", hint="In your time zone, such as 10 PM - 7 AM. You won't be mentioned."
    ),
    Setting.NOTIFY: Field(
        "notify",
        "Mentions",
        choices={
            **_NOT_SET,
            NotifyChoice.ALL.value: "Each time Devin needs someone, is done, or has failed",
            NotifyChoice.QUESTIONS.value: "Only when Devin needs someone",
            NotifyChoice.DONE.value: "Only when Devin is done or has failed",
            NotifyChoice.OFF.value: "Never",
        },
    ),
}
# What is to be known about a field in one group only.
HINTS: Final = {
    (Scope.PERSON, Setting.STARTS): f"From 1 to {Effective().starts}. After that many, each of your starts asks first.",
    (Scope.CHANNEL, Setting.STARTS): "By one person. After that many, each start asks first; 0 never asks.",
}
GROUPS: Final = {Scope.PERSON: "Mine", Scope.CHANNEL: "Channel"}
EVERYONES: Final = (
    "Defaults for everyone are under `[default]` in `{file}`. Your Devin Bridge operator can change them."
)
NOT_YOURS: Final = Message("Only admins and the channel's creator can change its settings. Ask one of them.")
NO_CHANNEL: Final = Message("A DM has no settings of its own. `/devin settings mine` opens yours.")
PICK_CHANNEL: Final = Message("Pick the channel from Slack's list as you type `#`, as in `/devin settings #web`.")
NOT_SAVED: Final = "Your settings weren't saved."
NOTHING_CHANGED: Final = Message("No settings were changed.")
_SOURCES: Final = {Source.CHANNEL: "set for this channel", Source.MINE: "set by you", Source.BUILT_IN: "default"}
NONE: Final = "none"
ANY: Final = "any"


def saved(changes: Sequence[SettingChange], channel: str) -> Message:
    """Confirm the `changes`, those of the channel under its name."""
    if not changes:
        return NOTHING_CHANGED
    lines = ["Saved."]
    for scope, where in ((Scope.PERSON, GROUPS[Scope.PERSON]), (Scope.CHANNEL, f"<#{channel}>")):
        changed = [change for change in changes if change.scope is scope]
        if changed:
            shown = [f"{FIELDS[change.setting].label}: {_shown(change.setting, change.value)}" for change in changed]
            lines += [f"*{where}*", *(f"• {line}" for line in shown)]
    return Message("\n".join(lines))


def not_saved(why: str) -> Message:
    """Report that the form was not saved, and `why`."""
    return Message(f"{NOT_SAVED} {why}")


def only_admins_loosen(change: SettingChange) -> Message:
    """Report that somebody who is no admin may not loosen a brake in a channel by this `change`."""
    label, most = FIELDS[change.setting].label, change.usual
    return not_saved(f"{label}: {most} applies to every channel. You can set 1 to {most}. Ask an admin for more.")


def lost(reference: str) -> Message:
    """Report that a fault of the bot's own kept the form from being saved."""
    return not_saved(
        f"Something went wrong. Give your Devin Bridge operator this error ID: `{reference}`. Open the form again."
    )


def fixed(setting: Setting, value: Value, file: str) -> str:
    """The line in place of a field whose value the `file` sets."""
    return f"*{FIELDS[setting].label}*: {_shown(setting, value)}, set by {code(file)}"


def why(held: Effective, file: str, *, in_channel: bool) -> Message:
    """Show what holds for a person where they ask, each with its source, and who can change it where."""
    sources = _SOURCES | {Source.FILE: f"set in {code(file)}"}
    everywhere = ALLOWED.values()  # a file may set them for DMs too
    shown = [setting for setting in Setting if in_channel or setting in everywhere or may_be_set(setting, Scope.PERSON)]
    lines = [
        f"• *{FIELDS[setting].label}*: {_shown(setting, getattr(held, setting))} ({sources[held.source(setting)]})"
        for setting in shown
    ]
    ways = ["Change yours with `/devin settings mine`."]
    if in_channel:
        ways.append("Admins and the channel's creator can change the rest with `/devin settings channel`.")
    if any(held.source(setting) is Source.FILE for setting in shown):
        ways.append(f"Your Devin Bridge operator can change {code(file)}.")
    head = f"Your settings in {'this channel' if in_channel else 'DMs'}:"
    return Message("\n".join([head, *lines, " ".join(ways)]))


def _shown(setting: Setting, value: Value | None) -> str:
    """The value as the menu of the form calls it, or as it was typed."""
    if value is None or value == ():
        return ANY if setting in ALLOWED.values() else NONE
    if setting in ALLOWED.values() and isinstance(value, tuple):
        return ", ".join(map(code, value))
    word = as_text(value)
    meaning = FIELDS[setting].choices.get(word, word)
    if isinstance(value, bool):
        return word
    return code(word) if meaning == word else f"{meaning[:1].lower()}{meaning[1:]}"


# ------------------------------------------------------------ modal
# The form of settings: one set of fields, for a person and for a channel.


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
