"""The words of a title that was written in Markdown: it is shown in links and notifications, which draw no markup."""

import re
from typing import Final

# Each pattern is bounded, because a title may be as long as a text. Underscores stay: they are mostly parts of names.
_MARKUP: Final = re.compile(
    r"(?<!`)(?:`(?P<code>[^`\n]{1,200})`|``(?P<code2>[^`\n]{1,200})``|```(?P<code3>[^`\n]{1,200})```)(?!`)"
    r"|!?\[(?P<label>[^\[\]\n]{1,200})\]\([^()\s]{1,1000}\)"
    r"|\*\*(?=\S)(?P<bold>[^*\n]{1,200})(?<=\S)\*\*"
    r"|(?<![^\s(])\*(?=\S)(?P<slanted>[^*\n]{1,200})(?<=\S)\*(?![^\s).,:;!?])"
    r"|~~(?=\S)(?P<struck>[^~\n]{1,200})(?<=\S)~~"
    r"|^\s{0,3}#{1,6}\s+(?=\S)"
    # The end of what these begin was cut off.
    r"|(?:`{1,3}|\*\*)(?=[^`*\n]{0,200}…$)"
)


def title_words(title: str) -> str:
    """`title` without its markup; a piece of code keeps its words as they are, and a link its label."""
    return _MARKUP.sub(_words, title)


def _words(found: re.Match[str]) -> str:
    if code := found["code"] or found["code2"] or found["code3"]:
        return code.strip()
    return title_words(found["label"] or found["bold"] or found["slanted"] or found["struck"] or "")
