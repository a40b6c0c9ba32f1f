"""What stands in the blocks of a message, and what must not stand in the text beside them.

Notifications show that text, and screen readers read it, as it is.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_MARKUP = re.compile(r"\n|\*\*|^[ \t]*\|.*\|[ \t]*$|```|~~~|<[^<>\n]+\|[^<>\n]*>")
_EMPHASIS = re.compile(r"(?<!\w)([*_])[^\s*_](?:[^*_\n]*[^\s*_])?\1(?!\w)")


def with_markup(texts: list[str], *, emphasis: bool = True) -> list[str]:
    """Those of `texts` that are not one plain line: they have a line break, a link, a row of a table or a fence.

    Bold and italic print count too, unless the texts hold words of others with such signs, as in `2 *b* 3`.
    """
    return [text for text in texts if _MARKUP.search(text) or (emphasis and _EMPHASIS.search(text))]


def written(blocks: Iterable[Mapping[str, Any]]) -> str:
    """What people read in the headers, sections and context lines of a message, one below the other."""
    lines = (block for block in blocks if block["type"] in {"header", "section", "context"})
    texts = [text for line in lines for text in line.get("elements", [line.get("text")])]
    return "\n".join(text["text"] for text in texts if text is not None)
