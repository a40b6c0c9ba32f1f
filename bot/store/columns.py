"""Kinds of columns that many tables have, each with a default for rows that are older than the column."""

from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, String, false, text
from sqlalchemy.dialects.postgresql import JSONB

AS_JSON: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
SEQUENCE: Final = BigInteger().with_variant(Integer, "sqlite")  # on SQLite only INTEGER counts up by itself


def flag(name: str) -> Column[bool]:
    """Make a column for yes or no; no at first."""
    return Column(name, Boolean, nullable=False, server_default=false())


def words(name: str) -> Column[str]:
    """Make a column for a text; empty at first."""
    return Column(name, String, nullable=False, server_default=text("''"))


def owner(name: str, *, key: bool = False) -> Column[str]:
    """Make a column for the id of the workspace or organisation that a row belongs to."""
    return Column(name, String, primary_key=key, nullable=False, server_default=text("''"))


def number(name: str, kind: Any = Integer) -> Column[Any]:
    """Make a column for a number; 0 at first."""
    return Column(name, kind, nullable=False, server_default=text("0"))
