"""The type that all views return: a message as text and blocks."""

from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One Slack message. `text` is what notifications and screen readers use, and is never empty.

    Without `blocks` Slack shows the text. `plainer` says the same in blocks that more workspaces can draw.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)
    plainer: "Message | None" = None

    def forms(self) -> "tuple[Message, ...]":
        """Return this message and all plainer forms of it, the plainest last."""
        return (self, *(self.plainer.forms() if self.plainer else ()))
