"""Text on its way into Slack: escaped for where it stands, disarmed, cut and split.

Sizes: a `markdown` block holds 12,000 characters, all blocks of a message about 13,200 together.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final, TypeGuard

PART_LIMIT: Final = 11_500
MOST_PARTS: Final = 5
FALLBACK_LIMIT: Final = 3_000
URL_LIMIT: Final = 1_000  # longer than any real address; what is longer stands without its link

# A zero-width space inside: people see no difference, Slack sees no mention.
_GAP: Final = "\u200b"
_ARMED: Final = re.compile(
    r"(?P<start><)(?=@|!(?:channel|here|everyone|subteam))|(?P<at>@)(?=channel|here|everyone)", re.IGNORECASE
)


def escape(text: str) -> str:
    """Escape for `mrkdwn` and message texts; the ampersand first, or the other two would be escaped twice."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def disarm(markdown: str) -> str:
    """Make sure that nobody is called by a text that somebody else wrote."""
    return _ARMED.sub(lambda match: match[0] + _GAP, markdown)


def fitted(text: str, length: int = 150) -> str:
    """Insert a foreign text into `mrkdwn`: one line, nobody called, escaped, at most so long."""
    return _shortest(escape, disarm(one_line(text)), length)


def shortened(text: str, length: int) -> str:
    """Cut to a length, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def one_line(text: str) -> str:
    """Every run of white space as one space."""
    return " ".join(text.split())


def fallback(markdown: str) -> str:
    """The plain text beside blocks, for notifications and screen readers."""
    return escape(shortened(disarm(markdown).strip(), FALLBACK_LIMIT))


def link(url: str | None, label: str, length: int = 150) -> str:
    """Link a label; without a web address of bearable length the label stands alone."""
    text = fitted(label, length)
    if not is_web_address(url):
        return text
    target = str(url)
    for sign, code in (("|", "%7C"), ("<", "%3C"), (">", "%3E")):
        target = target.replace(sign, code)
    # Written out, an address can be several times as long.
    return f"<{escape(target)}|{text}>" if len(escape(target)) <= URL_LIMIT else text


def is_web_address(url: str | None) -> TypeGuard[str]:
    """Whether Slack would take this as the target of a link or a button."""
    return url is not None and len(url) <= URL_LIMIT and re.fullmatch(r"https?://[^\s\"]+", url) is not None


def when(at: float) -> str:
    """Write an instant in each reader's own time zone."""
    return f"<!date^{int(at)}^{{date_short_pretty}} at {{time}}|{_utc(at)}>"


def ago(at: float) -> str:
    """Write how long ago an instant was; Slack keeps it true without edits."""
    return f"<!date^{int(at)}^{{ago}}|{_utc(at)}>"


def acus(amount: float) -> str:
    """Write ACUs as people say them."""
    if 0 < amount < 0.005:
        return "under 0.01 ACUs"
    figure = f"{amount:,.2f}".rstrip("0").rstrip(".")
    return f"{figure} ACU" if figure == "1" else f"{figure} ACUs"


def duration(seconds: float) -> str:
    """Write a span of time in its two largest units at most."""
    total = max(0, round(seconds))
    if total < 60:
        return counted(total, "second")
    minutes = total // 60
    if minutes < 60:
        return counted(minutes, "minute")
    if minutes < 24 * 60:
        return _pair(minutes // 60, "h", minutes % 60, "min")
    return _pair(minutes // (24 * 60), "d", minutes // 60 % 24, "h")


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _pair(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large} {unit} {small} {smaller}" if small else f"{large} {unit}"


def _utc(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d %H:%M UTC")


# ---------------------------------------------------------------- splitting

_FENCE: Final = re.compile(r"(?P<indent>[ \t]{0,20})(?P<marks>`{3,20}(?=[^`]*$)|~{3,20}(?!~))[^\n]{0,80}")
_FENCE_ROOM: Final = 1 + 20 + 20  # a line break, the indentation and the marks that close a fence


@dataclass(frozen=True, slots=True)
class _Fence:
    opening: str  # its whole first line
    closing: str
    mark: str  # its backticks or tildes


class _Cut(IntEnum):
    PARAGRAPH = 0  # between paragraphs or at a fence's outside
    LINE = 1
    NEVER = 2  # right behind a fence's first line: it would leave an empty fence


@dataclass(frozen=True, slots=True)
class _Edge:
    at: int  # offset of a line's beginning
    fence: _Fence | None  # open here
    cut: _Cut


def split(markdown: str, limit: int = PART_LIMIT, most: int = MOST_PARTS) -> list[str]:
    """Split at paragraphs and fences, else at lines, else at words; what follows the last part is left out.

    A fence that has to be cut is closed and opened again in the next part.
    """
    parts: list[str] = []
    rest, fence = markdown.strip("\n").rstrip(), None
    while rest and len(parts) < most:
        head = f"{fence.opening}\n" if fence else ""
        if len(head) + len(rest) <= limit:
            return [*parts, head + rest]
        part, rest, fence = _first_part(rest, fence, limit - len(head) - _FENCE_ROOM)
        parts += [head + part] if part else []
    return parts


def _first_part(rest: str, fence: _Fence | None, room: int) -> tuple[str, str, _Fence | None]:
    edges = list(_edges(rest, fence))
    cut = _place(rest, edges, room)
    fence = next(edge.fence for edge in reversed(edges) if edge.at <= cut)
    part, rest = rest[:cut], rest[cut:]
    if fence is None:
        return part.rstrip(), rest.lstrip("\n"), None
    part = part.removesuffix("\n") + "\n" + fence.closing
    line, _, after = rest.partition("\n")
    # The part is closed already: a fence that ends right here must not be opened again.
    return (part, after.lstrip("\n"), None) if _closes(line, fence) else (part, rest, fence)


def _place(rest: str, edges: list[_Edge], room: int) -> int:
    near = [edge for edge in edges if 0 < edge.at <= room]
    for kind in (_Cut.PARAGRAPH, _Cut.LINE):
        if places := [edge.at for edge in near if edge.cut is kind]:
            return places[-1]
    word = rest.rfind(" ", room // 2, room)
    return word + 1 if word > 0 else room


def _edges(text: str, fence: _Fence | None) -> Iterator[_Edge]:
    """Every beginning of a line, with the fence that is open there."""
    at, cut = 0, _Cut.LINE
    for line in text.split("\n"):
        opening = None if fence else _opening(line)
        yield _Edge(at, fence, _Cut.PARAGRAPH if opening else cut)
        at += len(line) + 1
        if opening:
            fence, cut = opening, _Cut.NEVER
        elif fence:
            fence, cut = (None, _Cut.PARAGRAPH) if _closes(line, fence) else (fence, _Cut.LINE)
        else:
            cut = _Cut.LINE if line.strip() else _Cut.PARAGRAPH


def _opening(line: str) -> _Fence | None:
    match = _FENCE.fullmatch(line)
    return _Fence(line, match["indent"] + match["marks"], match["marks"]) if match else None


def _closes(line: str, fence: _Fence) -> bool:
    marks = line.strip()
    return len(marks) >= len(fence.mark) and set(marks) == set(fence.mark)


def _shortest(change: Callable[[str], str], text: str, length: int) -> str:
    """Cut so that the *changed* text fits; an escape is never cut in two."""
    changed = change(text)
    if len(changed) <= length:
        return changed
    size, kept = 1, []
    for char in text:
        part = change(char)
        size += len(part)
        if size > length:
            break
        kept.append(part)
    return "".join(kept).rstrip() + "…"
