"""The few kinds of Block Kit blocks that are used, each kept within Slack's limits.

https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from bot.views.message import Block
from bot.views.text import OPEN_IN_DEVIN, disarm, is_web_address, one_line, shortened

SECTION_LIMIT: Final = 3_000
HEADER_LIMIT: Final = 150
TABLES_ROOM: Final = 10_000  # characters in all tables of a message
LONGEST_NAME: Final = 80  # characters, of a person, a channel or a user group
# An id of Slack's has a digit in it, which keeps words in capitals from being taken for one.
_ID: Final = re.compile(r"\b([UWCGS](?=[A-Z]*\d)[A-Z0-9]{4,})\b")
_NAMED: Final = {"U": ("user", "user_id"), "W": ("user", "user_id"), "S": ("usergroup", "usergroup_id")}


def header(text: str) -> Block:
    """A large line of plain text, made of `text` in one line, shortened and without mentions."""
    line = shortened(disarm(one_line(text)), HEADER_LIMIT) or "Session"
    return {"type": "header", "text": {"type": "plain_text", "text": line}}


def section(mrkdwn: str, accessory: Block | None = None) -> Block:
    """A paragraph of `mrkdwn`, marked as `verbatim` so that Slack makes no links of names and channels by itself.

    An `accessory` is a button beside it.
    """
    block = {"type": "section", "text": _mrkdwn(mrkdwn)}
    return {**block, "accessory": accessory} if accessory else block


def context(parts: Iterable[str]) -> list[Block]:
    """A small grey line of the `parts` that are not empty; no block when all are."""
    line = " · ".join(part for part in parts if part)
    return [{"type": "context", "elements": [_mrkdwn(line)]}] if line else []


def markdown(text: str) -> Block:
    """A block of standard Markdown, which is what Devin writes."""
    return {"type": "markdown", "text": text}


def data_table(caption: str, rows: Iterable[Sequence[str | Block]], page_size: int = 10) -> Block:
    """A table that sorts and pages by itself: a header row, and 1 to 100 rows below it, of texts and finished cells.

    It has as many of the rows as fit.
    """
    cells = [[_raw_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return {"type": "data_table", "caption": caption, "rows": fitting_rows(cells), "page_size": page_size}


def fitting_rows(rows: Iterable[list[Block]]) -> list[list[Block]]:
    """As many of `rows`, the head first, as Slack takes in the only table of a message."""
    room, fitting = TABLES_ROOM, []
    for row in rows:
        room -= sum(map(_shown_length, row))
        if room < 0:
            break
        fitting.append(row)
    return fitting


def _shown_length(cell: Block) -> int:
    """How many characters a part of a table shows; in place of an id there may be the longest name."""
    named = LONGEST_NAME if cell.keys() & {"user_id", "usergroup_id", "channel_id"} else 0
    return named + len(cell.get("text", "")) + sum(map(_shown_length, cell.get("elements", ())))


def channel_cell(channel: str) -> Block:
    """A cell of a table, below its head, with a link to a channel, whose name only those see who may see it."""
    return rich_cell([_named(channel)])


def named_cell(text: str) -> str | Block:
    """A cell of a table, below its head, with the names of the people, channels and groups whose ids are in `text`."""
    parts = [part for part in _ID.split(text) if part]
    if not any(map(_ID.fullmatch, parts)):
        return text
    return rich_cell([_named(part) if _ID.fullmatch(part) else {"type": "text", "text": part} for part in parts])


def rich_cell(elements: Sequence[Block]) -> Block:
    """A cell of a table, below its head, with links and names in it."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [*elements]}]}


def _named(slack_id: str) -> Block:
    kind, field = _NAMED.get(slack_id[0], ("channel", "channel_id"))
    return {"type": kind, field: slack_id}


def actions(*buttons: Block | None) -> list[Block]:
    """A row of those `buttons` that are not None; no block when there are none."""
    shown = [button for button in buttons if button]
    return [{"type": "actions", "elements": shown}] if shown else []


def button(label: str, action_id: str, value: str, style: str | None = None) -> Block:
    """A button with this `label` whose press Slack sends to the bot with `action_id` and `value`.

    The value only helps to find a row. It proves no permission, because anybody could send it.
    """
    block = {"type": "button", "action_id": action_id, "text": _plain(label)}
    return block | ({"value": value} if value else {}) | ({"style": style} if style else {})


def open_button(url: str | None, label: str = OPEN_IN_DEVIN, action_id: str = "open") -> Block | None:
    """A button with this `label` that opens `url`; None when that is no web address.

    Slack sends its press to the bot all the same, with `action_id`, which is unique within a message.
    """
    if is_web_address(url):
        return {"type": "button", "action_id": action_id, "text": _plain(label), "url": url}
    return None


def sections(lines: Iterable[str], most: int = 12_000) -> list[Block]:
    """Pack `lines` into as few sections as Slack allows; lines beyond `most` characters in all are left out."""
    packed: list[str] = []
    for line in lines:
        if sum(map(len, packed)) + len(line) > most:
            break
        if packed and len(packed[-1]) + len(line) < SECTION_LIMIT:
            packed[-1] += "\n" + line
        else:
            packed.append(line)
    return [section(text) for text in packed]


def _raw_cell(text: str) -> Block:
    return {"type": "raw_text", "text": disarm(one_line(text)) or "-"}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
