"""The description of all tables, and the kinds of columns that they are made of."""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    TypeDecorator,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata: Final = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"})

JSON_TEXT: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
SEQUENCE: Final = BigInteger().with_variant(Integer, "sqlite")  # on SQLite only INTEGER counts up by itself


class ExactNumber(TypeDecorator[Decimal]):
    """A decimal number, kept to the last digit: on SQLite, which has floats alone, as its text."""

    impl = String().with_variant(Numeric(), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return what is stored of `value`; of a float it is the number that is read when it is printed."""
        if value is None:
            return None
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        return number if dialect.name == "postgresql" else str(number)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the number that was stored, or None if there is none."""
        del dialect
        return None if value is None else Decimal(value)


def flag(name: str) -> Column[bool]:
    """A column that is true or false, at first false."""
    return Column(name, Boolean, nullable=False, server_default=false())


def text_column(name: str) -> Column[str]:
    """A column of text, at first empty."""
    return Column(name, String, nullable=False, server_default=text("''"))


def owner(name: str, *, key: bool = False) -> Column[str]:
    """The id of the workspace or organisation a row belongs to; `bot.store.ownership` fills it where it is empty."""
    return Column(name, String, primary_key=key, nullable=False, server_default=text("''"), info={"owner": True})


def number(name: str, kind: Any = Integer) -> Column[Any]:
    """A column of numbers of this `kind`, at first 0."""
    return Column(name, kind, nullable=False, server_default=text("0"))


def index_where(name: str, condition: str, *indexed: ColumnElement[Any]) -> None:
    """Index the columns of the rows that meet the `condition`, which queries then have to repeat as it is."""
    Index(name, *indexed, sqlite_where=text(condition), postgresql_where=text(condition))


def index_unowned(table: Table) -> None:
    """Index the rows that name no owner yet, mostly none, because each start looks for them."""
    for column in table.columns:
        if column.info.get("owner"):
            index_where(f"ix_{table.name}_no_{column.name}", f"{column.name} = ''", column)
