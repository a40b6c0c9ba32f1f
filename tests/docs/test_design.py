"""The documents in docs/ name only what there is: files, and names that stand in the code."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from bot.domain.causes import ReadableCause
from bot.features import EVENT_TASKS, FEATURES
from bot.kernel.operations.run import RunOperation
from bot.store.inbox import InboxRow

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
FOLDERS = ("bot", "handlers", "tests", "docs", "bench")


def source() -> str:
    return "\n".join(
        path.read_text(encoding="utf-8") for folder in ("bot", "handlers") for path in (ROOT / folder).rglob("*.py")
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document):
    text = re.sub(r"^```text.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    named = set(re.findall(rf"(?<![\w/.])(?:{'|'.join(FOLDERS)})/[\w./]*", text))
    linked = {(document.parent / target).resolve() for target in re.findall(r"\]\(([\w./]+)\)", text)}
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert {path for path in linked if not path.exists()} == set()


def test_every_section_that_the_design_links_to_exists():
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles]
    assert re.findall(r"\]\(#([\w-]+)\)", text) == anchors


def test_every_name_in_the_vocabulary_stands_in_the_code():
    text, code = (ROOT / "docs/vocabulary.md").read_text(encoding="utf-8"), source()
    names = {name for name in re.findall(r"`([^`]+)`", text) if name.isidentifier() and name[0] != "_"}
    assert names - set(re.findall(r"\w+", code)) == set()


@cache
def defined_in(path: Path) -> frozenset[str]:
    """The names that a module defines: its classes and functions, and what it or a class of it assigns a value to."""
    return frozenset(_defined_in(path))


def _defined_in(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.Module | ast.ClassDef):
            assigned = [part for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign)]
            names = [name for part in assigned for name in ast.walk(part) if isinstance(name, ast.Name)]
            yield from (name.id for name in names if isinstance(name.ctx, ast.Store))


def homes() -> list[tuple[str, set[str], list[str]]]:
    """Each row of the vocabulary: its word, the names in it, and the files that its last column names."""
    text = (ROOT / "docs/vocabulary.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| word"))]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    coded = [(row[0], re.findall(r"`([^`]+)`", " ".join(row)), re.findall(r"`([^`]+)`", row[-1])) for row in rows]
    return [
        (word, {name for name in names if name.isidentifier()}, [home for home in last if not home.isidentifier()])
        for word, names, last in coded
    ]


def test_the_file_that_the_vocabulary_names_defines_the_name():
    missing = {}
    for word, names, files in homes():
        assert files, word
        paths = [path for file in files for path in ((ROOT / file).rglob("*.py") if file[-1] == "/" else [ROOT / file])]
        defined = {name for path in paths if path.suffix == ".py" for name in defined_in(path)}
        missing[word] = names - defined
    assert len(missing) > 60
    assert {word: names for word, names in missing.items() if names} == {}


# Rows of the outbox still hold JSON, which these read by its keys.
READ_THE_OUTBOX = {
    "sending",
    "session_card.py",
    "session_rows.py",
    "unit_of_work.py",
    "file_sources.py",
    "file.py",
    "post.py",
}


def test_a_flow_gets_a_cause_and_never_the_json_that_a_row_of_the_inbox_holds():
    assert "payload" not in {field.name for field in fields(InboxRow)}
    rooms = (ROOT / "bot" / room for room in ("kernel", "conversation", "features"))
    paths = [path for room in rooms for path in room.rglob("*.py") if not READ_THE_OUTBOX & {*path.parts}]
    names = re.compile(r"\bpayload[\[.]|\.payload\b|\bcause_codec\b")
    assert len(paths) > 20
    assert [path.name for path in paths if names.search(path.read_text(encoding="utf-8"))] == []


def test_each_kind_of_cause_has_a_kind_of_its_own():
    kinds = [cause.kind for cause in get_args(ReadableCause)]
    assert sorted(kinds) == ["action", "command", "event", "message", "start", "task", "view"]


def test_each_task_and_each_event_has_a_name_of_its_own():
    kinds = [cause.kind for cause in get_args(ReadableCause)]
    names = [
        *kinds,
        RunOperation.name,
        *(task.name for feature in FEATURES for task in feature.tasks),
        *(name for task in EVENT_TASKS for name in task.event.types),
    ]
    assert len(set(names)) == len(names)
