"""What modals are made of: the view, its fields, and the views without a form."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.domain.commands.registry import OPEN_FORM
from bot.domain.form import Form
from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.text import one_line, shortened

View = dict[str, Any]

TITLE_LIMIT: Final = 24  # of the title and of each button
OPTION_LIMIT: Final = 75  # of the words of one choice
VALUE_LIMIT: Final = 150  # of its value
NOTHING: Final[Mapping[str, str]] = {}
_CHANNELS: Final = ["public", "private", "mpim"]
LABEL_LIMIT: Final = 2_000  # of a label and of a hint
LONGEST_COUNTED: Final = 3_000  # characters up to which Slack counts as a person types; a field may hold more
NOT_OPENED: Final = Message("Slack couldn't open the form. Nothing was changed; try again.")
NOT_LOADED: Final = "Devin can't be reached, so the form can't be filled. Nothing was changed; try again in a minute."
NOT_DRAWN: Final = "Slack rejected this form. Nothing was changed; use Devin's own page instead."
OTHER_VERSION: Final = (
    "Another version of Devin Bridge opened this form, so it wasn't saved. Copy what you need, and open the form again."
)
_NOT_STORED: Final = (
    "Devin Bridge can't store anything right now, so nothing was saved. Send the form again in a minute."
)
_MAYBE_STORED: Final = "Devin Bridge couldn't confirm that. Send the form again in a minute: it's saved only once."


def form_view(form: Form, title: str, submit: str, fields: Sequence[Block]) -> View:
    """A modal with the `fields` of `form`. Slack sends it back under the name of the form's command."""
    view = _view(title, fields, close="Cancel")
    return {**view, "callback_id": form.command, "private_metadata": form.kept(), "submit": _plain(submit)}


def loading(title: str) -> View:
    """A modal that stands there until its form is filled."""
    return _view(title, [blocks.section("Loading…")], close="Cancel")


def notice(title: str, mrkdwn: str) -> View:
    """A modal that only says something."""
    return _view(title, [blocks.section(mrkdwn)], close="Close")


def window(title: str, shown: Sequence[Block]) -> View:
    """A modal without a form, that shows some blocks."""
    return _view(title, shown, close="Close")


def text_field(
    name: str,
    label: str,
    value: str = "",
    *,
    hint: str = "",
    most: int | None = None,
    multiline: bool = False,
    optional: bool = False,
) -> Block:
    """A field for text that holds `value` at first. Slack lets nobody type more than `most` characters."""
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": multiline}
    if value:
        element["initial_value"] = value
    if most is not None and len(value) <= most <= LONGEST_COUNTED:
        element["max_length"] = most
    return _input(name, label, element, hint, optional=optional)


def choice_field(name: str, label: str, options: Mapping[str, str], value: str = "", *, hint: str = "") -> Block:
    """A menu of `options`, each a value and the words that are shown for it; `value` is picked at first."""
    made = {option["value"]: option for option in choices(options)}
    element: Block = {"type": "static_select", "action_id": name, "options": list(made.values())}
    if value in made:
        element["initial_option"] = made[value]
    return _input(name, label, element, hint, optional=False)


def search_field(
    name: str, label: str, picked: Mapping[str, str] = NOTHING, *, several: int = 1, placeholder: str, hint: str = ""
) -> Block:
    """A menu whose choices are asked for as a person types; `several` may be picked, and may be left empty.

    `picked` are those at first, each a value and its words.
    """
    element: Block = {"action_id": name, "min_query_length": 0, "placeholder": _plain(placeholder)}
    first = choices(picked)[:several]
    if several > 1:
        element |= {"type": "multi_external_select", "max_selected_items": several}
        element |= {"initial_options": first} if first else {}
    else:
        element |= {"type": "external_select"} | ({"initial_option": first[0]} if first else {})
    return _input(name, label, element, hint, optional=True)


def channel_field(name: str, label: str, value: str = "", *, hint: str = "", current: bool = True) -> Block:
    """A menu of channels and group direct messages, which may be left empty; `value` is picked at first.

    Without a value it begins with the channel that the person sees, if Slack knows one and the `current` one is wanted.
    """
    element: Block = {"type": "conversations_select", "action_id": name, "filter": {"include": _CHANNELS}}
    if value:
        element["initial_conversation"] = value
    elif current:
        element["default_to_current_conversation"] = True
    return _input(name, label, element, hint, optional=True)


def date_field(name: str, label: str, value: str = "", *, hint: str = "") -> Block:
    """A calendar, which may be left empty; the day `value`, such as "2026-11-26", is picked at first."""
    element: Block = {"type": "datepicker", "action_id": name} | ({"initial_date": value} if value else {})
    return _input(name, label, element, hint, optional=True)


def person_field(name: str, label: str) -> Block:
    """A menu of the people in the workspace, which may be left empty."""
    return _input(name, label, {"type": "users_select", "action_id": name}, "", optional=True)


def choices(options: Mapping[str, str]) -> list[Block]:
    """The entries of a menu: `options`, each a value and the words that are shown for it."""
    named = ((key, shortened(one_line(words), OPTION_LIMIT)) for key, words in options.items())
    return [{"text": _plain(words), "value": key} for key, words in named if words and 0 < len(key) <= VALUE_LIMIT]


OF_QUESTION: Final = "#answers"  # ends the id of a button that opens a form and answers the question above it
OPENED: Final = "The form is open. If you closed it, press the button to open it again."


def open_button(form: Form, text: str = "This needs a form. Press the button to open it.") -> Message:
    """Offer the form of a command that was written."""
    value = f"{form.command} {form.target}".strip()
    button = blocks.button("Open the form", OPEN_FORM.action_id, value, "primary")
    return Message(text, [blocks.section(text), *blocks.actions(button)])


def not_stored(view: View, *, maybe: bool) -> dict[str, str]:
    """Say under the first field of a submitted `view` that it was not stored; if it `maybe` was, say that instead."""
    fields = [block.get("block_id", "") for block in view.get("blocks") or () if block.get("type") == "input"]
    return {fields[0]: _MAYBE_STORED if maybe else _NOT_STORED} if fields else {}


def _view(title: str, body: Sequence[Block], *, close: str) -> View:
    return {"type": "modal", "title": _plain(shortened(title, TITLE_LIMIT)), "close": _plain(close), "blocks": [*body]}


def _input(name: str, label: str, element: Block, hint: str, *, optional: bool) -> Block:
    block: Block = {"type": "input", "block_id": name, "label": _plain(label), "element": element, "optional": optional}
    return {**block, "hint": _plain(hint)} if hint else block


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
