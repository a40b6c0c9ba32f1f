"""The cards: one row for each session, which says what is shown in Slack and what is wanted there.

Two things happen to a card, and each has its own place. It is posted once: that is an ordinary row of the outbox, so
it takes its turn in the channel's rate, its thread's posts wait for it, a lost answer is searched for, and the start of
the session may follow it. From then on it is only edited: that is this table's part. An edit needs no order and no
search, since it shows the newest state whenever it is made and may be repeated. So edits neither wait for a thread nor
hold it up, and all of a workspace stand in one lane, because they share one rate limit.

A new state adds one to `version`. Whoever draws the card reads the version before the session, and notes it as
`sent_version` afterwards; a version that was asked for meanwhile keeps the row open. Rows are claimed as in the outbox
(`bot.store.claims`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    Update,
    bindparam,
    case,
    false,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy import true as sql_true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import claims
from bot.store.claims import Sender, change_held
from bot.store.database.connection import Database, insert
from bot.store.tables import cards

# Written out, not bound: SQLite takes the index of open rows only for what it can read in the statement.
_OPEN: Final[ColumnElement[bool]] = cards.c.state == literal_column("'open'")
_IS_DEAD: Final = cards.c.state == "dead"


@dataclass(frozen=True, slots=True)
class CardRow:
    """The card of one session."""

    session_id: str
    team: str
    channel: str
    ref: str
    created_at: float
    ts: str | None = None
    state: str = "unposted"
    version: int = 1
    sent_version: int = 0
    figures_only: bool = False
    drawn: str | None = None
    plain: bool = False
    attempts: int = 0
    next_at: float = 0.0
    reason: str | None = None
    owner: str | None = None
    epoch: int = 0

    @property
    def id(self) -> str:
        """What the row is found by."""
        return self.session_id

    @property
    def key(self) -> str:
        """What stands in the metadata of the message and in the log."""
        return card_key(self.session_id)


def card_key(session_id: str) -> str:
    """The key of a session's card, in the outbox and in the metadata of its message."""
    return f"card:{session_id}"


# Statements are made once: the editor executes them for each row.


def _candidates(dialect: str) -> tuple[ColumnElement[bool], ...]:
    return (cards.c.team == bindparam("team"), _OPEN, claims.is_free(cards.c.session_id, dialect))


@cache
def _next(dialect: str) -> Select[Any]:
    due = cards.c.next_at <= bindparam("now")
    order = (cards.c.figures_only, cards.c.next_at, cards.c.session_id)
    return select(cards).where(*_candidates(dialect), due).order_by(*order).limit(1)


@cache
def _next_at(dialect: str) -> Select[Any]:
    waits = cards.c.next_at > bindparam("now", type_=Float)
    return select(func.min(cards.c.next_at)).where(*_candidates(dialect), waits)


@cache
def _taking(dialect: str) -> Any:
    due = cards.c.next_at <= bindparam("now")
    unheld = claims.not_held_by_others(cards, dialect)
    return (
        update(cards)
        .where(cards.c.session_id == bindparam("row"), _OPEN, due, unheld)
        .values({"owner": bindparam("worker"), "epoch": cards.c.epoch + 1})
        .returning(cards)
    )


_HELD: Final = claims.is_held(cards.c.session_id)
_CHECK: Final = claims.check_of(cards.c.session_id)


def _shown() -> dict[str, Any]:
    """What becomes of a row when a version was shown: it stays open where a newer one is wanted by now."""
    newer = (cards.c.version > bindparam("shown")) & ~_IS_DEAD
    return {
        "state": case((newer, "open"), else_="sent"),
        "ts": bindparam("at_slack"),
        "sent_version": bindparam("shown"),
        # What is wanted by now is sent whatever it looks like: somebody may have drawn over this one meanwhile.
        "drawn": case((newer, None), else_=bindparam("print")),
        "figures_only": case((newer, cards.c.figures_only), else_=false()),
        "plain": false(),
        "attempts": 0,
        "next_at": bindparam("now"),
        "reason": None,
        "owner": None,
    }


_POSTED: Final = (
    update(cards).where(cards.c.session_id == bindparam("row")).values(_shown()).returning(cards.c.state == "open")
)
_SENT: Final = update(cards).where(*_HELD).values(_shown())


async def add(tx: AsyncConnection, row: CardRow) -> bool:
    """Add the card of a session; answers whether there was none yet, so that it has to be posted."""
    statement = insert(tx.dialect.name, cards).on_conflict_do_nothing(index_elements=["session_id"])
    values = {field.name: getattr(row, field.name) for field in fields(CardRow)}
    return (await tx.execute(statement, values)).rowcount > 0


async def get(tx: AsyncConnection, session_id: str) -> CardRow | None:
    """The card of a session, whatever its state."""
    row = (await tx.execute(select(cards).where(cards.c.session_id == session_id))).mappings().one_or_none()
    return None if row is None else _row(row)


async def redraw(
    tx: AsyncConnection, session_ids: Sequence[str], now: float, *, figures_only: bool = False
) -> set[str]:
    """Ask for a new version of these sessions' cards; answers the workspaces in which there is something to edit.

    A wait that Slack asked for is not shortened. A card that died stays dead.
    """
    # What waits for an edit because of its state still does so for that reason.
    only = case((_OPEN, cards.c.figures_only), else_=sql_true()) if figures_only else false()
    changed = await tx.execute(
        update(cards)
        .where(cards.c.session_id.in_(session_ids), ~_IS_DEAD)
        .values(
            version=cards.c.version + 1,
            state=case((cards.c.ts.is_(None), "unposted"), else_="open"),
            figures_only=only,
            next_at=case((_OPEN, cards.c.next_at), else_=now),
        )
        .returning(cards.c.team, cards.c.state)
    )
    return {team for team, state in changed if state == "open"}


async def posted(tx: AsyncConnection, session_id: str, ts: str, version: int, drawn: str | None, now: float) -> bool:
    """Note that the card stands at `ts` and shows this version; answers whether it is to be edited already."""
    shown = {"row": session_id, "at_slack": ts, "shown": version, "print": drawn, "now": now}
    return bool((await tx.execute(_POSTED, shown)).scalar_one_or_none())


async def clear_drawn(tx: AsyncConnection, session_id: str) -> None:
    """Let a card be sent again although it may look the same as last time."""
    await tx.execute(update(cards).where(cards.c.session_id == session_id).values(drawn=None))


async def next_edit(tx: AsyncConnection, db: Database, team: str, now: float, sender: Sender) -> CardRow | None:
    """The card that is to be edited next in a workspace: first those whose state is new, the longest wait first."""
    asked = {"team": team, "now": now, **claims.searcher(db, sender)}
    row = (await tx.execute(_next(tx.dialect.name), asked)).mappings().one_or_none()
    return None if row is None else _row(row)


async def next_at(tx: AsyncConnection, db: Database, team: str, now: float, sender: Sender) -> float | None:
    """When the next card of a workspace becomes due, after `now`; None when none waits."""
    asked = {"team": team, "now": now, **claims.searcher(db, sender)}
    at: float | None = (await tx.execute(_next_at(tx.dialect.name), asked)).scalar_one()
    return at


async def take(tx: AsyncConnection, db: Database, session_id: str, sender: Sender, now: float) -> CardRow | None:
    """Claim a card that is due; None when it is no more, or when another worker that is alive was quicker."""
    asked = {"row": session_id, "now": now, **claims.claimant(db, sender)}
    row = (await tx.execute(_taking(tx.dialect.name), asked)).mappings().one_or_none()
    return None if row is None else _row(row)


async def check(tx: AsyncConnection, row: CardRow) -> None:
    """Look at the epoch right before a call to the outside; raises ClaimLostError when the card is no longer ours."""
    await claims.check_held(tx, _CHECK, row)


async def sent(tx: AsyncConnection, row: CardRow, version: int, drawn: str, now: float) -> None:
    """Note that the card shows this version, and give it back."""
    await change_held(tx, row, _SENT, {"at_slack": row.ts, "shown": version, "print": drawn, "now": now})


async def reschedule(tx: AsyncConnection, row: CardRow, at: float, reason: str) -> None:
    """Count a try that failed, and give the card back until an instant."""
    values = {"owner": None, "next_at": at, "reason": reason, "attempts": cards.c.attempts + 1}
    await change_held(tx, row, _change(values))


async def show_plainly(tx: AsyncConnection, row: CardRow, now: float, reason: str) -> None:
    """Give the card back to be shown without blocks at once."""
    await change_held(tx, row, _change({"owner": None, "next_at": now, "reason": reason, "plain": sql_true()}))


async def mark_dead(tx: AsyncConnection, row: CardRow, reason: str) -> None:
    """Give the card up for good."""
    await change_held(tx, row, _change({"owner": None, "state": "dead", "reason": reason}))


async def mark_session_dead(tx: AsyncConnection, session_id: str, reason: str) -> None:
    """Give the card of a session up, because its channel cannot be posted to or its first post died.

    A card that somebody has in hand is not taken from them: whether the edit arrived is still noted.
    """
    wanted = cards.c.state.in_(("unposted", "open"))
    await tx.execute(update(cards).where(cards.c.session_id == session_id, wanted).values(state="dead", reason=reason))


async def free_all(tx: AsyncConnection) -> None:
    """Free every card: whoever holds the SQLite file alone knows that no other worker is alive."""
    await tx.execute(update(cards).where(_OPEN, cards.c.owner.is_not(None)).values(owner=None))


async def leave(tx: AsyncConnection, worker: str) -> None:
    """Free the cards that a worker had in hand which stops properly."""
    await tx.execute(update(cards).where(_OPEN, cards.c.owner == worker).values(owner=None))


async def open_teams(tx: AsyncConnection) -> list[tuple[str, float]]:
    """Every workspace with a card to edit, and when the first of them is due; the sweep wakes their lanes."""
    found = await tx.execute(select(cards.c.team, func.min(cards.c.next_at)).where(_OPEN).group_by(cards.c.team))
    return [(team, at) for team, at in found]


async def count_open(tx: AsyncConnection) -> int:
    """How many cards wait for an edit."""
    return int((await tx.execute(select(func.count()).select_from(cards).where(_OPEN))).scalar_one())


def _change(values: dict[str, Any]) -> Update:
    return update(cards).where(*_HELD).values(values)


def _row(read: Any) -> CardRow:
    return CardRow(**{field.name: read[field.name] for field in fields(CardRow)})
