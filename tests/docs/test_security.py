"""docs/security.md names tests that exist, every table of the store, and settings that there are."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from bot.config import Settings
from bot.features import metadata

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


def rows(section: str) -> list[list[str]]:
    """The rows of the table in a section, without its head."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@cache
def names_of(path: str) -> set[str]:
    nodes = ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_each_test_that_is_named_exists(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in names_of(path)


def test_each_way_in_says_who_may_come_in_by_what_it_is_defended_and_which_test_shows_it() -> None:
    ways = rows("Ways in")
    assert len(ways) >= 18
    assert [way[0] for way in ways if len(way) != 4 or not all(way)] == []
    assert [way[0] for way in ways if not re.search(r"`tests/[\w/]+\.py::test_\w+`", way[3])] == []


def test_each_table_of_the_store_says_what_it_holds_how_long_and_how_that_is_deleted() -> None:
    kept = rows("What is kept")
    assert sorted(row[0].strip("`") for row in kept) == sorted(metadata.tables)
    assert [row[0] for row in kept if len(row) != 4 or not all(row)] == []


def test_what_a_table_with_a_person_says_is_that_its_rows_are_deleted() -> None:
    said = {row[0].strip("`"): row[3] for row in rows("What is kept")}
    people = [name for name, table in metadata.tables.items() if "user" in table.columns]
    assert {name: said[name] for name in people if said[name] != "deleted"} == {}


def test_each_setting_that_is_named_exists() -> None:
    assert set(re.findall(r"`((?:BOT|SLACK|DEVIN)_[A-Z_]+)`", PAGE)) - set(Settings.names()) == set()


def test_the_days_that_are_named_are_those_of_the_waits() -> None:
    assert f"{Settings.model_fields['bot_retention_days'].default} days by default" in PAGE
