"""Posts that are edited: a row for each, with what its message in Slack shows and which version it should show.

Such a post is sent once and then only edited. Its first form is an ordinary row of the outbox with the same key: it
obeys the rate limit of the channel, the posts of its thread wait for it, a lost answer is looked up, and the start of
a session may follow it. Edits are the business of this table. An edit needs no order and no look-up, since it shows the
newest state whenever it is made and may be repeated. So edits neither wait for a thread nor hold one up. All edits of a
surface in a workspace stand in one lane, because they share one rate limit.

The Home tab of a person is such a post too. It is there from the start, so it needs no row of the outbox: each time
that it is opened, it is drawn. For a while after that it is also drawn when one of the person's sessions changes.

So is the status of a session on Slack's agent surface: there is nothing to be sent first.

What a post shows is drawn by the drawer that the row names. A new state adds one to `version`. Whoever draws a post
reads the version before what is shown, and stores this version as `sent_version` after the edit. A version that was
requested meanwhile keeps the row open. Rows are claimed as in the outbox (`bot.store.row_claims`).
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
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy import true as sql_true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from bot.store import row_claims
from bot.store.database.connection import Database, insert
from bot.store.row_claims import Sender, change_held
from bot.store.tables import posts, sessions

# A literal, not a parameter: SQLite uses the index of open rows only if the statement itself contains the state.
_OPEN: Final[ColumnElement[bool]] = posts.c.state == literal_column("'open'")
_IS_DEAD: Final = posts.c.state == "dead"
_HAS_FAILED: Final = posts.c.attempts > 0
_DUE_AT: Final = bindparam("due_at", type_=Float)
_DUE_SOONER: Final = posts.c.next_at < _DUE_AT

# Where a post is shown, each with an edit of its own at Slack. They stand in rows.
MESSAGE: Final = "message"
HOME: Final = "home"
AGENT: Final = "agent"
Edited = tuple[str, str]
"""Where posts are edited at one rate: a workspace, and one of its surfaces."""


def _redraw(which: ColumnElement[bool], gives_way: ColumnElement[bool] | None = None) -> ReturningUpdate[Any]:
    return (
        update(posts)
        .where(which, ~_IS_DEAD)
        .values(
            version=posts.c.version + 1,
            state=case((posts.c.ts.is_(None), "unposted"), else_="open"),
            gives_way=false() if gives_way is None else gives_way,
            next_at=case((and_(_OPEN, or_(_HAS_FAILED, _DUE_SOONER)), posts.c.next_at), else_=_DUE_AT),
        )
        .returning(posts.c.team, posts.c.surface, posts.c.state)
    )


# Built once, because every reply and every change of a session executes them.
_NAMED: Final = posts.c.key.in_(bindparam("keys", expanding=True))
_REDRAW: Final = _redraw(_NAMED)
# A post that already waits for an edit which may not wait still has to show that, even if only figures are new now.
_REDRAW_FIGURES: Final = _redraw(_NAMED, case((_OPEN, posts.c.gives_way), else_=sql_true()))
_LISTED: Final = select(literal(f"{HOME}:") + sessions.c.team + ":" + sessions.c.requester).where(
    sessions.c.id.in_(bindparam("ids", expanding=True))
)
_REDRAW_HOMES: Final = _redraw(
    and_(posts.c.key.in_(_LISTED), posts.c.created_at > bindparam("opened_after", type_=Float))
)


@dataclass(frozen=True, slots=True)
class Post:
    """One post that is edited, of the `subject` that its `drawer` draws."""

    drawer: str
    subject: str
    team: str
    channel: str
    ref: str
    created_at: float
    session_id: str | None = None  # in whose thread it stands
    surface: str = MESSAGE
    ts: str | None = None
    state: str = "unposted"
    version: int = 1
    sent_version: int = 0
    gives_way: bool = False
    drawn: str | None = None
    form: int = 0
    attempts: int = 0
    next_at: float = 0.0
    reason: str | None = None
    owner: str | None = None
    epoch: int = 0

    @property
    def key(self) -> str:
        """The key of the post, in the outbox, in the metadata of its message and in the log."""
        return post_key(self.drawer, self.subject)

    @property
    def id(self) -> str:
        """The id by which the row is found."""
        return self.key

    @property
    def is_up_to_date(self) -> bool:
        """Whether its message shows the newest version."""
        return self.state == "sent"

    @property
    def is_dead(self) -> bool:
        """Whether its message will never be there, or never be edited again."""
        return self.state == "dead"


def post_key(drawer: str, subject: str) -> str:
    """The key of the post that `drawer` draws of `subject`."""
    return f"{drawer}:{subject}"


def subject_of(key: str) -> str:
    """The subject of the post with this `key`."""
    return key.partition(":")[2]


def home_subject(team: str, user: str) -> str:
    """The subject of the Home tab of a person."""
    return f"{team}:{user}"


# Statements are built once, because the editor executes them for each row.


def _candidates(dialect: str) -> tuple[ColumnElement[bool], ...]:
    shown_there = posts.c.surface == bindparam("surface")
    return (posts.c.team == bindparam("team"), shown_there, _OPEN, row_claims.is_free(posts.c.key, dialect))


@cache
def _next(dialect: str) -> Select[Any]:
    due = posts.c.next_at <= bindparam("now")
    order = (posts.c.gives_way, posts.c.next_at, posts.c.key)
    return select(posts).where(*_candidates(dialect), due).order_by(*order).limit(1)


@cache
def _next_at(dialect: str) -> Select[Any]:
    waits = posts.c.next_at > bindparam("now", type_=Float)
    return select(func.min(posts.c.next_at)).where(*_candidates(dialect), waits)


@cache
def _taking(dialect: str) -> Any:
    due = posts.c.next_at <= bindparam("now")
    unheld = row_claims.not_held_by_others(posts, dialect)
    return (
        update(posts)
        .where(posts.c.key == bindparam("row"), _OPEN, due, unheld)
        .values({"owner": bindparam("worker"), "epoch": posts.c.epoch + 1})
        .returning(posts)
    )


_HELD: Final = row_claims.is_held(posts.c.key)
_CHECK: Final = row_claims.check_of(posts.c.key)


def _shown() -> dict[str, Any]:
    """The new values of a row whose message now shows the version `shown`; a newer requested version keeps it open."""
    newer = (posts.c.version > bindparam("shown")) & ~_IS_DEAD
    return {
        "state": case((newer, "open"), else_="sent"),
        "ts": bindparam("at_slack"),
        "sent_version": bindparam("shown"),
        # A newer version is sent even if nothing in it differs, as another worker may have drawn the post meanwhile.
        "drawn": case((newer, None), else_=bindparam("print")),
        "gives_way": case((newer, posts.c.gives_way), else_=false()),
        "form": 0,
        "attempts": 0,
        "next_at": bindparam("now"),
        "reason": None,
        "owner": None,
    }


_POSTED: Final = (
    update(posts).where(posts.c.key == bindparam("row")).values(_shown()).returning(posts.c.state == "open")
)
_SENT: Final = update(posts).where(*_HELD).values(_shown())


async def add(tx: AsyncConnection, row: Post) -> bool:
    """Insert `row`; returns False if its subject has a post already, so that none has to be sent."""
    statement = insert(tx.dialect.name, posts).on_conflict_do_nothing(index_elements=["key"])
    values = {field.name: getattr(row, field.name) for field in fields(Post)} | {"key": row.key}
    return (await tx.execute(statement, values)).rowcount > 0


async def get(tx: AsyncConnection, key: str) -> Post | None:
    """The post with this key in any state, or None."""
    row = (await tx.execute(select(posts).where(posts.c.key == key))).mappings().one_or_none()
    return None if row is None else _row(row)


async def open_home(tx: AsyncConnection, row: Post) -> None:
    """Request a new version of the Home tab that `row` is, which its person has just opened.

    One that is dead is tried again: the person may see it by now. `created_at` is when it was opened last.
    """
    values = {field.name: getattr(row, field.name) for field in fields(Post)} | {"key": row.key}
    opened = {"created_at": row.created_at, "ref": row.ref, "attempts": 0, "form": 0, "drawn": None, "reason": None}
    again = opened | {"state": "open", "version": posts.c.version + 1, "next_at": row.created_at}
    statement = insert(tx.dialect.name, posts).on_conflict_do_update(index_elements=["key"], set_=again)
    await tx.execute(statement, values)


async def redraw_homes(tx: AsyncConnection, session_ids: Sequence[str], opened_after: float, at: float) -> set[Edited]:
    """Request a new version, due `at` an instant, of the Home tabs that list one of these sessions of their person's.

    Of those only that were opened after an instant, because nobody looks at the others.
    """
    return await _asked(tx, _REDRAW_HOMES, at, ids=list(session_ids), opened_after=opened_after)


async def redraw_home(tx: AsyncConnection, team: str, user: str, opened_after: float, at: float) -> set[Edited]:
    """Request a new version, due `at` an instant, of the Home tab of a person if it was opened after another one."""
    theirs = posts.c.key == post_key(HOME, home_subject(team, user))
    return await _asked(tx, _redraw(and_(theirs, posts.c.created_at > opened_after)), at)


async def redraw(tx: AsyncConnection, keys: Sequence[str], at: float, *, gives_way: bool = False) -> set[Edited]:
    """Request a new version, due `at` an instant, of the posts with these `keys`; returns where one is to be edited.

    With `gives_way` the edit gives way to edits without it. A wait that Slack asked for is not shortened, and a post
    that is dead stays dead.
    """
    return await _asked(tx, _REDRAW_FIGURES if gives_way else _REDRAW, at, keys=list(keys))


async def redraw_in(
    tx: AsyncConnection, team: str, channel: str, session_ids: Sequence[str], now: float
) -> set[Edited]:
    """Request a new version of the posts in a channel that belong to one of these sessions, or to none."""
    whose = or_(posts.c.session_id.is_(None), posts.c.session_id.in_(session_ids))
    return await _asked(tx, _redraw(and_(posts.c.team == team, posts.c.channel == channel, whose)), now)


async def redraw_of(tx: AsyncConnection, session_ids: Sequence[str], now: float) -> set[Edited]:
    """Request a new version of the posts in the threads of these sessions."""
    return await _asked(tx, _redraw(posts.c.session_id.in_(session_ids)), now)


async def _asked(tx: AsyncConnection, redrawing: ReturningUpdate[Any], at: float, **which: object) -> set[Edited]:
    """Execute a statement of `_redraw`, for edits that are due `at` an instant; returns where one is to be made."""
    changed = await tx.execute(redrawing, {"due_at": at} | which)
    return {(team, surface) for team, surface, state in changed if state == "open"}


async def posted(tx: AsyncConnection, key: str, ts: str, version: int, drawn: str | None, now: float) -> bool:
    """Store that the post was sent as the message `ts` and shows `version`; returns whether it needs an edit already.

    `drawn` is a fingerprint of what the message shows.
    """
    shown = {"row": key, "at_slack": ts, "shown": version, "print": drawn, "now": now}
    return bool((await tx.execute(_POSTED, shown)).scalar_one_or_none())


async def clear_drawn(tx: AsyncConnection, key: str) -> None:
    """Delete the fingerprint of the post, so that its next edit is sent even if that shows nothing new."""
    await tx.execute(update(posts).where(posts.c.key == key).values(drawn=None))


async def next_edit(tx: AsyncConnection, db: Database, where: Edited, now: float, sender: Sender) -> Post | None:
    """The post on a surface of a workspace that `sender` should edit next at `now`; None if none is due.

    Edits that may wait come last, and otherwise the post that has waited longest comes first.
    """
    asked = _searched(db, where, now, sender)
    row = (await tx.execute(_next(tx.dialect.name), asked)).mappings().one_or_none()
    return None if row is None else _row(row)


async def next_at(tx: AsyncConnection, db: Database, where: Edited, now: float, sender: Sender) -> float | None:
    """The instant after `now` at which the next edit there becomes due; None if none waits."""
    asked = _searched(db, where, now, sender)
    at: float | None = (await tx.execute(_next_at(tx.dialect.name), asked)).scalar_one()
    return at


def _searched(db: Database, where: Edited, now: float, sender: Sender) -> dict[str, Any]:
    team, surface = where
    return {"team": team, "surface": surface, "now": now, **row_claims.searcher(db, sender)}


async def take(tx: AsyncConnection, db: Database, key: str, sender: Sender, now: float) -> Post | None:
    """Claim a post for `sender`; None if it is no longer due, or if another living worker has claimed it."""
    asked = {"row": key, "now": now, **row_claims.claimant(db, sender)}
    row = (await tx.execute(_taking(tx.dialect.name), asked)).mappings().one_or_none()
    return None if row is None else _row(row)


async def check(tx: AsyncConnection, row: Post) -> None:
    """Check the claim on `row` right before a call to Slack; raises ClaimLostError if it is lost."""
    await row_claims.check_held(tx, _CHECK, row)


async def sent(tx: AsyncConnection, row: Post, version: int, drawn: str, now: float) -> None:
    """Store that the post shows `version`, with the fingerprint `drawn`, and release the claim."""
    await change_held(tx, row, _SENT, {"at_slack": row.ts, "shown": version, "print": drawn, "now": now})


async def drop(tx: AsyncConnection, key: str) -> None:
    """Delete the post with this key, because its message stays as it is from now on. The outbox keeps its key."""
    await tx.execute(delete(posts).where(posts.c.key == key))


async def reschedule(tx: AsyncConnection, row: Post, at: float, reason: str) -> None:
    """Release the post, count a failed attempt with its `reason`, and let the edit be due again at `at`."""
    values = {"owner": None, "next_at": at, "reason": reason, "attempts": posts.c.attempts + 1}
    await change_held(tx, row, _change(values))


async def show_in_form(tx: AsyncConnection, row: Post, form: int, now: float, reason: str) -> None:
    """Release the post to be edited again at once in its plainer `form`, as Slack refused another one for `reason`."""
    await change_held(tx, row, _change({"owner": None, "next_at": now, "reason": reason, "form": form}))


async def mark_dead(tx: AsyncConnection, row: Post, reason: str) -> None:
    """Mark the claimed post as dead, with its `reason`: it is never edited again."""
    await change_held(tx, row, _change({"owner": None, "state": "dead", "reason": reason}))


async def mark_unposted_dead(tx: AsyncConnection, key: str, reason: str) -> None:
    """Mark the post with this key as dead, because it could not be sent."""
    await tx.execute(_dead(posts.c.key == key, reason))


async def mark_session_dead(tx: AsyncConnection, session_id: str, reason: str) -> None:
    """Mark the posts in the thread of a session as dead, because its channel cannot be posted to.

    A worker that holds such a post keeps its claim, so that it can still store whether its edit arrived.
    """
    await tx.execute(_dead(posts.c.session_id == session_id, reason))


def _dead(which: ColumnElement[bool], reason: str) -> Update:
    return update(posts).where(which, posts.c.state.in_(("unposted", "open"))).values(state="dead", reason=reason)


async def free_all(tx: AsyncConnection) -> None:
    """Release every claim on a post. Only where no other worker is alive, as the lock of an SQLite file proves."""
    await tx.execute(update(posts).where(_OPEN, posts.c.owner.is_not(None)).values(owner=None))


async def leave(tx: AsyncConnection, worker: str) -> None:
    """Release the posts that `worker`, which is stopping, has claimed."""
    await tx.execute(update(posts).where(_OPEN, posts.c.owner == worker).values(owner=None))


async def open_edits(tx: AsyncConnection) -> list[tuple[Edited, float]]:
    """Where a post is to be edited, and when the first one there is due, for the sweep to wake the lanes."""
    by = (posts.c.team, posts.c.surface)
    found = await tx.execute(select(*by, func.min(posts.c.next_at)).where(_OPEN).group_by(*by))
    return [((team, surface), at) for team, surface, at in found]


async def count_open(tx: AsyncConnection, now: float) -> int:
    """Count the posts that wait for an edit which is due at `now`, or has failed."""
    due = or_(_HAS_FAILED, posts.c.next_at <= now)
    return int((await tx.execute(select(func.count()).select_from(posts).where(_OPEN, due))).scalar_one())


def _change(values: dict[str, Any]) -> Update:
    return update(posts).where(*_HELD).values(values)


def _row(read: Any) -> Post:
    return Post(**{field.name: read[field.name] for field in fields(Post)})


async def drawer_at(tx: AsyncConnection, team: str, channel: str, ts: str) -> str | None:
    """The name of the drawer of the post that is the message `ts`; None if it is no post that is edited."""
    where = (posts.c.team == team, posts.c.channel == channel, posts.c.ts == ts, posts.c.surface == MESSAGE)
    found: str | None = await tx.scalar(select(posts.c.drawer).where(*where).limit(1))
    return found
