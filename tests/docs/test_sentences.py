"""A sentence stands once in the tests: what two files assert has a name, and is not written out beside it."""

import ast
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHORTEST, FEWEST_SPACES = 40, 5
"""What is shorter, or has fewer spaces, is no sentence that two tests could come to disagree on."""
NAMED = "sentences.py"
WHERE_TO = (
    "Let the tests share one name for each of these: what people read belongs in tests/sentences.py, what the doctor "
    "or the playground says in the sentences.py of its own tests, and other things in a module that both files use:"
)


def is_long(text: str) -> bool:
    return len(text) >= SHORTEST and text.count(" ") >= FEWEST_SPACES


@cache
def long_strings(source: str) -> list[str]:
    """The long strings of a source, without the spaces around them: parts of f-strings too, but no docstrings."""
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docstrings]
    texts = [node.value.strip() for node in constants if isinstance(node.value, str)]
    return [text for text in texts if is_long(text)]


def repeated(files: Mapping[str, str]) -> list[str]:
    """A line for each long string that stands in several of `files`, with their names."""
    found: dict[str, set[str]] = {}
    for name, source in files.items():
        for text in long_strings(source):
            found.setdefault(text, set()).add(name)
    return [f"{text!r} stands in {', '.join(sorted(names))}" for text, names in found.items() if len(names) > 1]


def written_out(files: Mapping[str, str], named: Mapping[str, str]) -> list[str]:
    """A line for each long string of `files` that is or contains a sentence of `named`, with the name of that."""
    return [
        f"{text!r} in {name} is {of}, or contains it"
        for name, source in files.items()
        for text in long_strings(source)
        for sentence, of in named.items()
        if sentence in text
    ]


@cache
def sources() -> Mapping[str, str]:
    """The sources of all tests, by their paths."""
    paths = sorted((ROOT / "tests").rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def constants() -> dict[str, str]:
    """The long sentences that have names, as a whole, whichever parts they are made of."""
    homes = [name for name in sources() if Path(name).name == NAMED]
    modules = [import_module(home.removesuffix(".py").replace("/", ".")) for home in homes]
    return {
        value.strip(): f"{module.__name__}.{name}"
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, str) and name.isupper() and is_long(value.strip())
    }


def check(wrong: list[str]) -> None:
    if wrong:
        pytest.fail("\n".join([WHERE_TO, *wrong]), pytrace=False)


def test_no_sentence_stands_in_two_files_of_tests():
    check(repeated(sources()))


def test_no_sentence_that_has_a_name_is_written_out_again():
    check(written_out({name: source for name, source in sources().items() if Path(name).name != NAMED}, constants()))


# ---------------------------------------------------------------- the checks themselves

SAID = "Devin is asleep, " + "and nothing of it is lost by that."


def test_a_sentence_in_two_files_is_found_and_both_are_named():
    one = f'"""{SAID}"""\n\ndef test_one():\n    """{SAID}"""\n    assert said() == "{SAID}"\n'
    other = f'def test_other():\n    assert said(name) == f"{{name}} {SAID} {{name}}"\n'
    assert repeated({"tests/one.py": one, "tests/other.py": other}) == [
        f"{SAID!r} stands in tests/one.py, tests/other.py"
    ]


@pytest.mark.parametrize(
    "other",
    [
        f'"""{SAID}"""',
        f'def other():\n    """{SAID}"""',
        f'VALUE = 1\n"""{SAID}"""',
        'SAID = "Devin is asleep."',
        f"ADDRESS = 'https://devin.test/{'a' * SHORTEST}'",
    ],
)
def test_docstrings_and_short_strings_may_stand_anywhere(other):
    assert repeated({"tests/one.py": f'SAID = "{SAID}"\n{other}', "tests/other.py": other}) == []


def test_a_sentence_may_stand_twice_in_one_file():
    assert repeated({"tests/one.py": f'ONE = "{SAID}"\nOTHER = "{SAID}"', "tests/other.py": ""}) == []


def test_a_sentence_that_has_a_name_is_found_wherever_it_is_written_out():
    named = {SAID: "tests.sentences.ASLEEP"}
    begun = f":zzz: {SAID} Reply here."
    assert written_out({"tests/one.py": f'SAID = "{begun}"', "tests/other.py": "SAID = ASLEEP"}, named) == [
        f"{begun!r} in tests/one.py is tests.sentences.ASLEEP, or contains it"
    ]
    assert "sentences.HELP" in " ".join(constants().values())
