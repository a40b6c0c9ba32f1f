"""The type that all views return: a message as text and blocks, or with a file."""

from dataclasses import asdict, dataclass, field
from typing import Any

from bot.domain.file import CHART, TABLE
from bot.views.line_chart import LineChart

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file that is made here: a table as `text`, or a picture of a `chart` that `alt` describes in numbers."""

    name: str
    text: str = ""
    chart: LineChart | None = None
    alt: str = ""

    def stored(self) -> dict[str, Any]:
        """Return what stands in the row that shares it, from which its content is made when it is sent."""
        subject, source = (self.text, TABLE) if self.chart is None else (asdict(self.chart), CHART)
        return {"source": source, "name": self.name, "alt": self.alt, "subject": subject}


@dataclass(frozen=True, slots=True)
class Message:
    """One Slack message. `text` is what notifications and screen readers use, and is never empty.

    Without `blocks` Slack shows the text. With a `file`, which goes without blocks, the text is mrkdwn above it.
    `plainer` says the same in a form that more workspaces can draw.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)
    plainer: "Message | None" = None
    file: MadeFile | None = None

    def forms(self) -> "tuple[Message, ...]":
        """Return this message and all plainer forms of it, the plainest last."""
        return (self, *(self.plainer.forms() if self.plainer else ()))
