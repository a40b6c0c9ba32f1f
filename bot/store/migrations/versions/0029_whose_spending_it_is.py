"""Who asked for a session, and where, in the rows of what it spent, which stay longer than the session's own row.

What sessions spent whose own rows are purged already stays without both.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_sessions = sa.table("sessions", *(sa.column(name) for name in ("id", "requester", "channel")))
_spend = sa.table("spend", *(sa.column(name) for name in ("session_id", "requester", "channel")))
_SUMMED = ["day", "org_id", "team", "requester", "channel", "session_id", "acus"]


def upgrade() -> None:
    op.add_column("spend", sa.Column("requester", sa.String()))
    op.add_column("spend", sa.Column("channel", sa.String()))
    op.drop_index("ix_spend_day", "spend")  # before all rows change, or each change would move an entry of it
    row = _sessions.c
    place = sa.case((row.channel.startswith("D"), "D"), else_=row.channel)
    of_session = row.id == _spend.c.session_id
    asked = {
        "requester": sa.select(row.requester).where(of_session).scalar_subquery(),
        "channel": sa.select(place).where(of_session).scalar_subquery(),
    }
    op.execute(sa.update(_spend).values(asked))
    op.create_index("ix_spend_day", "spend", _SUMMED)


def downgrade() -> None:
    op.drop_index("ix_spend_day", "spend")
    op.drop_column("spend", "channel")
    op.drop_column("spend", "requester")
    op.create_index("ix_spend_day", "spend", ["day"])
