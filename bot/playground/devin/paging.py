"""Cursor pages: `first` from 1 to 200 (some lists: 100), an opaque `after`, and the usual envelope."""

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from bot.playground.devin.problems import invalid

DEFAULT_FIRST: Final = 100
MAX_FIRST: Final = 200

T = TypeVar("T")
Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One list of the API: its rows in order, the key they are ordered by, and how a row is written."""

    kind: str
    rows: Sequence[T]
    key: Callable[[T], Key]
    write: Callable[[T], bytes]
    with_total: bool = True
    last_cursor: bool = False
    most: int = MAX_FIRST

    def page(self, query: Mapping[str, str]) -> bytes:
        """The page the query asks for, as JSON."""
        first = _first(query, self.most)
        start = self._start(query.get("after"))
        rows = self.rows[start : start + first]
        more = start + first < len(self.rows)
        cursor = self._cursor(rows[-1]) if rows and (more or self.last_cursor) else None
        total = len(self.rows) if self.with_total else None
        tail = {"end_cursor": cursor, "has_next_page": more, "total": total}
        return b'{"items":[' + b",".join(map(self.write, rows)) + b"]," + json.dumps(tail).encode()[1:]

    def _start(self, after: str | None) -> int:
        # By key, never by position: rows that came in between must not shift the next page.
        return 0 if after is None else bisect_right(self.rows, _decoded(self.kind, after), key=self.key)

    def _cursor(self, row: T) -> str:
        return encoded(self.kind, self.key(row))


def encoded(kind: str, key: Key) -> str:
    """An opaque cursor that always contains `=`, so that a client which forgets to quote it fails."""
    raw = f"{kind}:{':'.join(map(str, key))}"
    return base64.b64encode((raw + ";" * (len(raw) % 3 == 0)).encode()).decode()


def _decoded(kind: str, cursor: str) -> Key:
    try:
        name, *numbers = base64.b64decode(cursor, validate=True).decode().rstrip(";").split(":")
        key = tuple(map(int, numbers))
    except (binascii.Error, ValueError) as error:
        raise invalid("query", "after", "Invalid cursor") from error
    if name != kind or not key:
        raise invalid("query", "after", "Invalid cursor")
    return key


def _first(query: Mapping[str, str], most: int) -> int:
    first = integer(query, "first")
    if first is None:
        return DEFAULT_FIRST
    if first < 1:
        raise invalid("query", "first", "Input should be greater than or equal to 1", "greater_than_equal")
    if first > most:
        raise invalid("query", "first", f"Input should be less than or equal to {most}", "less_than_equal")
    return first


def integer(query: Mapping[str, str], name: str) -> int | None:
    """A whole number from the query, or None when it is not there."""
    value = query.get(name)
    if value is None:
        return None
    try:
        return int(value)
    except ValueError as error:
        raise invalid("query", name, "Input should be a valid integer", "int_parsing") from error
