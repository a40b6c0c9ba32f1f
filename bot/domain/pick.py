"""A message that somebody picked for a session: it was not written to the bot."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class PickedBy(StrEnum):
    """How a message was picked."""

    FORM = "form"
    REACTION = "reaction"
    BOT = "bot"  # a trusted bot wrote it, and nobody picked it


@dataclass(frozen=True, slots=True)
class Pick:
    """The message `ts` was picked."""

    ts: str
    by: PickedBy = PickedBy.FORM
    author: str | None = None  # whom Slack names as the author of a bot's message, if anybody

    def asked_ts(self, at: str) -> str:
        """Return when the session counts as asked for: `at`, or right after the message if that is later.

        So the message is part of the context, although `at` may come from a clock that is behind Slack's.
        """
        return max(at, f"{float(self.ts) + 0.000_001:.6f}", key=float)


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """A thread that a session is about, which has its own in another place."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class OnMessage:
    """The message on which a form was opened, as Slack keeps it with the form: its `ts`, and that of its thread."""

    ts: str
    thread_ts: str

    def kept(self) -> str:
        """Write it as the target of a form."""
        return f"{self.ts}/{self.thread_ts}"

    @classmethod
    def read(cls, kept: str) -> Self | None:
        """Read the target of a form; None if that was opened on no message."""
        ts, _, thread_ts = kept.partition("/")
        return cls(ts, thread_ts) if ts and thread_ts else None
