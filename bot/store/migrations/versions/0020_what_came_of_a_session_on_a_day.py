"""What came of a session on each day, and pull requests as rows, which both stay longer than the session's own row.

What is written about the time before is the best that is known, and no more than that.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LONGEST_ADDRESS = 2_000
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_sessions = sa.table(
    "sessions",
    *(
        sa.column(name)
        for name in ("id", "team", "org_id", "bare_id", "status", "announced", "stopped_by", "lifecycle")
    ),
    *(sa.column(name) for name in ("requester", "archived", "created_at", "updated_at", "outcome", "outcome_day")),
    sa.column("pull_requests", _JSON),
)
_spend = sa.table("spend", *(sa.column(name) for name in ("session_id", "day", "team", "outcome")))


def upgrade() -> None:
    owner: dict[str, Any] = {"server_default": sa.text("''"), "nullable": False}
    op.add_column("spend", sa.Column("team", sa.String(), **owner))
    op.add_column("spend", sa.Column("outcome", sa.String(), server_default="running", nullable=False))
    op.add_column("sessions", sa.Column("outcome", sa.String()))
    op.add_column("sessions", sa.Column("outcome_day", sa.String()))
    table = op.create_table(
        "pull_requests",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("team", sa.String(), **owner),
        sa.Column("org_id", sa.String(), **owner),
        sa.Column("bare_id", sa.String()),
        sa.Column("state", sa.String()),
        sa.Column("first_seen", sa.Float(), nullable=False),
        sa.Column("merged_at", sa.Float()),
        sa.Column("closed_at", sa.Float()),
        sa.Column("checked_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "url", name=op.f("pk_pull_requests")),
    )
    op.create_index("ix_pull_requests_url", "pull_requests", ["url"])
    op.create_index("ix_pull_requests_first_seen", "pull_requests", ["first_seen"])
    op.create_index("ix_pull_requests_merged_at", "pull_requests", ["merged_at"])
    _fill_outcomes()
    _fill_pull_requests(table)


def _fill_outcomes() -> None:
    """Take the state that a session is in now for its outcome on the newest day on which it spent something.

    On the days before that it went on, so it is taken to have run at their ends. Of a session whose row is purged only
    that is known; whose it was is filled in by the next start (`bot.store.ownership`).
    """
    row = _sessions.c
    is_lasting = sa.or_(*(row.announced.like(f"{kind}%") for kind in ("done", "answered", "limit", "failed")))
    put_away = sa.or_(row.archived, row.lifecycle == "ended", row.stopped_by.is_not(None))
    outcome = sa.case(
        (sa.and_(put_away, sa.or_(row.announced.is_(None), sa.not_(is_lasting))), "stopped"),
        (row.announced.in_(("done", "answered")), "done"),
        (row.announced.in_(("question", "waits", "approval")), "waiting"),
        (row.announced.like("limit%"), "limited"),
        (row.announced.like("failed%"), "failed"),
        (row.status == "suspended", "stopped"),
        else_="running",
    )
    newest = sa.select(sa.func.max(_spend.c.day)).where(_spend.c.session_id == row.id).scalar_subquery()
    op.execute(sa.update(_sessions).where(row.bare_id.is_not(None)).values(outcome=outcome, outcome_day=newest))
    of_session = row.id == _spend.c.session_id
    team = sa.select(row.team).where(of_session).scalar_subquery()
    last = sa.select(row.outcome).where(of_session, row.outcome_day == _spend.c.day).scalar_subquery()
    values = {"team": sa.func.coalesce(team, ""), "outcome": sa.func.coalesce(last, "running")}
    op.execute(sa.update(_spend).values(values))


def _fill_pull_requests(table: sa.Table) -> None:
    """Make rows of what stands in the sessions.

    When a pull request was first seen, merged or closed was not stored. The creation of its session is the best that is
    known of the first, and the last change at Devin that we have seen, after which it had its state, of the others.
    """
    connection = op.get_bind()
    names = ("id", "team", "org_id", "requester", "bare_id", "created_at", "updated_at", "pull_requests")
    rows = [
        _pull_request(session, request)
        for session in connection.execute(sa.select(*(_sessions.c[name] for name in names))).mappings()
        for request in session["pull_requests"] or ()
        if len(request["url"].encode(errors="replace")) <= LONGEST_ADDRESS
    ]
    unique = {(row["session_id"], row["url"]): row for row in rows}
    if unique:
        connection.execute(sa.insert(table), list(unique.values()))


def _pull_request(session: Any, request: dict[str, Any]) -> dict[str, Any]:
    changed_at = float(max(session["updated_at"], session["created_at"]))
    state = request.get("state")
    return {
        "session_id": session["id"],
        "url": request["url"],
        "team": session["team"],
        "org_id": session["org_id"],
        "bare_id": session["bare_id"] if session["requester"] else None,  # of an erased person nothing is asked for
        "state": state,
        "first_seen": session["created_at"],
        "merged_at": changed_at if state == "merged" else None,
        "closed_at": changed_at if state == "closed" else None,
        "checked_at": changed_at,
    }


def downgrade() -> None:
    op.drop_table("pull_requests")
    op.drop_column("sessions", "outcome_day")
    op.drop_column("sessions", "outcome")
    op.drop_column("spend", "outcome")
    op.drop_column("spend", "team")
