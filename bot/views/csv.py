"""Tables as CSV (RFC 4180): lines that end in CR LF, with a header row.

Spreadsheets run a value that begins like a formula, so such a value gets an apostrophe before it, which they hide.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact_sum

Value = str | int | Decimal | None

ELSEWHERE: Final = "elsewhere"
TOTAL: Final = "total"
# What a spreadsheet may take for the begin of a formula; the last four are the same signs in full width.
_RUNS: Final = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_QUOTED: Final = re.compile(r'[",\r\n]')


def csv_line(values: Sequence[Value]) -> str:
    """Write one row with its line end."""
    return ",".join(map(_cell, values)) + "\r\n"


def csv_text(header: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """Write a whole table."""
    return "".join(map(csv_line, (header, *rows)))


def with_total(
    rows: Sequence[Sequence[Value]], width: int, column: int, elsewhere: Decimal | None = None
) -> list[Sequence[Value]]:
    """Add to rows of spend the row `elsewhere`, if there is such spend, and the row `total`.

    Each row has `width` values, of which the one at `column` is the amount; the total is their exact sum, or empty if
    an amount is.
    """
    more = [] if elsewhere is None else [named_row(ELSEWHERE, elsewhere, width, column)]
    counted = [*rows, *more]
    amounts = [Decimal(str(row[column])) for row in counted if row[column] is not None]
    total = exact_sum(amounts) if len(amounts) == len(counted) else None
    return [*counted, named_row(TOTAL, total, width, column)]


def named_row(name: str, amount: Decimal | None, width: int, column: int) -> list[Value]:
    """A row of `width` values with nothing in it but `name` at the beginning and an `amount` at `column`, if known."""
    row: list[Value] = [None] * width
    row[0], row[column] = name, amount
    return row


def written(value: Value) -> str | None:
    """Write a value as text, a number with all of its decimals and without an exponent; None stays None."""
    if value is None:
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _cell(value: Value) -> str:
    text = written(value) or ""
    if _RUNS.match(text) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
