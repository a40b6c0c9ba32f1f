"""Which rows hold something about a person or belong to a workspace, and how each kind of them is erased.

Everything of a workspace is deleted. Of a person the rows stay that keep a promise, without what says who it was and
what they wrote: the keys of messages, so that none acts twice; sessions, so that at Devin none is taken for a new one;
and what was spent and came of it. Here is what inbox, outbox, sessions and audit have of their own; of the other tables
their `TableSpec` says it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, cast, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.causes import Cause, PersonsCause, StartCause, UnreadableCause
from bot.domain.lane import own_lane
from bot.domain.session import NOTHING_GOES_ON, Lifecycle, Options
from bot.store import inbox as inbox_rows
from bot.store import outbox as outbox_rows
from bot.store import past_sessions
from bot.store import posts as post_rows
from bot.store.cause_codec import BLANK, decode
from bot.store.table_spec import NOBODY, EraseKeys, RowsToErase, TableSpec, by_team, by_user, deletion, keys_of
from bot.store.tables import audit, fan_out_sessions, fan_outs, inbox, operations, outbox, pull_requests, sessions
from bot.store.tables import posts as edited

REASON: Final = "erased"
QUESTION: Final = "A question?"  # stands for the prompt of a session of which Devin's answer is all that came
_JOINED: Final = ("part in someone else's session", "parts in other people's sessions")
_IDS: Final = re.compile("[A-Za-z0-9]+")
_BLANK_POST: Final[dict[str, Any]] = {"v": outbox_rows.PAYLOAD_VERSION}


def of_person(specs: Sequence[TableSpec], user: str) -> list[RowsToErase]:
    """What is stored about the person with the id `user`, whichever workspace it is in."""
    return [rows for spec in specs for rows in spec.person(spec, user)]


def of_workspace(specs: Sequence[TableSpec], team: str) -> list[RowsToErase]:
    """What belongs to the workspace `team`. What Devin billed belongs to the organisation, and stays."""
    return [replace(rows, last=spec.table is sessions) for spec in specs for rows in by_team(spec, team)]


async def followed_by_person(tx: AsyncConnection, user: str) -> list[str]:
    """The addresses at Devin of the sessions that are followed and that `user` asked for."""
    return [
        *await _followed(tx, sessions.c.requester == user),
        *await _followed_of_fan_outs(tx, fan_out_sessions.c.user == user),
    ]


async def followed_in_workspace(tx: AsyncConnection, team: str) -> list[str]:
    """The addresses at Devin of the sessions that are followed in the workspace `team`."""
    return [
        *await _followed(tx, sessions.c.team == team),
        *await _followed_of_fan_outs(tx, fan_out_sessions.c.team == team),
    ]


async def _followed(tx: AsyncConnection, whose: ColumnElement[bool]) -> list[str]:
    live = (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.ended_at.is_(None), sessions.c.url.is_not(None))
    return list(
        await tx.scalars(select(sessions.c.url).where(whose, *live).order_by(sessions.c.created_at, sessions.c.url))
    )


async def _followed_of_fan_outs(tx: AsyncConnection, whose: ColumnElement[bool]) -> list[str]:
    of = fan_out_sessions.c
    live = (of.lifecycle == Lifecycle.OPEN, of.display.not_in(NOTHING_GOES_ON), of.url.is_not(None))
    return list(await tx.scalars(select(of.url).where(whose, *live).order_by(of.fan_out_id, of.position)))


# ---------------------------------------------------------------- what a person wrote


def _names(user: str, *texts: str) -> bool:
    """Whether the id `user` stands in one of `texts`, and not only as a part of another id."""
    return any(user in _IDS.findall(text) for text in texts)


def requests(spec: TableSpec, user: str) -> list[RowsToErase]:
    """The rows of the inbox that the person caused; their keys stay."""
    return [RowsToErase(spec.nouns, _Requests(user).find, _erase_requests(user))]


class _Requests:
    """The rows of the inbox that a person caused, and the dead ones that name them."""

    def __init__(self, user: str) -> None:
        self._user = user

    async def find(self, tx: AsyncConnection) -> list[tuple[str]]:
        """The keys of these rows. Rows of other people that are still worked on stay, whatever they say."""
        asked_for = set(await tx.scalars(select(sessions.c.id).where(sessions.c.requester == self._user)))
        unfinished = and_(
            inbox.c.state != "done", or_(_holds(inbox.c.payload, self._user), inbox.c.kind == StartCause.kind)
        )
        wanted = or_(unfinished, inbox.c.lane.contains(self._user, autoescape=True))
        rows = await tx.execute(
            select(inbox.c.key, inbox.c.lane, inbox.c.state, inbox.c.kind, inbox.c.payload).where(wanted)
        )
        return [(row.key,) for row in rows if self._is_theirs(row, asked_for)]

    def _is_theirs(self, row: Any, asked_for: set[str]) -> bool:
        if _names(self._user, row.lane):
            return True
        if row.state == "dead":
            return _names(self._user, json.dumps(row.payload))
        cause: Cause = decode(row.kind, row.payload)
        if isinstance(cause, UnreadableCause):
            return self._user == cause.payload.get("user")
        return (isinstance(cause, PersonsCause) and cause.user == self._user) or (
            isinstance(cause, StartCause) and cause.session_id in asked_for
        )


def _erase_requests(user: str) -> EraseKeys:
    async def erase(tx: AsyncConnection, keys: Sequence[Any], now: float) -> None:
        names = [key for (key,) in keys]
        await inbox_rows.finish(tx, names, now, reason=REASON)
        # The lane of their commands has their id in its name; a closed row is in no lane's way.
        of_person = inbox.c.lane.endswith(f":{user}", autoescape=True)
        lane = case((of_person, literal(own_lane("")) + inbox.c.key), else_=inbox.c.lane)
        await tx.execute(update(inbox).where(inbox.c.key.in_(names)).values(payload=BLANK, lane=lane))

    return erase


def posts(spec: TableSpec, user: str) -> list[RowsToErase]:
    """The posts to the person and of their work, to be deleted; those in threads of their sessions, without a text."""
    theirs = deletion(spec, or_(_names_post(user), _of_their_work(user, outbox.c.key)))
    return [theirs, RowsToErase(spec.nouns, _Posts(user).find, _blank_posts)]


def _names_post(user: str) -> ColumnElement[bool]:
    """The condition that a post went, or is to go, to the person alone."""
    parts = [literal(":") + column + ":" for column in (outbox.c.key, outbox.c.lane, outbox.c.channel)]
    to_them = [part.contains(f":{user}:", autoescape=True) for part in parts]
    answer = and_(outbox.c.kind == "private", outbox.c.payload["user"].as_string() == user)
    return or_(*to_them, answer)


def edited_posts(spec: TableSpec, user: str) -> list[RowsToErase]:
    """The person's Home tab and the edited posts of their operations, fan-outs and requests, to be deleted.

    Cards are named by sessions.
    """
    requests_of_theirs = and_(edited.c.key.startswith("request:"), edited.c.key.contains(f":{user}:", autoescape=True))
    return [deletion(spec, or_(edited.c.channel == user, _of_their_work(user, edited.c.key), requests_of_theirs))]


def _of_their_work(user: str, key: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition that a post with this `key` is of an operation or a fan-out of the person's."""
    named = ((operations, "op:"), (fan_outs, "fanout:"))
    return or_(
        *(
            select(table.c.id)
            .where(table.c.user == user, (key + ":").startswith(literal(prefix) + table.c.id + ":"))
            .exists()
            for table, prefix in named
        )
    )


class _Posts:
    """The posts in the threads of a person's sessions that still have a text, and the dead ones that name them."""

    def __init__(self, user: str) -> None:
        self._user = user

    async def find(self, tx: AsyncConnection) -> list[tuple[int]]:
        """The numbers of these rows."""
        asked_for = select(sessions.c.id).where(sessions.c.requester == self._user)
        has_text = or_(cast(outbox.c.payload, String) != json.dumps(_BLANK_POST), outbox.c.follow.is_not(None))
        theirs = and_(outbox.c.session_id.in_(asked_for), or_(outbox.c.state.in_(("open", "sending")), has_text))
        dead = and_(outbox.c.state == "dead", _holds(outbox.c.payload, self._user))
        rows = await tx.execute(select(outbox.c.seq, outbox.c.payload, theirs.label("theirs")).where(or_(theirs, dead)))
        return [(row.seq,) for row in rows if row.theirs or _names(self._user, json.dumps(row.payload))]


async def _blank_posts(tx: AsyncConnection, keys: Sequence[Any], now: float) -> None:
    these = outbox.c.seq.in_([seq for (seq,) in keys])
    unsent = {"state": "dead", "reason": REASON, "sent_at": now, "sending_at": None}
    await tx.execute(update(outbox).where(these, outbox.c.state.in_(("open", "sending"))).values(unsent))
    await tx.execute(update(outbox).where(these).values(payload=_BLANK_POST, follow=None))


def _holds(column: ColumnElement[Any], user: str) -> ColumnElement[bool]:
    return cast(column, String).contains(user, autoescape=True)


# ---------------------------------------------------------------- what others changed about a person


def changes(spec: TableSpec, user: str) -> list[RowsToErase]:
    """The person's own changes, to be deleted; what others changed about them, without what it was."""
    return [*by_user(spec, user), RowsToErase(spec.nouns, _AuditRows(user).find, _blank_audit_rows)]


class _AuditRows:
    """The audit rows of other people's changes that name a person."""

    def __init__(self, user: str) -> None:
        self._user = user

    async def find(self, tx: AsyncConnection) -> list[tuple[int]]:
        """The numbers of these rows."""
        changed = (audit.c.target, audit.c.before, audit.c.after)
        named = or_(*(_holds(column, self._user) for column in changed))
        rows = await tx.execute(select(audit.c.seq, *changed).where(named))
        return [(row.seq,) for row in rows if _names(self._user, row.target, json.dumps([row.before, row.after]))]


async def _blank_audit_rows(tx: AsyncConnection, keys: Sequence[Any], _now: float) -> None:
    blank = {"target": "", "before": None, "after": None}
    await tx.execute(update(audit).where(audit.c.seq.in_([seq for (seq,) in keys])).values(blank))


# ---------------------------------------------------------------- sessions


def part_in_sessions(spec: TableSpec, user: str) -> list[RowsToErase]:
    """The person's sessions, and those of others in which they took part. Both stay."""
    asked = RowsToErase(spec.nouns, keys_of(sessions, sessions.c.requester == user), _erase_sessions, last=True)
    joined = RowsToErase(_JOINED, keys_of(sessions, _took_part(user)), _erase_part_in_sessions(user), last=True)
    return [asked, joined]


async def _erase_sessions(tx: AsyncConnection, keys: Sequence[Any], now: float) -> None:
    """Blank sessions, and end those that run: what Devin says and does in them is not read or shown any more."""
    ids = [session_id for (session_id,) in keys]
    live = select(sessions.c.id).where(sessions.c.id.in_(ids), sessions.c.lifecycle == Lifecycle.OPEN)
    running = list(await tx.scalars(live))
    lifecycle = case(
        (sessions.c.lifecycle == Lifecycle.OPEN, Lifecycle.ENDED),
        # What Devin may have started all the same is ended when it shows up.
        (sessions.c.lifecycle.in_((Lifecycle.QUEUED, Lifecycle.CREATING, Lifecycle.UNCERTAIN)), Lifecycle.CANCELLED),
        else_=sessions.c.lifecycle,
    )
    over = {"lifecycle": lifecycle, "ended_at": func.coalesce(sessions.c.ended_at, now), "checking": False}
    await tx.execute(update(sessions).where(sessions.c.id.in_(ids)).values(**over, **_SESSION_WITHOUT_PERSON))
    # Without Devin's id their pull requests are not asked for any more.
    await tx.execute(update(pull_requests).where(pull_requests.c.session_id.in_(ids)).values(bare_id=None))
    never = {"state": "dead", "reason": REASON}
    await tx.execute(update(edited).where(edited.c.session_id.in_(ids), edited.c.state == "unposted").values(never))
    await tx.execute(update(edited).where(edited.c.session_id.in_(ids)).values(drawn=None))
    # What shows a session at work is edited when the bot runs again, and names nobody then.
    await post_rows.redraw_of(tx, running, now)


_SESSION_WITHOUT_PERSON: Final[dict[str, Any]] = {
    "requester": NOBODY,
    "requester_name": "",
    "devin_user": None,
    "stopped_by": NOBODY,
    "stopped_by_name": "",
    "replied_by": None,
    # What could have no pull request must not count as if it had none, in months that were reported already.
    "prompt": case((past_sessions.answered(sessions), QUESTION), else_=""),
    "prompt_hash": None,
    "options": asdict(Options()),
    "title": None,
    "renamed": None,
    "last_words": "",
    "asks": None,
    "choices": [],
    "pending": None,
    "stop_requested": False,
}


def _took_part(user: str) -> ColumnElement[bool]:
    return or_(sessions.c.replied_by == user, sessions.c.stopped_by == user)


def _erase_part_in_sessions(user: str) -> EraseKeys:
    async def erase(tx: AsyncConnection, keys: Sequence[Any], _now: float) -> None:
        these = sessions.c.id.in_([session_id for (session_id,) in keys])
        stopped = {"stopped_by": NOBODY, "stopped_by_name": ""}
        await tx.execute(update(sessions).where(these, sessions.c.stopped_by == user).values(stopped))
        await tx.execute(update(sessions).where(these, sessions.c.replied_by == user).values(replied_by=None))

    return erase
