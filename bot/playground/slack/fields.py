"""What a person picked or typed, in the words of a payload: in `actions`, `state.values` and `view.state.values`.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from bot.playground.slack.blocks import elements
from bot.playground.slack.errors import ImpossibleError

Json = dict[str, Any]
Offered = Callable[[Json], Sequence[Json]]  # the options that the bot gave for an element

# What holds a state: its name in payloads, and the name of what it starts with. Buttons and overflow menus hold none.
STATEFUL: Final[dict[str, tuple[str, str]]] = {
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
}
SEVERAL: Final = {"selected_options", "selected_users", "selected_channels", "selected_conversations", "files"}
ECHOED: Final = ("text", "style", "url", "icon", "placeholder", "confirm", "workflow")


def action(block: Json, element: Json, value: Any, offered: Sequence[Json] = ()) -> Json:
    """One of the `actions` of a payload; its time is added by who sends it."""
    given = {"action_id": element["action_id"], "block_id": block["block_id"], "type": element["type"]}
    kept = {name: element[name] for name in ECHOED if name in element}
    return given | kept | chosen(element, value, offered)


def chosen(element: Json, value: Any, offered: Sequence[Json] = ()) -> Json:
    """How a payload says what was picked or typed; `offered` are options that the bot gave for what was typed."""
    kind = element["type"]
    if kind == "feedback_buttons":
        return _feedback(element, value)
    if kind == "overflow":
        return {"selected_option": _option(element, value, offered)}
    if kind not in STATEFUL:
        return {"value": element["value"]} if "value" in element else {}
    name = STATEFUL[kind][0]
    zone = {"timezone": element["timezone"]} if "timezone" in element else {}
    return {name: _picked(element, name, value, offered)} | zone


def state(blocks: list[Json], before: Json, values: Json, offered: Offered = lambda _: ()) -> Json:
    """What all fields hold: what is entered now (`values`), else what was entered before, else what they start with.

    In `values`, block id → action id → value; an empty value takes away what the field held.
    """
    held: Json = {}
    for block, element in elements(blocks):
        if element["type"] in STATEFUL:
            place, name = block["block_id"], element["action_id"]
            known = before.get(place, {}).get(name)
            value = values.get(place, {}).get(name)
            same = known if known and known["type"] == element["type"] else _initial(element)
            entered = same if value is None else {"type": element["type"]} | chosen(element, value, offered(element))
            held.setdefault(place, {})[name] = entered
    return held


def kept(blocks: list[Json], before: Json) -> Json:
    """What stays entered when other blocks are shown: the fields with the same ids and the same type."""
    return {
        place: {name: entered for name, entered in fields.items() if name in before.get(place, {})}
        for place, fields in state(blocks, before, {}).items()
        if fields.keys() & before.get(place, {}).keys()
    }


def unknown(blocks: list[Json], values: Json) -> list[str]:
    """The block ids for which there is no field."""
    return sorted(values.keys() - {block["block_id"] for block, element in elements(blocks)})


def _initial(element: Json) -> Json:
    name, start = STATEFUL[element["type"]]
    zone = {"timezone": element["timezone"]} if "timezone" in element else {}
    return {"type": element["type"], name: element.get(start, [] if name in SEVERAL else None)} | zone


def _picked(element: Json, name: str, value: Any, offered: Sequence[Json]) -> Any:
    if name == "selected_options":
        return [_option(element, item, offered) for item in value or []]
    if name in SEVERAL:
        return list(value or [])
    if value is None or value in ("", {}):
        return None
    if name == "selected_option":
        return _option(element, value, offered)
    return int(value) if name == "selected_date_time" else value


def _option(element: Json, value: Any, offered: Sequence[Json]) -> Json:
    groups = [group.get("options", []) for group in element.get("option_groups", [])]
    started = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    for option in [*element.get("options", []), *(item for group in groups for item in group), *offered, *started]:
        if option.get("value") == value:
            picked: Json = option
            return picked
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}
    raise ImpossibleError(f"there's no option {value!r}")


def _feedback(element: Json, value: Any) -> Json:
    for button in (element["positive_button"], element["negative_button"]):
        if button["value"] == value:
            return {"value": button["value"], "text": button["text"]}
    raise ImpossibleError(f"there's no button with the value {value!r}")
