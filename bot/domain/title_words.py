"""The words of a title that was written in Markdown or Slack's markup: links and notifications draw none of it."""

import re
from typing import Final

# Headings, bullets, numbers, boxes to check, quotes and fences, of which several may stand before one line.
_BEGINNING: Final = re.compile(
    r"\A(?:\s*(?:#{1,6}(?=\s)|[-*+•](?=\s)|\d{1,3}[.)](?=\s)|\[[ xX]\](?=\s)|>+(?!=)|`{3,}(?!.*`)|~{3,}(?!.*~)))+\s*"
)
_HEADING_END: Final = re.compile(r"(?<!\s)\s+#{1,6}\s*\Z")
# A line that only opens or closes a block of code, which may name a language.
_FENCE: Final = re.compile(r"\s*(?:`{3,}|~{3,})\s*(?:[\w+#.-]{1,30}\s*)?")
# Each pattern is bounded, because a title may be as long as a text. Most underscores are parts of names, as in
# `__init__`.
_MARKUP: Final = re.compile(
    r"(?<!`)(?:`(?P<code>[^`\n]{1,200})`|``(?P<code2>[^`\n]{1,200})``|```(?P<code3>[^`\n]{1,200})```)(?!`)"
    r"|!?\[(?P<label>[^\[\]\n]{1,200})\]\([^()\s]{1,1000}(?:\s+\"[^\"\n]{0,200}\")?\)"
    r"|\*\*\*(?=\S)(?P<both>[^*\n]{1,200})(?<=\S)\*\*\*"
    r"|\*\*(?=\S)(?P<bold>[^*\n]{1,200})(?<=\S)\*\*"
    r"|(?<![^\s(\"'“])\*(?=\S)(?P<slanted>[^*\n]{1,200})(?<=\S)\*(?![^\s).,:;!?\"'”])"
    r"|(?<![^\s(\"'“])__(?=\S)(?P<bold2>[^_\n]{0,200}[^_a-z\n][^_\n]{0,200})(?<=\S)__(?![^\s).,:;!?\"'”])"
    r"|(?<![^\s(\"'“])_(?=[^\s_])(?P<slanted2>[^_\n]{1,200})(?<=\S)_(?![^\s).,:;!?\"'”]|\.\w)"
    r"|~~(?=\S)(?P<struck>[^~\n]{1,200})(?<=\S)~~"
    r"|(?<![^\s(\"'“])~(?=[^\s/~])(?P<struck2>[^~\n]{1,200})(?<=\S)~(?![^\s).,:;!?\"'”])"
    r"|<(?P<address>https?://[^\s<>|]{1,1000})>"
    # The end of what these begin was cut off.
    r"|(?:`{1,3}|\*\*)(?=[^`*\n]{0,200}…$)"
)


def title_words(title: str) -> str:
    """`title` without its markup; a piece of code keeps its words as they are, and a link its label."""
    begins = _BEGINNING.match(title)
    bare = title[begins.end() :] if begins else title
    if begins and "#" in begins[0]:
        bare = _HEADING_END.sub("", bare)
    return _without_marks(bare)


def is_mark(line: str) -> bool:
    """Whether `line` has no words: it is a fence, a rule or empty."""
    return _FENCE.fullmatch(line) is not None or not any(char.isalnum() for char in line)


def _without_marks(text: str) -> str:
    return _MARKUP.sub(_words, text)


def _words(found: re.Match[str]) -> str:
    if code := found["code"] or found["code2"] or found["code3"] or found["address"]:
        return code.strip()
    return _without_marks(next((words for words in found.groups() if words), ""))
