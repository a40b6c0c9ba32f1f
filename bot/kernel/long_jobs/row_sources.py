"""What each kind of long jobs brings: the source of its rows, batch by batch, and the sentences of its message."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bot.domain.long_job import TABLE, JobRow, LongJob
from bot.kernel.workspace import Workspace
from bot.views.long_jobs import LongJobSentences

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows that were read at once, out of `read` entries; `cursor` is where to go on, None at the end.

    `total` is how many entries there are in all, if that is known, and `notes` say what the rows lack. The next batch
    is read after `wait` seconds: what has not happened yet cannot be read.
    """

    rows: Sequence[JobRow]
    read: int
    cursor: Mapping[str, Any] | None = None
    total: int | None = None
    notes: tuple[str, ...] = ()
    wait: float = 0.0


class CannotGoOn(Exception):  # noqa: N818 - not an error: the job ends with the reason
    """Raised by a source that cannot give the rest of its rows; the text is a sentence for people."""


class RowSource(Protocol):
    """Gives the rows of one kind of long jobs."""

    async def read(self, workspace: Workspace, job: LongJob) -> Batch:
        """Read the batch at the cursor of `job`, or the first one."""


@dataclass(frozen=True, slots=True)
class LongJobKind:
    """What a feature says about one kind of long jobs: where the rows come from, and what the message says."""

    name: str  # stands in rows
    source: RowSource
    sentences: LongJobSentences = field(default_factory=LongJobSentences)


class NoMoreRows:
    """The source of a table whose rows were stored together with its job."""

    async def read(self, _workspace: Workspace, _job: LongJob) -> Batch:
        """Read nothing more."""
        return Batch((), 0)


TABLES: Final = LongJobKind(TABLE, NoMoreRows())
LongJobKinds = Mapping[str, LongJobKind]


def kinds_by_name(kinds: Iterable[LongJobKind]) -> LongJobKinds:
    """Return the kinds of features, and that of tables, by their names."""
    return {kind.name: kind for kind in (TABLES, *kinds)}
