"""What came of the pull requests that were opened in a period, as pure functions of rows.

A ratio has a numerator and a denominator, and says nothing while the denominator is small.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Final

from bot.domain.outcomes import Outcome

MATURITY: Final = 14 * 86_400.0  # seconds: a pull request that is open for longer counts as one that nobody merges
LEAST_DENOMINATOR: Final = 5


@dataclass(frozen=True, slots=True)
class OpenedPullRequest:
    """A pull request that was first seen in the period, with our ids of the sessions that worked on it.

    It is `shown` with name and address if the readers may see one of these sessions.
    """

    url: str
    first_seen: float
    merged_at: float | None
    closed_at: float | None
    session_ids: tuple[str, ...]
    shown: bool = True
    last_known_at: float | None = None  # of what nobody may ask Devin about any more

    def open_for(self, now: float) -> float:
        """Return the seconds for which it is known to have been open."""
        return (now if self.last_known_at is None else self.last_known_at) - self.first_seen

    @property
    def is_open(self) -> bool:
        """Whether it is neither merged nor closed."""
        return self.merged_at is None and self.closed_at is None


class Result(StrEnum):
    """The best that has become by now of the pull requests of a session."""

    MERGED = "merged"
    OPEN = "open"
    STALE = "stale"  # open for longer than `MATURITY`
    CLOSED = "closed"  # unmerged
    NONE = "none"


# What sessions with these results used is `wasted` if the session is over by now, and could have had a pull request: a
# plain question could not. The report, its file and the digest all count by this rule.
UNMERGED: Final = (Result.NONE, Result.CLOSED, Result.STALE)
OVER: Final = (Outcome.DONE, Outcome.FAILED, Outcome.STOPPED)


@dataclass(frozen=True, slots=True)
class ActiveSessions:
    """So many sessions that were active in the period: what they used then, and what became of their pull requests."""

    number: int
    acus: float
    result: Result
    playbook: str | None = None
    acus_of_others: float = 0.0  # of those of them that have none of the pull requests opened in the period
    wasted: bool = False  # they are over, and nothing is merged nor likely to be

    @property
    def has_pull_request(self) -> bool:
        """Whether they have pull requests."""
        return self.result is not Result.NONE


@dataclass(frozen=True, slots=True)
class Used:
    """What some sessions used in the period, and how many they are."""

    acus: float = 0
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient that is shown with both of its numbers."""

    numerator: float
    denominator: int

    @property
    def value(self) -> float | None:
        """The quotient, or None while the denominator is too small for it to say anything."""
        return self.numerator / self.denominator if self.denominator >= LEAST_DENOMINATOR else None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of pull requests and sessions. `spent` are the ACUs of the sessions with these pull requests, in all.

    `spent_by_all` has also what the other sessions used in the period.

    `ages` are the seconds for which the open ones have been open, and `times_to_merge` those from when a pull request
    was first seen until it was first seen merged, without those that were merged already when they were first seen.
    What was wasted is in `unmerged`.
    """

    opened: int
    merged: int
    closed: int
    ages: tuple[float, ...]
    spent: float
    times_to_merge: tuple[float, ...]
    sessions_with: int
    sessions_without: int
    spent_by_all: float
    unmerged: Mapping[Result, Used] = field(default_factory=dict)
    votes: tuple[int, int] | None = None  # how many people found a result good, and bad; None where that is not counted

    @property
    def merge_rate(self) -> Ratio:
        """Merged ÷ (merged, closed unmerged, and open for longer than `MATURITY`)."""
        overdue = sum(age > MATURITY for age in self.ages)
        return Ratio(self.merged, self.merged + self.closed + overdue)

    @property
    def acus_per_merged(self) -> Ratio:
        """The ACUs of all sessions with these pull requests ÷ merged."""
        return Ratio(self.spent, self.merged)

    @property
    def acus_of_all_per_merged(self) -> Ratio:
        """The same with the sessions that have none of these pull requests."""
        return Ratio(self.spent_by_all, self.merged)

    @property
    def median_time_to_merge(self) -> float | None:
        """The median of the times to merge; None without any."""
        return median(self.times_to_merge) if self.times_to_merge else None


def outcomes_of(
    opened: Sequence[OpenedPullRequest], active: Collection[ActiveSessions], spent: Mapping[str, float], now: float
) -> Outcomes:
    """Sum up what was `opened` and the sessions that were `active`; `spent` are all ACUs of sessions, by id."""
    merged = [pull_request for pull_request in opened if pull_request.merged_at is not None]
    theirs = {session_id for pull_request in opened for session_id in pull_request.session_ids}
    of_theirs = sum(spent.get(session_id, 0.0) for session_id in sorted(theirs))
    return Outcomes(
        opened=len(opened),
        merged=len(merged),
        closed=sum(pull_request.merged_at is None and pull_request.closed_at is not None for pull_request in opened),
        ages=tuple(pull_request.open_for(now) for pull_request in opened if pull_request.is_open),
        spent=of_theirs,
        spent_by_all=of_theirs + sum(group.acus_of_others for group in active),
        times_to_merge=tuple(_times_to_merge(merged)),
        sessions_with=sum(group.number for group in active if group.has_pull_request),
        sessions_without=sum(group.number for group in active if not group.has_pull_request),
        unmerged={result: used for result in UNMERGED if (used := _used(active, result)).sessions},
    )


def _used(active: Iterable[ActiveSessions], result: Result) -> Used:
    groups = [group for group in active if group.result is result and group.wasted]
    return Used(sum(group.acus for group in groups), sum(group.number for group in groups))


def _times_to_merge(merged: Iterable[OpenedPullRequest]) -> Iterable[float]:
    for pull_request in merged:
        if pull_request.merged_at is not None and pull_request.merged_at > pull_request.first_seen:
            yield pull_request.merged_at - pull_request.first_seen


def most_used(active: Iterable[ActiveSessions], most: int) -> list[tuple[str, int]]:
    """Return the playbooks with which `most` sessions were started, as (title, sessions), the most used one first."""
    counts: dict[str, int] = {}
    for group in active:
        if group.playbook:
            counts[group.playbook] = counts.get(group.playbook, 0) + group.number
    return sorted(counts.items(), key=lambda found: (-found[1], found[0]))[:most]
