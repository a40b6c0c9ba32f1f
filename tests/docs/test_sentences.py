"""What people read is short American English: contracted, by our rules, and in no phrase that nobody would say."""

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
MOST_WORDS_OF_A_PAPER: Final = 25
MOST_WORDS_OF_A_BUTTON: Final = 3
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
    BOT / "features/home/flow.py",
    BOT / "features/usage/part_names.py",
    BOT / "kernel/commands/devin_failures.py",
    BOT / "kernel/commands/help.py",
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
    BOT / "store/database/connection.py",
    BOT / "store/database/outage.py",
    BOT / "store/database/refusals.py",
    BOT / "store/database/unreachable.py",
    BOT / "store/erasure.py",
    BOT / "store/specs.py",
    BOT / "tracing/start.py",
}
OF_THE_PLAYGROUND: Final = {
    *(set((BOT / "playground").glob("*.py")) - {BOT / "playground/script.py"}),  # a conversation, and Devin's words
    *PAGE.glob("*.py"),
    *(PAGE / "static").glob("*.js"),
    *(PAGE / "templates").glob("*.html"),
    *(BOT / "playground/devin" / f"{name}.py" for name in ("control", "shapes", "switches")),
    *(BOT / "playground/slack" / f"{name}.py" for name in ("control", "faults", "fields", "interactions")),
    *(BOT / "playground/slack" / f"{name}.py" for name in ("people", "reading", "shares", "world")),
}
ELSEWHERE: Final = {ROOT / "manifest.yml", ROOT / ".env.example"}
MODULES: Final = sorted(IN_SLACK | OF_THE_OPERATOR | OF_THE_PLAYGROUND | ELSEWHERE)
# The words of the code stand in the one page, and other people's licenses in the other.
PAPERS: Final = sorted(
    {*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")} - {ROOT / "docs/vocabulary.md", ROOT / "docs/licenses.md"}
)
FOR_ENGINEERS: Final = {
    *(ROOT / f"{name}.md" for name in ("CHANGELOG", "CONTRIBUTING")),
    *(ROOT / f"docs/{name}.md" for name in ("design", "performance", "scaling", "security", "understanding")),
}
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
# What can be seen of the rules without reading: 5 and 7 need a reader, and `FOREIGN` has the phrases of the others.
BRITISH: Final = (
    r"rganisation[ 's.,:?]|ancell(?:ed|ing)|nalys(?:e[sd]?|ing)\b|(?:col|behavi|fav|hon)our|\blicence|\bcentre\b"
    r"|atalogue|any more\b|e-mail|\d %|\b(?:some|every|any|no)body\b|(?:whi|among|amid)st\b|\bshall\b"
)
RULES: Final = {
    "1 name the person": r"(?<!person )(?<!people )\b[Ww]ho(?:ever)? asked\b|\bwhom\b",
    "2 use the noun": r"(?:^|(?<=[.:!] ))What(?:'s)? [^.?!:]*(?:[.!]|$)",
    "3 use the everyday verb": r"\b(?:stands?|stood|holds?|ties|tied) (?!by\b|or\b)|\bbegins? anew\b|\bgo(?:es)? on\b",
    "4 modifier first": r"\b(?:of|for|in|by|with|on|to|from|at) (?:which|whose|whom)\b",
    "6 is …ing for now": r"\bDevin (?:waits|sleeps)\b|\bstill (?:waits|works)\b",
    "7 no grammar": r"(?:Use|Write|Try|Type) `[^`]*\|",
    "8 once": r"othing (?:was|is|changed)\b.*othing (?:was|is|changed)\b",
    "10 American": BRITISH,
    "one word": r"\b(?:refus(?:e|ed|es|al)|ceiling|requester|unfollowed|afresh|wake up)\b|\b(?:We|we|our|Our)\b",
}
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
SLACKS_OWN: Final = (  # begin its texts
    "… is not supported in threads. Sorry!",
    "… is not a valid command. ",
    "We had some trouble connecting. Try again?",
)
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


def visible(page: str) -> list[str]:
    """The texts between the tags of a page, and those that are read aloud."""
    return [*re.findall(r'(?:aria-label|title|placeholder)="([^"]+)"', page), *re.split(r"\s*<[^>]*>\s*", page)]


def paragraphs(paper: str) -> list[str]:
    """The paragraphs, items, and cells of a paper, without its code and where its links lead."""
    plain = re.sub(r"```.*?```|!\[[^]]*\]\([^)]*\)|^\[[^]]+\]: .*$", "", paper, flags=re.DOTALL | re.MULTILINE)
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", re.sub(r"`[^`]*`", "code", plain))
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*#|]|\d+\.)(?: |#|-))", plain)
    return [" ".join(part.split()) for block in blocks for part in block.split(" | ")]


@cache
def words(path: Path) -> list[str]:
    """What a module says, however short."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".py":
            return list(constants(ast.parse(text)))
        case ".js":
            return quoted(text)
        case ".md":
            return paragraphs(text)
        case ".html":
            return visible(text)
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


def labels(path: Path, made_by: str) -> Iterator[str]:
    """What the buttons of a module say, which functions called like this make; what is put in counts as one word."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and re.fullmatch(made_by, ast.unparse(node.func)):
            yield from constants(ast.Module([ast.Expr(ast.List([node.args[0]]))], []))


def longer(path: Path, most: int) -> list[str]:
    return [one for text in texts(path) for one in sentences(text) if len(one.split()) > most]


def broken(text: str) -> list[str]:
    plain = re.sub(r"`[^`|]*`", "code", text)
    return [f"{rule}: {text}" for rule, pattern in RULES.items() if re.search(pattern, plain)]


@each([*MODULES, *PAPERS])
def test_nothing_is_said_in_a_phrase_that_nobody_would_say(path: Path) -> None:
    assert [(phrase, text) for text in words(path) for phrase in FOREIGN if phrase in text] == []


@each([*MODULES, *PAPERS])
def test_what_can_be_contracted_is(path: Path) -> None:
    assert [text for text in texts(path) if UNCONTRACTED.search(text) and not text.startswith(SLACKS_OWN)] == []


@each(MODULES)
def test_no_text_breaks_a_rule(path: Path) -> None:
    assert [found for text in texts(path) if text not in SLACKS_OWN for found in broken(text)] == []


@each([*MODULES, ROOT / "README.md"])
def test_no_sentence_has_more_than_twenty_words(path: Path) -> None:
    assert longer(path, MOST_WORDS) == []


@each([path for path in PAPERS if path not in FOR_ENGINEERS])
def test_no_sentence_of_a_page_has_more_than_twenty_five(path: Path) -> None:
    assert longer(path, MOST_WORDS_OF_A_PAPER) == []


@each(sorted(path for path in IN_SLACK if path.suffix == ".py"))
def test_a_button_has_at_most_three_words_and_the_second_one_names_what_stays(path: Path) -> None:
    long = [
        text for text in labels(path, r".*\b(?:choice|answer|button)") if len(text.split()) > MOST_WORDS_OF_A_BUTTON
    ]
    assert long == []
    declines = labels(path, r".*\bno")
    assert [text for text in declines if text not in {"No", "Cancel"} and not text.startswith("Keep ")] == []


@each(sorted(IN_SLACK))
def test_a_refusal_without_a_button_says_what_to_do_next(path: Path) -> None:
    refusals = [text for text in messages(path) if REFUSES.search(text) and not PUT_IN.search(text)]
    ends = [text for text in refusals if not NEXT_STEP.search(text) and not AS_WANTED.search(text)]
    assert set(ends) <= MEASURED
