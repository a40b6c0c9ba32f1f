"""What somebody wrote, as they wrote it: given back whole if nothing came of it, or its beginning for others."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from bot.views import blocks
from bot.views.message import Message
from bot.views.text import disarm, escape

MESSAGE_ROOM: Final = 12_000  # characters in all blocks of a message; Slack takes somewhat more
_PART_ROOM: Final = 2_800  # characters of a text in one section, escaped, with room for its label and fence
_REMARK_ROOM: Final = 200  # characters of what is said beside it
_FENCE: Final = "```"
_FENCES_REPLACED: Final = "Three backticks in a row are shown as `'''`."


def given_back(text: str, head: str, fields: Mapping[str, str]) -> list[Message]:
    """Return the message with `head`, of which `text` is the notification, and what somebody wrote into the `fields`.

    These are shown under their labels, but for empty ones. What the message does not hold follows in further ones.
    """
    sections = [section for label, value in fields.items() if value for section in _sections(label, value)]
    packed = _packed(len(head), sections)
    remarks = [f"Your text is in {len(packed)} messages."] if len(packed) > 1 else []
    remarks += [_FENCES_REPLACED] if any(_FENCE in value for value in fields.values()) else []
    first = Message(text, [*map(blocks.section, (" ".join([head, *remarks]), *packed[0]))])
    heads = [f"Your text, {number} of {len(packed)}" for number in range(2, len(packed) + 1)]
    others = zip(heads, packed[1:], strict=True)
    return [first, *(Message(title, [*map(blocks.section, (f"*{title}*", *shown))]) for title, shown in others)]


def excerpt(label: str, value: str, most: int) -> tuple[list[str], int]:
    """Return the first sections that show `value` under its `label`, at most so many, and how many lines are left."""
    sections = [*_sections(label, value)] if value else []
    left = (section.strip("`").rstrip("\n") for section in sections[most:])
    return sections[:most], sum(section.count("\n") + 1 for section in left)


def _sections(label: str, value: str) -> Iterator[str]:
    """Yield the texts of the sections that show `value`, the first one under its `label`."""
    above = f"*{label}*\n"
    for part in _parts(disarm(value.replace(_FENCE, "'''"))):
        yield f"{above}{_FENCE}{escape(part)}{_FENCE}"
        above = ""


def _parts(text: str) -> Iterator[str]:
    """Cut `text` into parts that fit into a section once escaped, behind a line where one ends late enough."""
    start = line = size = 0
    for at, char in enumerate(text):
        size += len(escape(char))
        if size > _PART_ROOM:
            cut = line if line - start > (at - start) // 2 else at
            yield text[start:cut]
            start, size = cut, len(escape(text[cut : at + 1]))
        if char == "\n":
            line = at + 1
    yield text[start:]


def _packed(head: int, sections: Iterable[str]) -> list[list[str]]:
    """Divide `sections` among messages, of which the first one has a head of so many characters."""
    messages: list[list[str]] = [[]]
    size = head + _REMARK_ROOM
    for section in sections:
        if size + len(section) > MESSAGE_ROOM:
            messages.append([])
            size = _REMARK_ROOM
        messages[-1].append(section)
        size += len(section)
    return messages
