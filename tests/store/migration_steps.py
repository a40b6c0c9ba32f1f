"""What a migration may do, so that each release works beside the one before it on the schema of either.

A release only adds what the one before it does without (expand). What nobody uses any more is taken away by a later one
(contract), whose migration says so: `not_used_since = {"inbox.half": "0.3.0"}` names a column, a table, or a column
that may be NULL no longer, and the first release that does without it. That release has to be out.
"""

import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from alembic.migration import MigrationContext
from alembic.operations import Operations

NAME: Final = r"(?:\w+\.)?\"?(\w+)\"?"

# By what no release may do in one step: the statement in which it is seen.
_NEVER: Final[Mapping[str, str]] = {
    "renames {}": rf"ALTER (?:TABLE|INDEX) {NAME} RENAME (?:TO|COLUMN|CONSTRAINT)?",
    "changes the type of {}.{}": rf"ALTER TABLE {NAME} ALTER COLUMN {NAME} TYPE",
    "adds {}.{}, which has to be given, without a default": rf"ALTER TABLE {NAME} ADD COLUMN {NAME} "
    r"(?!.*\bDEFAULT\b)(?=.*\bNOT NULL\b)",
}
# What a later release may: the subject is what nobody uses any more.
_LATER: Final[Mapping[str, str]] = {
    "drops the table {}": rf"DROP TABLE {NAME}",
    "drops {}.{}": rf"ALTER TABLE {NAME} DROP COLUMN {NAME}",
    "lets {}.{} be NULL no longer": rf"ALTER TABLE {NAME} ALTER COLUMN {NAME} SET NOT NULL",
    "takes the default of {}.{} away": rf"ALTER TABLE {NAME} ALTER COLUMN {NAME} DROP DEFAULT",
    "adds a constraint to {}": rf"ALTER TABLE {NAME} ADD CONSTRAINT",
    "lets rows of {1} be alike no longer": rf"CREATE UNIQUE INDEX {NAME} ON {NAME}",
}


def faults(upgrade: Callable[[], None], not_used_since: Mapping[str, str], released: Collection[str]) -> list[str]:
    """Return what a migration does that the release before it would not survive."""
    found, made = list[str](), set[str]()
    for statement in _statements(upgrade):
        made |= set(re.findall(rf"^CREATE TABLE {NAME}", statement))
        for what, names in _matches(_NEVER, statement):
            found.append(what.format(*names))
        for what, names in _matches(_LATER, statement):
            table = names[1] if "{1}" in what else names[0]
            subject = ".".join(names) if what.count("{}") == 2 else table
            since = not_used_since.get(subject)
            if table not in made and (since is None or since not in released):
                found.append(what.format(*names))
    return found


def _matches(patterns: Mapping[str, str], statement: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for what, pattern in patterns.items():
        if match := re.match(pattern, statement, re.IGNORECASE):
            yield what, match.groups()


def _statements(upgrade: Callable[[], None]) -> list[str]:
    """Return the statements of a migration on PostgreSQL, each in one line."""
    written = io.StringIO()
    options = {"as_sql": True, "output_buffer": written}
    with Operations.context(MigrationContext.configure(dialect_name="postgresql", opts=options)):
        upgrade()
    return [" ".join(one.split()) for one in written.getvalue().split(";") if one.strip()]
