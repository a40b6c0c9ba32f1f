"""Tables as CSV (RFC 4180): lines that end in CR LF, with a header row.

Spreadsheets run a value that begins like a formula, so such a value gets an apostrophe before it, which they hide. One
that is set to another separator begins a value in the middle of ours, so the apostrophe stands there too.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact_sum
from bot.views.text import without_unseen

Value = str | int | Decimal | None

ELSEWHERE: Final = "outside Slack"
TOTAL: Final = "total"
OWN_TOTAL: Final = "total through Slack"  # where what came from elsewhere is not known
# What a spreadsheet may take for the begin of a formula; the last four are the same signs in full width.
_SIGN: Final = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_RUNS: Final = re.compile(rf"[\s\"]*{_SIGN}|[\t\r\n]")
# What ends a value for a spreadsheet that is set to it, or for none that honours our quotation marks; the last ones are
# line breaks as JSON writes them.
_SEPARATOR: Final = re.compile(r"[;|\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|\\[tnr]")
# A separator, and what is taken off a value. The sign is optional, so that a run of tabs is read once.
_BEGIN_WITHIN: Final = re.compile(rf"(?P<before>(?:[\s\";|]|\\[tnr])+)(?P<sign>{_SIGN})?")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_QUOTED: Final = re.compile(r'[",\r\n]')


def csv_line(values: Sequence[Value]) -> str:
    """Write one row with its line end."""
    return ",".join(map(_cell, values)) + "\r\n"


def csv_text(header: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """Write a whole table."""
    return "".join(map(csv_line, (header, *rows)))


def with_total(
    rows: Sequence[Sequence[Value]], width: int, column: int, elsewhere: Decimal | None = None, name: str = TOTAL
) -> list[Sequence[Value]]:
    """Add to rows of spend the row `elsewhere`, if there is such spend, and the row with their total, by its `name`.

    Each row has `width` values, of which the one at `column` is the amount; the total is their exact sum, or empty if
    an amount is.
    """
    more = [] if elsewhere is None else [named_row(ELSEWHERE, elsewhere, width, column)]
    counted = [*rows, *more]
    amounts = [Decimal(str(row[column])) for row in counted if row[column] is not None]
    total = exact_sum(amounts) if len(amounts) == len(counted) else None
    return [*counted, named_row(name, total, width, column)]


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
    text = without_unseen(written(value) or "")
    if not _NUMBER.fullmatch(text):
        text = _BEGIN_WITHIN.sub(_guarded, text)
        if _RUNS.match(text):
            text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _guarded(begin: re.Match[str]) -> str:
    before, sign = begin["before"], begin["sign"]
    return f"{before}'{sign}" if sign and _SEPARATOR.search(before) else begin[0]
