"""Alarms: when the spending of a running session is one, and where each alarm stands."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.session import DisplayState, Session


class AlarmKind(StrEnum):
    """What an alarm is about."""

    RUNAWAY = "runaway"  # a session that spends without a sign of progress, or more than is usual
    UNREAD = "unread"  # what running sessions spend cannot be read


class AlarmState(StrEnum):
    """What people have decided about an alarm."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Runaway:
    """Why a session is an alarm: the ACUs `silent` since its last message or pull request, or those of an `hour`.

    The one that is no alarm is None. `limit` is what an hour may cost.
    """

    silent: float | None
    hour: float | None
    limit: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. `subject` is the id of what it is about: a session of ours, or a workspace.

    `facts` are the figures that its post shows, in `channel` and perhaps a thread. The alarm is over since `over_at`,
    and may come back for a while.
    """

    key: str
    kind: AlarmKind
    subject: str
    team: str
    org_id: str
    channel: str
    opened_at: float
    facts: dict[str, Any]
    thread_ts: str | None = None
    state: AlarmState = AlarmState.OPEN
    user: str | None = None  # who has decided
    snoozed_until: float | None = None
    over_at: float | None = None
    changed_at: float = 0.0


def runaway(silent: float, hour: float, usual: float, floor: float) -> Runaway | None:
    """Whether a session runs away that spent so much since its last sign of progress, and so much in its last hour.

    Neither counts up to the `floor`; the hour does not count up to the `usual` limit either.
    """
    limit = max(usual, floor)
    without_progress, expensive = silent > floor, hour > limit
    if not (without_progress or expensive):
        return None
    return Runaway(silent if without_progress else None, hour if expensive else None, limit)


def spends(session: Session) -> bool:
    """Whether Devin works on `session` now."""
    return session.display_state is DisplayState.WORKING


def is_the_same(alarm: Alarm, found: Runaway, session: Session) -> bool:
    """Whether `found` is what `alarm`, which is over since a moment, was about: there was no progress in between."""
    return found.silent is None or alarm.facts.get("progress") == session.progress_acus


def was_woken(alarm: Alarm, session: Session) -> bool:
    """Whether somebody wrote to `session` after it was stopped because of `alarm`, before anybody saw it stopped."""
    return alarm.state is AlarmState.STOPPED and session.spoken_at > alarm.changed_at
