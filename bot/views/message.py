"""What a builder returns: plain text for notifications and screen readers, and blocks."""

from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One Slack message. `text` is never empty; `blocks` may be (then Slack shows the text)."""

    text: str
    blocks: list[Block] = field(default_factory=list)
