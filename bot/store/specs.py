"""What happens to the rows of the tables of kernel and conversation, in the order in which `forget` counts them.

Retention and erasure go in this order too: rows that go with others stand after those, and the outbox before the
operations and fan-outs by which it is known whose a post is.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, not_, select, tuple_

from bot.domain.identity import LinkSource
from bot.store import due, stored_sessions, tables
from bot.store.erasure import changes, edited_posts, part_in_sessions, posts, requests
from bot.store.instants import happened, since, until, waits
from bot.store.notifications import of_deleted_thread
from bot.store.operations import of_ended_operation
from bot.store.settings import about_person
from bot.store.table_spec import (
    TableSpec,
    blank,
    by,
    by_name,
    kept_for,
    kept_like_spend,
    never,
    nothing,
    once,
)
from bot.store.turn_ends import of_deleted_session, of_person
from bot.timing import DAY, MINUTE, Timing

# A literal, because with a parameter SQLite would not use the inbox's partial index.
_OPEN: Final[Any] = literal_column("'open'")


def _has_no_work() -> ColumnElement[bool]:
    lane, inbox = tables.lanes.c, tables.inbox.c
    return and_(lane.owner.is_(None), ~exists(select(inbox.key).where(inbox.lane == lane.name, inbox.state == _OPEN)))


def _has_no_session() -> ColumnElement[bool]:
    """Figures may name no session that was asked for in the channel, so nobody needs to know whether it is private."""
    of, here = stored_sessions.ASKED_IN, tables.channels.c
    return and_(*(~exists().where(one.c.team == here.team, one.c.channel == here.channel) for one in of))


def _old_post(now: float, timing: Timing) -> ColumnElement[bool]:
    """Posts in the thread of a session go with it."""
    post, kept = tables.posts.c, max(timing.retention, timing.keys_kept, timing.fan_outs_kept)
    return and_(post.created_at < now - kept, post.session_id.is_(None), post.state != "open")


def _old_identity(_now: float, _timing: Timing) -> ColumnElement[bool]:
    """Links that were found by an address go with the person's profile; those of admins stay."""
    known = select(tables.people.c.team, tables.people.c.user)
    link = tables.identities.c
    return and_(link.source == LinkSource.EMAIL.value, tuple_(link.team, link.user).not_in(known))


_ENDED_OR_BEGUN: Final = func.coalesce(tables.operations.c.ended_at, tables.operations.c.created_at)

# The conditions of partial indexes, word for word.
_OPEN_INBOX: Final = tables.inbox.c.state == _OPEN
_OPEN_OUTBOX: Final = tables.outbox.c.state.in_((_OPEN, literal_column("'sending'")))
_OPEN_POSTS: Final = tables.posts.c.state == _OPEN
_REMINDED: Final = and_(tables.turn_ends.c.settled_at.is_(None), tables.turn_ends.c.remind_at.is_not(None))
_ASKED_ABOUT: Final = and_(tables.spend.c.ask_at.is_not(None), tables.spend.c.acus > literal_column("0"))
_IS_HELD: Final = tables.inbox.c.lane.startswith("in:held:")  # as `bot.domain.lane.held_lane` names them
_SESSION: Final = tables.sessions.c

SPECS: Final = (
    # Kernel and conversation. Retention has functions of its own for inbox, outbox and sessions with posts and threads.
    TableSpec(
        tables.people,
        ("profile", "profiles"),
        kept_for(tables.people.c.read_at, lambda kept: kept.retention),
        instants=(happened(tables.people.c.read_at),),
    ),
    TableSpec(
        tables.sessions,
        ("session", "sessions"),
        never,
        part_in_sessions,
        instants=(
            happened(
                _SESSION.created_at,
                _SESSION.spoken_at,
                _SESSION.done_at,
                _SESSION.ended_at,
                _SESSION.not_found_since,
                _SESSION.working_since,
                _SESSION.progress_at,
                _SESSION.adopted_at,
                _SESSION.figures_at,
                _SESSION.read_at,
                _SESSION.failing_since,
                _SESSION.changes_until,
            ),
        ),
    ),
    TableSpec(
        tables.inbox,
        ("request", "requests"),
        never,
        requests,
        instants=(
            waits(
                tables.inbox.c.ready_at,
                lambda wait: max(wait.row_longest_asked, wait.fan_out_slow_poll, wait.edit_settle),
                and_(_OPEN_INBOX, not_(_IS_HELD)),
            ),
            until(tables.inbox.c.ready_at, lambda wait: wait.start_approval, and_(_OPEN_INBOX, _IS_HELD)),
            since(tables.inbox.c.created_at, tables.inbox.c.intent_at, tables.inbox.c.accepted_at, rows=_OPEN_INBOX),
            happened(tables.inbox.c.done_at),
        ),
    ),
    TableSpec(
        tables.outbox,
        ("post", "posts"),
        never,
        posts,
        instants=(
            waits(tables.outbox.c.next_at, lambda wait: wait.slack_longest_asked, _OPEN_OUTBOX),
            until(tables.outbox.c.expires_at, lambda _wait: 2 * DAY, _OPEN_OUTBOX, moves=True),
            since(tables.outbox.c.created_at, tables.outbox.c.sending_at, rows=_OPEN_OUTBOX),
            happened(tables.outbox.c.sent_at),
        ),
    ),
    TableSpec(
        tables.posts,
        ("edited post", "edited posts"),
        _old_post,
        edited_posts,
        instants=(
            # "Is working…" is shown again after a while, which is longer than Slack has anything wait.
            waits(tables.posts.c.next_at, lambda wait: max(wait.slack_longest_asked, wait.agent_working), _OPEN_POSTS),
            happened(tables.posts.c.created_at),
        ),
    ),
    TableSpec(
        tables.threads,
        ("thread", "threads"),
        never,
        blank("replied_by"),
        instants=(happened(tables.threads.c.created_at),),
    ),
    TableSpec(
        tables.kept_tasks,
        ("task of a session", "tasks of sessions"),
        kept_for(tables.kept_tasks.c.at, lambda kept: kept.task_kept),
        instants=(happened(tables.kept_tasks.c.at),),
    ),
    TableSpec(
        tables.channels,
        ("channel", "channels"),
        once(_has_no_session()),
        nothing,
        instants=(happened(tables.channels.c.changed_at, tables.channels.c.private_asked_at),),
    ),
    TableSpec(
        tables.user_group_members,
        ("place in a user group", "places in user groups"),
        kept_for(tables.user_group_members.c.read_at, lambda kept: kept.admins_known),
        instants=(happened(tables.user_group_members.c.read_at),),
    ),
    TableSpec(
        tables.identities,
        ("link to a Devin user", "links to Devin users"),
        _old_identity,
        instants=(happened(tables.identities.c.at),),
    ),
    # Admins take them away.
    TableSpec(tables.roles, ("role", "roles"), never, by("holder")),
    # They resume what is paused. A pause outlives whoever paused.
    TableSpec(tables.pauses, ("pause", "pauses"), never, blank("paused_by"), instants=(happened(tables.pauses.c.at),)),
    TableSpec(
        tables.audit,
        ("record of a change", "records of changes"),
        kept_for(tables.audit.c.at, lambda kept: kept.audit_kept),
        changes,
    ),
    TableSpec(
        tables.operations,
        ("export", "exports"),
        kept_for(_ENDED_OR_BEGUN, lambda kept: kept.retention),
        instants=(happened(tables.operations.c.created_at, tables.operations.c.ended_at),),
    ),
    TableSpec(tables.operation_rows, ("row of an export", "rows of exports"), once(of_ended_operation())),
    # Conversation
    TableSpec(tables.notifications, ("choice about mentions", "choices about mentions"), once(of_deleted_thread())),
    TableSpec(
        tables.settings, ("setting", "settings"), never, about_person, instants=(happened(tables.settings.c.at),)
    ),
    TableSpec(
        tables.turn_ends,
        ("end of a turn", "ends of turns"),
        once(of_deleted_session()),
        of_person,
        instants=(
            until(tables.turn_ends.c.remind_at, lambda _wait: 7 * DAY, _REMINDED),  # the next working day, at most
            happened(tables.turn_ends.c.created_at, tables.turn_ends.c.settled_at),
        ),
    ),
    TableSpec(
        tables.votes, ("vote", "votes"), kept_like_spend(tables.votes.c.at), instants=(happened(tables.votes.c.at),)
    ),
    TableSpec(
        tables.shown_lists,
        ("list of sessions", "lists of sessions"),
        kept_for(tables.shown_lists.c.shown_at, lambda kept: kept.list_kept),
        instants=(happened(tables.shown_lists.c.shown_at),),
    ),
    TableSpec(
        tables.numbered_lists,
        ("list with numbers", "lists with numbers"),
        kept_for(tables.numbered_lists.c.shown_at, lambda kept: kept.list_kept),
        instants=(happened(tables.numbered_lists.c.shown_at),),
    ),
    # What was spent
    TableSpec(
        tables.spend,
        ("session cost", "session costs"),
        kept_like_spend(tables.spend.c.day),
        blank("requester", tags=""),
        # A million rows may have one, and one that is late has Devin asked about a bill an hour later.
        instants=(waits(tables.spend.c.ask_at, lambda wait: wait.session_bills_again, _ASKED_ABOUT, watched=False),),
    ),
    TableSpec(
        tables.past_sessions,
        ("past session", "past sessions"),
        kept_like_spend(tables.past_sessions.c.ended_at),
        blank("requester", requester_name="", repo=None, playbook=None),
        instants=(
            happened(
                tables.past_sessions.c.created_at, tables.past_sessions.c.done_at, tables.past_sessions.c.ended_at
            ),
        ),
    ),
    TableSpec(
        tables.recent_spend,
        ("recent session cost", "recent session costs"),
        kept_for(tables.recent_spend.c.slot, lambda kept: kept.recent_spend_kept),
        nothing,
    ),
    # What came of it
    TableSpec(
        tables.waiting_times,
        ("wait for a person", "waits for people"),
        kept_like_spend(tables.waiting_times.c.since),
        nothing,
    ),
    # Kernel. A token bucket that is not stored counts as full. Each heartbeat deletes workers; of `due` there are few.
    TableSpec(tables.lanes, ("queue", "queues"), once(_has_no_work()), by_name),
    TableSpec(
        tables.rate_limits,
        ("rate limit", "rate limits"),
        kept_for(tables.rate_limits.c.next_at, lambda kept: kept.buckets_kept),
        by_name,
        instants=(waits(tables.rate_limits.c.next_at, lambda wait: wait.slack_longest_asked + MINUTE),),
    ),
    TableSpec(tables.due, ("scheduled task", "scheduled tasks"), never, by_name, instants=due.INSTANTS),
    TableSpec(tables.workers, ("process", "processes"), never, nothing),
)
