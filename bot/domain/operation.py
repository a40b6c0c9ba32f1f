"""Long-running operations: work for one person that takes longer than an answer may, such as an export.

An operation reads rows from somewhere, batch by batch, then delivers them. It is stored with where it has got to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bot.domain.commands.spec import Role

Cell = str | None
TABLE: Final = "table"  # the kind whose rows were stored together with it
REVIEW: Final = "review"  # the command, and the kind that follows what it has asked for; stands in rows
NOT_SHOWN: Final = ""  # a value that Devin has and does not show, where None is that there is none


class OperationState(StrEnum):
    """How far an operation is."""

    READING = "reading"
    DELIVERING = "delivering"  # all is read, and the file is made and shared: too late to cancel
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NewOperation:
    """An operation to begin: what it reads, under which title, and what its file is to be like.

    Of the columns in `header` those of `shown` stand in the table of the message, which has `most_shown` rows; some
    kinds have a table of their own. There is a file if there are more than `file_beyond` rows, with a last row `total`
    if there are `total_columns`. `asked` are parameters of its kind.
    """

    kind: str
    title: str
    file_name: str
    header: tuple[str, ...]
    shown: tuple[int, ...]
    most_shown: int = 20
    file_beyond: int = 0
    total_columns: tuple[int, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperationRow:
    """A row that an operation has read. A second one with the same `key` is the same row, read twice."""

    key: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as it is stored. Who asked needs the `role` until they have the result.

    `done` and `total` count what was read and what there is to read, None where nobody knows. `cursor` is where to go
    on; `notes` are sentences about what the result lacks.
    """

    id: str
    team: str
    user: str
    new: NewOperation
    state: OperationState
    ref: str
    created_at: float
    role: Role = Role.EVERYBODY
    channel: str | None = None  # the direct message with the asker, once it is known
    cursor: Mapping[str, Any] | None = None
    done: int = 0
    total: int | None = None
    notes: tuple[str, ...] = ()
    reason: str | None = None  # a sentence that says why it has failed; None where it was given up


def seconds_left(operation: Operation, now: float) -> float | None:
    """Estimate how long `operation` will go on reading, from its pace so far; None where that cannot be said."""
    if not operation.total or not 0 < operation.done < operation.total:
        return None
    return (now - operation.created_at) / operation.done * (operation.total - operation.done)
