"""Rows do not stay for ever: each table is purged by somebody, or it is known why not."""

from pathlib import Path

from bot.store.tables import metadata

STORE = Path(__file__).parents[2] / "bot/store"
FEW_FOR_EVER = {"due"}  # a few rows, written again and again


def test_the_rows_of_each_table_are_deleted_by_somebody():
    code = "".join(path.read_text(encoding="utf-8") for path in STORE.glob("*.py"))
    deleted = {name for name in metadata.tables if f"delete({name})" in code}
    assert set(metadata.tables) - deleted == FEW_FOR_EVER
