"""Fan-outs: one prompt, and exactly one session in each of several organisations.

A fan-out is asked about first. Once it is begun, a table in a channel shows how its sessions stand.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.domain.commands.option_words import without
from bot.domain.commands.options import Mistyped, is_playbook_id, parse_request
from bot.domain.commands.quotation_marks import DOUBLE
from bot.domain.session import NOTHING_GOES_ON, OF_FAN_OUT, DisplayState, Lifecycle, Options

BUSY: Final = frozenset({DisplayState.QUEUED, DisplayState.WORKING, DisplayState.STARTING, DisplayState.CHECKING})
# By Devin's word for what has happened.
EXPLAINED: Final = frozenset({DisplayState.FAILED, DisplayState.LIMIT, DisplayState.ENDED})
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
    table, once that stands. `version` counts what has changed.
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

    `display` counts while the session is OPEN, and so does `detail`, Devin's word for why it failed or is at a limit.
    `attempt` counts how often it was asked for; `intent_at` and `accepted_at` are what is known of an attempt with an
    unknown outcome. It takes the place of `failed_before` sessions that failed, whose `acus_before` are part of `acus`.
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
    started_at: float = 0.0  # when Devin's answer that it has the session was stored
    detail: str | None = None
    failed_before: int = 0
    acus_before: float = 0.0
    acu_limit: int | None = None  # the ACUs that Devin may use in it
    read_at: float = 0.0  # when Devin last said how it stands

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
            return self.display in NOTHING_GOES_ON
        return self.lifecycle in {Lifecycle.CANCELLED, Lifecycle.REFUSED}

    @property
    def is_finished(self) -> bool:
        """Whether it was started, and nothing more is expected of it."""
        return self.lifecycle is Lifecycle.OPEN and self.is_over

    @property
    def is_followed(self) -> bool:
        """Whether Devin is asked about it: it has the session, or nobody knows whether it has, and it is not over."""
        return self.lifecycle in {Lifecycle.OPEN, Lifecycle.UNCERTAIN} and not self.is_over

    @property
    def is_to_be_stopped(self) -> bool:
        """Whether a stop has to ask Devin, and has not been refused."""
        return self.lifecycle is Lifecycle.OPEN and not self.is_over and self.reason is None

    @property
    def is_broken(self) -> bool:
        """Whether it was started, and ended at Devin with an error. One that was suspended can be woken."""
        return self.lifecycle is Lifecycle.OPEN and self.display is DisplayState.FAILED and self.detail is None

    @property
    def is_retried(self) -> bool:
        """Whether a retry asks for it again: it was not started, may not have been, or has failed."""
        return self.lifecycle in RETRIED or self.is_broken

    @property
    def is_being_started(self) -> bool:
        """Whether it will be asked for at once, with nothing unknown about it."""
        return self.state is DisplayState.STARTING


def session_id_of(fan_out_id: str, org_id: str) -> str:
    """Return the id under which it is kept what a session spent, which no session of a thread has."""
    return f"{fan_out_id}{OF_FAN_OUT}{org_id}"


def reference_of(fan_out: FanOut, session: FanOutSession) -> str:
    """Return the reference of `session` in its organisation; one that was tried again after a failure has another."""
    return f"{fan_out.reference}-{session.failed_before}" if session.failed_before else fan_out.reference


def may_be_retried(fan_out: FanOut, sessions: Iterable[FanOutSession]) -> bool:
    """Whether sessions that were not started, or have failed, may be asked for again."""
    return fan_out.stopped_at is None and any(session.is_retried for session in sessions)


def seconds_to_start(fan_out: FanOut, sessions: Sequence[FanOutSession]) -> float | None:
    """Estimate how long the sessions will go on being started, from the pace so far; None where that is not known."""
    left = sum(session.is_being_started for session in sessions)
    starts = sorted(session.started_at for session in sessions if session.started_at >= (fan_out.begun_at or 0.0) > 0.0)
    if not left or len(starts) < 2:
        return None
    return (starts[-1] - starts[0]) / (len(starts) - 1) * left


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """How many seconds pass between two questions to Devin about a session.

    About one at work it is `first` after its start, then twice as long each time, up to `busy`; about others `slow`.
    """

    first: float
    busy: float
    slow: float

    def due_at(self, session: FanOutSession) -> float:
        """Return when Devin is to be asked about `session` next."""
        if session.state not in BUSY:
            return session.polled_at + self.slow
        age = session.polled_at - session.started_at
        return session.polled_at + min(self.busy, max(self.first, age))

    def next_poll(self, sessions: Iterable[FanOutSession]) -> float | None:
        """Return when Devin is to be asked next about one of `sessions`; None if there is nothing to ask."""
        return min((self.due_at(session) for session in sessions if session.is_followed), default=None)


# ------------------------------------------------------------ words
# What `/devin fanout` asks for: a prompt, the organisations behind `orgs=`, and the options of each session.


ALL: Final = "all"
MOST_ORGANISATIONS: Final = 50  # in one fan-out
PLACEHOLDER: Final = "{org}"  # becomes the organisation's name

# In code nothing is an option. A list has its names with quotation marks around each, around all of it, or without.
_CODE: Final = r"```.*?(?:```|\Z)|`[^`\n]+`"
_MARK: Final = re.compile(f"[{DOUBLE}]")
_NAME: Final = rf"(?:[{DOUBLE}][^{DOUBLE}\n]{{0,2000}}[{DOUBLE}]|[^\s,{DOUBLE}`)]+)"
_ORGS: Final = re.compile(
    rf"{_CODE}|(?<![^\s(])(?P<option>org(?:s|ani[sz]ations?)?=(?P<names>{_NAME}(?:,[^\S\n]?{_NAME})*,?)?)",
    re.IGNORECASE | re.DOTALL,
)


class FanOutMistake(StrEnum):
    """What is wrong with a fan-out as it was typed."""

    NO_ORGANISATIONS = "no organisations"  # it has no `orgs=`, or nothing behind it
    TWICE = "twice"  # `orgs=` was typed twice
    NO_TASK = "no task"  # there is nothing else than options
    OPTION = "option"  # an option is no valid one
    PLAYBOOK = "playbook"  # a playbook is named by its title, which differs between organisations


@dataclass(frozen=True, slots=True)
class WrongFanOut:
    """A fan-out that cannot be started as it was typed; `mistyped` is the option at fault, if one is."""

    mistake: FanOutMistake
    mistyped: Mistyped | None = None


@dataclass(frozen=True, slots=True)
class FanOutQuery:
    """A prompt for the organisations called `names`, by name or id; empty for all of them."""

    prompt: str
    names: tuple[str, ...]
    options: Options
    without: frozenset[str] = frozenset()  # options of which not even a default counts


@dataclass(frozen=True, slots=True)
class OrganisationName:
    """An organisation as people know it. Where nobody knows its name, that is its id."""

    org_id: str
    name: str


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Names that stand for no organisation, and those that stand for several."""

    unknown: tuple[str, ...]
    ambiguous: tuple[str, ...]


def parse_fan_out(typed: str) -> FanOutQuery | WrongFanOut:
    """Read what was typed behind `fanout`."""
    found = [match for match in _ORGS.finditer(typed) if match["option"]]
    if len(found) > 1:
        return WrongFanOut(FanOutMistake.TWICE)
    names = _names(found[0]["names"] or "") if found else ()
    request = parse_request(without(typed, [match.span() for match in found]))
    if not request.task:
        return WrongFanOut(FanOutMistake.NO_TASK)
    if (playbook := request.options.playbook) is not None and not is_playbook_id(playbook):
        return WrongFanOut(FanOutMistake.PLAYBOOK)
    if not names:
        return WrongFanOut(FanOutMistake.NO_ORGANISATIONS)
    if request.mistyped:
        return WrongFanOut(FanOutMistake.OPTION, request.mistyped[0])
    wanted = () if [name.casefold() for name in names] == [ALL] else names
    return FanOutQuery(request.prompt, wanted, request.options, request.without)


def _names(typed: str) -> tuple[str, ...]:
    """The names in a list with commas. Quotation marks only keep blanks: a name with a comma has to go by its id."""
    names = (name.strip() for name in _MARK.sub("", typed).split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def chosen(names: Sequence[str], known: Sequence[OrganisationName]) -> list[OrganisationName] | NotChosen:
    """Return those of the `known` organisations that `names` name, each once; all of them if there are no names."""
    if not names:
        return list(known)
    found = {name: _called(name, known) for name in names}
    unknown = tuple(name for name, fitting in found.items() if not fitting)
    ambiguous = tuple(name for name, fitting in found.items() if len(fitting) > 1)
    if unknown or ambiguous:
        return NotChosen(unknown, ambiguous)
    return list({fitting[0].org_id: fitting[0] for fitting in found.values()}.values())


def _called(name: str, known: Sequence[OrganisationName]) -> list[OrganisationName]:
    by_id = [organisation for organisation in known if organisation.org_id == name]
    return by_id or [organisation for organisation in known if organisation.name.casefold() == name.casefold()]


def with_organisation(text: str, name: str) -> str:
    """Return `text` with the `name` of an organisation in place of each `{org}`."""
    return text.replace(PLACEHOLDER, name)
