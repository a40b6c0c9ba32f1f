"""What Devin billed, by product and to the last digit, and what it corrected later.

Of the days that are stored already only the total is known: it stays, as a product of its own.
"""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_OTHER = "other"
_EXACT = sa.String().with_variant(sa.Numeric(), "postgresql")

_Rows = list[dict[str, Any]]


def upgrade() -> None:
    days = _stored()
    product = sa.Column("product", sa.String(), nullable=False)
    made = _consumption(["org_id", "day", "product"], product, sa.Column("acus", _EXACT, nullable=False))
    _insert(made, [day | {"product": _OTHER, "acus": _exact(day["acus"])} for day in days])
    op.create_table(
        "corrections",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("acus_before", sa.Float(), nullable=False),
        sa.Column("acus_after", sa.Float(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_corrections")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_day", "corrections", ["day"])


def downgrade() -> None:
    op.drop_index("ix_corrections_day", "corrections")
    op.drop_table("corrections")
    totals: dict[tuple[str, str, float], Decimal] = defaultdict(Decimal)
    for row in _stored():
        totals[row["org_id"], row["day"], row["read_at"]] += Decimal(row["acus"])
    made = _consumption(["org_id", "day"], sa.Column("acus", sa.Float(), nullable=False))
    names = ("org_id", "day", "read_at")
    _insert(made, [dict(zip(names, key, strict=True)) | {"acus": float(acus)} for key, acus in totals.items()])


def _stored() -> _Rows:
    return [dict(row) for row in op.get_bind().execute(sa.text("SELECT * FROM consumption")).mappings()]


def _consumption(keys: list[str], *columns: sa.Column[Any]) -> sa.Table:
    """Make the table anew, because SQLite can change neither a primary key nor the type of a column."""
    op.drop_table("consumption")
    return op.create_table(
        "consumption",
        sa.Column("org_id", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        *columns,
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_consumption")),
    )


def _insert(made: sa.Table, rows: _Rows) -> None:
    # By Python and not by a CAST, which would round a float to 15 digits.
    if rows:
        op.get_bind().execute(sa.insert(made), rows)


def _exact(acus: float) -> Decimal | str:
    return Decimal(repr(acus)) if op.get_bind().dialect.name == "postgresql" else repr(acus)
