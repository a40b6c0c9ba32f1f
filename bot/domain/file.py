"""A file in a Slack message."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file in a Slack message. In a shared channel it may be a stub of which only the id is known."""

    id: str
    name: str = "file"
    mimetype: str = ""
    size: int = 0
    url: str = field(default="", repr=False)  # empty when there is nothing to download
    access: str | None = None

    @property
    def is_stub(self) -> bool:
        """Whether the facts about the file have to be read with files.info first."""
        return self.access == "check_file_info"
