"""A table of figures: as Slack's `data_table`, as its plain `table`, and as a list of lines where it draws neither.

https://docs.slack.dev/reference/block-kit/blocks/data-table-block
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.text import OPEN_IN_DEVIN, disarm, fitted, is_web_address, linked_title, one_line, shortened

CELL_LIMIT: Final = 80
MOST_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a field of a table: a text, which may link to `url` or name a `channel` by its id, or a number.

    A session has its `page` at Devin linked beside that, or alone.

    `said` is the cell in a list, where no heading says what it is, such as "3 sessions".
    """

    text: str
    said: str = ""
    url: str | None = None
    page: str | None = None
    channel: str | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A table: its caption, the names of its columns, and its rows, which are named by their first cell."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]] = field(default_factory=tuple)


def table_message(table: FigureTable) -> Message:
    """Build a message of the table, with the forms that it takes where Slack does not draw it."""
    rows = table.rows[:MOST_ROWS]
    text = f"{fitted(table.caption)}: {', '.join(_in_short(row) for row in rows)}"
    lines = [f"*{fitted(table.caption)}*", *map(_line, rows)]
    head = [{"type": "raw_text", "text": column} for column in table.columns]
    drawn = blocks.fitting_rows([head, *([_data_cell(cell) for cell in row] for row in rows)])
    count = len(drawn) - 1
    cut = f" (the first {count} of {len(table.rows)})" if count < len(table.rows) else ""
    data = {
        "type": "data_table",
        "caption": shortened(disarm(one_line(table.caption)), CELL_LIMIT) + cut,
        "page_size": max(1, count),
        "rows": drawn,
    }
    plain = {
        "type": "table",
        "column_settings": [{"is_wrapped": True}, *({"align": "right"} for _ in table.columns[1:])],
        "rows": [head, *([_plain_cell(cell) for cell in row] for row in rows[:count])],
    }
    title = blocks.section(f"*{fitted(table.caption)}*{cut}")
    as_text = Message(text, blocks.sections(lines))
    return Message(text, [data], Message(text, [title, plain], as_text))


def _data_cell(cell: Cell) -> Block:
    if cell.value is not None:
        return {"type": "raw_number", "value": cell.value, "text": cell.text}
    return _plain_cell(cell)


def _plain_cell(cell: Cell) -> Block:
    if cell.channel:
        return blocks.channel_cell(cell.channel)
    text = _raw(cell.text)
    links = [url for url in (cell.url, cell.page) if is_web_address(url)]
    if not links:
        return {"type": "raw_text", "text": text}
    linked: list[Block] = [{"type": "link", "url": links[0], "text": text}]
    if len(links) > 1:
        in_devin = {"type": "link", "url": links[1], "text": OPEN_IN_DEVIN}
        linked += [{"type": "text", "text": " ("}, in_devin, {"type": "text", "text": ")"}]
    return blocks.rich_cell(linked)


def _raw(text: str) -> str:
    return shortened(disarm(one_line(text)), CELL_LIMIT) or "\N{EN DASH}"


def _line(row: Sequence[Cell]) -> str:
    first, *others = row
    return f"• {_named(first)}: {_joined(others)}"


def _named(cell: Cell) -> str:
    """The name of a row. A link to a channel shows its name only to those who may see it, and notifies nobody."""
    return f"<#{cell.channel}>" if cell.channel else linked_title(cell.text, cell.url, cell.page)


def _joined(cells: Iterable[Cell]) -> str:
    return " · ".join(fitted(cell.said or cell.text, CELL_LIMIT) for cell in cells if cell.said or cell.text)


def _in_short(row: Sequence[Cell]) -> str:
    first = f"<#{row[0].channel}>" if row[0].channel else fitted(row[0].text, CELL_LIMIT)
    return f"{first} {fitted(row[1].said or row[1].text, CELL_LIMIT)}"
