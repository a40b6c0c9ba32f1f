"""What people read in Slack is short, says do not as "don't", and uses no phrase that nobody would say aloud."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
BOT: Final = ROOT / "bot"
MOST_WORDS: Final = 20  # in a sentence
MODULES: Final = sorted(
    {
        *(BOT / "views").rglob("*.py"),
        *(BOT / "features").rglob("*sentences.py"),
        *(BOT / "features").rglob("modal.py"),
        *(BOT / "features").rglob("specs.py"),
        BOT / "domain/commands/registry.py",
        BOT / "domain/commands/options.py",
        BOT / "conversation/steer/reply.py",
        BOT / "conversation/steer/reply_loss.py",
        BOT / "kernel/commands/devin_failures.py",
    }
)
FOREIGN: Final = (
    "looking whether",
    "goes on",
    "go on at Devin",
    "where Devin stays out",
    "are for the admins of",
    "for admins of Devin Bridge",
    "Whoever asked",
    "put to sleep",
    "Nothing was changed yet",
    "nothing was done yet",
    "answer got lost",
    "we do not know",
    "we don't know",
    "is being woken",
    "answer above",
    "if it is still needed",
    "the reason stands",
    "at the moment",
    "Somebody who",
    "An admin of your Devin organization",
    "whoever",
    "Whoever",
    "any more",
    "afresh",
    " anew",
    "The whole form is",
    "the organisation",
    "this organisation",
    "Devin organisation",
    "e-mail",
    " at Devin",
    " lately",
    "With commas between",
    " go first",
    "obody knows",
    "stays spent",
    "to be asked again",
)
UNCONTRACTED: Final = re.compile(
    r"\b(?:do|does|did|is|are|was|were|has|have|could|would|should|will|can) ?not\b(?!\*)", re.IGNORECASE
)


def constants(tree: ast.Module) -> Iterator[str]:
    """The texts of a module without its docstrings; what is put into a text counts as one word."""
    inside, documents = set[int](), set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(node) if part is not node}
        if isinstance(node, ast.Expr):
            documents.add(id(node.value))
    for node in ast.walk(tree):
        if id(node) in inside | documents:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def words(path: Path) -> list[str]:
    """What a module says, however short."""
    return list(constants(ast.parse(path.read_text(encoding="utf-8"))))


def texts(path: Path) -> list[str]:
    """What a module says in more than two words."""
    return [text for text in words(path) if len(text.split()) > 2]


def sentences(text: str) -> list[str]:
    """The sentences of a text; what stands in code is one word, and a list has one in each line."""
    plain = re.sub(r"`[^`]*`", "code", text)
    return re.split(r"(?<=[.!?:])[\s)“”]+|\n", plain)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(BOT).as_posix())
def test_nothing_is_said_in_a_phrase_that_nobody_would_say(path: Path) -> None:
    assert [(phrase, text) for text in words(path) for phrase in FOREIGN if phrase in text] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(BOT).as_posix())
def test_what_can_be_contracted_is(path: Path) -> None:
    assert [text for text in texts(path) if UNCONTRACTED.search(text)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(BOT).as_posix())
def test_no_sentence_has_more_than_twenty_words(path: Path) -> None:
    long = [one for text in texts(path) for one in sentences(text) if len(one.split()) > MOST_WORDS]
    assert long == []
