"""What is known of the sessions that figures are about: those of threads, those of fan-outs, and those that are purged.

A session has a row in one of the three tables, or in none any more. A query for figures joins all.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import NOTHING_GOES_ON, first_line
from bot.store import past_sessions as past
from bot.store.of_channel import counted_in
from bot.store.sessions import tracked
from bot.store.tables import fan_out_sessions, fan_outs, past_sessions, sessions

_LONGEST_NAME: Final = 40  # of an organisation, in the title of a fan-out's session
_OPTIONS: Final = (sessions.c.options, fan_outs.c.options)
# What is known of a session, behind `with_stored`; None of one that is in none of the tables.
ID: Final[ColumnElement[Any]] = func.coalesce(sessions.c.id, fan_out_sessions.c.session_id, past_sessions.c.session_id)
REQUESTER_NAME: Final[ColumnElement[Any]] = func.coalesce(sessions.c.requester_name, past_sessions.c.requester_name)
REPO: Final[ColumnElement[Any]] = func.coalesce(
    *(options["repo"].as_string() for options in _OPTIONS), past_sessions.c.repo
)
PLAYBOOK: Final[ColumnElement[Any]] = func.coalesce(
    *(options["playbook"].as_string() for options in _OPTIONS), past_sessions.c.playbook
)
WORKED: Final[ColumnElement[Any]] = func.coalesce(sessions.c.worked, past_sessions.c.worked)
# Whether no pull request could have come of it: its task was a plain question, or Devin's answer is all that it left.
ANSWERED: Final[ColumnElement[Any]] = func.coalesce(
    past.answered(sessions), past.answered(fan_outs), past_sessions.c.answered, false()
)
# By which Devin can be asked for all that a session spent: not where one that failed is counted in with another, nor of
# one that was tied to a thread while it was at work, of which only a part counts.
DEVIN_ID: Final[ColumnElement[Any]] = func.coalesce(
    case((and_(sessions.c.adopted_at.is_(None), sessions.c.bare_id.is_not(None)), sessions.c.devin_id)),
    case((fan_out_sessions.c.failed_before == 0, fan_out_sessions.c.devin_id)),
)
# The tables that say in which channels sessions were asked for, each with what the index of a channel ends with.
ASKED_IN: Final[dict[Table, ColumnElement[Any]]] = {
    sessions: sessions.c.thread_ts,
    fan_outs: fan_outs.c.ts,
    past_sessions: past_sessions.c.ended_at,
}


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What figures name a session by: its title, where it is shown in Slack and at Devin, and who asked for it.

    One that is purged has no title and is shown nowhere.
    """

    created_at: float
    title: str | None
    channel: str
    thread_ts: str | None
    url: str | None
    requester: str
    requester_name: str = ""


def with_stored(spent: FromClause, session_id: ColumnElement[Any], team: str | ColumnElement[str]) -> FromClause:
    """Join what was `spent` with what is known of its sessions in a workspace."""
    of_thread = and_(sessions.c.id == session_id, sessions.c.team == team)
    of_fan_out = and_(fan_out_sessions.c.session_id == session_id, fan_out_sessions.c.team == team)
    of_past = and_(past_sessions.c.session_id == session_id, past_sessions.c.team == team)
    joined = spent.outerjoin(sessions, of_thread).outerjoin(past_sessions, of_past)
    joined = joined.outerjoin(fan_out_sessions, of_fan_out)
    return joined.outerjoin(fan_outs, fan_outs.c.id == fan_out_sessions.c.fan_out_id)


def is_stored(session_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that something is known of the session with this id."""
    ids = (sessions.c.id, fan_out_sessions.c.session_id, past_sessions.c.session_id)
    return or_(*(exists().where(its == session_id) for its in ids))


def has_repo(session_id: ColumnElement[Any], repo: str) -> ColumnElement[bool]:
    """The condition that the session with this id was started with a repository, by its name in lower case.

    Of one that is purged only its first one is known.
    """
    fan_out = fan_out_sessions.join(fan_outs, fan_outs.c.id == fan_out_sessions.c.fan_out_id)
    found = (
        exists().select_from(sessions).where(sessions.c.id == session_id, is_repo(sessions, repo)),
        exists().select_from(fan_out).where(fan_out_sessions.c.session_id == session_id, is_repo(fan_outs, repo)),
        exists().where(past_sessions.c.session_id == session_id, func.lower(past_sessions.c.repo) == repo),
    )
    return or_(*found)


def is_repo(asked: Table, repo: str) -> ColumnElement[bool]:
    """The condition that a row of `asked` names the repository with this name in lower case, first or as another."""
    first, others = (func.lower(asked.c.options[key].as_string()) for key in ("repo", "also"))
    return or_(first == repo, others.contains(f'"{repo}"', autoescape=True))


def was_read(until: float, *, polled: bool) -> ColumnElement[bool]:
    """The condition that what a session spent before the instant `until` was read, behind `with_stored`.

    Those of threads that are not over are read by polls, and all were `polled` since then, or not.
    """
    of_thread = sessions.c.id.is_not(None) if polled else sessions.c.ended_at.is_not(None)
    of_fan_out = or_(fan_out_sessions.c.read_at >= until, fan_out_sessions.c.display.in_(NOTHING_GOES_ON))
    return or_(of_thread, of_fan_out)


async def lock(tx: AsyncConnection, session_id: str) -> None:
    """Let nobody store what a session spends until `tx` ends. Sessions are locked before their days everywhere."""
    for its_id in (sessions.c.id, fan_out_sessions.c.session_id):
        await tx.execute(select(its_id).where(its_id == session_id).with_for_update())


async def owners(tx: AsyncConnection, ids: Collection[str]) -> Sequence[Row[Any]]:
    """Whose the sessions with these ids of ours are, in which channel they count, and their options, if not purged."""
    of, its, wanted = fan_out_sessions.c, fan_outs.c, list(ids)
    channel = counted_in(sessions.c.channel).label("channel")
    of_threads = select(sessions.c.id, sessions.c.team, sessions.c.requester, channel, sessions.c.options)
    of_fan_outs = select(of.session_id, its.team, its.user, counted_in(its.channel), its.options)
    of_fan_outs = of_fan_outs.join_from(fan_out_sessions, fan_outs, its.id == of.fan_out_id)
    both = of_threads.where(sessions.c.id.in_(wanted)), of_fan_outs.where(of.session_id.in_(wanted))
    return (await tx.execute(union_all(*both))).all()


def channels_in(of: Table, team: str) -> Select[str]:
    """Each `channel` of a workspace that `of`, one of the tables `ASKED_IN`, has, found with one step in its index."""
    theirs = of.c.team == team
    first = select(func.min(of.c.channel).label("channel")).where(theirs).cte(f"channels_of_{of.name}", recursive=True)
    following = select(func.min(of.c.channel)).where(theirs, of.c.channel > first.c.channel).correlate(first)
    each = first.union_all(select(following.scalar_subquery()).where(first.c.channel.is_not(None)))
    return select(each.c.channel).where(each.c.channel.is_not(None))


def newest_in(team: str, channel: ColumnElement[str]) -> list[ColumnElement[Any]]:
    """An order of channels in which those come first that people asked in last, as far as an index says it."""
    newest = (select(func.max(last)).where(of.c.team == team, of.c.channel == channel) for of, last in ASKED_IN.items())
    return [one.scalar_subquery().desc().nulls_last() for one in newest]


async def stored(tx: AsyncConnection, ids: Iterable[str]) -> dict[str, StoredSession]:
    """What the sessions with these ids of ours are named by, without those of which nothing is known any more."""
    wanted = list(ids)
    found = {
        key: StoredSession(
            known.session.created_at,
            known.session.title,
            known.session.channel,
            known.session.thread_ts,
            known.session.url,
            known.session.requester,
            known.session.requester_name,
        )
        for key, known in (await tracked(tx, wanted)).items()
    }
    missing = [key for key in wanted if key not in found]
    return found | (await _of_others(tx, missing) if missing else {})


async def _of_others(tx: AsyncConnection, ids: list[str]) -> dict[str, StoredSession]:
    purged = {
        key: StoredSession(known.created_at, None, "", None, None, known.requester, known.requester_name)
        for key, known in (await past.read(tx, ids)).items()
    }
    return purged | await _of_fan_outs(tx, ids)


async def _of_fan_outs(tx: AsyncConnection, ids: list[str]) -> dict[str, StoredSession]:
    of, its = fan_out_sessions.c, fan_outs.c
    columns = (of.session_id, of.name, of.url, its.created_at, its.user, its.channel, its.ts, its.prompt, its.options)
    joined = select(*columns).join(fan_outs, its.id == of.fan_out_id).where(of.session_id.in_(ids))
    return {
        row.session_id: StoredSession(
            row.created_at,
            f"{first_line(row.options.get('title') or row.prompt)} ({row.name[:_LONGEST_NAME]})",
            row.channel,
            row.ts,
            row.url,
            row.user,
        )
        for row in await tx.execute(joined)
    }
