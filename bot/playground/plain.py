"""What Slack draws, as lines of plain text: for a terminal, a log, or a README."""

import html
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Json = dict[str, Any]

WIDTH: Final = 100
JUST_NOW: Final = 90.0  # seconds
EMOJI: Final[Mapping[str, str]] = {
    "black_square_for_stop": "⏹",
    "checkered_flag": "🏁",
    "eyes": "👀",
    "file_cabinet": "🗄",
    "gear": "⚙",
    "grey_question": "❔",
    "hourglass_flowing_sand": "⏳",
    "information_source": "ℹ",  # noqa: RUF001  the sign that Slack draws
    "lock": "🔒",
    "mag": "🔍",
    "mute": "🔇",
    "no_entry": "⛔",
    "no_entry_sign": "🚫",
    "paperclip": "📎",
    "raised_hand": "✋",
    "speaker": "🔈",
    "speech_balloon": "💬",
    "twisted_rightwards_arrows": "🔀",
    "warning": "⚠",
    "white_check_mark": "✅",
    "x": "❌",
    "zzz": "💤",
}
# Slack's own markup (https://docs.slack.dev/messaging/formatting-message-text)
ENTITY: Final = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
BOLD: Final = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+)(?<=\S)\*(?![\w*])")
ITALIC: Final = re.compile(r"(?<!\w)_(?=\S)([^_\n]*(?:\w_\w[^_\n]*)*)(?<=\S)_(?!\w)")
SHORTCODE: Final = re.compile(r":([a-z0-9_+-]+):")
_DATE: Final = re.compile(r"!date\^(\d{1,12})\^([^^]*)")
_STRONG: Final = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_BULLET: Final = re.compile(r"\s*(?:[•*-]|\d+\.)\s+")
# What a terminal obeys instead of showing it: a title or a link of OSC, a colour of CSI, any other sign of control.
_ORDERS: Final = re.compile(
    r"(?:\x1b[\]P^_X]|[\x9d\x90\x9e\x9f\x98])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x09\x0b-\x1f\x7f-\x9f]"
)


def printable(text: str, encoding: str = "utf-8") -> str:
    """A text as it may go to a terminal: whatever it says, it only says it."""
    return _ORDERS.sub("", text).encode(encoding, errors="replace").decode(encoding)


def emoji(name: str) -> str:
    """The sign itself where it is known, else its name between colons."""
    return EMOJI.get(name, f":{name}:")


class Reader:
    """Reads messages as a person does: with names, signs and dates instead of codes."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def lines(self, message: Json) -> list[str]:
        """What stands in a message, not wrapped yet; a row of buttons is one line."""
        at = written_at(message)
        drawn = [line for block in message.get("blocks") or [] for line in self._block(block, at)]
        return drawn or self.text(message.get("text") or "", at).split("\n")

    def text(self, mrkdwn: str, at: str) -> str:
        """One text in Slack's own markup, as read when it was written."""
        shown = ENTITY.sub(lambda found: self._entity(found, float(at)), mrkdwn)
        shown = SHORTCODE.sub(lambda code: emoji(code[1]), ITALIC.sub(r"\1", BOLD.sub(r"\1", shown)))
        return html.unescape(shown)

    def _block(self, block: Json, at: str) -> Iterator[str]:
        kind = block["type"]
        if kind in {"header", "section"}:
            pieces = [block.get("text"), *block.get("fields", [])]
            yield from (line for piece in pieces if piece for line in self._piece(piece, at).split("\n"))
            yield from (_beside(element) for element in [block.get("accessory")] if element)
        elif kind == "context":
            yield " ".join(self._piece(element, at) for element in block["elements"])
        elif kind == "markdown":
            yield from _STRONG.sub(r"\1", block["text"]).split("\n")
        elif kind == "data_visualization":
            yield f"[ chart: {block['title']} ]"
        elif kind == "actions":
            yield "  ".join(f"[ {_label(element)} ]" for element in block["elements"])

    def _piece(self, piece: Json, at: str) -> str:
        if piece["type"] == "image":
            return str(piece["alt_text"])
        return self.text(piece["text"], at) if piece["type"] == "mrkdwn" else str(piece["text"])

    def _entity(self, found: re.Match[str], at: float) -> str:
        target, label = found[1], found[2]
        if target[0] in "@#":
            return target[0] + self._names.get(target[1:], label or target[1:])
        date = _DATE.match(target)
        if date is None:
            return label or target
        recent = "{ago}" in date[2] and abs(at - int(date[1])) < JUST_NOW
        return "just now" if recent else label or ""


def _beside(element: Json) -> str:
    """What stands beside a text: a picture, or something to press."""
    return str(element["alt_text"]) if element["type"] == "image" else f"[ {_label(element)} ]"


def _label(element: Json) -> str:
    """What a button or a menu says; some have only a sign."""
    said = element.get("text") or element.get("placeholder") or {"text": "…"}
    return str(said["text"])


def written_at(message: Json) -> str:
    """When a message came to look as it does, as Slack's timestamp."""
    at: str = (message.get("edited") or message)["ts"]
    return at


def is_card(message: Json) -> bool:
    """Whether Slack draws it as something with a title or buttons, not as a line of talk."""
    return any(block["type"] in {"header", "actions"} or "accessory" in block for block in message.get("blocks") or [])


def boxed(lines: Sequence[str], indent: str, *, whole: bool = True) -> list[str]:
    """A frame, open to the right, since signs are of different width in every terminal; of a part only its left."""
    width = WIDTH - len(indent)
    inside = [f"{indent}│ {part}" for line in lines for part in wrapped(line, width - 2)]
    return [f"{indent}┌{'─' * (width - 1)}", *inside, f"{indent}└{'─' * (width - 1)}"] if whole else inside


def wrapped(line: str, width: int) -> list[str]:
    """A line cut at words; what follows a bullet or number hangs under its text."""
    bullet = _BULLET.match(line)
    return _cut(line, width, "", " " * len(bullet[0]) if bullet else "") or [""]


def spoken(head: str, lines: Sequence[str], indent: str) -> list[str]:
    """A speaker and the words, which begin on the same line and hang under it."""
    hang = " " * (len(indent) + 4)
    first, *rest = lines or [""]
    below = [hang + part for line in rest for part in wrapped(line, WIDTH - len(hang))]
    return [*_cut(f"{head} {first}", WIDTH, indent, hang), *below]


def _cut(text: str, width: int, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
