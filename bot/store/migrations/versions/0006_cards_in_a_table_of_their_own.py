"""Cards in a table of their own; the outbox keeps the first post of each.

Rows are moved by statements, since there may be many: a card that stands becomes `sent` in the outbox and goes on in
`cards`; one that was never posted stays in the outbox as it is. Whoever held one is gone by now.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OPEN = sa.text("state = 'open'")
_BLANK = {"v": 1}
_KEPT_UP_TO_DATE = ("state", "version", "sent_version", "attempts", "next_at", "reason")
_COMMON = ("team", "channel", "ts", "version", "sent_version", "attempts", "next_at", "reason", "ref", "created_at")

_json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _table(name: str, *columns: str, **kinds: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns), *(sa.column(*kind) for kind in kinds.items()))


outbox = _table(
    "outbox",
    *_COMMON,
    "key",
    "kind",
    "state",
    "owner",
    "session_id",
    "epoch",
    rank=sa.Integer,
    payload=_json,
    sending_at=sa.Float,
)
cards = _table("cards", *_COMMON, "session_id", "state", "drawn", "epoch", figures_only=sa.Boolean, plain=sa.Boolean)
sessions = _table("sessions", "id")

_IS_CARD = outbox.c.kind == "card"
_STANDS = outbox.c.ts.is_not(None)


def upgrade() -> None:
    _create_cards()
    # A card whose session was forgotten would never be drawn again.
    known = sa.exists(sa.select(sessions.c.id).where(sessions.c.id == outbox.c.session_id))
    moved = {
        "session_id": outbox.c.session_id,
        **{name: outbox.c[name] for name in _COMMON},
        "state": sa.case(
            (outbox.c.state == "dead", "dead"),
            (~_STANDS, "unposted"),
            (outbox.c.state == "sent", "sent"),
            else_="open",
        ),
        "figures_only": _STANDS & (outbox.c.state == "open") & (outbox.c.rank > 1),
        "drawn": outbox.c.payload["drawn"].as_string(),
        "plain": _STANDS & (outbox.c.state == "open") & sa.func.coalesce(outbox.c.payload["plain"].as_boolean(), False),
        "epoch": outbox.c.epoch,
    }
    rows = sa.select(*(value.label(name) for name, value in moved.items())).where(_IS_CARD, known)
    op.execute(sa.insert(cards).from_select(list(moved), rows))
    posted = {"state": "sent", "payload": _BLANK, "owner": None, "sending_at": None, "reason": None}
    op.execute(sa.update(outbox).where(_IS_CARD, _STANDS).values(posted))
    op.drop_column("outbox", "sent_version")
    op.drop_column("outbox", "version")


def downgrade() -> None:
    for name in ("version", "sent_version"):
        op.add_column("outbox", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute(sa.update(outbox).values(version=1, sent_version=sa.case((outbox.c.state == "sent", 1), else_=0)))
    # What each card shows is forgotten, so it is drawn once more when it changes.
    back: dict[str, sa.ColumnElement[Any]] = {name: cards.c[name] for name in _KEPT_UP_TO_DATE}
    back["rank"] = sa.case((cards.c.figures_only, 2), else_=1)
    theirs = cards.c.session_id == outbox.c.session_id
    stand = sa.exists(sa.select(cards.c.session_id).where(theirs, cards.c.ts.is_not(None)))
    values = {name: sa.select(value).where(theirs).scalar_subquery() for name, value in back.items()}
    op.execute(sa.update(outbox).where(_IS_CARD, stand).values(values))
    op.drop_index("ix_cards_open", table_name="cards")
    op.drop_table("cards")


def _create_cards() -> None:
    op.create_table(
        "cards",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=True),
        sa.Column("state", sa.String(), server_default="unposted", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("figures_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("drawn", sa.String(), nullable=True),
        sa.Column("plain", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_cards")),
    )
    op.create_index(
        "ix_cards_open",
        "cards",
        ["team", "figures_only", "next_at"],
        unique=False,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
