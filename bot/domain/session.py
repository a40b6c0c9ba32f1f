"""A session: its facts, and its display state.

Statuses and details are Devin's own words (https://docs.devin.ai/api-reference/v3/sessions/organizations-sessions).
The list of details grows, so both stay strings. An unknown one counts as what its family means, with Devin's own word,
and never as a failure: it may be about a contract, a trial or a guardrail.
"""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bot.domain.commands.option_words import without_option_words
from bot.domain.keys import ts_of
from bot.domain.lane import own_lane, thread_lane
from bot.domain.title_words import is_mark, title_words

BILLING_DETAILS: Final = frozenset({"out_of_credits", "out_of_quota", "no_quota_allocation", "payment_declined"})
LIMIT_DETAILS: Final = BILLING_DETAILS | {
    "usage_limit_exceeded",
    "org_usage_limit_exceeded",
    "user_usage_limit_exceeded",
    "total_session_limit_exceeded",
}
KNOWN_DETAILS: Final = LIMIT_DETAILS | {
    *("working", "waiting_for_user", "waiting_for_approval", "finished"),
    *("inactivity", "user_request", "error"),
}
QUEUED_STATUSES: Final = frozenset({"new", "creating", "claimed", "resuming"})
TERMINAL_STATUSES: Final = frozenset({"exit", "error"})
# Details of a running session that no longer hold once somebody has written to it.
ENDED_BY_A_MESSAGE: Final = frozenset({"waiting_for_user", "finished"})
WAITS: Final = "waiting_"  # how each detail begins with which a running session needs somebody


class Lifecycle(StrEnum):
    """How far our own work on a session is. Devin's status counts only while the session is OPEN."""

    QUEUED = "queued"  # accepted, nothing was asked of Devin yet
    CREATING = "creating"  # the intent is stored; Devin may or may not have the session
    OPEN = "open"  # Devin has it
    CANCELLED = "cancelled"  # stopped before Devin had it
    REFUSED = "refused"  # Devin or Slack refused it; nothing runs
    UNCERTAIN = "uncertain"  # no more is tried, and whether Devin has it is unknown; adopted when it shows up
    ENDED = "ended"  # terminated, or archived with its thread
    UNFOLLOWED = "unfollowed"  # untied from its thread; at Devin it goes on


class DisplayState(StrEnum):
    """The state that the card shows, derived from lifecycle, status and detail."""

    STARTING = "starting"
    CHECKING = "checking"
    QUEUED = "queued"
    WORKING = "working"
    WAITING = "waiting"
    ANSWERED = "answered"  # Devin waits, and asks nothing
    APPROVAL = "approval"
    DONE = "done"
    ASLEEP = "asleep"
    STOPPED = "stopped"
    LIMIT = "limit"  # paused until somebody lifts what Devin names: mostly a limit
    FAILED = "failed"
    ENDED = "ended"
    ARCHIVED = "archived"  # put to sleep with its thread, which takes no more replies
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    UNFOLLOWED = "unfollowed"
    UNKNOWN = "unknown"


# In these states nothing goes on at Devin, and nobody is needed for it to go on.
NOTHING_GOES_ON: Final = frozenset(
    {
        *(DisplayState.DONE, DisplayState.ASLEEP, DisplayState.STOPPED),
        *(DisplayState.FAILED, DisplayState.ENDED, DisplayState.ARCHIVED),
    }
)


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
    also: tuple[str, ...] = ()  # further repositories, which only a form names

    @property
    def repos(self) -> tuple[str, ...]:
        """All repositories that are named."""
        return (self.repo, *self.also) if self.repo else self.also


NO_OPTIONS: Final = Options()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What Devin reported about a session when it was last read. Times are Unix seconds; ACUs have fractions.

    An empty status and a time of 0 are not known.
    """

    status: str = "new"
    detail: str | None = None
    title: str | None = None
    pull_requests: tuple[PullRequest, ...] = ()
    acus: float = 0.0
    has_result: bool = False  # structured output was handed in
    archived: bool = False
    updated_at: int = 0
    last_words: str = ""  # what a card shows of Devin's newest message, as Devin wrote it
    asks: bool | None = None  # whether Devin's last words ask a person something; None where that cannot be told
    choices: tuple[str, ...] = ()  # the options among which Devin's last words ask a person to choose

    @property
    def has_outcome(self) -> bool:
        """Whether there is a pull request or a structured output, so that a session that rests may be done."""
        return bool(self.pull_requests) or self.has_result

    def unannounced(self) -> "Snapshot":
        """A snapshot with this title and time and nothing else, so that everything in this one is announced later."""
        return Snapshot(title=self.title, updated_at=self.updated_at)

    def following(self, before: "Snapshot") -> "Snapshot":
        """This snapshot, completed with the facts of `before` that are missing here.

        Rows of Devin's insights leave facts out, some cannot be read, and what was handed in once stays so.
        No row has words.
        """
        known = {request.url: request for request in (*before.pull_requests, *self.pull_requests)}
        return replace(
            self,
            status=self.status or before.status,
            detail=self.detail if self.status else before.detail,
            title=self.title or before.title,
            updated_at=self.updated_at or before.updated_at,
            acus=self.acus or before.acus,  # Devin may lower them, but 0 says that they are left out
            has_result=self.has_result or before.has_result,
            pull_requests=tuple(known.values()),
            last_words=before.last_words,
            asks=before.asks,
            choices=before.choices,
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
    requester_name: str = ""
    stopped_by_name: str = ""
    replied_by: str | None = None  # Slack user id of who replied last in this turn
    worked: float = 0.0  # the seconds that Devin worked, up to the last time it rested
    working_since: float | None = None  # None while Devin rests or is queued
    not_found_since: float | None = None  # when Devin first answered 404 about it, unless it was found since
    progress_acus: float = 0.0  # what it had spent at its last message or new pull request
    progress_at: float = 0.0  # when these came; 0 before the first one
    acu_limit: int | None = None  # the ACUs that Devin may use in it, as it was created
    corrected_from: float | None = None  # the ACUs that Devin reported before it lowered them
    wake_allowed: int | None = None  # the `updated_at` of the sleep from which somebody has allowed to wake it
    devin_user: str | None = None  # in whose name Devin was asked for it; None for the bot's own
    adopted_at: float | None = None  # when it was tied to its thread, if Devin had it before
    renamed: str | None = None  # the title that a person has given its thread in Slack
    alert: str = ""  # the fingerprint of the alert that it is about, if it is about one
    by_id: bool = False  # it does not carry the bot's tag, so that it is listed by its id
    link_hosts: frozenset[str] = frozenset()  # not stored: from the settings, where links of Devin's may lead if any
    code_hosts: frozenset[str] = frozenset()  # not stored: from the settings, to name pull requests without their host

    @property
    def begins_thread(self) -> bool:
        """Whether its card is the first message of its thread, or will be."""
        if self.thread_ts is None:
            return True
        return self.cause_ts is None and self.reference is not None and ts_of(self.reference) == self.thread_ts

    @property
    def is_from_machine(self) -> bool:
        """Whether an alert started it; not where a person tried that again or continued it, which has no message."""
        return bool(self.alert) and self.cause_ts is not None

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
            Lifecycle.UNFOLLOWED: DisplayState.UNFOLLOWED,
            Lifecycle.ENDED: DisplayState.ARCHIVED if sleeps_for_good(self.snapshot) else DisplayState.ENDED,
        }
        return own.get(self.lifecycle) or display_state_of(self.snapshot)

    @property
    def limit(self) -> int | None:
        """The ACUs that it may use: those that were typed, or those that it was given if that's fewer; None for any."""
        return min(filter(None, (self.options.acu, self.acu_limit)), default=None)

    @property
    def is_direct(self) -> bool:
        """Whether its thread is in a direct message, which others than its two sides cannot read."""
        return self.channel.startswith("D")

    @property
    def title(self) -> str:
        """The title that a person gave its thread in Slack; without one, Devin's, or that in the options.

        Without any it is the first line of the prompt.
        It has no markup. Words that look like options are left out of that line: they say nothing about the task.
        """
        given = self.renamed or self.snapshot.title or self.options.title
        title = given or first_line(without_option_words(self.prompt))
        return title_words(title) or title

    @property
    def silent_since(self) -> float | None:
        """When a person or Devin last wrote, or Devin began to work or opened a pull request; None where it rests."""
        if self.working_since is None:
            return None
        return max(self.progress_at, self.spoken_at, self.working_since)

    def silent_for(self, now: float, silence: float) -> float | None:
        """The seconds since then, as long as Devin works and once these are `silence`; else None."""
        since = self.silent_since
        if since is None or self.display_state is not DisplayState.WORKING or self.stop_requested:
            return None
        return now - since if now - since >= silence else None

    def worked_until(self, snapshot: Snapshot, now: float) -> "Session":
        """A copy of this session with `snapshot`, and with the time that Devin worked up to `snapshot`, read at `now`.

        Where Devin rests, it worked until the snapshot last changed, by Devin's clock, which may be ahead of ours.
        """
        after = self.with_snapshot(snapshot)
        since, state = self.working_since, after.display_state
        if state is DisplayState.WORKING:
            return replace(after, working_since=now if since is None else since)
        if since is None:
            return after
        rested_at = since if state is DisplayState.QUEUED else min(max(snapshot.updated_at, since), now)
        return replace(after, worked=self.worked + rested_at - since, working_since=None)

    def with_snapshot(self, snapshot: Snapshot) -> "Session":
        """A copy of this session with `snapshot` in place of its own."""
        return replace(self, snapshot=snapshot)


def is_asleep(session: Session) -> bool:
    """Whether a reply would wake `session`: Devin has suspended or archived it, and it is not over."""
    snapshot = session.snapshot
    if session.lifecycle is not Lifecycle.OPEN or snapshot.status in TERMINAL_STATUSES:
        return False
    return snapshot.archived or snapshot.status == "suspended"


_POLITE_END: Final = re.compile(r"[\s,]*\b(?:please|pls|plz|bitte)[\s.!]*\Z", re.IGNORECASE)
OF_FAN_OUT: Final = ":"  # in the ids of fan-outs' sessions alone


def bare_id(session_id: str) -> str:
    """The session id without the prefix `devin-`. The API uses both forms, so ids are compared in this bare form."""
    return re.sub(r"^devin-", "", session_id, flags=re.IGNORECASE)


def first_line(prompt: str, length: int = 80) -> str:
    """The first line of `prompt` that has words, without its markup, cut at a word to at most `length` characters."""
    lines = [part.strip() for part in prompt.splitlines() if part.strip()]
    line = next((line for line in lines if not is_mark(line)), lines[0] if lines else "Session")
    line = title_words(line) or line
    line = _POLITE_END.sub("", line) or line
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def display_state_of(snapshot: Snapshot) -> DisplayState:
    """The display state of an open session, from the status and detail of its snapshot.

    The status `exit` is rare: a session that is done usually stays at running/finished. One that is archived and not
    over sleeps, whatever else its status says.
    """
    if ended_for_something_new(snapshot):
        return DisplayState.ENDED
    if snapshot.status == "exit":
        return DisplayState.DONE
    if snapshot.status == "error":
        return DisplayState.FAILED
    if snapshot.archived:
        return DisplayState.STOPPED
    if snapshot.status in QUEUED_STATUSES:
        return DisplayState.QUEUED
    if snapshot.status == "running":
        return _running(snapshot)
    if snapshot.status == "suspended":
        return _suspended(snapshot)
    return DisplayState.UNKNOWN


def _running(snapshot: Snapshot) -> DisplayState:
    known = {
        None: DisplayState.WORKING,
        "working": DisplayState.WORKING,
        "waiting_for_user": DisplayState.WAITING,
        "waiting_for_approval": DisplayState.APPROVAL,
        "finished": DisplayState.DONE,
    }
    if snapshot.detail == "waiting_for_user" and snapshot.asks is False:
        # Devin also stays in this detail after its work: with an outcome and nothing asked, the session is done.
        return DisplayState.DONE if snapshot.has_outcome else DisplayState.ANSWERED
    family = DisplayState.WAITING if waits_for_something_new(snapshot) else DisplayState.WORKING
    return known.get(snapshot.detail, family)


def _suspended(snapshot: Snapshot) -> DisplayState:
    if snapshot.detail == "error":
        return DisplayState.FAILED
    if snapshot.detail == "user_request":
        return DisplayState.STOPPED
    if snapshot.detail in {None, "inactivity"}:
        return DisplayState.DONE if snapshot.has_outcome and snapshot.asks is not True else DisplayState.ASLEEP
    return DisplayState.LIMIT


def sleeps_for_good(snapshot: Snapshot) -> bool:
    """Whether a session that has ended here is only archived at Devin, and not terminated."""
    return snapshot.archived and snapshot.status not in TERMINAL_STATUSES


def waits_for_something_new(snapshot: Snapshot) -> bool:
    """Whether Devin needs a person for something that is not in the list of details, so that a reply may not do."""
    detail = snapshot.detail or ""
    known = {"waiting_for_user", "waiting_for_approval"}
    return snapshot.status == "running" and detail.startswith(WAITS) and detail not in known


def ended_for_something_new(snapshot: Snapshot) -> bool:
    """Whether Devin has ended the session and says why with a word that is not in the list of details."""
    return snapshot.status in TERMINAL_STATUSES and snapshot.detail not in {None, "", *KNOWN_DETAILS}


def moved(old: Snapshot, new: Snapshot) -> bool:
    """Whether `new` differs from `old` in more than ACUs, time and last words, so that the card is edited at once."""
    unmoved = replace(old, acus=new.acus, updated_at=new.updated_at, last_words=new.last_words, choices=new.choices)
    return unmoved != new
