"""The text of blocks, part by part, in Slack's own notation: what a person reads of them, without what is only layout.

https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from bot.domain.text import as_quotation

Json = dict[str, Any]

MOST_OBJECTS: Final = 100  # of one list: Slack allows 50 blocks, and 100 attachments
DEEPEST: Final = 6  # levels of objects inside objects
_LITERAL: Final = frozenset({"plain_text", "raw_text"})
_FENCE: Final = "```"


def block_parts(blocks: object, depth: int = 0) -> Iterator[str]:
    """Yield the texts of `blocks`, from top to bottom. Whatever is no block is left out."""
    if depth < DEEPEST:
        for block in objects(blocks):
            yield from _BLOCKS.get(string(block.get("type")), _unknown)(block, depth)


def objects(value: object) -> Iterator[Json]:
    """Yield the JSON objects in the list `value`, at most MOST_OBJECTS; none if it is no list."""
    found = (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()
    return islice(found, MOST_OBJECTS)


def string(value: object) -> str:
    """Return `value` if it is a string, else an empty one: what Slack sends is not always of the documented type."""
    return value if isinstance(value, str) else ""


def linked(label: str, url: object) -> str:
    """Write `label` as a link to `url`; the label alone if that is no address, or if the label has a link already."""
    address = string(url)
    if not address.startswith(("http://", "https://")) or any(sign in "<>|" or sign.isspace() for sign in address):
        return label
    if not label or any(sign in label for sign in "<>"):
        return label or f"<{address}>"
    return f"<{address}|{' '.join(label.split())}>"


def _text(value: object) -> str:
    """Return the text of a text object, or of a string."""
    if not isinstance(value, dict):
        return string(value)
    text = string(value.get("text"))
    return literal(text) if value.get("type") in _LITERAL else text


def literal(text: str) -> str:
    """Return `text`, in which Slack knows no entities, so that none is found in it: its angle brackets are escaped."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _only_text(block: Json, _depth: int) -> Iterator[str]:
    yield _text(block.get("text"))


def _section(block: Json, depth: int) -> Iterator[str]:
    yield _text(block.get("text"))
    fields = block.get("fields")
    yield from map(_text, objects(fields))
    yield from _unknown_or_button(block.get("accessory"), depth)


def _context(block: Json, _depth: int) -> Iterator[str]:
    parts = (
        _picture(element) if element.get("type") == "image" else _text(element)
        for element in objects(block.get("elements"))
    )
    yield " ".join(part for part in parts if part)


def _actions(block: Json, depth: int) -> Iterator[str]:
    for element in objects(block.get("elements")):
        yield from _unknown_or_button(element, depth)


def _unknown_or_button(element: object, _depth: int) -> Iterator[str]:
    """Yield the link of a button that is one, or the description of a picture; other elements are for hands only."""
    if isinstance(element, dict):
        url = string(element.get("url"))
        yield linked(_text(element.get("text")), url) if url else _picture(element)


def _image(block: Json, _depth: int) -> Iterator[str]:
    yield _picture(block)


def _video(block: Json, _depth: int) -> Iterator[str]:
    yield linked(_text(block.get("title")), block.get("title_url"))
    yield _text(block.get("description"))


def _picture(element: Json) -> str:
    described = _text(element.get("title")) or literal(string(element.get("alt_text")))
    return f"[picture: {described}]" if described else ""


def _table(block: Json, depth: int) -> Iterator[str]:
    rows = block.get("rows")
    for row in islice(rows if isinstance(rows, list) else (), MOST_OBJECTS):
        yield " | ".join(" ".join(_cell(cell, depth)) for cell in objects(row))


def _cell(cell: Json, depth: int) -> Iterator[str]:
    if cell.get("type") == "rich_text":
        yield from _rich_text(cell, depth)
    else:
        yield _text(cell)


def _unknown(block: Json, depth: int) -> Iterator[str]:
    """Yield what a block of an unknown type says, as far as it says it where other blocks do."""
    for name in ("title", "subtitle", "label", "text", "body", "description"):
        yield _text(block.get(name))
    for name in ("fields", "elements", "blocks"):
        yield from block_parts(block.get(name), depth + 1)


# ---------------------------------------------------------------- rich text


def _rich_text(block: Json, depth: int) -> Iterator[str]:
    if depth < DEEPEST:
        for element in objects(block.get("elements")):
            yield _RICH.get(string(element.get("type")), _inline_all)(element)


def _inline_all(element: Json) -> str:
    return "".join(_inline(child) for child in objects(element.get("elements")))


def _list(element: Json) -> str:
    indent = element.get("indent")
    margin = "  " * min(indent, DEEPEST) if isinstance(indent, int) else ""
    ordered = element.get("style") == "ordered"
    items = enumerate(map(_inline_all, objects(element.get("elements"))), 1)
    return "\n".join(f"{margin}{f'{number}.' if ordered else '•'} {item}" for number, item in items)


def _quote(element: Json) -> str:
    return as_quotation(_inline_all(element))


def _preformatted(element: Json) -> str:
    return f"{_FENCE}\n{_inline_all(element)}\n{_FENCE}"


_RICH: Final[dict[str, Callable[[Json], str]]] = {
    "rich_text_list": _list,
    "rich_text_quote": _quote,
    "rich_text_preformatted": _preformatted,
}


def _inline(element: Json) -> str:
    write = _INLINE.get(string(element.get("type")))
    return write(element) if write else literal(string(element.get("text")))


def _words(element: Json) -> str:
    text, style = literal(string(element.get("text"))), element.get("style")
    code = isinstance(style, dict) and style.get("code") and text
    return f"`{text}`" if code else text


def _date(element: Json) -> str:
    return literal(string(element.get("fallback"))) or str(element.get("timestamp") or "")


_INLINE: Final[dict[str, Callable[[Json], str]]] = {
    "text": _words,
    "link": lambda element: linked(literal(string(element.get("text"))), element.get("url")),
    "user": lambda element: f"<@{string(element.get('user_id'))}>",
    "usergroup": lambda element: f"<!subteam^{string(element.get('usergroup_id'))}>",
    "channel": lambda element: f"<#{string(element.get('channel_id'))}>",
    "broadcast": lambda element: f"<!{string(element.get('range'))}>",
    "emoji": lambda element: f":{string(element.get('name'))}:",
    "date": _date,
    "color": lambda element: string(element.get("value")),
}

_BLOCKS: Final[dict[str, Callable[[Json, int], Iterator[str]]]] = {
    "header": _only_text,
    "markdown": _only_text,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "video": _video,
    "table": _table,
    "rich_text": _rich_text,
}
