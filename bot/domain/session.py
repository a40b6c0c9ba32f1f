"""A session: its facts, its display state, and what is announced when two snapshots of it differ.

Statuses and details are Devin's own words (https://docs.devin.ai/api-reference/v3/sessions/organizations-sessions).
The list of details grows, so both stay strings and an unknown one is shown as it is.
"""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bot.domain.commands.option_words import without_option_words
from bot.domain.lane import own_lane, thread_lane

BILLING_DETAILS: Final = frozenset({"out_of_credits", "out_of_quota", "no_quota_allocation", "payment_declined"})
LIMIT_DETAILS: Final = BILLING_DETAILS | {
    "usage_limit_exceeded",
    "org_usage_limit_exceeded",
    "user_usage_limit_exceeded",
    "total_session_limit_exceeded",
}
QUEUED_STATUSES: Final = frozenset({"new", "claimed", "resuming"})
TERMINAL_STATUSES: Final = frozenset({"exit", "error"})
# Details of a running session that no longer hold once somebody has written to it.
ENDED_BY_A_MESSAGE: Final = frozenset({"waiting_for_user", "finished"})


class Lifecycle(StrEnum):
    """How far our own work on a session is. Devin's status counts only while the session is OPEN."""

    QUEUED = "queued"  # accepted, nothing was asked of Devin yet
    CREATING = "creating"  # the intent is stored; Devin may or may not have the session
    OPEN = "open"  # Devin has it
    CANCELLED = "cancelled"  # stopped before Devin had it
    REFUSED = "refused"  # Devin or Slack refused it; nothing runs
    UNCERTAIN = "uncertain"  # no more is tried, and whether Devin has it is unknown; adopted when it shows up
    ENDED = "ended"  # terminated, or archived with its thread


class DisplayState(StrEnum):
    """The state that the card shows, derived from lifecycle, status and detail."""

    STARTING = "starting"
    CHECKING = "checking"
    QUEUED = "queued"
    WORKING = "working"
    WAITING = "waiting"
    APPROVAL = "approval"
    DONE = "done"
    ASLEEP = "asleep"
    STOPPED = "stopped"
    LIMIT = "limit"
    FAILED = "failed"
    ENDED = "ended"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request and its state: open, closed, merged, draft, or None when Devin does not report one."""

    url: str
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """The options that a person set for a session besides the prompt; None or empty where nothing was set."""

    repo: str | None = None
    playbook: str | None = None
    mode: str | None = None
    acu: int | None = None
    tags: tuple[str, ...] = ()
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What Devin reported about a session when it was last read. Times are Unix seconds; ACUs have fractions."""

    status: str = "new"
    detail: str | None = None
    title: str | None = None
    pull_requests: tuple[PullRequest, ...] = ()
    acus: float = 0.0
    has_result: bool = False  # structured output was handed in
    archived: bool = False
    updated_at: int = 0

    def unannounced(self) -> "Snapshot":
        """A snapshot with this title and time and nothing else, so that everything in this one is announced later."""
        return Snapshot(title=self.title, updated_at=self.updated_at)

    def following(self, before: "Snapshot") -> "Snapshot":
        """This snapshot, completed with the pull requests, ACUs and result of `before` where they are missing here.

        Rows of Devin's insights leave such facts out, and what was spent or handed in once stays so.
        """
        known = {request.url: request for request in (*before.pull_requests, *self.pull_requests)}
        return replace(
            self,
            acus=max(self.acus, before.acus),
            has_result=self.has_result or before.has_result,
            pull_requests=tuple(known.values()),
        )


@dataclass(frozen=True, slots=True)
class Session:
    """One session, and the Slack thread that belongs to it.

    `id` is ours and made from the key of its cause, so one cause never starts a second session.
    `reference` stands in a tag at Devin and in the prompt. It is None until the thread is known.
    """

    id: str
    team: str
    org_id: str  # the organisation at Devin that it is started in
    channel: str
    thread_ts: str | None
    requester: str  # Slack user id
    prompt: str
    options: Options = field(default_factory=Options)
    lifecycle: Lifecycle = Lifecycle.QUEUED
    reference: str | None = None
    cause_ts: str | None = None  # the asker's message: eyes at the start, a mark at the end
    devin_id: str | None = None  # as Devin gave it
    url: str | None = None
    snapshot: Snapshot = field(default_factory=Snapshot)
    checking: bool = False  # the outcome of the create call is unknown and is being looked up
    stop_requested: bool = False
    stop_ts: str | None = None  # the Slack time of the request to stop
    stopped_by: str | None = None  # Slack user id
    created_at: float = 0.0
    ended_at: float | None = None
    spoken_at: float = 0.0  # when a person last wrote to the session

    @property
    def lane(self) -> str:
        """The inbox lane of the session's thread; one of its own as long as it has none."""
        if self.thread_ts is None:
            return own_lane(self.id)
        return thread_lane(self.team, self.channel, self.thread_ts)

    @property
    def display_state(self) -> DisplayState:
        """The state that the card shows: from the lifecycle, or from the snapshot while the session is OPEN."""
        own = {
            Lifecycle.QUEUED: DisplayState.STARTING,
            Lifecycle.CREATING: DisplayState.CHECKING if self.checking else DisplayState.STARTING,
            Lifecycle.CANCELLED: DisplayState.CANCELLED,
            Lifecycle.REFUSED: DisplayState.REFUSED,
            Lifecycle.UNCERTAIN: DisplayState.UNCERTAIN,
            Lifecycle.ENDED: DisplayState.ENDED,
        }
        return own.get(self.lifecycle) or display_state_of(self.snapshot)

    @property
    def title(self) -> str:
        """Devin's title of the session; without one, the title in the options, or else the prompt's first line.

        Words that look like options are left out of that line: they say nothing about the task.
        """
        return self.snapshot.title or self.options.title or first_line(without_option_words(self.prompt))

    def with_snapshot(self, snapshot: Snapshot) -> "Session":
        """A copy of this session with `snapshot` in place of its own."""
        return replace(self, snapshot=snapshot)


def bare_id(session_id: str) -> str:
    """The session id without the prefix `devin-`. The API uses both forms, so ids are compared in this bare form."""
    return re.sub(r"^devin-", "", session_id, flags=re.IGNORECASE)


def first_line(prompt: str, length: int = 80) -> str:
    """The first line of `prompt` that has text, cut at a word to at most `length` characters."""
    line = next((part.strip() for part in prompt.splitlines() if part.strip()), "Session")
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def display_state_of(snapshot: Snapshot) -> DisplayState:
    """The display state of an open session, from the status and detail of its snapshot.

    The status `exit` is rare: a session that is done usually stays at running/finished.
    """
    if snapshot.status in QUEUED_STATUSES:
        return DisplayState.QUEUED
    if snapshot.status == "exit":
        return DisplayState.DONE
    if snapshot.status == "error":
        return DisplayState.FAILED
    if snapshot.status == "running":
        return _running(snapshot)
    if snapshot.status == "suspended":
        return _suspended(snapshot)
    return DisplayState.UNKNOWN


def _running(snapshot: Snapshot) -> DisplayState:
    known = {
        None: DisplayState.WORKING,
        "working": DisplayState.WORKING,
        "waiting_for_approval": DisplayState.APPROVAL,
        "finished": DisplayState.DONE,
    }
    if snapshot.detail == "waiting_for_user":
        # Devin also stays in this detail after its work: with a pull request or a result, the session is done.
        return DisplayState.DONE if snapshot.pull_requests or snapshot.has_result else DisplayState.WAITING
    return known.get(snapshot.detail, DisplayState.UNKNOWN)


def _suspended(snapshot: Snapshot) -> DisplayState:
    if snapshot.detail in LIMIT_DETAILS:
        return DisplayState.LIMIT
    if snapshot.detail == "error":
        return DisplayState.FAILED
    if snapshot.detail == "user_request" or snapshot.archived:
        return DisplayState.STOPPED
    if snapshot.detail in {None, "inactivity"}:
        return DisplayState.DONE if snapshot.pull_requests or snapshot.has_result else DisplayState.ASLEEP
    return DisplayState.UNKNOWN


class AnnouncementKind(StrEnum):
    """The kinds of changes that get a post of their own."""

    QUESTION = "question"
    APPROVAL = "approval"
    PULL_REQUEST = "pull_request"
    DONE = "done"
    LIMIT = "limit"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement; `pull_request` is set only for the kind PULL_REQUEST, when one is seen for the first time."""

    kind: AnnouncementKind
    pull_request: PullRequest | None = None


_RESTING_KINDS: Final = {
    DisplayState.WAITING: AnnouncementKind.QUESTION,
    DisplayState.APPROVAL: AnnouncementKind.APPROVAL,
    DisplayState.DONE: AnnouncementKind.DONE,
    DisplayState.LIMIT: AnnouncementKind.LIMIT,
    DisplayState.FAILED: AnnouncementKind.FAILED,
}


def resting_kind(snapshot: Snapshot) -> AnnouncementKind | None:
    """The kind of announcement for the resting state of `snapshot`; None when that is not a resting state."""
    return _RESTING_KINDS.get(display_state_of(snapshot))


def announcements_between(old: Snapshot, new: Snapshot) -> list[Announcement]:
    """What to announce when the snapshot `new` follows `old`: first new pull requests, then a new resting state.

    A session that falls asleep after its end is not announced. Neither is a change between two details that mean one
    resting state, except between two limits.
    """
    known = {request.url for request in old.pull_requests}
    first = {request.url: request for request in new.pull_requests if request.url not in known}
    announcements = [Announcement(AnnouncementKind.PULL_REQUEST, request) for request in first.values()]
    resting = resting_kind(new)
    if resting and (
        resting is not resting_kind(old) or (old.detail != new.detail and resting is AnnouncementKind.LIMIT)
    ):
        announcements.append(Announcement(resting))
    return announcements


def moved(old: Snapshot, new: Snapshot) -> bool:
    """Whether `new` differs from `old` in more than ACUs and time, so that the card has to be edited at once."""
    return replace(old, acus=new.acus, updated_at=new.updated_at) != new
