"""One word for one thing: names in the code keep to docs/vocabulary.md, and a constant has one value."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import combinations
from pathlib import Path

import pytest

from bot.metrics import Metrics
from bot.store.specs import metadata

ROOT = Path(__file__).parent.parent.parent
NOT_OURS = (
    "bot/playground",  # has words of its own,
    "tests/page",  # and so have its tests
    "tests/playground",
    "bot/store/migrations",  # stay as they are once they are released
)

# Words that names are not made of, and what to say instead. `_` joins the words of a phrase.
RETIRED = {
    "rest_of rests comes_to_rest come_to_rest": "resting",
    "hear hears heard hearing listen listens listened": "read_messages, NewMessages",
    "tell tells telling told untold": "announce, announced, unannounced (of an answer: message)",
    "news": "announcement",
    "whisper whispers": "reply_privately",
    "twin twins": "duplicate",
    "stranger strangers": "external (of a person), unrecognised (of a session)",
    "stir stirs stirred": "apply_reply_status, applied",
    "saw": "advance_last_seen",
    "owe owes owing owed": "mark_unread, unread",
    "restless": "count_active, active",
    "brief briefs briefing briefings": "Prompt, PromptBuilder",
    "finder finders": "SessionLookup, lookup",
    "admission": "Access",
    "overview": "SessionList",
    "leftover leftovers left_over left_overs": "purge",
    "forget forgets forgotten forgetting": "purge, purged",
    "right_of_way": "PriorityGate",
    "in_one_trip trip": "run_in_writer_thread",
    "pace paces": "rate_limit, rate_limits",
    "bury buries buried": "mark_dead, dead",
    "dead_row dead_rows": "dead_letter, dead_letters",
    "seat seats": "slot",
    "piece pieces": "batch (of a text: part)",
    "deaf": "disconnected",
    "door doors": "RequestGate",
    "dear dearest": "most_expensive",
    "hasten hastens": "wake_by",
    "give_up gives_up given_up giving_up": "on_dead, mark_dead",
    "ledger ledgers book books": "UsageLedger, usage_ledger",
    "look looks looked looking": "poll, check, look_up",
    "round rounds": "poll cycle",
    "tools": "Services",
    "papers": "docs",
}
# Phrases in which such a word is fine.
FINE = ("usage_ledger", "look_at", "look_up", "look_ups", "looks_up", "looked_up", "looking_up", "round_to", "round_up")
# Names that only as a whole, and in this case, mean what has another name.
RETIRED_CLASSES = {
    "Control": "SessionCommands",
    "Later": "Reschedule",
    "Listener": "Recipient",
    "Order": "StartFromCommand",
    "Phase": "DisplayState",
    "Place": "Workspace",
    "Relay": "RelayPosition",
    "Rules": "Policy",
    "Seen": "PolledSession",
    "Stage": "Lifecycle",
    "Step": "UnitOfWork",
    "Tracked": "TrackedSession",
    "Turn": "WriteLock",
    "Watch": "Poller",
}
# The same of parameters, keyword arguments and attributes. Variables may have such a name, which is ordinary English,
# and so may the parameters of adapters and tests: a path has steps, and so has a bot that is killed at one of them.
ORDINARY_FIELDS = ("bot/devin", "bot/slack", "tests")
RETIRED_FIELDS = {
    "listener": "recipient",
    "phase": "display state",
    "place": "workspace",
    "relay": "position",
    "rules": "policy",
    "seen": "snapshot",
    "stage": "lifecycle",
    "step": "unit of work",
}
# The same of functions in these folders.
RETIRED_FUNCTIONS = {
    ("bot/flows", "bot/views"): {"say": "announce", "said": "announced"},
    ("bot/flows", "bot/store"): {"given": "admit", "later": "reschedule", "see": "apply_snapshot"},
}
REPLACEMENTS = {tuple(word.split("_")): instead for words, instead in RETIRED.items() for word in words.split()}


@dataclass(frozen=True)
class Named:
    """A name and where it stands; `kind` is class, function, field, variable, module, event, table or metric."""

    name: str
    where: str
    kind: str


def words_of(name: str) -> list[str]:
    """The words of a name in snake case, camel case or both; also those of a sentence."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def phrases_in(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[first:end]) for first, end in combinations(range(len(words) + 1), 2)}


def without_fine_phrases(words: list[str]) -> list[str]:
    joined = f"_{'_'.join(words)}_"
    for phrase in FINE:
        joined = joined.replace(f"_{phrase}_", "_._")
    return joined.strip("_").split("_")


@cache  # many things have the same name
def retired_phrases(name: str) -> list[tuple[str, str]]:
    found = phrases_in(without_fine_phrases(words_of(name))) & REPLACEMENTS.keys()
    return [("_".join(phrase), REPLACEMENTS[phrase]) for phrase in sorted(found)]


def retired_as_a_whole(named: Named) -> Iterator[tuple[str, str]]:
    bare = named.name.strip("_")
    words: dict[str, str] = {}
    if named.kind == "class":
        words = RETIRED_CLASSES
    elif named.kind == "field" and not named.where.startswith(ORDINARY_FIELDS):
        words = RETIRED_FIELDS
    elif named.kind == "function":
        for folders, functions in RETIRED_FUNCTIONS.items():
            words = words | (functions if named.where.startswith(folders) else {})
    if bare in words:
        yield bare, words[bare]


def wrong_with(named: Named) -> list[str]:
    """A sentence for each retired word in a name."""
    retired = [*retired_phrases(named.name), *retired_as_a_whole(named)]
    return [f"`{named.name}` in {named.where}: say {instead}, not {word}" for word, instead in retired]


# ---------------------------------------------------------------- where names stand


def sources(*folders: str) -> list[Path]:
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [path for path in paths if not path.relative_to(ROOT).as_posix().startswith(NOT_OURS)]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def given_by(node: ast.AST) -> Iterator[tuple[str | None, str]]:
    """The names that a piece of syntax gives, not those that it uses, and their kinds."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield node.name, "function"
        case ast.ClassDef():
            yield node.name, "class"
            fields = [part.target for part in node.body if isinstance(part, ast.AnnAssign)]
            yield from ((target.id, "field") for target in fields if isinstance(target, ast.Name))
        case ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.keyword(arg=name):
            yield name, "field"
        case ast.Name(id=name, ctx=ast.Store()) | ast.alias(asname=name) | ast.ExceptHandler(name=name):
            yield name, "variable"
        case ast.MatchAs(name=name) | ast.MatchStar(name=name):
            yield name, "variable"


def names_in(path: Path) -> Iterator[Named]:
    where = path.relative_to(ROOT).as_posix()
    yield from (Named(part, where, "module") for part in path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(tree_of(path)):
        for name, kind in given_by(node):
            if name is not None:
                yield Named(name, f"{where}:{node.lineno}", kind)


def events_in(path: Path) -> Iterator[Named]:
    """The first words of each log line: they name what happened."""
    where = path.relative_to(ROOT).as_posix()
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log")), args=[ast.Constant(value=str(event)), *_]):
                yield Named(event, f"{where}:{node.lineno}", "event")


def names_in_the_store() -> Iterator[Named]:
    for table in metadata.sorted_tables:
        yield Named(table.name, "the store", "table")
        for part in (*table.columns, *table.indexes):
            # A column may stand for a field, so it is named like one.
            yield Named(str(part.name), f"the table {table.name}", "field")


def names_of_metrics() -> Iterator[Named]:
    for family in Metrics().registry.collect():
        yield Named(family.name, "the metrics", "metric")


def check(names: Iterable[Named]) -> None:
    wrong = sorted({sentence for named in names for sentence in wrong_with(named)})
    if wrong:
        pytest.fail("\n".join(["docs/vocabulary.md has other words for these:", *wrong]), pytrace=False)


@pytest.mark.parametrize("folder", ["bot", "handlers", "tests"])
def test_no_name_in_the_code_has_a_retired_word(folder):
    check(named for path in sources(folder) for named in names_in(path))


def test_no_log_line_has_a_retired_word():
    check(named for path in sources("bot", "handlers") for named in events_in(path))


def test_no_table_column_or_index_has_a_retired_word():
    check(names_in_the_store())


def test_no_metric_has_a_retired_word():
    check(names_of_metrics())


# ---------------------------------------------------------------- the list itself


def test_what_is_said_instead_stands_in_the_vocabulary():
    text = (ROOT / "docs/vocabulary.md").read_text(encoding="utf-8").lower()
    groups = (RETIRED, RETIRED_CLASSES, RETIRED_FIELDS, *RETIRED_FUNCTIONS.values())
    instead = {re.split(r"[,(]", said)[0].strip().lower() for group in groups for said in group.values()}
    assert {word for word in instead if word not in text and word.replace("_", " ") not in text} == set()


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("hear", "function", "`hear` in bot/x.py:12: say read_messages, NewMessages, not hear"),
        ("_ListenAll", "class", "`_ListenAll` in bot/x.py:12: say read_messages, NewMessages, not listen"),
        ("GIVE_UP_SECONDS", "variable", "`GIVE_UP_SECONDS` in bot/x.py:12: say on_dead, mark_dead, not give_up"),
        ("row is given up", "event", "`row is given up` in bot/x.py:12: say on_dead, mark_dead, not given_up"),
        ("Step", "class", "`Step` in bot/x.py:12: say UnitOfWork, not Step"),
        ("_place", "field", "`_place` in bot/x.py:12: say workspace, not place"),
        ("ledger", "field", "`ledger` in bot/x.py:12: say UsageLedger, usage_ledger, not ledger"),
    ],
)
def test_a_retired_word_is_found_and_another_one_named(name, kind, sentence):
    assert wrong_with(Named(name, "bot/x.py:12", kind)) == [sentence]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("order_by", "function"),
        ("order", "variable"),
        ("call_later", "function"),
        ("later", "variable"),
        ("signing_secret", "field"),
        ("newest", "variable"),
        ("look_up", "function"),
        ("lookup", "module"),
        ("outlook", "variable"),
        ("UsageLedger", "class"),
        ("usage_ledger", "field"),
        ("TrackedSession", "class"),
        ("tracked", "field"),
        ("RelayPosition", "class"),
        ("last_seen_ts", "field"),
        ("step", "variable"),
        ("remaining_rest", "variable"),
        ("background", "variable"),
        ("forgery", "function"),
        ("storytelling", "variable"),
    ],
)
def test_ordinary_words_are_left_alone(name, kind):
    assert wrong_with(Named(name, "bot/flows/x.py:12", kind)) == []


@pytest.mark.parametrize(
    ("where", "wrong"),
    [("bot/flows/x.py:1", 1), ("bot/views/x.py:1", 1), ("bot/devin/x.py:1", 0), ("handlers/x.py:1", 0)],
)
def test_in_flows_and_views_nothing_is_called_say(where, wrong):
    assert len(wrong_with(Named("_say", where, "function"))) == wrong
    assert wrong_with(Named("say", where, "variable")) == []


def test_what_a_name_consists_of():
    assert words_of("HTTPError2_ofTheDay") == ["http", "error", "2", "of", "the", "day"]


def test_each_kind_of_name_is_found():
    code = """
import a as alias_name
class ClassName:
    field_name: int
    def function_name(self, parameter_name, *rest_name, **more_name):
        variable_name = call(keyword_name=1)
        self.attribute_name = read_only.used_name
        for loop_name in (walrus_name := []):
            pass
        try:
            pass
        except Error as error_name:
            pass
        match value:
            case {"key": match_name}:
                pass
"""
    found = {
        name for node in ast.walk(ast.parse(code)) for name, _ in given_by(node) if name and name.endswith("_name")
    }
    words = "alias field function parameter rest more variable keyword attribute loop walrus error match"
    assert found == {f"{word}_name" for word in words.split()}


# ---------------------------------------------------------------- constants


def seconds_in(path: Path) -> dict[str, float]:
    """The constants of a module's own whose names end in _SECONDS, with their values."""
    assigned = [node for node in tree_of(path).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    names = {name for node in assigned for part in ast.walk(node) for name, _ in given_by(part) if name is not None}
    wanted = {name for name in names if name.endswith("_SECONDS")}
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)) if wanted else None
    return {name: getattr(module, name) for name in wanted}


def test_a_constant_in_seconds_has_one_value_in_all_modules():
    values: dict[str, dict[float, list[str]]] = {}
    for path in sources("bot", "handlers"):
        for name, value in seconds_in(path).items():
            values.setdefault(name, {}).setdefault(value, []).append(path.relative_to(ROOT).as_posix())
    wrong = [f"{name} is {found}" for name, found in sorted(values.items()) if len(found) > 1]
    if wrong:
        pytest.fail("\n".join(["It needs a name of its own:", *wrong]), pytrace=False)


WAITING_CALLS = frozenset(
    {
        *("sleep", "timeout", "timeout_at", "wait", "wait_for", "call_later", "call_at"),
        *("Timeout", "ClientTimeout", "Reschedule", "go_on", "wake", "wake_by", "pass_on"),
    }
)
NAMES_OF_WAITS = re.compile(r"(_SECONDS|_TIMEOUT|_WAIT|_PAUSE|_DELAY)$|timeout", re.IGNORECASE)


def fixed(value: ast.expr) -> bool:
    """Whether a value is made of numbers above zero or of constants of the module."""
    parts = list(ast.walk(value))
    numbers = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, int | float)]
    return any(numbers) or (isinstance(value, ast.Name) and value.id.isupper())


def waits_in(code: str) -> list[str]:
    """The waits of a module that are not passed in: constants and arguments named like one, and calls that wait."""
    found: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [name for name in map(ast.unparse, targets) if name.isupper() and NAMES_OF_WAITS.search(name)]
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            texts = [(str(key.value), value) for key, value in pairs if isinstance(key, ast.Constant)]
            found += [name for name, value in texts if NAMES_OF_WAITS.search(name) and fixed(value)]
        elif isinstance(node, ast.Call):
            waits = ast.unparse(node.func).split(".")[-1] in WAITING_CALLS
            by_name = [one.value for one in node.keywords if waits or NAMES_OF_WAITS.search(one.arg or "")]
            if any(map(fixed, [*(node.args if waits else []), *by_name])):
                found.append(ast.unparse(node))
    return found


def test_every_wait_of_the_bot_is_a_field_of_timing():
    """So that a test can pass shorter ones. The playground is no part of the bot."""
    for path in sources("bot", "handlers"):
        name = path.relative_to(ROOT)
        if not name.is_relative_to("bot/playground") and name != Path("bot/timing.py"):
            assert waits_in(path.read_text()) == [], name


def test_each_fixed_wait_is_found():
    code = """
LOCK_SECONDS: Final = 1.0
MIGRATION_WAIT = "60s"
OTHERS = {"timeout": 5, "size": 5, "command_timeout": timing.statement}
async def wait(timing):
    await asyncio.sleep(0)  # waits for nothing
    await asyncio.sleep(timing.poll)
    await asyncio.sleep(max(left, 0.5))
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait(tasks, timeout=3)
    uvicorn.Config(app, backlog=128, timeout_graceful_shutdown=1)
    raise Reschedule(5.0, "later")
"""
    assert sorted(waits_in(code)) == [
        "LOCK_SECONDS",
        "MIGRATION_WAIT",
        "Reschedule(5.0, 'later')",
        "asyncio.sleep(max(left, 0.5))",
        "asyncio.timeout(PATIENCE)",
        "asyncio.wait(tasks, timeout=3)",
        "timeout",
        "uvicorn.Config(app, backlog=128, timeout_graceful_shutdown=1)",
    ]
