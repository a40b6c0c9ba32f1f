"""What people read is short, says do not as "don't", and uses no phrase that nobody would say aloud."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
BOT: Final = ROOT / "bot"
PAGE: Final = BOT / "playground/page"
MOST_WORDS: Final = 20  # in a sentence
IN_SLACK: Final = {
    *(BOT / "views").rglob("*.py"),
    *(BOT / "features").rglob("*sentences.py"),
    *(BOT / "features").rglob("modal.py"),
    *(BOT / "features").rglob("specs.py"),
    *(BOT / "features").rglob("form.py"),
    *(set((BOT / "features").rglob("rules.py")) - {BOT / "features/fan_out/rules.py"}),  # its states are stored
    *(BOT / "features/digest").glob("digest_*.py"),
    BOT / "features/usage/figure_files.py",
    BOT / "devin/known_defaults.py",
    BOT / "domain/commands/registry.py",
    BOT / "domain/commands/options.py",
    BOT / "conversation/steer/reply.py",
    BOT / "conversation/steer/reply_loss.py",
    BOT / "kernel/commands/devin_failures.py",
}
OF_THE_OPERATOR: Final = {
    *(BOT / "doctor").glob("*.py"),
    *(BOT / "engine").glob("*.py"),
    *(BOT / "server").glob("*.py"),
    BOT / "__main__.py",
    BOT / "config.py",
    BOT / "connect.py",
    BOT / "domain/roles.py",
    BOT / "domain/settings_file.py",
    BOT / "domain/settings_values.py",
    BOT / "engines.py",
    BOT / "manifest.py",
    BOT / "metrics.py",
    BOT / "opening.py",
    BOT / "store/database/refusals.py",
    BOT / "store/database/unreachable.py",
    BOT / "tracing/start.py",
}
OF_THE_PLAYGROUND: Final = {
    *(set((BOT / "playground").glob("*.py")) - {BOT / "playground/script.py"}),  # a conversation, and Devin's words
    *PAGE.glob("*.py"),
    *(PAGE / "static").glob("*.js"),
}
ELSEWHERE: Final = {ROOT / "manifest.yml", ROOT / ".env.example"}
MODULES: Final = sorted(IN_SLACK | OF_THE_OPERATOR | OF_THE_PLAYGROUND | ELSEWHERE)
FOREIGN: Final = (
    "looking whether",
    "goes on",
    "where Devin stays out",
    "are for the admins of",
    "for admins of Devin Bridge",
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
    "At Devin",
    "ention me",
    "obody knows",
    "stays spent",
    "to be asked again",
    " whom ",
    "organisation ",
    "organisation'",
    "Organisation",
    " at Slack",
    "lately",
    "ith commas between",
    "go first",
    "nobody ",
    "Nobody ",
    "omebody",
    "verybody",
    "takes no ",
    "it stands",
    "stands in",
    "own name",
    " says more",
    "cancelled",
    "There is ",
)
UNCONTRACTED: Final = re.compile(
    r"\b(?:do|does|did|is|are|was|were|has|have|could|would|should|will|can) ?not\b(?!\*)", re.IGNORECASE
)
# A refusal that has no button names what to do next, unless all is as its reader wants it, or somebody else acts.
REFUSES: Final = re.compile(r"\b(?:[Nn]othing (?:was|changed|to)|[Nn]ot started|can't|couldn't|doesn't allow)\b")
AS_WANTED: Final = re.compile(
    r"\b(?:already|have their own|is over|no longer|[Tt]here was nothing|as soon as|nothing was (?:raised|saved)|OK)\b"
)
NEXT_STEP: Final = re.compile(
    r"`|\b(?:[Aa](?:dd|gain|nswer|sk)|[Cc](?:hange|heck|hoose|lear|opy|ount)|[Dd]elete|[Gg]ive|[Ii]nvite|[Jj]oin"
    r"|[Mm]ention|[Nn]ame|[Oo]pen|[Pp](?:aste|ick|ress)|[Rr](?:ead|emove|epeat|eply|esend|un)"
    r"|[Ss](?:ee|end|et|horten|plit|tart it)|[Tt](?:ake|ell|ry|ype)|[Uu](?:narchive|se)|[Ww](?:ait|rite)|continues it"
    r"|can (?:grant|raise|reactivate|send|connect|limit|start)|no need to)\b"
)
PUT_IN: Final = re.compile(r"…\W*(?:Nothing was \w+\.)?$")  # what is put into a text ends it, and may be the step
MEASURED: Final = {"Devin can't be used in channels shared with other companies. Nothing was started."}
SLACKS_OWN: Final = ("… is not supported in threads. Sorry!", "… is not a valid command. ")  # begin its texts
QUOTED: Final = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`([^`]*)`')
COMMENT: Final = re.compile(r"^\s*(?:(?://|/?\*|#).*)$", re.MULTILINE)


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


def messages(path: Path) -> Iterator[str]:
    """The texts that a module shows as a whole, without a button; what is put into one counts as a word."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Message" and len(node.args) == 1:
            yield from constants(ast.Expression(node.args[0]))


def quoted(script: str) -> list[str]:
    """The texts of a script of the page, each with what is put into it as one word."""
    found = [one or other for one, other in QUOTED.findall(COMMENT.sub("", script))]
    return [re.sub(r"\$\{[^}]*\}", "…", text) for text in found if re.match(r"(?!M\d)[^\n]*$", text)]  # no drawing


def lines(settings: str) -> list[str]:
    """The comments and values of a file that people fill in or paste; a comment of several lines is one text."""
    comments = re.sub(r"(?<!=)\n# ", " ", settings)
    return [re.sub(r"^\S+: ", "", line.strip().removeprefix("- ")) for line in comments.split("\n")]


@cache
def words(path: Path) -> list[str]:
    """What a module says, however short."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".py":
            return list(constants(ast.parse(text)))
        case ".js":
            return quoted(text)
        case _:
            return lines(text)


def texts(path: Path) -> list[str]:
    """What a module says in more than two words."""
    return [text for text in words(path) if len(text.split()) > 2]


def sentences(text: str) -> list[str]:
    """The sentences of a text; what stands in code is one word, and a list has one in each line."""
    plain = re.sub(r"`[^`]*`", "code", text)
    return re.split(r"(?<=[.!?:])[\s)“”]+|\n", plain)


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.relative_to(ROOT).as_posix())


@each(MODULES)
def test_nothing_is_said_in_a_phrase_that_nobody_would_say(path: Path) -> None:
    assert [(phrase, text) for text in words(path) for phrase in FOREIGN if phrase in text] == []


@each(MODULES)
def test_what_can_be_contracted_is(path: Path) -> None:
    assert [text for text in texts(path) if UNCONTRACTED.search(text) and not text.startswith(SLACKS_OWN)] == []


@each(MODULES)
def test_no_sentence_has_more_than_twenty_words(path: Path) -> None:
    long = [one for text in texts(path) for one in sentences(text) if len(one.split()) > MOST_WORDS]
    assert long == []


@each(sorted(IN_SLACK))
def test_a_refusal_without_a_button_says_what_to_do_next(path: Path) -> None:
    refusals = [text for text in messages(path) if REFUSES.search(text) and not PUT_IN.search(text)]
    ends = [text for text in refusals if not NEXT_STEP.search(text) and not AS_WANTED.search(text)]
    assert set(ends) <= MEASURED
