"""Prepares text for Slack: escapes it, takes mentions out, shortens it and splits it.

A `markdown` block holds 12,000 characters, and all blocks of a message together about 13,200.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Final, TypeGuard

from bot.domain.amounts import Money, half_up
from bot.domain.clock import clock_time
from bot.domain.currencies import currency_digits
from bot.domain.shares import Share
from bot.views.dates import short_date

FAR_ABOVE: Final = 1_000  # percent
_LITTLE: Final = "under 0.1"
PART_LIMIT: Final = 11_500
MOST_PARTS: Final = 5
URL_LIMIT: Final = 1_000  # longer than any real address; what is longer is shown without a link
LONGEST_LINK: Final = 300  # characters of the addresses of a title: twenty longer ones would not fit into a message
OPEN_IN_DEVIN: Final = "Open in Devin"
QUOTED: Final = "“{}”"  # a title within a sentence

# A zero-width space, put into a mention or markup: people see no difference, and Slack finds neither.
_GAP: Final = "\u200b"
_ARMED: Final = re.compile(
    r"(?P<start><)(?=@|!(?:channel|here|everyone|subteam))|(?P<at>@)(?=channel|here|everyone)", re.IGNORECASE
)
_MARKS: Final = re.compile(r"(?<=\*)(?=\*)|(?<=`)(?=`)|(?<=~)(?=~)")
# Controls, zero-width signs, and those that turn the direction of writing: a name could show another one by them. No
# white space is among them, and no variation selector, because that belongs to an emoji.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_DATE: Final = re.compile(r"<!date\^[^|<>]*\|([^<>]*)>")  # what `when` and `ago` write
_BESIDE: Final = re.compile(rf" \(<https?://[^|<>]*\|{OPEN_IN_DEVIN}>\)")  # what `linked_title` writes
_LINK: Final = re.compile(r"<https?://[^|<>]*\|([^<>]*)>")


def escape(text: str) -> str:
    """Escape `text` for `mrkdwn` and message texts; the ampersand first, or the others would be escaped twice."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def disarm(markdown: str) -> str:
    """Break all mentions in `markdown`, so that a text that others wrote notifies nobody."""
    return _ARMED.sub(lambda match: match[0] + _GAP, markdown)


def unmarked(text: str) -> str:
    """Break runs of stars, backticks and tildes in `text`, as in `**kwargs`, so that they are no markup."""
    return _MARKS.sub(_GAP, text)


def fitted(text: str, length: int = 150) -> str:
    """Prepare a text that others wrote for `mrkdwn`: one line, without mentions, escaped, at most `length` long."""
    return escaped(disarm(unmarked(one_line(text))), length)


def shortened(text: str, length: int) -> str:
    """Cut `text` to at most `length` characters, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def escaped(text: str, length: int) -> str:
    """Escape `text`, cut so that the result has at most `length` characters and no escape is cut in two."""
    whole = escape(text)
    if len(whole) <= length:
        return whole
    size, kept = 1, []
    for char in text:
        part = escape(char)
        size += len(part)
        if size > length:
            break
        kept.append(part)
    return "".join(kept).rstrip() + "…"


def without_unseen(text: str) -> str:
    """`text` without the signs that nobody sees, or that change how others are shown."""
    return _UNSEEN.sub("", text)


def one_line(text: str) -> str:
    """`text` without signs that nobody sees, and with each run of white space replaced by one space."""
    return " ".join(without_unseen(text).split())


def link(url: str | None, label: str, length: int = 150) -> str:
    """Link `label`, cut to `length`, to `url`; the label alone when `url` is no web address or is too long."""
    text = fitted(label, length)
    if not is_web_address(url):
        return text
    target = str(url)
    for sign, code in (("|", "%7C"), ("<", "%3C"), (">", "%3E")):
        target = target.replace(sign, code)
    # Escaping can make an address several times as long.
    return f"<{escape(target)}|{text}>" if len(escape(target)) <= URL_LIMIT else text


def linked_title(title: str, thread: str | None, url: str | None, length: int = 80, around: str = "{}") -> str:
    """Link the title of a session to its `thread`, with a link to its page in Devin beside it, or to that page alone.

    `around` is what stands around the title, such as quotation marks. Of long addresses the first that fits is linked.
    """
    fitting = [address for address in (thread, url) if is_web_address(address) and len(address) <= LONGEST_LINK]
    linked = around.format(link(fitting[0] if fitting else None, title, length))
    has_both = len(fitting) > 1 and sum(map(len, fitting)) <= LONGEST_LINK
    return f"{linked} ({link(url, OPEN_IN_DEVIN)})" if has_both else linked


def is_web_address(url: str | None) -> TypeGuard[str]:
    """Whether Slack accepts `url` as the target of a link or a button."""
    return url is not None and len(url) <= URL_LIMIT and re.fullmatch(r"https?://[^\s\"]+", url) is not None


def when(at: float) -> str:
    """Write the instant `at` so that Slack shows it in each reader's time zone."""
    return f"<!date^{int(at)}^{{date_short_pretty}} at {{time}}|{_utc(at)}>"


def ago(at: float) -> str:
    """Write how long ago the instant `at` was; Slack keeps the words up to date without edits."""
    return f"<!date^{int(at)}^{{ago}}|{_utc(at)}>"


def notified(text: str) -> str:
    """Write the instants in `text` in UTC, and titles without their links: Slack shows a notification as it is."""
    return _LINK.sub(r"\1", _BESIDE.sub("", _DATE.sub(r"\1", text)))


def acus(amount: float) -> str:
    """Write an `amount` of ACUs with its unit and at most two decimals, as on cards: a session may take few."""
    return with_unit(hundredths(amount))


def hundredths(amount: float) -> str:
    """Write an `amount` with at most two decimals and without a unit."""
    return _LITTLE if 0 < amount < 0.05 else _plain(f"{half_up(amount, 2):,}")


def tenths_of_acus(amount: float) -> str:
    """Write an `amount` of ACUs with its unit and at most one decimal, as in reports."""
    return with_unit(tenths(amount))


def tenths(amount: float) -> str:
    """Write an `amount` with at most one decimal and without a unit."""
    return _LITTLE if 0 < amount < 0.05 else _plain(f"{half_up(amount, 1):,}")


def one_tenth(amount: float) -> str:
    """Write an `amount` with exactly one decimal, as ratios have it."""
    return _LITTLE if 0 < amount < 0.05 else f"{half_up(amount, 1):,}"


def share_of(found: Share) -> str:
    """Write an amount of a column with at most one decimal and without a unit."""
    return _LITTLE if found.is_little else _plain(f"{half_up(found.shown, 1):,}")


def cell_of(found: Share) -> str:
    """Write an amount of a column for a table, where all have one decimal."""
    return _LITTLE if found.is_little else f"{half_up(found.shown, 1):,}"


def limit_of_acus(acus: float | Decimal) -> str:
    """Write a limit with its unit as it was set, with all of its decimals."""
    return with_unit(number_of_acus(acus))


def number_of_acus(acus: float | Decimal) -> str:
    """Write the same without its unit."""
    return _plain(f"{half_up(acus, 6):,f}")


def percent(number: int) -> str:
    """Write how many percent of something are used; so many of them that the number says nothing are far above it."""
    return f"{number:,}%" if number < FAR_ABOVE else "far above"


def total_acus(amount: float, cost: Money | None) -> str:
    """Write a total of ACUs with its unit and, where it is known, their `cost`: "49.5 ACUs (111.38 USD)"."""
    return tenths_of_acus(amount) + (f" ({money(cost)})" if cost else "")


def money(cost: Money) -> str:
    """Write an amount of money with its currency, and with as many digits as that has."""
    digits = currency_digits(cost.currency)
    rounded = half_up(cost.amount, digits)
    written = f"{rounded:,}" if rounded or cost.amount <= 0 else f"under {Decimal(1).scaleb(-digits)}"
    return f"{written} {cost.currency}"


def with_unit(written: str) -> str:
    """Put the unit behind an amount of ACUs that is `written` already."""
    return f"{written} ACU" if written == "1" else f"{written} ACUs"


def _plain(written: str) -> str:
    """Leave out the decimals that say nothing."""
    return written.rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """Write a span of `seconds` in words, in at most two units."""
    total = max(0, round(seconds))
    if total < 60:
        return counted(total, "second")
    minutes = total // 60
    if minutes < 60:
        return counted(minutes, "minute")
    if minutes < 24 * 60:
        return _pair(minutes // 60, "h", minutes % 60, "min")
    return _pair(minutes // (24 * 60), "d", minutes // 60 % 24, "h")


def short_duration(seconds: float) -> str:
    """Write a span of `seconds` as briefly as it can be read, such as "45 s", "6 min" or "1 h 5 min"."""
    total = max(0, round(seconds))
    if total < 60:
        return f"{total} s"
    return f"{total // 60} min" if total < 60 * 60 else duration(total)


def span(seconds: float) -> str:
    """Write a span of `seconds` in its largest unit alone, such as "23 h", for lists."""
    minutes = max(0, round(seconds)) // 60
    for unit, size in (("d", 24 * 60), ("h", 60)):
        if minutes >= size:
            return f"{minutes // size:,} {unit}"
    return f"{minutes} min"


def listed(things: Sequence[str], word: str = "and") -> str:
    """List `things` as a sentence does, with `word` before the last one: "a", "a and b", "a, b, and c"."""
    if len(things) < 3:
        return f" {word} ".join(things)
    return f"{', '.join(things[:-1])}, {word} {things[-1]}"


def counted(number: int, noun: str) -> str:
    """Write `number` with its `noun`, in the plural unless the number is one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _pair(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large} {unit} {small} {smaller}" if small else f"{large} {unit}"


def _utc(at: float) -> str:
    moment = datetime.fromtimestamp(int(at), UTC)
    return f"{short_date(moment.date())}, {moment.year} at {clock_time(moment.time())} UTC"


# ---------------------------------------------------------------- splitting

_FENCE: Final = re.compile(r"(?P<indent>[ \t]{0,20})(?P<marks>`{3,20}(?=[^`]*$)|~{3,20}(?!~))[^\n]{0,80}")
_MORE: Final = "\n…"  # on a line of its own, as a fence may end before it
_FENCE_ROOM: Final = 1 + 20 + 20  # a line break, the indentation and the marks that close a fence


@dataclass(frozen=True, slots=True)
class _Fence:
    opening: str  # the whole first line of the fence
    closing: str
    mark: str  # the backticks or tildes of the fence


class _Cut(IntEnum):
    PARAGRAPH = 0  # between paragraphs, or before or after a fence
    LINE = 1
    NEVER = 2  # right behind the first line of a fence, where a cut would leave an empty fence


@dataclass(frozen=True, slots=True)
class _Edge:
    at: int  # the offset at which a line begins
    fence: _Fence | None  # the fence that is open there
    cut: _Cut


_CutAt = Callable[[str, list[_Edge], int], int]


def split(markdown: str, limit: int = PART_LIMIT, most: int = MOST_PARTS) -> list[str]:
    """Split `markdown` into at most `most` parts of `limit` characters; text after the last part is left out.

    It is cut between paragraphs and fences where possible, else between lines, else between words. A fence that has to
    be cut is closed, and opened again in the next part.
    """
    parts: list[str] = []
    remaining, fence = markdown.strip("\n").rstrip(), None
    while remaining and len(parts) < most:
        head = f"{fence.opening}\n" if fence else ""
        if len(head) + len(remaining) <= limit:
            return [*parts, head + remaining]
        part, remaining, fence = _first_part(remaining, fence, limit - len(head) - _FENCE_ROOM)
        parts += [head + part] if part else []
    return parts


def beginning(markdown: str, limit: int) -> str:
    """The beginning of `markdown` that fits into `limit` characters, with an ellipsis where something is missing."""
    if len(markdown) <= limit:
        return markdown
    part, _, _ = _first_part(markdown, None, limit - len(_MORE) - _FENCE_ROOM, _cut_late)
    return part + _MORE


def paragraph_starts(markdown: str) -> list[int]:
    """The offsets in `markdown` at which a paragraph or a fence begins."""
    return [edge.at for edge in _edges(markdown, None) if edge.at == 0 or edge.cut is _Cut.PARAGRAPH]


def _first_part(
    text: str, fence: _Fence | None, room: int, cut_at: _CutAt | None = None
) -> tuple[str, str, _Fence | None]:
    """Cut the first part of at most `room` characters off `text`, which begins inside of `fence`.

    Returns the part, the remaining text, and the fence that is open where that begins.
    """
    edges = list(_edges(text, fence))
    cut = (cut_at or _cut_well)(text, edges, room)
    fence = next(edge.fence for edge in reversed(edges) if edge.at <= cut)
    part, remaining = text[:cut], text[cut:]
    if fence is None:
        return part.rstrip(), remaining.lstrip("\n"), None
    part = part.removesuffix("\n") + "\n" + fence.closing
    line, _, after = remaining.partition("\n")
    # The part is closed already, so a fence that ends right here must not be opened again.
    return (part, after.lstrip("\n"), None) if _closes(line, fence) else (part, remaining, fence)


def _cut_well(text: str, edges: list[_Edge], room: int) -> int:
    near = [edge for edge in edges if 0 < edge.at <= room]
    for kind in (_Cut.PARAGRAPH, _Cut.LINE):
        if offsets := [edge.at for edge in near if edge.cut is kind]:
            return offsets[-1]
    return _behind_word(text, room)


def _cut_late(text: str, edges: list[_Edge], room: int) -> int:
    """Where little is shown, between lines only if that leaves out less than half of it."""
    lines = [edge.at for edge in edges if room // 2 <= edge.at <= room and edge.cut is not _Cut.NEVER]
    return lines[-1] if lines else _behind_word(text, room)


def _behind_word(text: str, room: int) -> int:
    word = text.rfind(" ", room // 2, room)
    return word + 1 if word > 0 else room


def _edges(text: str, fence: _Fence | None) -> Iterator[_Edge]:
    """Yield an edge for each beginning of a line in `text`, which itself begins inside of `fence`."""
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
