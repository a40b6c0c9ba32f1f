"""Markdown from anybody, made harmless to paste: no HTML, no link that runs, no fence that swallows the rest.

It leaves only code that every reader of Markdown takes for code (https://spec.commonmark.org/0.31.2/#code-spans): spans
on one line, and blocks between fences at the beginning of a line. Every other backtick becomes a plain sign.
"""

import re
from collections.abc import Iterator
from typing import Final

_LINE_END: Final = re.compile(r"\r\n?|\n")
_FENCE: Final = re.compile(r"\s*(`{3,}(?=[^`]*$)|~{3,})\s*([\w+#.-]*).*")
_TILDES: Final = re.compile(r"~{3,}")
_PART: Final = re.compile(
    r"""
    \\[^\w\s<]                                           # a sign that is a plain one already
    | (?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)
    | (?P<lone>`+)
    | (?P<html>\\?<)
    | (?P<link>\](?=\(|:))(?!.\s*(?:https?://|mailto:))    # neither [a](place) nor [a]: place
    """,
    re.VERBOSE | re.IGNORECASE,
)


def inert(markdown: str) -> str:
    """The same text where nothing runs and every fence is closed."""
    return "\n".join(_lines(_LINE_END.split(markdown)))


def one_line(text: str) -> str:
    """Plain text that stays on its line and is nothing but text."""
    return inert(escaped(" ".join(text.split())))


def escaped(text: str) -> str:
    """Plain text, which must not become HTML where the Markdown is shown."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(lines: list[str]) -> Iterator[str]:
    fence = ""
    for line in lines:
        opens = _FENCE.fullmatch(line)
        if fence:
            closes = len(line.strip()) >= len(fence) and not line.strip().strip(fence[0])
            yield fence if closes else line
            fence = "" if closes else fence
        elif opens:
            fence = opens[1]
            yield fence + opens[2]  # at the beginning of the line it belongs to no list, which could end it too early
        else:
            yield _tamed(line)
    if fence:
        yield fence


def _tamed(line: str) -> str:
    """A line outside of code blocks. A | may be the border of a cell, which ends code in it."""
    cells = "|" in line

    def tamed(part: re.Match[str]) -> str:
        if part["code"]:
            return part[0].replace("<", "&lt;").replace("](", "]\\(") if cells else part[0]
        if part["lone"]:
            return "\\`" * len(part[0])
        if part["html"]:
            return "&lt;"
        return "]\\" if part["link"] else part[0]

    return _TILDES.sub(lambda run: "\\~" * len(run[0]), _PART.sub(tamed, line))
