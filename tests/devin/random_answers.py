"""Random answers that a schema of Devin's document allows: nulls, fields left out, new fields and new words.

A part of what is valid stands in the document's words alone, so it is read from names and descriptions: an id has
something to see, an address is one of the web, an instant is of our times, and nothing is counted below zero.
Written by hand: hypothesis-jsonschema has had no release since 2024 and fails with the Hypothesis of these tests, and
schemathesis makes requests, not answers.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from hypothesis import strategies as st

from tests.devin.api_document import Operation, Schema

MOST_PAGES: Final = 3
_MOST_ITEMS: Final = 3
_YEARS: Final = (datetime(2024, 1, 1), datetime(2037, 12, 31))  # noqa: DTZ001 - the zone is chosen for each instant

TEXTS: Final = st.text(max_size=20) | st.sampled_from(
    ["<!channel> & <b>*", "ATTACHMENT:https://app.devin.ai/attachments/1f/a%20b.csv", "été 日本 👩\u200d💻"]
)
VISIBLE: Final = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() != "")
ADDRESSES: Final = st.builds(
    lambda host, path: f"https://{host}/{quote(path)}",
    st.sampled_from(["app.devin.ai", "github.com", "devin.example.com:8443", "[::1]"]),
    st.text(max_size=12),
)
INSTANTS: Final = st.datetimes(*_YEARS, timezones=st.just(UTC)).map(lambda moment: int(moment.timestamp()))
_ZONES: Final = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
MOMENTS: Final = st.datetimes(*_YEARS, timezones=st.just(UTC) | _ZONES).map(
    lambda moment: moment.isoformat().replace("+00:00", "Z")
)
_AMOUNTS: Final = st.integers(0, 10**6) | st.floats(0, 10**6, allow_subnormal=False)
_ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def values(schema: Schema, name: str = "") -> st.SearchStrategy[Any]:
    """All that a schema allows for the field `name`."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        said = schema.get("description", "")
        return st.one_of([values({"description": said} | choice, name) for choice in schema["anyOf"]])
    if "allOf" in schema:
        return st.tuples(*map(values, schema["allOf"])).map(_together)
    return _OF_TYPE[schema["type"]](schema, name) if "type" in schema else _ANYTHING


def _together(parts: tuple[Schema, ...]) -> Schema:
    return {name: value for part in parts for name, value in part.items()}


@cache
def answers_to(operation: Operation, status: int = 200) -> st.SearchStrategy[list[Any]]:
    """What an operation may be answered with, in turn: one body, or the pages of a list."""
    schema = operation.answer(status)
    is_page = {"items", "has_next_page"} <= schema.get("properties", {}).keys()
    bodies = values(schema)
    return _pages(bodies) if is_page else bodies.map(lambda body: [body])


@st.composite
def _pages(draw: st.DrawFn, page_of: st.SearchStrategy[Any]) -> list[Any]:
    """A list in one or several pages, each with the cursor of the next one; the last may have one too."""
    pages = draw(st.lists(page_of, min_size=1, max_size=MOST_PAGES))
    seen: set[Any] = set()
    for number, page in enumerate(pages):
        page["items"] = [row for row in page["items"] if _id(row) not in seen]
        seen |= set(map(_id, page["items"]))
        if page is not pages[-1]:
            page |= {"has_next_page": True, "end_cursor": draw(_cursors(number))}
        elif page.get("has_next_page"):
            page["has_next_page"] = False
    return pages


def _id(row: Any) -> Any:
    """What no two rows of a list share."""
    return next((value for name, value in row.items() if name.endswith("_id") and value is not None), repr(row))


def _cursors(number: int) -> st.SearchStrategy[str]:
    return st.binary(max_size=12).map(lambda rest: base64.b64encode(b"%d:" % number + rest).decode())


def _objects(schema: Schema, name: str) -> st.SearchStrategy[Any]:
    fields = {field: values(part, field) for field, part in schema.get("properties", {}).items()}
    if not fields:
        return st.dictionaries(TEXTS, _ANYTHING, max_size=3)
    needed = {field: fields.pop(field) for field in schema.get("required", ())}
    return st.fixed_dictionaries(needed, optional=fields)


def _arrays(schema: Schema, name: str) -> st.SearchStrategy[Any]:
    items = values(schema["items"], name)
    most = min(schema.get("maxItems", _MOST_ITEMS), _MOST_ITEMS)
    return st.lists(items, max_size=most, unique_by=_id if name == "items" else None)


def _texts(schema: Schema, name: str) -> st.SearchStrategy[Any]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    if schema.get("format") == "date-time":
        return MOMENTS
    if schema.get("format") == "uri" or name.endswith("url"):
        return ADDRESSES
    return VISIBLE if name.endswith(("_id", "_sha", "_name")) else TEXTS


def _integers(schema: Schema, name: str) -> st.SearchStrategy[Any]:
    if name.endswith("_at") or "Unix seconds" in schema.get("description", ""):
        return INSTANTS
    return st.integers(schema.get("minimum", 0), schema.get("maximum", 10**6))


_OF_TYPE: Final[Mapping[str, Callable[[Schema, str], st.SearchStrategy[Any]]]] = {
    "object": _objects,
    "array": _arrays,
    "string": _texts,
    "integer": _integers,
    "number": lambda schema, name: _AMOUNTS,
    "boolean": lambda schema, name: st.booleans(),
    "null": lambda schema, name: st.none(),
}
