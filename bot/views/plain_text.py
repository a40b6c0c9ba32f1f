"""Messages without blocks: the line of words that notifications and screen readers use, and the whole of a message."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.domain.redaction import redact
from bot.views.message import Block
from bot.views.text import OPEN_IN_DEVIN, disarm, escape, escaped, fitted, is_web_address, link, one_line, unmarked

TEXT_LIMIT: Final = 3_000  # a notification shows far less, but a screen reader reads all of it
MESSAGE_LIMIT: Final = 40_000  # what Slack takes as the text of a message without blocks

_MOST_READ: Final = 4_000  # characters; some texts take the parser a time that grows with their square
_BETWEEN: Final = "\n\n"
_BLOCKS: Final = frozenset({"fence", "code_block"})
_WORDS: Final = frozenset({"text", "text_special", "code_inline"})
_TABLES: Final = frozenset({"data_table", "table"})
_BREAKS: Final = frozenset({"softbreak", "hardbreak"})


def notification(title: str, markdown: str) -> str:
    """The text of a post about the session with this `title`: the title, and the words of `markdown`, in one line."""
    parts = fitted(title), plain(markdown, TEXT_LIMIT)
    return ": ".join(part for part in parts if part)


def plain(markdown: str, length: int) -> str:
    """Write `markdown` as one line without markup, prepared for Slack, at most `length` long and cut behind a word.

    Items of ordered lists keep their numbers, code keeps its words, a link its label and an image its description.
    """
    read = disarm(markdown[:_MOST_READ])  # before the parser takes a `<!channel>` for HTML, which is dropped
    # Without markup words stand together that did not before.
    words = disarm(unmarked(redact(one_line(" ".join(_words(_parser().parse(read)))))))
    line = escaped(words, length)
    if len(markdown) <= _MOST_READ and len(escape(words)) <= length:
        return line
    whole_words, _, _ = line.removesuffix("…").rpartition(" ")
    return f"{whole_words or line.removesuffix('…')}…"


def without_blocks(blocks: Sequence[Block], url: str | None) -> str:
    """Write all that `blocks` say as one text for Slack, for where it refuses them; the last line links to `url`.

    Each row of a table is a line. Buttons are left out. Returns an empty text if the blocks hold no words.
    """
    end = [link(url, OPEN_IN_DEVIN)] if is_web_address(url) else []
    room = MESSAGE_LIMIT - sum(map(len, end))
    said: list[str] = []
    for kind, text in _texts([*blocks]):
        room -= len(_BETWEEN)
        part = text if kind == "mrkdwn" else escaped(text, room)
        if len(part) <= room:
            said.append(part)
            room -= len(part)
    return _BETWEEN.join([*said, *end]) if said else ""


@cache
def _parser() -> MarkdownIt:
    # Without the rule for blocks of HTML: the words in them are read like any others, and only the tags are dropped.
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("html_block")


def _words(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield _cells("".join(map(_inline, token.children or ())))
        elif token.type == "list_item_open":
            yield token.info  # the number of an item in an ordered list; a bullet has none
        elif token.type in _BLOCKS:
            yield token.content


def _inline(token: Token) -> str:
    if token.type in _WORDS:
        return token.content
    if token.type == "image":
        return "".join(map(_inline, token.children or ()))
    is_break = token.type in _BREAKS or token.content.lower().startswith("<br")
    return "\n" if is_break else ""


def _cells(text: str) -> str:
    """Take the lines apart that are rows of a table without a head, which is no table to the parser."""
    return "\n".join(_cells_of(line.strip()) for line in text.split("\n"))


def _cells_of(line: str) -> str:
    is_row = len(line) > 1 and line.startswith("|") and line.endswith("|")
    return line.replace("|", " ") if is_row else line


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the kind and the words of each text in a block or in several, in their order, without those of buttons."""
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        yield value["type"], value["text"]
    elif isinstance(value, dict) and value.get("type") in _TABLES and value.get("rows"):
        yield "mrkdwn", "\n".join(" · ".join(map(_cell, row)) for row in value["rows"])
    elif isinstance(value, dict) and value.get("type") != "actions":
        yield from _texts([*value.values()])
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_texts, value))


def _cell(value: Mapping[str, Any]) -> str:
    """Write what a cell of a table says: a text, or a link to a page, a channel, a person or a user group."""
    if value["type"] != "rich_text":
        return escape(value["text"])
    return "".join(_element(element) for part in value["elements"] for element in part["elements"])


def _element(value: Mapping[str, Any]) -> str:
    if value["type"] == "channel":
        return f"<#{value['channel_id']}>"
    if value["type"] == "text":
        return escape(value["text"])
    if value["type"] == "user":
        return f"<@{value['user_id']}>"
    if value["type"] == "usergroup":
        return f"<!subteam^{value['usergroup_id']}>"
    return link(value.get("url"), value["text"])
