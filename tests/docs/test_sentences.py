"""A sentence stands once in the tests: what two files assert has a name, and is not written out beside it.

It is the same sentence where only placeholders or figures differ; then its name is that of a function. Strings are seen
as they stand in the source: what is put together by `+`, `join` or `format` is seen in its parts.
"""

import ast
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHORTEST, FEWEST_SPACES = 40, 5
"""What is shorter, or has fewer spaces, is no sentence that two tests could come to disagree on."""
NAMED = "sentences.py"
MARK = "□"
"""Stands for each placeholder and each figure: a sentence is the same whatever they are."""
FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
WHERE_TO = (
    "Let the tests share one name for each of these: what people read belongs in tests/sentences.py, what the doctor "
    "or the playground says in the sentences.py of its own tests, and other things in a module that both files use. "
    f"What differs, {MARK} here, is an argument where the name is a function:"
)


def is_long(text: str) -> bool:
    """Whether the words of a text are a sentence, without its placeholders."""
    words = text.replace(MARK, "").strip()
    return len(words) >= SHORTEST and words.count(" ") >= FEWEST_SPACES


def marked(text: str) -> str:
    """A text with marks for its figures too, and without what is at its ends besides words."""
    return FIGURE.sub(MARK, text).strip(f"{MARK} \n")


def whole(node: ast.AST, values: Mapping[str, str]) -> str:
    """A string or f-string, with the value of each placeholder that is one of the names in `values`, or a mark."""
    if isinstance(node, ast.JoinedStr):
        return "".join(whole(part, values) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return values.get(ast.unparse(node.value), MARK)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def long_strings_of(tree: ast.AST, values: Mapping[str, str]) -> list[str]:
    """The long strings of a tree, with their marks: whole f-strings and the parts of them too, but no docstrings."""
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    strings = [node for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in docstrings]
    texts = [whole(node, values) for node in strings]
    return list(dict.fromkeys(marked(text) for text in texts if is_long(text)))


@cache
def long_strings(source: str) -> list[str]:
    """The long strings of a file, in which nothing is known of the values of names."""
    return long_strings_of(ast.parse(source), {})


def repeated(files: Mapping[str, str]) -> list[str]:
    """A line for each long string that stands in several of `files`, with their names."""
    found: dict[str, set[str]] = {}
    for name, source in files.items():
        for text in long_strings(source):
            found.setdefault(text, set()).add(name)
    return [f"{text!r} stands in {', '.join(sorted(names))}" for text, names in found.items() if len(names) > 1]


def contains(text: str, sentence: str) -> bool:
    """Whether the words of a sentence stand in a text, one after another, with anything in place of the marks."""
    at = 0
    for words in sentence.split(MARK):
        begins = text.find(words, at)
        if begins < 0:
            return False
        at = begins + len(words)
    return True


def written_out(files: Mapping[str, str], named: Mapping[str, str]) -> list[str]:
    """A line for each long string of `files` that is or contains a sentence of `named`, with the name of that."""
    return [
        f"{text!r} in {name} is {of}, or contains it"
        for name, source in files.items()
        for text in long_strings(source)
        for of in sorted({of for sentence, of in named.items() if contains(text, sentence)})
    ]


@cache
def sources() -> Mapping[str, str]:
    """The sources of all tests, by their paths."""
    paths = sorted((ROOT / "tests").rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def names_in(module: str, source: str, values: Mapping[str, str]) -> dict[str, str]:
    """The long sentences that a module has names for, as a whole, and what it, or a function of it, makes them of."""
    named = {marked(value): f"{module}.{name}" for name, value in values.items() if is_long(value)}
    for statement in ast.parse(source).body:
        for text in long_strings_of(statement, values):
            named.setdefault(text, f"{module}.{defined_by(statement)}")
    return named


def defined_by(statement: ast.stmt) -> str:
    """The function or the name that a statement of a module is about."""
    if isinstance(statement, ast.FunctionDef):
        return statement.name
    return next(node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def all_names() -> dict[str, str]:
    """The long sentences that have names, in all modules that are there for it."""
    named: dict[str, str] = {}
    for home, source in sources().items():
        if Path(home).name == NAMED:
            module = import_module(home.removesuffix(".py").replace("/", "."))
            values = {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
            named |= names_in(module.__name__, source, values)
    return named


def check(wrong: list[str]) -> None:
    if wrong:
        pytest.fail("\n".join([WHERE_TO, *wrong]), pytrace=False)


def test_no_sentence_stands_in_two_files_of_tests():
    check(repeated(sources()))


def test_no_sentence_that_has_a_name_is_written_out_again():
    check(written_out({name: source for name, source in sources().items() if Path(name).name != NAMED}, all_names()))


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


# One sentence, with other placeholders, parts and figures.
BUILT = 'f"{who} sleeps for {hours} h and has cost {acus} ACUs. Reply here to wake it."'
IN_PARTS = 'f"{name(who)} sleeps for {slept} h " f"and has cost {cost} ACUs. Reply here to wake it."'
WRITTEN = '"Devin sleeps for 3 h and has cost 2.5 ACUs. Reply here to wake it."'
MARKED = "sleeps for □ h and has cost □ ACUs. Reply here to wake it."


@pytest.mark.parametrize("other", [IN_PARTS, WRITTEN.replace("Devin ", "")])
def test_a_sentence_is_the_same_whatever_its_placeholders_and_figures_are(other):
    files = {"tests/one.py": f"SAID = {BUILT}", "tests/other.py": f"assert said() == {other}"}
    assert repeated(files) == [f"{MARKED!r} stands in tests/one.py, tests/other.py"]
    assert repeated(files | {"tests/other.py": f"assert said() == {other.replace('wake', 'end')}"}) == []


@pytest.mark.parametrize("written", [IN_PARTS, WRITTEN, WRITTEN.replace("Devin", "OK, Devin")])
def test_what_a_function_builds_is_found_wherever_it_is_written_out(written):
    named = names_in("tests.sentences", f"def asleep(who, hours, acus):\n    return {BUILT}", {})
    assert named == {MARKED: "tests.sentences.asleep"}
    (found,) = written_out({"tests/one.py": f"SAID = {written}"}, named)
    assert found.endswith(" in tests/one.py is tests.sentences.asleep, or contains it")
    assert written_out({"tests/one.py": f"SAID = {written.replace('wake', 'end')}"}, named) == []


def test_the_same_words_in_another_order_are_another_sentence():
    other = '"Devin used 2.5 ACUs. Reply here to wake it. It sleeps for 3 h and has cost nothing more."'
    assert written_out({"tests/one.py": f"SAID = {other}"}, {MARKED: "tests.sentences.asleep"}) == []


def test_names_within_a_sentence_count_as_what_they_stand_for():
    source = 'def not_started(what):\n    return f"{what} is archived, so {NOTHING}."'
    named = names_in("tests.sentences", source, {"NOTHING": "nothing was started or sent"})
    assert named == {"is archived, so nothing was started or sent.": "tests.sentences.not_started"}
    assert names_in("tests.sentences", source, {}) == {}


def test_a_long_part_of_a_sentence_that_has_a_name_is_found_in_another_sentence():
    named = names_in("tests.sentences", f'ASLEEP = f"{{SIGN}} {SAID} {{MORE}} Reply here."', {})
    assert len(written_out({"tests/one.py": f'SAID = "{SAID} Reply here."'}, named)) == 1
    assert written_out({"tests/one.py": f'SAID = "{SAID} Write here."'}, named) == [
        f"'{SAID} Write here.' in tests/one.py is tests.sentences.ASLEEP, or contains it"
    ]


def test_few_words_between_placeholders_may_stand_anywhere():
    few = 'f"{who} has {many} of {all} here {when}, {more} there and {rest} once again"'
    assert names_in("tests.sentences", f"def few():\n    return {few}", {}) == {}
    assert repeated({"tests/one.py": f"FEW = {few}", "tests/other.py": f"FEW = {few}"}) == []


def test_the_names_that_there_are_are_known():
    assert {"tests.sentences.HELP", "tests.sentences.not_yours", "tests.playground.sentences.no_free_port"} <= set(
        all_names().values()
    )
