"""What admins read about guardrail violations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.views import blocks
from bot.views.message import Message
from bot.views.text import OPEN_IN_DEVIN, counted, fitted, linked_title

MOST_LISTED: Final = 20  # in a post
_ACTIONS: Final[Mapping[str, str]] = {  # by Devin's words
    "log_only": "logged",
    "warn_user": "the person was warned",
    "block_message": "the message was blocked",
    "kill_session": "the session was ended",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation: the guardrail, Devin's word for what was done, why, and the session with its thread and page."""

    guardrail: str
    action: str
    reasoning: str = ""
    title: str | None = None
    permalink: str | None = None
    url: str | None = None


def violations(listed: Sequence[Violation]) -> Message:
    """Inform admins of at most `MOST_LISTED` violations."""
    title = f"Devin's guardrails took action on {counted(len(listed), 'message')}"
    lines = [f":shield: *{title}*", *map(_line, listed)]
    first = listed[0]
    more = f", and {len(listed) - 1} more" if len(listed) > 1 else ""
    return Message(f"{title}: {_name(first)}, {_action(first)}{more}.", blocks.sections(lines))


def _line(violation: Violation) -> str:
    session = linked_title(violation.title or OPEN_IN_DEVIN, violation.permalink, violation.url)
    parts = [f"• *{_name(violation)}*", _action(violation), session if violation.title or violation.url else ""]
    reasoning = f": {fitted(violation.reasoning, 150)}" if violation.reasoning else ""
    return " · ".join(part for part in parts if part) + reasoning


def _name(violation: Violation) -> str:
    return fitted(violation.guardrail, 60) or "A guardrail"


def _action(violation: Violation) -> str:
    return _ACTIONS.get(violation.action) or fitted(violation.action, 40) or "action unknown"
