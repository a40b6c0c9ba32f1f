"""The simulated Slack takes blocks for figures only as the real one does."""

import copy
from typing import Any

import pytest

from bot.playground.slack.blocks import block_errors, view_errors

Json = dict[str, Any]


def text(words: str) -> Json:
    return {"type": "raw_text", "text": words}


def number(value: float) -> Json:
    return {"type": "raw_number", "value": value, "text": f"{value}"}


def rich(url: str) -> Json:
    link = {"type": "link", "url": url, "text": "a link"}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [link]}]}


TABLE: Json = {
    "type": "data_table",
    "caption": "ACUs by person",
    "page_size": 5,
    "row_header_column_index": 0,
    "rows": [[text("Person"), text("ACUs")], [text("Ann"), number(12.5)], [rich("https://example.com"), number(3)]],
}
DAYS = ["Mon, Nov 23", "Tue, Nov 24"]


def series(name: str, *values: float) -> Json:
    return {"name": name, "data": [{"label": day, "value": value} for day, value in zip(DAYS, values, strict=True)]}


LINES: Json = {
    "type": "data_visualization",
    "title": "ACUs a day",
    "chart": {
        "type": "line",
        "series": [series("Spent", 1, 2.5), series("Usual", 2, 2)],
        "axis_config": {"categories": DAYS, "y_label": "ACUs"},
    },
}
PIE: Json = {
    "type": "data_visualization",
    "title": "ACUs",
    "chart": {"type": "pie", "segments": [{"label": "Slack", "value": 1}, {"label": "elsewhere", "value": 2.5}]},
}
CELLS = ("rows", 1, 0)
SERIES = ("chart", "series", 0)
AXES = ("chart", "axis_config")


@pytest.mark.parametrize("block", [TABLE, LINES, PIE, LINES | {"chart": LINES["chart"] | {"type": "area"}}])
def test_what_slack_draws_is_taken(block: Json) -> None:
    assert block_errors([block]) == []


def test_all_tables_of_a_message_have_ten_thousand_characters() -> None:
    rows = [[text("Name"), text("Words")], *([text("x" * 10), text("y" * 90)] for _ in range(99))]
    assert block_errors([TABLE | {"rows": rows}]) == []
    (error,) = block_errors([TABLE | {"rows": [*rows, rows[-1]]}])
    assert "all tables of a message must have less than 10001 characters" in error
    assert block_errors([TABLE | {"rows": rows}, {"type": "table", "rows": rows}])


@pytest.mark.parametrize(
    ("block", "path", "value", "error"),
    [
        (TABLE, ("caption",), "", "must be a string of 1 to 3000 characters"),
        (TABLE, ("title",), "x", "unknown field: title"),
        (TABLE, ("page_size",), 101, "must be a whole number from 1 to 100"),
        (TABLE, ("row_header_column_index",), 2, "must be a whole number from 0 to 1"),
        (TABLE, ("rows",), [[text("only a head")]], "must have 2 to 101 items"),
        (TABLE, ("rows",), [[text("a")]] * 102, "must have 2 to 101 items"),
        (TABLE, ("rows",), [[text("a")] * 21] * 2, "must have 1 to 20 items"),
        (TABLE, ("rows", 1), [text("Ann")], "all rows must have the same number of cells"),
        (TABLE, ("rows", 0, 0), rich("https://example.com"), "unsupported cell type: rich_text"),
        (TABLE, CELLS, {"type": "mrkdwn", "text": "*a*"}, "unsupported cell type: mrkdwn"),
        (TABLE, CELLS, text(""), "must be a string of 1 to 3000 characters"),
        (TABLE, CELLS, {"type": "raw_number", "text": "3"}, "missing required field: value"),
        (TABLE, CELLS, {"type": "raw_number", "text": "3", "value": "3"}, "must be a number"),
        (TABLE, CELLS, {"type": "rich_text", "elements": [{"type": "odd"}]}, "unknown or empty field"),
        (LINES, ("title",), "x" * 51, "must be a string of 1 to 50 characters"),
        (LINES, ("chart", "type"), "donut", "unsupported chart type: donut"),
        (LINES, (*SERIES, "name"), "x" * 21, "must be a string of 1 to 20 characters"),
        (LINES, (*SERIES, "name"), "Usual", "names of series must be unique"),
        (LINES, (*SERIES, "data"), [{"label": DAYS[0], "value": 1}], "must have one point for each category"),
        (LINES, (*SERIES, "data", 0, "label"), DAYS[1], "must have one point for each category, in that order"),
        (LINES, (*SERIES, "data", 0, "value"), None, "must be a number"),
        (LINES, (*SERIES, "colour"), "red", "unknown field: colour"),
        (LINES, ("chart", "series"), [series(f"s{number}", 1, 2) for number in range(7)], "must have 1 to 6 items"),
        (LINES, (*AXES, "categories"), [f"day {number}" for number in range(21)], "must have 1 to 20 items"),
        (LINES, (*AXES, "categories", 0), "x" * 21, "must be a string of 1 to 20 characters"),
        (LINES, (*AXES, "y_label"), "x" * 51, "must be a string of 0 to 50 characters"),
        (LINES, AXES, None, "must be an object"),
        (PIE, ("chart", "segments", 0, "value"), 0, "must be more than 0"),
        (PIE, ("chart", "segments"), [], "must have 1 to 6 items"),
    ],
)
def test_what_slack_refuses_is_refused(block: Json, path: tuple[Any, ...], value: Any, error: str) -> None:
    changed = copy.deepcopy(block)
    target: Any = changed
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = value
    assert any(error in found for found in block_errors([changed])), block_errors([changed])


def test_charts_stand_in_messages_alone_two_in_each() -> None:
    assert block_errors([LINES, PIE]) == []
    assert "only 2 charts are allowed per message" in block_errors([LINES, PIE, LINES])[0]
    view = {"type": "home", "blocks": [LINES]}
    assert any("unsupported type: data_visualization" in error for error in view_errors(view))
    assert view_errors({"type": "home", "blocks": [TABLE]}) == []
