"""Each migration after the first leaves a schema on which the release before it works too."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.script import Script, ScriptDirectory

from bot.store.database.schema import alembic_config
from tests.store.migration_steps import faults

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
RELEASED = re.findall(r"^## \[?(\d+\.\d+\.\d+)", CHANGELOG.read_text(), re.MULTILINE)
LATER = [one for one in ScriptDirectory.from_config(alembic_config()).walk_revisions() if one.down_revision is not None]


@pytest.mark.parametrize("migration", LATER, ids=lambda one: one.revision)
def test_a_migration_leaves_what_the_release_before_it_uses(migration: Script) -> None:
    unused = getattr(migration.module, "not_used_since", {})
    assert faults(migration.module.upgrade, unused, RELEASED) == [], "see `A table or column` in CONTRIBUTING.md"


def expand() -> None:
    """Add what the release before does without."""
    op.create_table("halves", sa.Column("id", sa.Integer(), nullable=False), sa.Column("half", sa.String()))
    op.create_index("ix_halves", "halves", ["half"], unique=True)
    op.add_column("inbox", sa.Column("half", sa.String()))
    op.add_column("inbox", sa.Column("whole", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_inbox_half", "inbox", ["half"])
    op.execute("UPDATE inbox SET half = lane")
    op.drop_index("ix_inbox_lane", "inbox")


def contract() -> None:
    """Take away what is not used any more."""
    op.drop_column("inbox", "half")
    op.drop_table("halves")
    op.alter_column("inbox", "whole", nullable=False)


UNUSED = {"inbox.half": "0.3.0", "halves": "0.3.0", "inbox.whole": "0.3.0"}


def test_what_is_added_or_was_not_used_by_the_release_before_is_allowed() -> None:
    assert faults(expand, {}, []) == []
    assert faults(contract, UNUSED, ["0.2.0", "0.3.0"]) == []


@pytest.mark.parametrize(("unused", "released"), [({}, ["0.3.0"]), (UNUSED, ["0.2.0"])], ids=["not said", "not out"])
def test_what_the_release_before_may_use_is_not_taken_away(unused: dict[str, str], released: list[str]) -> None:
    assert faults(contract, unused, released) == [
        "drops inbox.half",
        "drops the table halves",
        "lets inbox.whole be NULL no longer",
    ]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (lambda: op.rename_table("inbox", "mail"), "renames inbox"),
        (lambda: op.alter_column("inbox", "lane", new_column_name="way"), "renames inbox"),
        (lambda: op.alter_column("inbox", "ts", type_=sa.Float()), "changes the type of inbox.ts"),
        (
            lambda: op.add_column("inbox", sa.Column("half", sa.String(), nullable=False)),
            "adds inbox.half, which has to be given, without a default",
        ),
        (lambda: op.alter_column("inbox", "state", server_default=None), "takes the default of inbox.state away"),
        (lambda: op.create_index("ix_half", "inbox", ["lane"], unique=True), "lets rows of inbox be alike no longer"),
        (lambda: op.create_unique_constraint("half", "inbox", ["lane"]), "adds a constraint to inbox"),
        (lambda: op.execute('ALTER TABLE inbox DROP COLUMN "lane"'), "drops inbox.lane"),
    ],
    ids=["table", "column", "type", "not null", "default", "unique index", "constraint", "plain SQL"],
)
def test_what_the_release_before_would_not_survive_in_one_step_is_found(step: Callable[[], None], fault: str) -> None:
    assert faults(step, {}, ["0.3.0"]) == [fault]
