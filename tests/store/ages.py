"""Which rows are too old by their age, as the declaration of their table has it."""

from datetime import date, timedelta
from operator import lt
from typing import Any

from sqlalchemy import BinaryExpression, BindParameter, Column
from sqlalchemy.sql import visitors

from bot.domain.billing import bounds
from bot.store.table_spec import TableSpec
from bot.timing import PRODUCTION
from tests.store.rows import filled


def bound_of(spec: TableSpec, now: float) -> float | None:
    """The instant before which rows are too old; None of a table whose rows do not go by their age alone."""
    return None if (bound := _bound(spec, now)) is None else _instant(bound)


def row_aged(spec: TableSpec, now: float, name: str, *, too_old: bool) -> dict[str, Any]:
    """A row that is just too old, or just not; `name` is in each other column of text."""
    at = bound = _bound(spec, now)
    if too_old:
        at = str(date.fromisoformat(bound) - timedelta(days=1)) if isinstance(bound, str) else bound - 1
    columns = (column for column in visitors.iterate(spec.old(now, PRODUCTION)) if isinstance(column, Column))
    return filled(spec.table, name) | {column.name: at for column in columns}


def _bound(spec: TableSpec, now: float) -> Any:
    old = spec.old(now, PRODUCTION)
    by_age = isinstance(old, BinaryExpression) and old.operator is lt and isinstance(old.right, BindParameter)
    return old.right.value if by_age else None


def _instant(bound: str | float) -> float:
    return bounds(date.fromisoformat(bound))[0] if isinstance(bound, str) else bound
