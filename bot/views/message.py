"""The type that all views return: a message as text and blocks."""

from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One Slack message. `text` is what notifications and screen readers use, and is never empty.

    Without `blocks` Slack shows the text.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)
