"""Our own record of each session, with the position up to which it was relayed to Slack."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import Float, and_, bindparam, case, delete, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.announcements import Pending, TurnState
from bot.domain.outcomes import RecordedDay
from bot.domain.session import (
    ENDED_BY_A_MESSAGE,
    TERMINAL_STATUSES,
    DisplayState,
    Lifecycle,
    Options,
    PullRequest,
    Session,
    Snapshot,
    bare_id,
    first_line,
)
from bot.store import past_sessions
from bot.store.database.connection import insert, storable
from bot.store.inbox import BATCH
from bot.store.tables import outbox, posts, sessions, threads

LIVE_LIFECYCLES: Final = (Lifecycle.QUEUED, Lifecycle.CREATING, Lifecycle.OPEN)
_LATEST: Final = 50
_REPOSITORIES: Final = 200  # the newest ones; names are compared with each
_PLAIN: Final = (
    *("id", "team", "org_id", "channel", "thread_ts", "requester", "prompt", "reference", "cause_ts"),
    *("devin_id", "url", "checking", "stop_requested", "stop_ts", "stopped_by"),
    *("created_at", "ended_at", "spoken_at", "not_found_since"),
    *("requester_name", "stopped_by_name", "replied_by", "worked", "working_since"),
    *("acu_limit", "corrected_from", "wake_allowed", "devin_user", "progress_acus", "progress_at"),
    *("adopted_at", "by_id", "renamed", "alert"),
)
_SNAPSHOT_COLUMNS: Final = [
    *("status", "detail", "title", "acus", "has_result", "archived", "updated_at"),
    *("last_words", "asks"),
]
_REPLY_STATUS: Final = ["status", "detail", "archived", "updated_at"]  # what Devin answers to a message or a stop
_POSITION: Final = (
    *("last_event_id", "page_cursor", "devin_messages"),
    *("figures_at", "read_at", "failing_since", "changes_until", "mark"),
)
# Built once, because every reply executes them.
_ONE: Final = sessions.c.id == bindparam("session_id")
_BY_ID: Final = select(sessions).where(_ONE)
_CURSOR: Final = select(sessions.c.page_cursor).where(_ONE)
_SPOKE: Final = (
    update(sessions)
    .where(_ONE)
    .values(
        spoken_at=bindparam("at"),
        replied_by=bindparam("who"),
        progress_acus=sessions.c.acus,
        stopped_by=None,
        archived=False,
        ended_at=None,
        not_found_since=None,
        working_since=func.coalesce(sessions.c.working_since, bindparam("at", type_=Float)),
        last_words="",  # Devin's words from before are no sign of what it does now
        asks=None,
    )
)
_DETAIL_STAYS: Final = and_(sessions.c.status == bindparam("new_status"), sessions.c.detail.not_in(ENDED_BY_A_MESSAGE))
_ANSWERED: Final = (
    update(sessions)
    .where(_ONE, sessions.c.updated_at <= bindparam("new_updated_at"))
    .values(
        {name: bindparam(f"new_{name}") for name in _REPLY_STATUS if name != "detail"}
        | {"detail": case((_DETAIL_STAYS, sessions.c.detail), else_=None)}
    )
)


@dataclass(frozen=True, slots=True)
class RelayPosition:
    """How far the messages and changes of a session have been posted in its thread.

    `failing_since` is since when the session could not be announced. Until `changes_until` it may change again without
    showing it, because Devin's times are whole seconds. `mark` is the reaction on the asker's message.
    """

    last_event_id: str | None = None
    page_cursor: str | None = None
    devin_messages: int = 0
    turn: TurnState = field(default_factory=TurnState)
    figures_at: float = 0.0
    read_at: float = 0.0
    failing_since: float | None = None
    changes_until: float = 0.0
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class TrackedSession:
    """A stored session with its relay position, with which the poller compares what it finds at Devin.

    `recorded` is what is known of its newest day.
    """

    session: Session
    position: RelayPosition
    recorded: RecordedDay


async def add(tx: AsyncConnection, session: Session) -> None:
    """Insert `session`, unless one with its id is stored already, as when its cause is handled a second time."""
    await tx.execute(insert(tx.dialect.name, sessions).values(storable(_values(session))).on_conflict_do_nothing())


async def get(tx: AsyncConnection, session_id: str) -> Session | None:
    """The session with our id `session_id`, or None."""
    row = (await tx.execute(_BY_ID, {"session_id": session_id})).mappings().one_or_none()
    return None if row is None else _session(row)


async def page_cursor(tx: AsyncConnection, session_id: str) -> str | None:
    """How far the messages of a session were read at Devin."""
    found: str | None = await tx.scalar(_CURSOR, {"session_id": session_id})
    return found


async def locked(tx: AsyncConnection, session_id: str) -> Session | None:
    """The session with our id `session_id`, or None; no other transaction changes it until `tx` ends."""
    row = (await tx.execute(_BY_ID.with_for_update(), {"session_id": session_id})).mappings().one_or_none()
    return None if row is None else _session(row)


async def of_message(tx: AsyncConnection, team: str, channel: str, ts: str) -> Session | None:
    """The session whose thread begins with the message `ts`, or has it as a post of the bot; None if there is none.

    Of several that had the thread one after the other it is the last one.
    """
    here = sessions.c.team == team, sessions.c.channel == channel
    begun = select(sessions).where(*here, sessions.c.thread_ts == ts).order_by(sessions.c.created_at.desc()).limit(1)
    row = (await tx.execute(begun)).mappings().one_or_none()
    if row is None:
        posted = select(outbox.c.session_id).where(outbox.c.channel == channel, outbox.c.ts == ts).scalar_subquery()
        row = (await tx.execute(select(sessions).where(*here, sessions.c.id == posted))).mappings().one_or_none()
    return None if row is None else _session(row)


async def tracked(tx: AsyncConnection, session_ids: Iterable[str]) -> dict[str, TrackedSession]:
    """The sessions with these ids of ours, with their relay positions, by id."""
    return await _tracked(tx, sessions.c.id.in_(list(session_ids)))


async def by_bare_ids(tx: AsyncConnection, org_id: str, bare_ids: Sequence[str]) -> dict[str, TrackedSession]:
    """The sessions of an organisation with these ids of Devin's, which lack their prefix, tracked, by bare id."""
    found = await tx.execute(select(sessions).where(sessions.c.org_id == org_id, sessions.c.bare_id.in_(bare_ids)))
    return {row["bare_id"]: track(row) for row in found.mappings()}


async def by_references(tx: AsyncConnection, org_id: str, references: Sequence[str]) -> dict[str, Session]:
    """The sessions of an organisation with these references, by reference."""
    found = await tx.execute(select(sessions).where(sessions.c.org_id == org_id, sessions.c.reference.in_(references)))
    return {row["reference"]: _session(row) for row in found.mappings()}


async def of_person(
    tx: AsyncConnection,
    team: str,
    user: str,
    *,
    channel: str | None = None,
    limit: int = 20,
) -> list[Session]:
    """The live sessions that `user` asked for, newest first and at most `limit`; with `channel` only those in it."""
    conditions = [sessions.c.team == team, sessions.c.requester == user, sessions.c.lifecycle.in_(LIVE_LIFECYCLES)]
    if channel is not None:
        conditions.append(sessions.c.channel == channel)
    found = await tx.execute(select(sessions).where(*conditions).order_by(sessions.c.created_at.desc()).limit(limit))
    return [_session(row) for row in found.mappings()]


async def repositories(tx: AsyncConnection, team: str, user: str, channel: str) -> list[str]:
    """The repositories of the sessions that `user` asked for, or that are in `channel`, the newest first."""
    whose = or_(sessions.c.requester == user, sessions.c.channel == channel)
    repo = sessions.c.options["repo"].as_string().label("repo")
    # Grouped outside: PostgreSQL does not see that two paths into JSON with parameters are the same.
    used = select(repo, sessions.c.created_at).where(sessions.c.team == team, whose, repo.is_not(None)).subquery()
    newest = select(used.c.repo).group_by(used.c.repo).order_by(func.max(used.c.created_at).desc())
    return list((await tx.execute(newest.limit(_REPOSITORIES))).scalars())


async def latest(tx: AsyncConnection, team: str, user: str) -> list[Session]:
    """The sessions of the workspace in which something was said last, and the newest ones that `user` asked for."""
    said = select(sessions).where(sessions.c.team == team, sessions.c.lifecycle == Lifecycle.OPEN)
    found = await tx.execute(said.order_by(sessions.c.spoken_at.desc()).limit(_LATEST))
    return [*map(_session, found.mappings()), *await of_person(tx, team, user)]


async def is_first(tx: AsyncConnection, session: Session) -> bool:
    """Whether `session` is the first one for which its person asked in the workspace; False once they were erased."""
    if not session.requester:
        return False
    of = sessions.c
    before = or_(of.created_at < session.created_at, and_(of.created_at == session.created_at, of.id < session.id))
    earlier = select(of.id).where(of.team == session.team, of.requester == session.requester, before).limit(1)
    return (await tx.execute(earlier)).first() is None


async def count_started(tx: AsyncConnection, team: str, since: float, *, user: str = "", alerts_in: str = "") -> int:
    """How many sessions `user`, or alerts in the channel `alerts_in`, have started after `since`.

    Those that were refused or cancelled don't count, nor does an alert count as started by its person.
    """
    of = sessions.c
    by_alert = and_(of.alert != "", of.cause_ts.is_not(None))  # as `Session.is_from_machine`
    whose = (of.channel == alerts_in, by_alert) if alerts_in else (of.requester == user, not_(by_alert))
    began = (of.created_at > since, of.lifecycle.not_in((Lifecycle.REFUSED, Lifecycle.CANCELLED)))
    wanted = select(func.count()).select_from(sessions).where(of.team == team, *whose, *began)
    return int(await tx.scalar(wanted) or 0)


async def of_alert(tx: AsyncConnection, team: str, channel: str, alert: str, since: float) -> Session | None:
    """The newest live session in `channel` about this `alert` that was started after `since`."""
    of = sessions.c
    same = (of.team == team, of.channel == channel, of.alert == alert, of.created_at > since)
    live = select(sessions).where(*same, of.lifecycle.in_(LIVE_LIFECYCLES)).order_by(of.created_at.desc()).limit(1)
    row = (await tx.execute(live)).mappings().first()
    return None if row is None else _session(row)


async def with_prompt(tx: AsyncConnection, team: str, user: str, prompt: str, since: float) -> list[Session]:
    """The sessions that `user` started after `since` with exactly this `prompt`, newest first.

    Refused and cancelled sessions are left out.
    """
    found = await tx.execute(
        select(sessions)
        .where(
            sessions.c.team == team,
            sessions.c.requester == user,
            sessions.c.created_at > since,
            sessions.c.prompt_hash == _hash(prompt),
            sessions.c.lifecycle.not_in((Lifecycle.REFUSED, Lifecycle.CANCELLED)),
        )
        .order_by(sessions.c.created_at.desc())
    )
    return [_session(row) for row in found.mappings()]


async def was_started_by(tx: AsyncConnection, team: str, channel: str, ts: str) -> bool:
    """Whether the message `ts` has started a session, or may have; not where its start was refused or cancelled."""
    never = (Lifecycle.REFUSED.value, Lifecycle.CANCELLED.value)
    of = sessions.c
    same = (of.team == team, of.channel == channel, of.cause_ts == ts, of.lifecycle.not_in(never))
    return (await tx.execute(select(of.id).where(*same).limit(1))).first() is not None


async def of_channel(tx: AsyncConnection, team: str, channel: str, limit: int = 20) -> list[Session]:
    """The live sessions in `channel`, newest first and at most `limit`."""
    found = await tx.execute(
        select(sessions)
        .where(sessions.c.team == team, sessions.c.channel == channel, sessions.c.lifecycle.in_(LIVE_LIFECYCLES))
        .order_by(sessions.c.created_at.desc())
        .limit(limit)
    )
    return [_session(row) for row in found.mappings()]


async def change(tx: AsyncConnection, session_id: str, **values: Any) -> None:
    """Set the columns of one session to these `values`."""
    await tx.execute(update(sessions).where(sessions.c.id == session_id).values(storable(values)))


async def spoke(tx: AsyncConnection, session_id: str, user: str, now: float) -> None:
    """Store that `user` wrote to the session, which wakes it: Devin works on it again since `now`."""
    await tx.execute(_SPOKE, {"session_id": session_id, "at": now, "who": user})


async def opened(
    tx: AsyncConnection, session: Session, devin_id: str, url: str, snapshot: Snapshot, now: float
) -> None:
    """Store that Devin has the session under `devin_id` and `url` since `now`. Of its prompt only a line stays.

    Of `snapshot` only the title and the time are stored: a session that is found late may have asked, spent or ended
    by then, and the next poll announces that.
    """
    await change(
        tx,
        session.id,
        lifecycle=Lifecycle.OPEN,
        checking=False,
        devin_id=devin_id,
        bare_id=bare_id(devin_id),
        url=url,
        prompt=first_line(session.prompt),
        spoken_at=session.created_at,
        working_since=now,
        **_snapshot_columns(snapshot.unannounced()),
    )


async def adopted(tx: AsyncConnection, session: Session, position: RelayPosition, now: float) -> None:
    """Store that `session`, which Devin had before, is followed from `now` on, as it is and from this `position` on.

    What it has spent and announced so far is only where later polls begin to count.
    """
    assert session.devin_id is not None
    works = session.display_state is DisplayState.WORKING
    await change(
        tx,
        session.id,
        lifecycle=session.lifecycle,
        devin_id=session.devin_id,
        bare_id=bare_id(session.devin_id),
        url=session.url,
        by_id=session.by_id,
        spoken_at=now,
        read_at=now,
        working_since=now if works else None,
        progress_acus=session.snapshot.acus,
        announced=position.turn.announced,
        last_event_id=position.last_event_id,
        page_cursor=position.page_cursor,
        devin_messages=position.devin_messages,
        mark=None,
        **_snapshot_columns(session.snapshot),
    )


async def give_up_id(tx: AsyncConnection, session_id: str) -> None:
    """Let another session have the id at Devin of this one, which is not followed any more."""
    await change(tx, session_id, bare_id=None)


async def end(tx: AsyncConnection, session_id: str, lifecycle: Lifecycle, now: float) -> Session | None:
    """End a session that Devin does not have: set its `lifecycle` and the time `now`, and cut its prompt to a line.

    Returns the session as it was before, or None if there is none.
    """
    session = await get(tx, session_id)
    if session is not None:
        prompt = first_line(session.prompt)
        await change(tx, session_id, lifecycle=lifecycle, checking=False, ended_at=now, prompt=prompt)
    return session


async def apply_snapshot(tx: AsyncConnection, session: Session, snapshot: Snapshot, **position: Any) -> bool:
    """Store `snapshot` and the new `position` of `session`, unless its stored row is newer or has another state.

    Returns whether it was stored. A reply or a stop may have stored another state since `session` was read; what has to
    be announced must then be found out again.
    """
    applied = await tx.execute(
        update(sessions)
        .where(
            sessions.c.id == session.id,
            sessions.c.lifecycle == session.lifecycle,
            sessions.c.updated_at <= snapshot.updated_at,
            *(sessions.c[name].is_not_distinct_from(getattr(session.snapshot, name)) for name in _REPLY_STATUS),
        )
        .values(**storable(_snapshot_columns(snapshot)), **position)
    )
    return applied.rowcount > 0


async def apply_reply_status(tx: AsyncConnection, session_id: str, snapshot: Snapshot) -> bool:
    """Store the status in `snapshot`, Devin's answer to a message or a stop, unless the stored one is newer.

    Returns whether it was stored. An end is not, since the poller has to announce it; nor is a status that could not be
    read. Such an answer lacks the detail, so a stored detail that a message does not change, such as a limit, is kept;
    otherwise it would be announced again.
    """
    if not snapshot.status or snapshot.status in TERMINAL_STATUSES:
        return False
    state = {f"new_{name}": getattr(snapshot, name) for name in _REPLY_STATUS if name != "detail"}
    applied = await tx.execute(_ANSWERED, {"session_id": session_id} | storable(state))
    return applied.rowcount > 0


async def apply_figures(tx: AsyncConnection, snapshot: Sequence[tuple[str, Snapshot]], changes_until: float) -> None:
    """Store the ACUs, result and time of many sessions, given as pairs of our id and a snapshot.

    Until `changes_until` each may change again without showing it. A snapshot that is older than the stored row changes
    nothing.
    """
    if not snapshot:
        return
    columns = ("acus", "has_result", "updated_at")
    statement = (
        update(sessions)
        .where(sessions.c.id == bindparam("session"), sessions.c.updated_at <= bindparam("at"))
        .values({name: bindparam(f"new_{name}") for name in columns} | {"changes_until": changes_until})
    )
    rows = [
        {"session": key, "at": figures.updated_at, **{f"new_{name}": getattr(figures, name) for name in columns}}
        for key, figures in snapshot
    ]
    await tx.execute(statement, rows)


async def mark_figures_drawn(tx: AsyncConnection, session_ids: Sequence[str], now: float) -> None:
    """Store that the cards of these sessions show new figures since `now`."""
    await tx.execute(update(sessions).where(sessions.c.id.in_(session_ids)).values(figures_at=now))


async def purge(tx: AsyncConnection, before: float) -> int:
    """Delete one batch of the sessions that ended before `before`, with their threads and posts; returns their number.

    What figures need of them is kept. Open ones stay, and those with a post that has still to be edited, because it
    would show for ever what it shows now. Their rows in inbox and outbox then belong to no session, and are purged in
    batches of their own.
    """
    over = (sessions.c.ended_at < before, sessions.c.lifecycle.not_in(LIVE_LIFECYCLES))
    to_edit = select(posts.c.key).where(posts.c.session_id == sessions.c.id, posts.c.state == "open").exists()
    found = await tx.execute(select(sessions.c.id).where(*over, ~to_edit).limit(BATCH))
    old = list(found.scalars())
    if old:
        await past_sessions.keep(tx, old)
        await tx.execute(delete(threads).where(threads.c.session_id.in_(old)))
        await tx.execute(delete(posts).where(posts.c.session_id.in_(old)))
        await tx.execute(delete(sessions).where(sessions.c.id.in_(old)))
    return len(old)


def _snapshot_columns(snapshot: Snapshot) -> dict[str, Any]:
    values = {name: getattr(snapshot, name) for name in _SNAPSHOT_COLUMNS}
    requests = [asdict(request) for request in snapshot.pull_requests]
    return values | {"pull_requests": requests, "choices": [*snapshot.choices]}


async def _tracked(tx: AsyncConnection, condition: Any) -> dict[str, TrackedSession]:
    found = await tx.execute(select(sessions).where(condition))
    return {row["id"]: track(row) for row in found.mappings()}


def _hash(prompt: str) -> str:
    return hashlib.blake2b(prompt.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _values(session: Session) -> dict[str, Any]:
    return {
        **{name: getattr(session, name) for name in _PLAIN},
        **_snapshot_columns(session.snapshot),
        "prompt_hash": _hash(session.prompt),
        "lifecycle": session.lifecycle.value,
        "options": asdict(session.options),
        "bare_id": bare_id(session.devin_id) if session.devin_id else None,
    }


def track(row: Any) -> TrackedSession:
    """Turn a `row` of the table into a session with its relay position."""
    position = RelayPosition(**{name: row[name] for name in _POSITION}, turn=_turn_state(row))
    return TrackedSession(_session(row), position, RecordedDay.stored(row["outcome_day"], row["outcome"]))


def _turn_state(row: Any) -> TurnState:
    found = row["pending"]
    pending = found and Pending(**{**found, "pull_requests": tuple(found["pull_requests"])})
    return TurnState(row["announcement_seq"], row["announced"], row["person_wrote"], pending)


def _session(row: Any) -> Session:
    options = row["options"]
    snapshot = {name: row[name] for name in _SNAPSHOT_COLUMNS}
    requests = tuple(PullRequest(**request) for request in row["pull_requests"])
    return Session(
        **{name: row[name] for name in _PLAIN},
        lifecycle=Lifecycle(row["lifecycle"]),
        options=Options(**{**options, "tags": tuple(options["tags"]), "also": tuple(options.get("also", ()))}),
        snapshot=Snapshot(**snapshot, pull_requests=requests, choices=tuple(row["choices"])),
    )
