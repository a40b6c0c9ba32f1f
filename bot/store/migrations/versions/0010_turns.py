"""How far the announcing of a session is, what the poller knows about it, and what its card shows, become columns.

A session that rests now was announced, so its end of the turn is stored as announced.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_sessions = sa.table(
    "sessions",
    *(sa.column(name) for name in ("status", "detail", "announced", "requester", "requester_name", "team")),
    *(sa.column(name) for name in ("stopped_by", "stopped_by_name")),
)
_people = sa.table("people", sa.column("team"), sa.column("user"), sa.column("name"))
_outbox = sa.table("outbox", sa.column("key"), sa.column("state"))


def _added() -> list[sa.Column[Any]]:
    text: dict[str, Any] = {"nullable": False, "server_default": sa.text("''")}
    number: dict[str, Any] = {"nullable": False, "server_default": sa.text("0")}
    return [
        sa.Column("last_line", sa.String(), **text),
        sa.Column("asks", sa.Boolean()),
        sa.Column("requester_name", sa.String(), **text),
        sa.Column("stopped_by_name", sa.String(), **text),
        sa.Column("replied_by", sa.String()),
        sa.Column("worked", sa.Float(), **number),
        sa.Column("working_since", sa.Float()),
        sa.Column("mark", sa.String(), server_default="eyes"),
        sa.Column("read_at", sa.Float(), **number),
        sa.Column("failing_since", sa.Float()),
        sa.Column("changes_until", sa.Float(), **number),
        sa.Column("announced", sa.String()),
        sa.Column("person_wrote", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("pending", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
    ]


def upgrade() -> None:
    for column in _added():
        op.add_column("sessions", column)
    op.drop_column("sessions", "waiting")
    row = _sessions.c
    kind = sa.case(
        (row.detail == "waiting_for_user", "question"),
        (row.detail == "waiting_for_approval", "approval"),
        (row.detail == "finished", "done"),
        (row.status == "exit", "done"),
        (row.status == "error", "failed:error"),
        (sa.and_(row.status == "suspended", row.detail == "inactivity"), "done"),
        (sa.and_(row.status == "suspended", row.detail == "error"), "failed:error"),
        (sa.and_(row.status == "suspended", row.detail != "user_request"), sa.literal("limit:").concat(row.detail)),
    )
    op.execute(sa.update(_sessions).values(announced=kind))
    for user, name in (("requester", "requester_name"), ("stopped_by", "stopped_by_name")):
        named = sa.select(_people.c.name).where(_people.c.team == row.team, _people.c.user == row[user])
        op.execute(sa.update(_sessions).values({name: sa.func.coalesce(named.scalar_subquery(), "")}))
    # A post that may be on its way keeps the key by which it is searched for.
    key = sa.literal("announce:").concat(sa.func.substr(_outbox.c.key, len("news:") + 1))
    news = sa.and_(_outbox.c.key.like("news:%"), _outbox.c.state != "sending")
    op.execute(sa.update(_outbox).where(news).values(key=key))


def downgrade() -> None:
    op.add_column("sessions", sa.Column("waiting", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in reversed(_added()):
        op.drop_column("sessions", column.name)
    key = sa.literal("news:").concat(sa.func.substr(_outbox.c.key, len("announce:") + 1))
    op.execute(sa.update(_outbox).where(_outbox.c.key.like("announce:%")).values(key=key))
