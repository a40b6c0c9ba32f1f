"""The blocks for figures, of which slack_sdk has no models: `data_table` and `data_visualization`.

https://docs.slack.dev/reference/block-kit/blocks/data-table-block
https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
"""

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, Final

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

Json = dict[str, Any]
Error = tuple[str, str]  # what is wrong, and where (a JSON pointer)

CHARTS: Final = 2  # of one message
ROWS: Final = 100  # of a table, below its head
COLUMNS: Final = 20
PAGE: Final = 100  # rows
PARTS: Final = 6  # segments or series of a chart
POINTS: Final = 20  # categories of a chart
LABEL: Final = 20  # characters
TITLE: Final = 50  # characters, also of an axis
_CELLS: Final = {"raw_text": {"type", "text"}, "raw_number": {"type", "text", "value"}}


def data_errors(place: str, block: Json) -> Iterator[Error]:
    """What Slack would complain about in a block for figures."""
    yield from _TYPES[block["type"]](place, block)


def _fields(place: str, value: Any, required: set[str], more: frozenset[str] = frozenset()) -> Iterator[Error]:
    """Whether a value is an object with these fields and no others."""
    if not isinstance(value, dict):
        yield "must be an object", place
        return
    for name in sorted(required - value.keys()):
        yield f"missing required field: {name}", place
    for name in sorted(value.keys() - required - more):
        yield f"unknown field: {name}", place


def _list(place: str, value: Any, least: int, most: int) -> Iterator[Error]:
    if not isinstance(value, list):
        yield "must be an array", place
    elif not least <= len(value) <= most:
        yield f"must have {least} to {most} items", place


def _words(place: str, value: Any, most: int, least: int = 1) -> Iterator[Error]:
    if not isinstance(value, str) or not least <= len(value) <= most:
        yield f"must be a string of {least} to {most} characters", place


def _number(place: str, value: Any) -> Iterator[Error]:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        yield "must be a number", place


# ---------------------------------------------------------------- data_table


def _table(place: str, block: Json) -> Iterator[Error]:
    optional = frozenset({"page_size", "row_header_column_index", "block_id"})
    yield from (errors := list(_fields(place, block, {"type", "caption", "rows"}, optional)))
    if errors:
        return
    yield from _words(f"{place}/caption", block["caption"], 3000)
    yield from _whole(f"{place}/page_size", block.get("page_size", 5), 1, PAGE)
    yield from (errors := list(_list(f"{place}/rows", block["rows"], 2, ROWS + 1)))
    if not errors:
        yield from _rows(f"{place}/rows", block["rows"])
        wide = len(block["rows"][0]) if isinstance(block["rows"][0], list) else 1
        yield from _whole(
            f"{place}/row_header_column_index", block.get("row_header_column_index", 0), 0, max(wide - 1, 0)
        )


def _whole(place: str, value: Any, least: int, most: int) -> Iterator[Error]:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        yield f"must be a whole number from {least} to {most}", place


def _rows(place: str, rows: list[Any]) -> Iterator[Error]:
    for at, row in enumerate(rows):
        yield from (errors := list(_list(f"{place}/{at}", row, 1, COLUMNS)))
        for column, cell in enumerate([] if errors else row):
            yield from _cell(f"{place}/{at}/{column}", cell, in_head=at == 0)
    if len({len(row) for row in rows if isinstance(row, list)}) > 1:
        yield "all rows must have the same number of cells", place


def _cell(place: str, cell: Any, *, in_head: bool) -> Iterator[Error]:
    kind = cell.get("type") if isinstance(cell, dict) else None
    if kind == "rich_text" and not in_head:
        yield from _rich_text(place, cell)
    elif kind not in _CELLS:
        yield f"unsupported cell type: {kind}", place
    else:
        yield from (errors := list(_fields(place, cell, _CELLS[kind])))
        if not errors:
            yield from _words(f"{place}/text", cell["text"], 3000)
            yield from _number(f"{place}/value", cell.get("value", 0))


def _rich_text(place: str, cell: Json) -> Iterator[Error]:
    try:
        model = Block.parse(cell)
        if model is None or model.to_dict() != cell:
            yield "unknown or empty field", place
    except (SlackObjectFormationError, TypeError, KeyError, AttributeError, ValueError):
        yield "failed to match all allowed schemas", place


# ---------------------------------------------------------------- data_visualization


def _visualization(place: str, block: Json) -> Iterator[Error]:
    yield from (errors := list(_fields(place, block, {"type", "title", "chart"}, frozenset({"block_id"}))))
    if errors:
        return
    yield from _words(f"{place}/title", block["title"], TITLE)
    kind = block["chart"].get("type") if isinstance(block["chart"], dict) else None
    if kind == "pie":
        yield from _pie(f"{place}/chart", block["chart"])
    elif kind in {"bar", "area", "line"}:
        yield from _axes(f"{place}/chart", block["chart"])
    else:
        yield f"unsupported chart type: {kind}", f"{place}/chart/type"


def _pie(place: str, chart: Json) -> Iterator[Error]:
    yield from (errors := list(_fields(place, chart, {"type", "segments"})))
    if errors:
        return
    yield from (errors := list(_list(f"{place}/segments", chart["segments"], 1, PARTS)))
    for at, segment in enumerate([] if errors else chart["segments"]):
        yield from (wrong := list(_point(f"{place}/segments/{at}", segment)))
        if not wrong and segment["value"] <= 0:
            yield "must be more than 0", f"{place}/segments/{at}/value"


def _point(place: str, point: Any) -> Iterator[Error]:
    yield from (errors := list(_fields(place, point, {"label", "value"})))
    if not errors:
        yield from _words(f"{place}/label", point["label"], LABEL)
        yield from _number(f"{place}/value", point["value"])


def _axes(place: str, chart: Json) -> Iterator[Error]:
    yield from (errors := list(_fields(place, chart, {"type", "series", "axis_config"})))
    if errors:
        return
    axes, series = chart["axis_config"], chart["series"]
    yield from (errors := [*_axis_config(f"{place}/axis_config", axes), *_list(f"{place}/series", series, 1, PARTS)])
    if errors:
        return
    for at, item in enumerate(series):
        yield from _one_series(f"{place}/series/{at}", item, axes["categories"])
    names = [item["name"] for item in series if isinstance(item, dict) and isinstance(item.get("name"), str)]
    if len(set(names)) < len(names):
        yield "names of series must be unique", f"{place}/series"


def _axis_config(place: str, axes: Any) -> Iterator[Error]:
    yield from (errors := list(_fields(place, axes, {"categories"}, frozenset({"x_label", "y_label"}))))
    if errors:
        return
    yield from (errors := list(_list(f"{place}/categories", axes["categories"], 1, POINTS)))
    for at, category in enumerate([] if errors else axes["categories"]):
        yield from _words(f"{place}/categories/{at}", category, LABEL)
    for name in ("x_label", "y_label"):
        yield from _words(f"{place}/{name}", axes.get(name, ""), TITLE, least=0)


def _one_series(place: str, series: Any, categories: list[Any]) -> Iterator[Error]:
    yield from (
        errors := list(_fields(place, series, {"name", "data"}))
        or list(_list(f"{place}/data", series["data"], 1, POINTS))
    )
    if errors:
        return
    yield from _words(f"{place}/name", series["name"], LABEL)
    for at, point in enumerate(series["data"]):
        yield from _point(f"{place}/data/{at}", point)
    labels = [point.get("label") for point in series["data"] if isinstance(point, dict)]
    if labels != categories:
        yield "must have one point for each category, in that order", f"{place}/data"


_TYPES: Final[dict[str, Callable[[str, Json], Iterator[Error]]]] = {
    "data_table": _table,
    "data_visualization": _visualization,
}
