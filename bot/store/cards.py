"""Cards: a row for each session, with what its card shows in Slack and which version it should show.

A card is posted once and then only edited. The post is an ordinary row of the outbox: it obeys the rate limit of the
channel, the posts of its thread wait for it, a lost answer is looked up, and the start of the session may follow it.
Edits are the business of this table. An edit needs no order and no look-up, since it shows the newest state whenever it
is made and may be repeated. So edits neither wait for a thread nor hold one up. All edits in a workspace stand in one
lane, because they share one rate limit.

A new state adds one to `version`. Whoever draws a card reads the version before the session, and stores this version as
`sent_version` after the edit. A version that was requested meanwhile keeps the row open. Rows are claimed as in the
outbox (`bot.store.row_claims`).
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

from bot.store import row_claims
from bot.store.database.connection import Database, insert
from bot.store.row_claims import Sender, change_held
from bot.store.tables import cards, outbox

# A literal, not a parameter: SQLite uses the index of open rows only if the statement itself contains the state.
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
        """The id by which the row is found."""
        return self.session_id

    @property
    def key(self) -> str:
        """The key of the card in the metadata of its message and in the log."""
        return card_key(self.session_id)


def card_key(session_id: str) -> str:
    """The key of the card of `session_id`, in the outbox and in the metadata of its message."""
    return f"card:{session_id}"


# Statements are built once, because the editor executes them for each row.


def _candidates(dialect: str) -> tuple[ColumnElement[bool], ...]:
    return (cards.c.team == bindparam("team"), _OPEN, row_claims.is_free(cards.c.session_id, dialect))


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
    unheld = row_claims.not_held_by_others(cards, dialect)
    return (
        update(cards)
        .where(cards.c.session_id == bindparam("row"), _OPEN, due, unheld)
        .values({"owner": bindparam("worker"), "epoch": cards.c.epoch + 1})
        .returning(cards)
    )


_HELD: Final = row_claims.is_held(cards.c.session_id)
_CHECK: Final = row_claims.check_of(cards.c.session_id)


def _shown() -> dict[str, Any]:
    """The new values of a row whose card now shows the version `shown`; a newer requested version keeps it open."""
    newer = (cards.c.version > bindparam("shown")) & ~_IS_DEAD
    return {
        "state": case((newer, "open"), else_="sent"),
        "ts": bindparam("at_slack"),
        "sent_version": bindparam("shown"),
        # A newer version is sent even if nothing in it differs, as another worker may have drawn the card meanwhile.
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
    """Insert `row`; returns False if its session has a card already, so that none has to be posted."""
    statement = insert(tx.dialect.name, cards).on_conflict_do_nothing(index_elements=["session_id"])
    values = {field.name: getattr(row, field.name) for field in fields(CardRow)}
    return (await tx.execute(statement, values)).rowcount > 0


async def get(tx: AsyncConnection, session_id: str) -> CardRow | None:
    """The card of `session_id` in any state, or None."""
    row = (await tx.execute(select(cards).where(cards.c.session_id == session_id))).mappings().one_or_none()
    return None if row is None else _row(row)


async def redraw(
    tx: AsyncConnection, session_ids: Sequence[str], now: float, *, figures_only: bool = False
) -> set[str]:
    """Request a new version of the cards of these sessions; returns the workspaces in which a card is to be edited.

    `figures_only` gives way to edits that show a new state. A wait that Slack asked for is not shortened, and a card
    that is dead stays dead.
    """
    # A card that already waits to show a new state still has to show it, even if only figures are new now.
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
    """Store that the card was posted as the message `ts` and shows `version`; returns whether it needs an edit already.

    `drawn` is a fingerprint of what the card shows.
    """
    shown = {"row": session_id, "at_slack": ts, "shown": version, "print": drawn, "now": now}
    return bool((await tx.execute(_POSTED, shown)).scalar_one_or_none())


async def clear_drawn(tx: AsyncConnection, session_id: str) -> None:
    """Delete the fingerprint of the card, so that its next edit is sent even if that shows nothing new."""
    await tx.execute(update(cards).where(cards.c.session_id == session_id).values(drawn=None))


async def next_edit(tx: AsyncConnection, db: Database, team: str, now: float, sender: Sender) -> CardRow | None:
    """The card in the workspace `team` that `sender` should edit next at `now`; None if none is due.

    Cards with a new state come before those with new figures only, and then those that have waited longest.
    """
    asked = {"team": team, "now": now, **row_claims.searcher(db, sender)}
    row = (await tx.execute(_next(tx.dialect.name), asked)).mappings().one_or_none()
    return None if row is None else _row(row)


async def next_at(tx: AsyncConnection, db: Database, team: str, now: float, sender: Sender) -> float | None:
    """The instant after `now` at which the next card in the workspace `team` becomes due; None if none waits."""
    asked = {"team": team, "now": now, **row_claims.searcher(db, sender)}
    at: float | None = (await tx.execute(_next_at(tx.dialect.name), asked)).scalar_one()
    return at


async def take(tx: AsyncConnection, db: Database, session_id: str, sender: Sender, now: float) -> CardRow | None:
    """Claim a card for `sender`; None if it is no longer due, or if another living worker has claimed it."""
    asked = {"row": session_id, "now": now, **row_claims.claimant(db, sender)}
    row = (await tx.execute(_taking(tx.dialect.name), asked)).mappings().one_or_none()
    return None if row is None else _row(row)


async def check(tx: AsyncConnection, row: CardRow) -> None:
    """Check the claim on `row` right before a call to Slack; raises ClaimLostError if it is lost."""
    await row_claims.check_held(tx, _CHECK, row)


async def sent(tx: AsyncConnection, row: CardRow, version: int, drawn: str, now: float) -> None:
    """Store that the card shows `version`, with the fingerprint `drawn`, and release the claim."""
    await change_held(tx, row, _SENT, {"at_slack": row.ts, "shown": version, "print": drawn, "now": now})


async def reschedule(tx: AsyncConnection, row: CardRow, at: float, reason: str) -> None:
    """Release the card, count a failed attempt with its `reason`, and let the card be due again at `at`."""
    values = {"owner": None, "next_at": at, "reason": reason, "attempts": cards.c.attempts + 1}
    await change_held(tx, row, _change(values))


async def show_plainly(tx: AsyncConnection, row: CardRow, now: float, reason: str) -> None:
    """Release the card to be edited again at once without blocks, which Slack refused for `reason`."""
    await change_held(tx, row, _change({"owner": None, "next_at": now, "reason": reason, "plain": sql_true()}))


async def mark_dead(tx: AsyncConnection, row: CardRow, reason: str) -> None:
    """Mark the claimed card as dead, with its `reason`: it is never edited again."""
    await change_held(tx, row, _change({"owner": None, "state": "dead", "reason": reason}))


async def mark_session_dead(tx: AsyncConnection, session_id: str, reason: str) -> None:
    """Mark the card of a session as dead, because its channel cannot be posted to or its first post is dead.

    A worker that holds the card keeps its claim, so that it can still store whether its edit arrived.
    """
    wanted = cards.c.state.in_(("unposted", "open"))
    await tx.execute(update(cards).where(cards.c.session_id == session_id, wanted).values(state="dead", reason=reason))


async def note_loss(tx: AsyncConnection, session_id: str, removal: str) -> str | None:
    """Store that the channel of a session is lost; returns a name for the loss, or None if it was announced before.

    `removal` is the key of Slack's event about the channel, or empty if Slack refused a post there. All refusals since
    the last post that was sent are one loss. Each event is a loss of its own, but an event right after refusals is the
    same loss as they, because it says why Slack refused.
    """
    # Locked, so that of two transactions that lose the channel at the same time only one announces it.
    known = await tx.execute(select(cards.c.loss).where(cards.c.session_id == session_id).with_for_update())
    stored, last_sent = known.scalar_one_or_none() or "", (await tx.execute(_last_sent(session_id))).scalar_one()
    refused, loss = f"{last_sent}:", f"{last_sent}:{removal}"
    if not removal and stored.startswith(refused):
        return None
    await tx.execute(update(cards).where(cards.c.session_id == session_id).values(loss=loss))
    return None if stored in {refused, loss} else loss


def _last_sent(session_id: str) -> Select[tuple[int]]:
    theirs = (outbox.c.session_id == session_id, outbox.c.state == "sent", outbox.c.kind.in_(("card", "post")))
    return select(func.coalesce(func.max(outbox.c.seq), 0)).where(*theirs)


async def free_all(tx: AsyncConnection) -> None:
    """Release every claim on a card. Only where no other worker is alive, as the lock of an SQLite file proves."""
    await tx.execute(update(cards).where(_OPEN, cards.c.owner.is_not(None)).values(owner=None))


async def leave(tx: AsyncConnection, worker: str) -> None:
    """Release the cards that `worker`, which is stopping, has claimed."""
    await tx.execute(update(cards).where(_OPEN, cards.c.owner == worker).values(owner=None))


async def open_teams(tx: AsyncConnection) -> list[tuple[str, float]]:
    """Each workspace with a card to edit, and when the first one is due, for the sweep to wake their lanes."""
    found = await tx.execute(select(cards.c.team, func.min(cards.c.next_at)).where(_OPEN).group_by(cards.c.team))
    return [(team, at) for team, at in found]


async def count_open(tx: AsyncConnection) -> int:
    """Count the cards that wait for an edit."""
    return int((await tx.execute(select(func.count()).select_from(cards).where(_OPEN))).scalar_one())


def _change(values: dict[str, Any]) -> Update:
    return update(cards).where(*_HELD).values(values)


def _row(read: Any) -> CardRow:
    return CardRow(**{field.name: read[field.name] for field in fields(CardRow)})
