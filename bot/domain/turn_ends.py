"""An end of a turn as it was announced: its post can be answered until the session goes on."""

from dataclasses import dataclass
from typing import Any

from bot.domain.announcements import TurnEnd


@dataclass(frozen=True, slots=True)
class AnnouncedEnd:
    """The end of the turn with this `number` of a session. `key` is the subject of its post.

    `message` is the text and the blocks of the post without its buttons; None once the post is not edited any more.
    `options` are those that Devin offers, and `answer` is the one that `answered_by` chose, None if they wrote instead.
    `remind_at` is when whoever is asked is reminded next, and `reminders` is how often they were.
    """

    key: str
    team: str
    session_id: str
    number: int
    end: TurnEnd
    message: dict[str, Any] | None
    created_at: float
    options: tuple[str, ...] = ()
    remind_at: float | None = None
    reminders: int = 0
    settled_at: float | None = None
    answered_by: str | None = None
    answer: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the session still rests there, and nobody has answered."""
        return self.settled_at is None
