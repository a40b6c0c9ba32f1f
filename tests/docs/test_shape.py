"""The shape of the code: short functions, and a reason where the type checker is told to look away."""

import ast
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_FUNCTION = 40
CHECKED = ("bot", "handlers", "tests", "bench")
"""What the type checker reads."""


def sources() -> Iterator[Path]:
    """The files of the bot and its handlers; the playground is written otherwise."""
    for folder in ("bot", "handlers"):
        for path in (ROOT / folder).rglob("*.py"):
            if "playground" not in path.parts:
                yield path


@cache
def lengths() -> dict[str, int]:
    """How many lines each function has, by its place."""
    found = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                found[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = node.end_lineno - node.lineno + 1
    return found


def test_functions_are_short():
    lines = sorted(lengths().values())
    assert statistics.median(lines) <= 8
    assert lines[len(lines) * 9 // 10] <= 20
    assert {where: count for where, count in lengths().items() if count > LONGEST_FUNCTION} == {}


def test_the_type_checker_is_silenced_only_for_a_reason():
    bare = re.compile(r"# type: ignore(?:\[[\w-]+\])?\s*$|# type: ignore\[[\w-]+\]  # as above", re.MULTILINE)
    everything = [path for folder in CHECKED for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in everything if bare.search(path.read_text(encoding="utf-8"))] == []
