"""A session as the simulator keeps it, and the rows the API writes for it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.playground.devin.switches import Switches
from bot.playground.news import Change

LIMIT_DETAILS: Final = frozenset(
    {
        "usage_limit_exceeded",
        "out_of_credits",
        "out_of_quota",
        "no_quota_allocation",
        "payment_declined",
        "org_usage_limit_exceeded",
        "user_usage_limit_exceeded",
        "total_session_limit_exceeded",
    }
)
"""Reasons of money or limits: a message does not wake such a session."""

ENDED: Final = frozenset({"exit", "error"})
PREFIX: Final = "devin-"
WEB_APP: Final = "https://app.devin.ai/sessions/"


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the visible conversation."""

    event_id: str
    source: str  # "devin" or "user"
    message: str
    created_at: int
    user_id: str | None = None  # whom it was sent as; not in the API's answers

    def row(self) -> dict[str, Any]:
        """As the API lists it."""
        return {
            "event_id": self.event_id,
            "source": self.source,
            "message": self.message,
            "created_at": self.created_at,
        }


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the organisation; `name` is what its link ends with."""

    attachment_id: str
    name: str
    url: str
    content: bytes
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a script. `after` is seconds before it at speed 1; `pause` waits for a person after it."""

    after: float = 0.0
    status: str | None = None
    status_detail: str | None = None
    say: str | None = None
    acus: float = 0.0
    pull_request: dict[str, str | None] | None = None  # {"url": …, "state": …}
    title: str | None = None
    structured_output: dict[str, Any] | None = None
    pause: bool = False
    # Said instead, once somebody has written: (what to find in it, the text; {words} stands for what was written).
    answers: Sequence[tuple[str, str]] = ()
    choices: Sequence[str] = ()  # said instead of all that, once somebody has taken the option of the same place


@dataclass(slots=True, eq=False)
class Session:
    """A session with all it has: what the API tells, what was asked for, and what is still scripted."""

    number: int
    bare_id: str
    org_id: str
    prompt: str
    created_at: int
    updated_at: int
    status: str = "new"
    status_detail: str | None = None
    title: str | None = None
    tags: list[str] = field(default_factory=list)
    acus_consumed: float = 0.0
    pull_requests: list[dict[str, str | None]] = field(default_factory=list)
    structured_output: dict[str, Any] | None = None
    is_archived: bool = False
    origin: str | None = "api"
    category: str | None = None
    subcategory: str | None = None
    user_id: str | None = None
    service_user_id: str | None = None
    playbook_id: str | None = None
    automation_id: str | None = None
    schedule_id: str | None = None
    parent_session_id: str | None = None
    child_session_ids: list[str] | None = None
    devin_mode: str | None = "normal"
    repos: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)  # fields the contract does not know (yet)
    request: dict[str, Any] = field(default_factory=dict)  # the body it was created with
    messages: list[Message] = field(default_factory=list)
    attachments: list[tuple[str, Attachment]] = field(default_factory=list)  # (source, file)
    script: list[Step] = field(default_factory=list)
    paused: bool = False  # its script waits, whatever the speed
    spent: dict[int, float] = field(default_factory=dict)  # ACUs by billing day
    analysis: dict[str, Any] | None = None  # once somebody had it generated
    terminated: bool = False
    waking: bool = False  # resuming because somebody wrote
    row_cache: bytes | None = None

    @property
    def change(self) -> Change:
        """That it came, or is not as it was."""
        return Change("session", key=self.bare_id, thing=self)

    @property
    def key(self) -> tuple[int, int]:
        """Newest first, in the order of making within a second."""
        return (-self.created_at, -self.number)

    def count(self, source: str) -> int:
        """How many messages came from Devin, or from people."""
        return sum(message.source == source for message in self.messages)


FIELDS: Final = (
    "status",
    "status_detail",
    "title",
    "tags",
    "org_id",
    "created_at",
    "updated_at",
    "acus_consumed",
    "pull_requests",
    "structured_output",
    "is_archived",
    "origin",
    "category",
    "subcategory",
    "user_id",
    "service_user_id",
    "playbook_id",
    "automation_id",
    "parent_session_id",
    "child_session_ids",
    "devin_mode",
)
_GET_AND_LIST_ONLY: Final = ("status_detail", "structured_output", "category", "subcategory")


def shown_id(session: Session, switches: Switches) -> str:
    """The id as answers give it: bare, as reported live, or prefixed, as documented."""
    return (PREFIX if switches.prefixed_ids else "") + session.bare_id


def full_row(session: Session, switches: Switches) -> dict[str, Any]:
    """The session as get and list tell it."""
    row: dict[str, Any] = {
        "session_id": shown_id(session, switches),
        "url": WEB_APP + session.bare_id,
    }
    row |= {name: getattr(session, name) for name in FIELDS}
    if switches.new_without_time and session.status == "new":
        row["updated_at"] = None
    if switches.acus_zero:
        row["acus_consumed"] = 0
    return row | session.extra


def brief_row(session: Session, switches: Switches) -> dict[str, Any]:
    """The session as every other call tells it: without what only get and list fill."""
    return full_row(session, switches) | dict.fromkeys(_GET_AND_LIST_ONLY)


def insight_row(session: Session, switches: Switches) -> dict[str, Any]:
    """The session with its counts of messages and its size, and without what only get and list fill."""
    return brief_row(session, switches) | {
        "num_user_messages": session.count("user"),
        "num_devin_messages": session.count("devin"),
        "session_size": size_of(session.acus_consumed),
        "analysis": session.analysis,
    }


def encoded_row(session: Session, switches: Switches) -> bytes:
    """The full row as JSON, kept until the session changes: a poll of thousands re-reads the same rows."""
    if session.row_cache is None:
        session.row_cache = json.dumps(full_row(session, switches)).encode()
    return session.row_cache


def size_of(acus: float) -> str:
    """The size Devin's insights give a session."""
    bounds = (("xs", 1), ("s", 3), ("m", 8), ("l", 20))
    return next((name for name, below in bounds if acus < below), "xl")
