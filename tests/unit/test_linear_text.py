"""No text takes more than linear work, however it was made to: whoever may write could keep everybody else waiting.

Work is counted and not timed, so a slow machine changes nothing. Two things are looked at: each regular expression of
the bot by itself, which is attacked with texts that its own form suggests; and each function over texts of people or of
Devin, with the lines that it runs, the characters that it copies and the steps of its expressions.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import inf
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bot
import handlers
from bot.conversation import lookup
from bot.conversation.thread_context import ContextMessage, ThreadContext
from bot.devin import errors as devin_errors
from bot.domain import announcements, file, person, redaction, reply_rules, secrets, session, text, title_words
from bot.domain.commands import (
    arguments,
    intent,
    option_words,
    options,
    parser,
    picked,
    quotation_marks,
    small_talk,
)
from bot.features import COMMANDS
from bot.features.audit import rules as audit_query
from bot.features.budgets import words as budget_words
from bot.features.library import words as library_words
from bot.logs import redact
from bot.slack import block_text, rendering
from bot.views import blocks, card, plain_text
from bot.views import text as views_text
from tests.regex_steps import Stepped, TooMuchWorkError, attacks
from tests.work import METHODS, CountedPattern, Work, count_expressions, grows_too_fast

pytestmark = pytest.mark.edge

LONGEST: Final = 40_000  # characters: as long as a text in Slack can be
NOT_READ: Final = ("bot.playground", "bot.store.migrations", "bot.__main__")

# ---------------------------------------------------------------- expressions

SHARES: Final = 40  # in which they are dealt out to the workers of a run
HOW: Final = {"match": "match", "fullmatch": "whole"}  # every other method searches


def modules() -> list[ModuleType]:
    packages = (bot, handlers)
    found = [
        one.name for package in packages for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    names = [*(package.__name__ for package in packages), *found]
    return [importlib.import_module(name) for name in names if not name.startswith(NOT_READ)]


def trees() -> list[tuple[ModuleType, ast.Module]]:
    return [(module, ast.parse(Path(str(module.__file__)).read_text())) for module in modules()]


def compiled() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Each expression that is a constant of a module, or a part of one, with its name."""

    def inside(name: str, value: object) -> Iterator[tuple[str, re.Pattern[str]]]:
        if isinstance(value, re.Pattern):
            yield name, value
        for part in value if isinstance(value, list | tuple | frozenset) else ():
            yield from inside(name, part)

    for module in modules():
        for name, value in vars(module).items():
            yield from inside(name, value)


@cache  # found by the first test that needs them, since most runs have none of these tests
def expressions() -> dict[tuple[str, int, str], re.Pattern[str]]:
    """Each expression of the bot, for each way in which it is applied: a search, unless the code says otherwise."""
    ways, found = ways_by_name(), {}
    for _, tree in trees():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if is_of_re(call.func) and call.func.attr in METHODS and isinstance(call.args[0], ast.Constant):
                flags = [eval(ast.unparse(one.value), {"re": re}) for one in call.keywords if one.arg == "flags"]
                pattern = re.compile(call.args[0].value, *flags)
                found[pattern.pattern, pattern.flags, HOW.get(call.func.attr, "search")] = pattern
    for name, pattern in compiled():
        for way in ways.get(name, {"search"}):
            found[pattern.pattern, pattern.flags, way] = pattern
    return found


def ways_by_name() -> dict[str, set[str]]:
    """The ways in which the expression of a name is applied, as in `LIST.match` or `patterns.LIST.match`."""
    ways = {"_PHRASE": {"match"}, "_AHEAD": {"match"}}  # of small talk, which gives them another name
    for node in (node for _, tree in trees() for node in ast.walk(tree)):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in METHODS
            and isinstance(node.value, ast.Name | ast.Attribute)
        ):
            name = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            ways.setdefault(name, set()).add(HOW.get(node.attr, "search"))
    return ways


def is_of_re(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"


def steps(expression: Stepped, way: str, written: str, most: float) -> float:
    expression.steps, expression.most = 0, most
    try:
        if way == "search":
            expression.scan(written)
        else:
            expression.match(written, whole=way == "whole")
    except TooMuchWorkError:
        return inf
    return expression.steps


def repeated(beginning: str, unit: str, size: int) -> str:
    return beginning + (unit * (size // len(unit) + 1))[:size]


def weakness(pattern: re.Pattern[str], way: str, sizes: Sequence[int]) -> tuple[str, str, str] | None:
    """The beginning, the repeated part and the end of a text that takes `pattern` more than linear work."""
    expression = Stepped(pattern)
    for beginning, unit in attacks(pattern):
        for end in ("", " \n\x01"):  # the second one fits few expressions, so that the last try fails

            def work(size: int, parts: tuple[str, str, str] = (beginning, unit, end)) -> float:
                return steps(expression, way, repeated(*parts[:2], size) + parts[2], most=1_000 * size)

            if grows_too_fast(work, sizes):
                return beginning, unit, end
    return None


def weak(share: int, sizes: Sequence[int]) -> dict[tuple[str, int, str], tuple[str, str, str]]:
    """The expressions of one of the shares that have a weakness."""
    ours = sorted(expressions(), key=str)[share::SHARES]  # in one order in all workers of a run
    assert ours
    return {key: found for key in ours if (found := weakness(expressions()[key], key[2], sizes)) is not None}


@pytest.mark.parametrize("share", range(SHARES))
def test_no_expression_takes_more_than_linear_steps(share):
    assert weak(share, (64, 256, 1024)) == {}


@pytest.mark.early
@pytest.mark.long
@pytest.mark.parametrize("share", range(SHARES))
def test_nor_with_longer_texts(share):
    assert weak(share, (256, 1024, 4096)) == {}


@pytest.mark.parametrize(
    ("written", "way"),
    [
        (r"[ \t]*<@U0BOT(?:\|[^<>]*)?>", "search"),
        (r"(?<=://)[^\s/@]+:[^\s/@]+(?=@)", "search"),
        (r"(?<=\[parameters: ).*?(?=\])", "search"),
        (r"(?:[a-z]+://)?github\.com/", "search"),
        (r"https?://\S+/sessions/[\w-]+/?(?:[?#]\S*)?", "whole"),
        (r"(?:\w+\s?)+\.", "match"),
        (r".*,.*;", "match"),
        (r"(?:a|a)*b", "match"),
    ],
)
def test_an_expression_that_backtracks_is_found(written, way):
    """All but the last three were in the bot once."""
    assert weakness(re.compile(written), way, (64, 256)) is not None


# What is compiled in functions: the patterns of an operator's own, for which they answer, and `rules`.
IN_FUNCTIONS: Final = ("bot.config._expression", "bot.domain.redaction.__init__", "bot.domain.redaction.pattern")


def test_expressions_are_no_variables():
    """Those that are compiled in a function, or made from variables, could not be looked at here."""
    found = [
        f"{module.__name__}.{getattr(function, 'name', 'lambda')}"
        for module, tree in trees()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and is_of_re(call.func) and call.func.attr in {*METHODS, "compile"}
        if call.func.attr == "compile" or not isinstance(call.args[0], ast.Constant)
    ]
    assert sorted(found) == sorted(IN_FUNCTIONS)


def rules() -> list[redaction._Rule]:
    """The rules by which secrets are found, whose expressions are compiled when they are needed."""
    by_keyword = redaction._in_use._rules
    return list({id(rule): rule for some in by_keyword for rule in some}.values())


@pytest.mark.parametrize("share", range(8))
def test_no_expression_for_secrets_takes_more_than_linear_steps(share):
    """Searched for at each place, though the bot tries them only behind their keywords."""
    sizes = (256, 1024, 4096)  # many are as long as the others' first size
    found = {rule.source: weakness(rule.pattern, "search", sizes) for rule in rules()[share::8]}
    assert {pattern: weak for pattern, weak in found.items() if weak is not None} == {}


# ---------------------------------------------------------------- functions

Function = Callable[[str], object]
# In these modules each public function that takes one text, and needs nothing else, is looked at without being named.
OF_TEXTS: Final = (
    *(text, file, announcements, person, secrets, session, option_words, options, arguments, small_talk, parser),
    *(intent, reply_rules, title_words),
    *(audit_query, budget_words, library_words, picked, quotation_marks),
    *(views_text, plain_text, blocks, card, block_text, rendering, lookup),
)
PLAYBOOKS: Final = {title.lower(): title for title in ("Upgrade deps", "Review", "Fix the build")}
KNOWN: Final = options.Known(PLAYBOOKS, options.repos_by_name(["acme/web", "acme/api"]), complete=True)
READER: Final = parser.Parser(COMMANDS.specs)
CALL: Final = httpx.Request("GET", "https://api.devin.ai/v3/self")


def of_one_text(module: ModuleType) -> Iterator[tuple[str, Function]]:
    for name, function in vars(module).items():
        if not isinstance(function, FunctionType) or name.startswith("_") or function.__module__ != module.__name__:
            continue
        first, *others = inspect.signature(function).parameters.values()
        if first.annotation in {str, str | None} and all(one.default is not one.empty for one in others):
            yield f"{module.__name__}.{name}", function


def of_an_app(written: str) -> dict[str, Any]:
    words = {"type": "mrkdwn", "text": written}
    attached = {"title": written, "title_link": written, "text": written, "fallback": written, "footer": written}
    return {
        "text": written,
        "bot_id": "B1",
        "blocks": [{"type": "section", "text": words, "fields": [words]}],
        "attachments": [attached],
    }


def in_rich_text(written: str) -> dict[str, Any]:
    words = [{"type": "text", "text": part} for part in written.split(" ")]
    kinds = ("rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_list")
    return {"blocks": [{"type": "rich_text", "elements": [{"type": kind, "elements": words} for kind in kinds]}]}


def forwarding(written: str) -> dict[str, Any]:
    inner = {"is_share": True, "text": written, "author_name": written, "from_url": written}
    return {"attachments": [{**inner, "channel_name": written, "attachments": [inner]}]}


def in_context(written: str) -> ThreadContext:
    return ThreadContext(
        (ContextMessage("ben (U0BEN)", 0.0, written), ContextMessage("ann (U0ANN)", 0.0, "x", written))
    )


def read_by(name: str) -> Function:
    function: Function = getattr(READER, name)
    return function


NAMED: Final[dict[str, Function]] = {
    "without_mention": lambda written: text.without_mention(written, "U0BOT"),
    "plain, with names": lambda written: text.plain(written, {"U1": written[:80]}),
    "without": lambda written: option_words.without(written, [(at, at + 1) for at in range(0, len(written), 3)]),
    "parse_request, with playbooks": lambda written: options.parse_request(written, KNOWN),
    **{f"Parser.{name}": read_by(name) for name in ("slash", "doubt", "addressed", "verb")},
    "Parser.doubt_as_read": lambda written: READER.doubt_as_read(written, written),
    "escaped": lambda written: views_text.escaped(written, 3_000),
    "shortened": lambda written: views_text.shortened(written, 3_000),
    "link": lambda written: views_text.link(written[:900], written),
    "notification": lambda written: plain_text.notification(written, written),
    "without_blocks": lambda written: plain_text.without_blocks(
        [blocks.section(written), blocks.markdown(written)], None
    ),
    "sections": lambda written: blocks.sections(written.split("\n")),
    "text_of an app": lambda written: rendering.text_of(of_an_app(written)),
    "text_of rich text": lambda written: rendering.text_of(in_rich_text(written)),
    "quoted": lambda written: rendering.quoted(forwarding(written)),
    "app_name": lambda written: rendering.app_name({"bot_id": "B1", "username": written}),
    "ThreadContext.written": lambda written: in_context(written).written(()),
    "redact": lambda written: redact(written, ["0123456789abcdef"]),
    "an error of Devin's": lambda written: devin_errors._without_secrets(written, CALL),
}
FUNCTIONS: Final = {**dict(pair for module in OF_TEXTS for pair in of_one_text(module)), **NAMED}

UNITS: Final = (
    *(
        " ",
        "\t",
        "\n",
        ":",
        "[",
        "]",
        "(",
        ")",
        "`",
        '"',
        "'",
        "=",
        "<",
        ">",
        "*",
        "|",
        "@",
        "/",
        "-",
        "_",
        "~",
        "&",
        "\\",
    ),
    *("a", "A", "👍", "\u200b", "\x00", "a ", "a\n", "a.", "a:", "x://a:", "https://a ", "http://h/services/T"),
    *("<@", "<@U0BOT|", "<@U0BOT> ", " <@U0BOT>", "<#C1", "<!subteam^S", "<https://a|", "<a ", "<!--", "&amp;"),
    *("a= ", " acu=", "acu : ", "repo= ", "repo=a/b ", 'title="a ', "tags=a,", "repo=(", "a(", "(a=1) ", "modus=x "),
    *(
        "```",
        "```\n",
        "`a",
        "~~~\n",
        "**",
        "[a](",
        "![",
        "> ",
        "1. ",
        "|a|\n",
        "![a](https://a.devin.ai/attachments/a/",
    ),
    *('ATTACHMENT:"https://', "ATTACHMENT:{", "[parameters: ", "input_value=", "input_value=, input_type=", "xoxb-"),
    *(
        "-apk_0A",
        "-AKIA2222222222222222",
        "-cog_A0XXXXXXXX",
        "password=a1",
        "so much ",
        ":a:",
        "devin-",
        "https://x/sessions/a?",
        "!stop ",
        "stop ",
        "[Slack 1",
        "Reference: slack-",
    ),
)
BEGINNINGS: Final = ("", "repo=", "fix ", "!", "stop ", "ATTACHMENT:", "<@U0BOT> ")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """What the bot does in this test is counted, with the steps of its expressions."""
    intent.weights()  # which a process reads before anybody waits
    found = Work()
    for rule in rules():  # each keeps its expression once it was needed, which may not count in the tests behind this
        monkeypatch.setitem(vars(rule), "pattern", CountedPattern(rule.pattern, found))
    count_expressions(found, modules(), monkeypatch)
    return found


def done(work: Work, function: Function, written: str) -> float:
    # Where each character becomes a word to the model, as an emoji does, it takes 600 steps, of at most 2,000 of them.
    work.done, work.most = 0, 20_000 + 1_500 * len(written)
    try:
        with work.counted():
            consume(function(written))
    except TooMuchWorkError:
        return inf
    return work.done


def consume(result: object) -> None:
    if isinstance(result, Iterator):
        list(result)


def slow(work: Work, function: Function, beginning: str, unit: str, sizes: Sequence[int] = (32, 128, 512)) -> bool:
    return grows_too_fast(lambda size: done(work, function, repeated(beginning, unit, size)), sizes)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_does_more_than_linear_work(name, work):
    assert [unit for unit in UNITS if slow(work, FUNCTIONS[name], "", unit)] == []


@pytest.mark.parametrize("unit", ["-apk_0A", "-AKIA2222222222222222"])
def test_a_text_full_of_keys_that_go_to_its_end_takes_linear_work(unit, work):
    assert not slow(work, secrets.has_secret, "", unit, (256, 1024, 4096))


@pytest.mark.long
@pytest.mark.parametrize("name", FUNCTIONS)
def test_nor_with_longer_texts_of_people(name, work):
    assert [unit for unit in UNITS if slow(work, FUNCTIONS[name], "", unit, (128, 512, 2048))] == []


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(FUNCTIONS)),
    st.sampled_from(BEGINNINGS),
    st.lists(st.sampled_from(UNITS), min_size=2, max_size=4).map("".join),
)
def test_no_mixture_costs_a_function_more_than_linear_work(work, name, beginning, unit):
    assert not slow(work, FUNCTIONS[name], beginning, unit)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_takes_the_longest_text(name):
    """Without counting: a function that does too much would not come to an end."""
    for unit in UNITS:
        consume(FUNCTIONS[name](repeated("", unit, LONGEST)))


def concatenating(written: str) -> str:
    joined = ""
    for part in written.split(" "):
        joined = joined + part
    return joined


def cutting(written: str) -> str:
    while written.startswith((" ", "a")):
        written = written[1:]
    return written


def searching(written: str) -> int:
    found = (re.compile("a[^b]*b").search(written, at) for at in range(len(written)))
    return sum(one is not None for one in found)


@pytest.mark.parametrize("function", [concatenating, cutting, searching])
def test_a_function_that_does_too_much_is_found(function, monkeypatch):
    """Whether it copies what it has so far again and again, or begins to search anew at each character."""
    found = Work(__file__)
    count_expressions(found, [sys.modules[__name__]], monkeypatch)
    assert slow(found, function, "", "a ")
