"""A running bot carries no part of its libraries along that it never uses."""

import subprocess
import sys
from typing import Final

from bot.lean_imports import OPTIONAL

HEAVY: Final = {
    *("PIL", "alembic", "jinja2", "matplotlib", "opentelemetry", "pygments", "requests", "rich"),
    "yaml",
}
OF_THE_BOT: Final = {"bot.doctor", "bot.playground.show", "bot.store.migrations"}


def modules_after(imports: str) -> set[str]:
    """What a new Python has imported after these lines."""
    code = f"import sys\n{imports}\nprint(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_what_is_never_used_is_not_imported_for_a_run_and_can_be_later():
    lean = modules_after("import bot.__main__\nwith bot.__main__.leanly():\n    import bot.server")
    assert not lean & (HEAVY | OF_THE_BOT | set(OPTIONAL))
    later = modules_after(
        "from bot.lean_imports import leanly\nwith leanly():\n    import bot.server\nimport rich.console"
    )
    assert "rich.console" in later


def test_libraries_would_import_each_of_it_by_themselves():
    whole = modules_after("import bot.server")
    assert set(OPTIONAL) <= whole
