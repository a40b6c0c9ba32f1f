"""What each kind of operations brings: the source of its rows, batch by batch, and the sentences of its message."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bot.domain.operation import TABLE, Operation, OperationRow
from bot.kernel.workspace import Workspace
from bot.views.operations import OperationSentences

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows that were read at once, out of `read` entries; `cursor` is where to go on, None at the end.

    `total` is how many entries there are in all, if that is known, and `notes` say what the rows lack. The next batch
    is read after `wait` seconds: what has not happened yet cannot be read.
    """

    rows: Sequence[OperationRow]
    read: int
    cursor: Mapping[str, Any] | None = None
    total: int | None = None
    notes: tuple[str, ...] = ()
    wait: float = 0.0


class CannotGoOn(Exception):  # noqa: N818 - not an error: the operation ends with the reason
    """Raised by a source that cannot give the rest of its rows; the text is a sentence for people."""


class RowSource(Protocol):
    """Gives the rows of one kind of operations."""

    async def read(self, workspace: Workspace, operation: Operation) -> Batch:
        """Read the batch at the cursor of `operation`, or the first one."""


@dataclass(frozen=True, slots=True)
class OperationKind:
    """What a feature says about one kind of operations: where the rows come from, and what the message says."""

    name: str  # stands in rows
    source: RowSource
    sentences: OperationSentences = field(default_factory=OperationSentences)


class NoMoreRows:
    """The source of a table whose rows were stored together with its operation."""

    async def read(self, _workspace: Workspace, _operation: Operation) -> Batch:
        """Read nothing more."""
        return Batch((), 0)


TABLES: Final = OperationKind(TABLE, NoMoreRows())
OperationKinds = Mapping[str, OperationKind]


def kinds_by_name(kinds: Iterable[OperationKind]) -> OperationKinds:
    """Return the kinds of features, and that of tables, by their names."""
    return {kind.name: kind for kind in (TABLES, *kinds)}
