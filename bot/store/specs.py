"""What happens to the rows of each table, in the order in which `forget` counts them.

Retention deletes in this order too, so rows that go with others stand after those. Inbox, outbox and sessions are
deleted by functions of their own (`bot.flows.upkeep.retention`), sessions with their cards and threads.
"""

from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, select

from bot.domain.billing import billing_day, bounds
from bot.store import columns, long_jobs, notifications, tables
from bot.store.erasure import changes, part_in_sessions, posts, requests
from bot.store.table_spec import TableSpec, blank, by_name, by_subject, by_user_or_subject, never, nothing
from bot.timing import Timing

metadata: Final = columns.metadata  # has every table, because this file imports them all

# A literal, because with a parameter SQLite would not use the inbox's partial index.
_OPEN: Final[Any] = literal_column("'open'")


def _has_no_work() -> ColumnElement[bool]:
    lane, inbox = tables.lanes.c, tables.inbox.c
    return and_(lane.owner.is_(None), ~exists(select(inbox.key).where(inbox.lane == lane.name, inbox.state == _OPEN)))


def _has_no_session() -> ColumnElement[bool]:
    channel, session = tables.channels.c, tables.sessions.c
    its = (session.team == channel.team, session.channel == channel.channel)
    return ~exists(select(session.id).where(*its))


def _first_day(now: float, timing: Timing) -> date:
    """The first billing day of which is kept what was spent and what came of it."""
    return billing_day(now - timing.spend_kept)


CORE: Final = (
    TableSpec(
        tables.people,
        ("profile", "profiles"),
        lambda now, timing: tables.people.c.read_at < now - timing.retention,
    ),
    TableSpec(tables.sessions, ("session", "sessions"), never, part_in_sessions),
    TableSpec(tables.inbox, ("request", "requests"), never, requests),
    TableSpec(tables.outbox, ("post", "posts"), never, posts),
    TableSpec(tables.cards, ("card", "cards"), never, nothing),
    TableSpec(tables.threads, ("thread", "threads"), never, nothing),
    TableSpec(tables.channels, ("channel", "channels"), lambda _now, _timing: _has_no_session(), nothing),
    TableSpec(
        tables.admins,
        ("place in the group of the admins", "places in the group of the admins"),
        lambda now, timing: tables.admins.c.read_at < now - timing.admins_known,
    ),
    TableSpec(
        tables.audit,
        ("record of a change", "records of changes"),
        lambda now, timing: tables.audit.c.at < now - timing.audit_kept,
        changes,
    ),
    TableSpec(
        tables.long_jobs,
        ("export", "exports"),
        lambda now, timing: (
            func.coalesce(tables.long_jobs.c.ended_at, tables.long_jobs.c.created_at) < now - timing.retention
        ),
    ),
    TableSpec(
        tables.long_job_rows,
        ("row of an export", "rows of exports"),
        lambda _now, _timing: long_jobs.of_ended_job(),
    ),
)
FAN_OUT: Final = (
    TableSpec(
        tables.fan_outs,
        ("fan-out", "fan-outs"),
        lambda now, timing: tables.fan_outs.c.created_at < now - max(timing.retention, timing.fan_outs_kept),
    ),
    TableSpec(
        tables.fan_out_sessions,
        ("session of a fan-out", "sessions of fan-outs"),
        lambda _now, _timing: tables.fan_out_sessions.c.fan_out_id.not_in(select(tables.fan_outs.c.id)),
    ),
)
CONVERSATION: Final = (
    TableSpec(
        tables.notifications,
        ("choice about mentions", "choices about mentions"),
        lambda _now, _timing: notifications.of_deleted_thread(),
    ),
    TableSpec(
        tables.shown_lists,
        ("list of sessions", "lists of sessions"),
        lambda now, timing: tables.shown_lists.c.shown_at < now - timing.list_kept,
    ),
    TableSpec(
        tables.numbered_lists,
        ("list with numbers", "lists with numbers"),
        lambda now, timing: tables.numbered_lists.c.shown_at < now - timing.list_kept,
    ),
)
DIGEST: Final = (
    TableSpec(
        tables.subscriptions,
        ("subscription to a digest", "subscriptions to digests"),
        never,  # people remove them
        blank("added_by"),
    ),
)
SPENDING: Final = (
    TableSpec(
        tables.spend,
        ("figure of what a session cost", "figures of what sessions cost"),
        lambda now, timing: tables.spend.c.day < _first_day(now, timing).isoformat(),
        blank("requester"),
    ),
    TableSpec(
        tables.recent_spend,
        ("figure of what a session cost lately", "figures of what sessions cost lately"),
        lambda now, timing: tables.recent_spend.c.slot < now - timing.recent_spend_kept,
        nothing,
    ),
)
ALARMS: Final = (
    TableSpec(
        tables.alarms,
        ("alarm", "alarms"),
        lambda now, timing: tables.alarms.c.opened_at < now - max(timing.retention, timing.keys_kept),
    ),
)
OUTCOMES: Final = (
    TableSpec(
        tables.waiting_times,
        ("record of a wait for a person", "records of waits for people"),
        lambda now, timing: tables.waiting_times.c.since < bounds(_first_day(now, timing))[0],
        nothing,
    ),
)
GUARDRAILS: Final = (
    TableSpec(
        tables.guardrail_violations,
        ("record of a guardrail violation", "records of guardrail violations"),
        lambda now, timing: tables.guardrail_violations.c.at < now - timing.audit_kept,
        nothing,
    ),
)
REPORT: Final = (
    TableSpec(
        tables.pull_requests,
        ("record of a pull request", "records of pull requests"),
        lambda now, timing: tables.pull_requests.c.first_seen < bounds(_first_day(now, timing))[0],
        nothing,
    ),
)
BUDGETS: Final = (
    TableSpec(
        tables.budgets,
        ("budget", "budgets"),
        never,  # admins remove them
        by_subject,
    ),
    TableSpec(
        tables.crossings,
        ("level of a budget that was reached", "levels of budgets that were reached"),
        lambda now, timing: tables.crossings.c.at < now - timing.spend_kept,
        by_subject,
    ),
    TableSpec(
        tables.grants,
        ("request for more of a budget", "requests for more of a budget"),
        lambda now, timing: tables.grants.c.at < now - timing.spend_kept,
        by_user_or_subject,
    ),
)
KERNEL: Final = (
    TableSpec(tables.lanes, ("queue", "queues"), lambda _now, _timing: _has_no_work(), by_name),
    TableSpec(
        tables.rate_limits,
        ("rate limit", "rate limits"),
        # A bucket that is not stored counts as full.
        lambda now, timing: tables.rate_limits.c.next_at < now - timing.buckets_kept,
        by_name,
    ),
    TableSpec(
        tables.due,
        ("note of what is due", "notes of what is due"),
        never,  # a few rows, written again and again
        by_name,
    ),
    TableSpec(
        tables.workers,
        ("process", "processes"),
        never,  # each heartbeat deletes those that are dead (`bot.store.lanes`)
        nothing,
    ),
)
CONSUMPTION: Final = (
    TableSpec(
        tables.consumption,
        ("figure of a bill", "figures of bills"),
        lambda now, timing: tables.consumption.c.day < _first_day(now, timing).isoformat(),
        nothing,
    ),
    TableSpec(
        tables.corrections,
        ("change of a bill", "changes of bills"),
        lambda now, timing: tables.corrections.c.day < _first_day(now, timing).isoformat(),
        nothing,
    ),
    TableSpec(
        tables.cycles,
        ("billing cycle", "billing cycles"),
        never,  # each reading replaces those of the last one
        nothing,
    ),
    TableSpec(
        tables.cycle_limits,
        ("limit of billing cycles", "limits of billing cycles"),
        never,  # each reading replaces those of the last one
        nothing,
    ),
)
SPECS: Final = (
    *CORE,
    *FAN_OUT,
    *CONVERSATION,
    *DIGEST,
    *SPENDING,
    *ALARMS,
    *OUTCOMES,
    *GUARDRAILS,
    *REPORT,
    *BUDGETS,
    *KERNEL,
    *CONSUMPTION,
)
