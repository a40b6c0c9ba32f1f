"""A file that somebody put into a message."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file of a message. In a shared channel it may be a stub that says only its id."""

    id: str
    name: str = "file"
    mimetype: str = ""
    size: int = 0
    url: str = field(default="", repr=False)  # empty when there is nothing to download
    access: str | None = None

    @property
    def is_stub(self) -> bool:
        """Whether files.info must be asked before anything is known."""
        return self.access == "check_file_info"
