"""Block Kit as strict as Slack's: structure by slack_sdk's own models, sizes and places by hand.

The models alone drop unknown keys and element types in silence, so what they give back is compared with what came in.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.playground.slack.data_blocks import CHARTS, data_errors

Json = dict[str, Any]
Node = tuple[str, Json]  # where it stands (a JSON pointer) and what it is

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
BLOCKS_TEXT: Final = 13_200  # all text of one message; beyond: msg_blocks_too_long
MARKDOWN_TEXT: Final = 12_000  # all markdown blocks of one message
TABLES_TEXT: Final = 10_000  # in all tables of a message
WITHOUT_MODEL: Final = {"data_table", "data_visualization"}  # real block types that slack_sdk has no class for
INSIDE: Final = {"container": "child_blocks", "carousel": "elements"}  # where blocks hold blocks
USABLE: Final = {  # what gets an `action_id` when it has none
    "button", "channels_select", "checkboxes", "conversations_select", "datepicker", "datetimepicker",
    "email_text_input", "external_select", "feedback_buttons", "file_input", "icon_button", "multi_channels_select",
    "multi_conversations_select", "multi_external_select", "multi_static_select", "multi_users_select",
    "number_input", "overflow", "plain_text_input", "radio_buttons", "rich_text_input", "static_select",
    "timepicker", "url_text_input", "users_select", "workflow_button",
}  # fmt: skip

LENGTHS: Final[dict[str, dict[str, int]]] = {
    "section": {"text": 3000},
    "header": {"text": 150},
    "button": {"text": 75, "value": 2000, "url": 3000},
    "image": {"alt_text": 2000, "image_url": 3000, "title": 2000},
    "card": {"title": 150, "subtitle": 150, "body": 200},
    "input": {"label": 2000, "hint": 2000},
    "modal": {"title": 24, "submit": 24, "close": 24, "private_metadata": 3000, "callback_id": 255},
    "home": {"private_metadata": 3000, "callback_id": 255},
}
ID_LENGTHS: Final = {"action_id": 255, "block_id": 255}
COUNTS: Final[dict[str, tuple[str, int, int]]] = {
    "section": ("fields", 1, 10),
    "context": ("elements", 1, 10),
    "actions": ("elements", 1, 25),
    "context_actions": ("elements", 1, 5),
    "overflow": ("options", 2, 5),
    "static_select": ("options", 1, 100),
    "multi_static_select": ("options", 1, 100),
    "radio_buttons": ("options", 1, 10),
    "checkboxes": ("options", 1, 10),
    "carousel": ("elements", 1, 10),
    "container": ("child_blocks", 1, 10),
    "table": ("rows", 1, 100),
}
PLAIN: Final = {"header": ("text",), "button": ("text",), "input": ("label",), "modal": ("title", "submit", "close")}


def block_errors(blocks: Any, *, limit: int = MESSAGE_BLOCKS) -> list[str]:
    """What Slack would complain about, one line each; nothing when the blocks are fine."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return [_says("must provide an array of objects", "/blocks")]
    errors = [] if len(blocks) <= limit else [_says(f"no more than {limit} items allowed", "/blocks")]
    for place, block in enumerate(blocks):
        errors += _model_errors(f"/blocks/{place}", block)
    nodes = [node for place, block in enumerate(blocks) for node in _nodes(f"/blocks/{place}", block)]
    errors += [error for rule in _NODE_RULES for place, node in nodes for error in rule(place, node)]
    return errors + _repeated_ids(blocks) + _markdown_errors(blocks) + _table_errors(blocks) + _chart_errors(blocks)


def view_errors(view: Any) -> list[str]:
    """The same for a modal or a home tab."""
    if not isinstance(view, dict) or view.get("type") not in {"modal", "home"}:
        return [_says("must be a view of type modal or home", "/view")]
    blocks = view.get("blocks", [])
    errors = [*_view_model_errors(view), *(error for rule in _NODE_RULES for error in rule("/view", view))]
    inputs = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    if view["type"] == "modal" and "title" not in view:
        errors.append(_says("missing required field: title", "/view"))
    if view["type"] == "modal" and inputs and "submit" not in view:
        errors.append(_says("missing required field: submit", "/view"))
    charts = any(isinstance(block, dict) and block.get("type") == "data_visualization" for block in blocks)
    errors += [_says("unsupported type: data_visualization", "/view/blocks")] if charts else []
    return errors + block_errors(blocks, limit=VIEW_BLOCKS)


def text_length(blocks: list[Json]) -> int:
    """All characters of all texts of a message."""
    nodes = (node for block in blocks for _, node in _nodes("", block))
    return sum(len(node["text"]) for node in nodes if isinstance(node.get("text"), str))


def with_ids(blocks: list[Json], new_id: Callable[[], str]) -> list[Json]:
    """A copy in which each block has a `block_id` and each element an `action_id`, as Slack stores them."""
    return [_with_ids(copy.deepcopy(block), new_id) for block in blocks]


def _with_ids(block: Json, new_id: Callable[[], str]) -> Json:
    inside = INSIDE.get(block["type"])
    if inside and isinstance(block.get(inside), list):
        block[inside] = [_with_ids(child, new_id) for child in block[inside]]
    for _, node in _nodes("", block):
        if node.get("type") in USABLE and not node.get("action_id"):
            node["action_id"] = new_id()
    return block | {"block_id": block.get("block_id") or new_id()}


def rendered(text: str, blocks: list[Json]) -> str:
    """What a person reads: the blocks' texts line by line, else the fallback text."""
    lines = [
        node["text"]
        for block in blocks
        for _, node in _nodes("", block)
        if isinstance(node.get("text"), str) and node["text"]
    ]
    return "\n".join(lines) or text


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element a person can use, with the innermost block around it."""
    for block in blocks:
        yield from _elements(block, block)


def _elements(block: Json, value: Any) -> Iterator[tuple[Json, Json]]:
    if isinstance(value, list):
        for item in value:
            yield from _elements(block, item)
    elif isinstance(value, dict):
        holder = value if "block_id" in value else block
        if "action_id" in value and "type" in value:
            yield holder, value
        for inner in value.values():
            yield from _elements(holder, inner)


def _nodes(place: str, value: Any) -> Iterator[Node]:
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            yield from _nodes(f"{place}/{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nodes(f"{place}/{index}", inner)


def _says(what: str, place: str) -> str:
    return f"[ERROR] {what} [json-pointer:{place}]"


def _model_errors(place: str, block: Json) -> list[str]:
    if block.get("type") in WITHOUT_MODEL:
        return [_says(what, where) for what, where in data_errors(place, block)]
    try:
        model = Block.parse(copy.deepcopy(block))
        if model is None:
            return [_says(f"unsupported type: {block.get('type')}", f"{place}/type")]
        if model.to_dict() != block:
            return [_says("unknown or empty field", place)]
    except SlackObjectFormationError as error:
        return [_says(str(error), place)]
    except (TypeError, KeyError, AttributeError, ValueError):
        return [_says("failed to match all allowed schemas", place)]
    return []


def _view_model_errors(view: Json) -> list[str]:
    try:
        View(**copy.deepcopy(view)).to_dict()
    except SlackObjectFormationError as error:
        return [_says(str(error), "/view")]
    except (TypeError, KeyError, AttributeError, ValueError):
        return [_says("failed to match all allowed schemas", "/view")]
    return []


def _kind(node: Json) -> str:
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def _too_long(place: str, node: Json) -> list[str]:
    most = LENGTHS.get(_kind(node), {}) | ID_LENGTHS
    return [
        _says(f"must be less than {length + 1} characters", f"{place}/{key}")
        for key, length in most.items()
        if len(_text_of(node.get(key))) > length
    ]


def _text_of(value: Any) -> str:
    inner = value.get("text") if isinstance(value, dict) else value
    return inner if isinstance(inner, str) else ""


def _wrong_count(place: str, node: Json) -> list[str]:
    key, least, most = COUNTS.get(_kind(node), ("", 0, 0))
    items = node.get(key)
    if isinstance(items, list) and not least <= len(items) <= most:
        return [_says(f"must have {least} to {most} items", f"{place}/{key}")]
    return []


def _empty_text(place: str, node: Json) -> list[str]:
    if node.get("type") in {"plain_text", "mrkdwn", "markdown"} and not node.get("text"):
        return [_says("must be more than 0 characters", f"{place}/text")]
    return []


def _not_plain(place: str, node: Json) -> list[str]:
    return [
        _says("must be a plain_text object", f"{place}/{key}")
        for key in PLAIN.get(_kind(node), ())
        if isinstance(node.get(key), dict) and node[key].get("type") != "plain_text"
    ]


def _long_fields(place: str, node: Json) -> list[str]:
    fields = node.get("fields") if node.get("type") == "section" else None
    return [
        _says("must be less than 2001 characters", f"{place}/fields/{index}")
        for index, field in enumerate(fields or [])
        if len(_text_of(field)) > 2000
    ]


def _long_options(place: str, node: Json) -> list[str]:
    options = node.get("options")
    return [
        _says("option text must be less than 76 and value less than 151 characters", f"{place}/options/{index}")
        for index, option in enumerate(options if isinstance(options, list) else [])
        if isinstance(option, dict)
        and (len(_text_of(option.get("text"))) > 75 or len(str(option.get("value", ""))) > 150)
    ]


def _bad_link(place: str, node: Json) -> list[str]:
    url = node.get("url") if node.get("type") == "button" else None
    if isinstance(url, str) and not url.startswith(("http://", "https://", "slack://", "mailto:")):
        return [_says("must be a valid url", f"{place}/url")]
    return []


def _bad_feedback(place: str, node: Json) -> list[str]:
    if node.get("type") != "feedback_buttons":
        return []
    return [
        _says("button text must be less than 76 and value less than 2001 characters", f"{place}/{key}")
        for key in ("positive_button", "negative_button")
        if len(_text_of(node.get(key, {}).get("text"))) > 75 or len(str(node.get(key, {}).get("value", ""))) > 2000
    ]


def _repeated_ids(blocks: list[Json]) -> list[str]:
    """`action_id` is unique in its block, `block_id` in its message."""
    errors = []
    for place, block in enumerate(blocks):
        ids = Counter(str(node["action_id"]) for _, node in _nodes("", block) if "action_id" in node)
        errors += [
            _says(f"`action_id` {name!r} already exists for another element", f"/blocks/{place}")
            for name, times in ids.items()
            if times > 1
        ]
    names = Counter(block["block_id"] for block in blocks if isinstance(block.get("block_id"), str))
    errors += [_says(f"block_id already exists: {name}", "/blocks") for name, times in names.items() if times > 1]
    return errors


def _markdown_errors(blocks: list[Json]) -> list[str]:
    total = sum(len(_text_of(block.get("text"))) for block in blocks if block.get("type") == "markdown")
    if total > MARKDOWN_TEXT:
        return [_says(f"markdown text must be less than {MARKDOWN_TEXT + 1} characters in all", "/blocks")]
    return []


def _table_errors(blocks: list[Json]) -> list[str]:
    tables = [block for block in blocks if block.get("type") == "table"]
    wide = any(len(row) > 20 for table in tables for row in table.get("rows", []) if isinstance(row, list))
    errors = [_says("only one table is allowed per message", "/blocks")] if len(tables) > 1 else []
    errors += [_says("no more than 20 columns allowed", "/blocks")] if wide else []
    data_tables = [block for block in blocks if block.get("type") == "data_table"]
    total = sum(_characters(block.get("rows")) for block in [*tables, *data_tables])
    too_long = f"all tables of a message must have less than {TABLES_TEXT + 1} characters"
    return [*errors, _says(too_long, "/blocks")] if total > TABLES_TEXT else errors


def _characters(part: Any) -> int:
    """The texts in the cells of a table (https://docs.slack.dev/reference/block-kit/blocks/table-block)."""
    if isinstance(part, list):
        return sum(map(_characters, part))
    if not isinstance(part, dict):
        return 0
    return len(str(part.get("text", ""))) + _characters(part.get("elements"))


def _chart_errors(blocks: list[Json]) -> list[str]:
    if sum(block.get("type") == "data_visualization" for block in blocks) > CHARTS:
        return [_says(f"only {CHARTS} charts are allowed per message", "/blocks")]
    return []


_NODE_RULES: Final[tuple[Callable[[str, Json], list[str]], ...]] = (
    _too_long,
    _wrong_count,
    _empty_text,
    _not_plain,
    _long_fields,
    _long_options,
    _bad_link,
    _bad_feedback,
)
