"""Fan-outs: one prompt, and exactly one session in each of several organisations.

A fan-out is asked about first. Once it is begun, a table in a channel shows how its sessions stand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.domain.session import DisplayState, Lifecycle, Options

# In these states nothing goes on at Devin, and nobody is needed for it to go on.
OVER: Final = frozenset(
    {DisplayState.DONE, DisplayState.ASLEEP, DisplayState.STOPPED, DisplayState.FAILED, DisplayState.ENDED}
)
BUSY: Final = frozenset({DisplayState.QUEUED, DisplayState.WORKING, DisplayState.STARTING, DisplayState.CHECKING})
UNSTARTED: Final = frozenset({Lifecycle.QUEUED, Lifecycle.CREATING})
RETRIED: Final = frozenset({Lifecycle.REFUSED, Lifecycle.UNCERTAIN})


class FanOutState(StrEnum):
    """How far a fan-out is."""

    ASKED = "asked"  # its preview was shown, and nothing is started
    CANCELLED = "cancelled"  # its person does not want it
    RUNNING = "running"  # its sessions are started and followed
    OVER = "over"  # nothing goes on any more


@dataclass(frozen=True, slots=True)
class FanOut:
    """A fan-out as it is stored.

    `limit` is how many ACUs Devin may use in each session, None for no limit of ours. `ts` is the message with its
    table. `version` counts what has changed, and `shown` is the version that the table shows.
    """

    id: str
    team: str
    user: str
    channel: str
    prompt: str
    state: FanOutState
    created_at: float
    options: Options = field(default_factory=Options)
    limit: int | None = None
    ts: str | None = None
    stopped_at: float | None = None
    version: int = 0
    shown: int = 0
    begun_at: float | None = None

    @property
    def reference(self) -> str:
        """By which its sessions are found again, each in its organisation. It begins as all references do."""
        return f"slack-{self.team}-fanout-{self.id}"

    @property
    def message_key(self) -> str:
        """The key of the outbox row that posts the message with its table."""
        return f"fanout:{self.id}"


@dataclass(frozen=True, slots=True)
class FanOutSession:
    """The session of a fan-out in one organisation, and how it stands.

    `display` counts while the session is OPEN. `attempt` counts how often it was asked for; `intent_at` and
    `accepted_at` are what is known of an attempt with an unknown outcome.
    """

    org_id: str
    name: str
    lifecycle: Lifecycle = Lifecycle.QUEUED
    display: DisplayState = DisplayState.QUEUED
    attempt: int = 1
    devin_id: str | None = None
    url: str | None = None
    acus: float = 0.0
    reason: str | None = None  # why it was not started or stopped, as a sentence
    intent_at: float | None = None
    accepted_at: float | None = None
    polled_at: float = 0.0

    @property
    def state(self) -> DisplayState:
        """The state that the table shows."""
        starting = DisplayState.STARTING if self.intent_at is None else DisplayState.CHECKING
        own = {
            Lifecycle.QUEUED: starting,
            Lifecycle.CREATING: starting,
            Lifecycle.CANCELLED: DisplayState.CANCELLED,
            Lifecycle.REFUSED: DisplayState.REFUSED,
            Lifecycle.UNCERTAIN: DisplayState.UNCERTAIN,
        }
        return own.get(self.lifecycle, self.display)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected of it."""
        if self.lifecycle is Lifecycle.OPEN:
            return self.display in OVER
        return self.lifecycle in {Lifecycle.CANCELLED, Lifecycle.REFUSED}

    @property
    def is_followed(self) -> bool:
        """Whether Devin is asked about it: it has the session, or nobody knows whether it has, and it is not over."""
        return self.lifecycle in {Lifecycle.OPEN, Lifecycle.UNCERTAIN} and not self.is_over

    @property
    def is_to_be_stopped(self) -> bool:
        """Whether a stop has to ask Devin, and has not been refused."""
        return self.lifecycle is Lifecycle.OPEN and not self.is_over and self.reason is None


def may_be_retried(fan_out: FanOut, sessions: Iterable[FanOutSession]) -> bool:
    """Whether sessions that were not started may be asked for again."""
    return fan_out.stopped_at is None and any(one.lifecycle in RETRIED for one in sessions)


def next_poll(sessions: Sequence[FanOutSession], busy: float, slow: float) -> float | None:
    """Return when Devin is to be asked next about one of `sessions`; None if there is nothing to ask.

    It is asked every `busy` seconds about one that is at work, and every `slow` seconds about any other.
    """
    return min((due_at(one, busy, slow) for one in sessions if one.is_followed), default=None)


def due_at(session: FanOutSession, busy: float, slow: float) -> float:
    """Return when Devin is to be asked about `session` next."""
    return session.polled_at + (busy if session.state in BUSY else slow)
