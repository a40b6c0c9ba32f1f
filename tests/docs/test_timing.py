"""Every wait of the bot is passed in, so that a test can pass a shorter one."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
    """The playground is no part of the bot, and migrations are as they were."""
    paths = [path.relative_to(ROOT) for folder in ("bot", "handlers") for path in (ROOT / folder).rglob("*.py")]
    bots = [path for path in paths if not {"playground", "migrations", "timing.py"} & {*path.parts}]
    assert {str(path): found for path in bots if (found := waits_in((ROOT / path).read_text()))} == {}
