"""The kinds of columns and indexes of the first schema."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

JSON_TEXT: Final = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
SEQUENCE: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EXACT_NUMBER: Final = sa.String().with_variant(sa.Numeric(), "postgresql")


def flag(name: str) -> sa.Column[bool]:
    """A column that is true or false, at first false."""
    return sa.Column(name, sa.Boolean, server_default=sa.false(), nullable=False)


def text(name: str) -> sa.Column[str]:
    """A column of text, at first empty."""
    return sa.Column(name, sa.String, server_default=sa.text("''"), nullable=False)


def number(name: str, kind: Any = sa.Integer) -> sa.Column[Any]:
    """A column of numbers of this `kind`, at first 0."""
    return sa.Column(name, kind, server_default=sa.text("0"), nullable=False)


def index_where(name: str, condition: str, *columns: str | sa.TextClause) -> sa.Index:
    """An index of the rows that meet the `condition`."""
    return sa.Index(name, *columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
