"""A session as people see it: its facts, its phase, and what changed between two looks at it.

Statuses and details are Devin's own words (https://docs.devin.ai/api-reference/v3/sessions/organizations-sessions).
The list of details grows, so both stay strings and an unknown one is shown as it is.
"""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

BILLING_DETAILS: Final = frozenset({"out_of_credits", "out_of_quota", "no_quota_allocation", "payment_declined"})
LIMIT_DETAILS: Final = BILLING_DETAILS | {
    "usage_limit_exceeded",
    "org_usage_limit_exceeded",
    "user_usage_limit_exceeded",
    "total_session_limit_exceeded",
}
QUEUED_STATUSES: Final = frozenset({"new", "claimed", "resuming"})
TERMINAL_STATUSES: Final = frozenset({"exit", "error"})
ENDED_BY_A_MESSAGE: Final = frozenset({"waiting_for_user", "finished"})  # details of a running session


class Lifecycle(StrEnum):
    """How far our own work on a session is; Devin's status only counts while it is OPEN."""

    QUEUED = "queued"  # accepted, nothing was asked of Devin yet
    CREATING = "creating"  # the intent is stored; Devin may or may not have the session
    OPEN = "open"  # Devin has it
    CANCELLED = "cancelled"  # stopped before Devin had it
    REFUSED = "refused"  # Devin or Slack said no; nothing runs
    UNCERTAIN = "uncertain"  # given up without knowing whether Devin has it; adopted when it shows up
    ENDED = "ended"  # terminated, or archived with its thread


class DisplayState(StrEnum):
    """What the card says, derived from stage, status and detail."""

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
    """A pull request and its state: open, closed, merged, draft, or None when not told."""

    url: str
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asked for beside the prompt."""

    repo: str | None = None
    playbook: str | None = None
    mode: str | None = None
    acu: int | None = None
    tags: tuple[str, ...] = ()
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What Devin said about a session when last looked at. Times are Unix seconds; ACUs have fractions."""

    status: str = "new"
    detail: str | None = None
    title: str | None = None
    pull_requests: tuple[PullRequest, ...] = ()
    acus: float = 0.0
    has_result: bool = False  # structured output was handed in
    archived: bool = False
    updated_at: int = 0

    def unannounced(self) -> "Snapshot":
        """The same moment as the beginning of a session: what it has come to since then is still to be told."""
        return Snapshot(title=self.title, updated_at=self.updated_at)

    def following(self, before: "Snapshot") -> "Snapshot":
        """The same where a row leaves something out, as insights do: what was spent or handed in once stays so."""
        known = {request.url: request for request in (*before.pull_requests, *self.pull_requests)}
        return replace(
            self,
            acus=max(self.acus, before.acus),
            has_result=self.has_result or before.has_result,
            pull_requests=tuple(known.values()),
        )


@dataclass(frozen=True, slots=True)
class Session:
    """One session and its place in Slack.

    `id` is ours, made from the key of its cause, so the same cause never makes a second one.
    `reference` stands in a tag at Devin and in the prompt; None until the thread is known.
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
    checking: bool = False  # the create call's outcome is unknown and being looked up
    stop_requested: bool = False
    stop_ts: str | None = None  # the Slack time of that request
    stopped_by: str | None = None  # Slack user id
    created_at: float = 0.0
    ended_at: float | None = None
    spoken_at: float = 0.0  # when a person last wrote to it

    @property
    def display_state(self) -> DisplayState:
        """The one word the card is built around."""
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
        """Devin's title, else the one asked for, else the beginning of the prompt."""
        return self.snapshot.title or self.options.title or first_line(self.prompt)

    def with_snapshot(self, snapshot: Snapshot) -> "Session":
        """The same session after another look."""
        return replace(self, snapshot=snapshot)


def bare_id(session_id: str) -> str:
    """A session id without `devin-`: the API gives both forms, so ids are compared in this one."""
    return re.sub(r"^devin-", "", session_id, flags=re.IGNORECASE)


def first_line(prompt: str, length: int = 80) -> str:
    """The first line of a text, cut at a word so that it fits."""
    line = next((part.strip() for part in prompt.splitlines() if part.strip()), "Session")
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def display_state_of(snapshot: Snapshot) -> DisplayState:
    """Status and detail in one word. `exit` is rare: a session usually rests at running/finished."""
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
        # Devin rests here after its work too: with something to show for it, that is the end.
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
    """News worth a post of its own."""

    QUESTION = "question"
    APPROVAL = "approval"
    PULL_REQUEST = "pull_request"
    DONE = "done"
    LIMIT = "limit"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Announcement:
    """One piece of news; `pull_request` only for the first appearance of one."""

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
    """What is told of where a session has come to rest; None while it works."""
    return _RESTING_KINDS.get(display_state_of(snapshot))


def announcements_between(old: Snapshot, new: Snapshot) -> list[Announcement]:
    """What is worth a post, oldest first: pull requests, then where the session came to rest.

    Falling asleep after the end is no news, and neither is a flip between two words for the same rest.
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
    """Whether the card must be edited at once: state, title or a pull request, not only figures."""
    return replace(old, acus=new.acus, updated_at=new.updated_at) != new
