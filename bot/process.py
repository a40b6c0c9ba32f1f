"""Which parts of the bot a process runs, named by the command that starts it."""

from enum import StrEnum


class ProcessKind(StrEnum):
    """`run` is all in one process. Of several on one PostgreSQL, `web` only receives, and `worker` does the rest."""

    RUN = "run"
    WEB = "web"
    WORKER = "worker"

    @property
    def receives_http(self) -> bool:
        """Whether it takes Slack's requests over HTTP, if that is how Slack sends them."""
        return self is not ProcessKind.WORKER

    @property
    def works(self) -> bool:
        """Whether it works on what is stored; with an app token it then receives too, through its own socket."""
        return self is not ProcessKind.WEB
