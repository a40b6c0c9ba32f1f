"""The one message of an operation, from its begin to its end, and the answers about operations."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact_sum, half_up
from bot.domain.commands.registry import CANCEL_OPERATION
from bot.domain.commands.spec import Role
from bot.domain.operation import NOT_SHOWN, Cell, Operation, OperationState, seconds_left
from bot.domain.shares import Share
from bot.domain.shares import column as column_of
from bot.views import blocks
from bot.views.csv import TOTAL
from bot.views.message import Block, Message
from bot.views.text import cell_of, counted, fitted, short_duration

# What stands above the columns of a table in a message; their names in the file are for programs.
HEADINGS: Final[Mapping[str, str]] = {
    "name": "Organization",
    "org_id": "Organization ID",
    "max_session_acu_limit": "ACUs per session",
    "max_cycle_acu_limit": "ACUs per cycle",
    "acus": "ACUs used",
    "devin_acus": "Used by Devin",
    "other_acus": "Used by others",
    "at": "When (UTC)",
    "action": "What",
    "by": "Who",
}
LONGEST_CELL: Final = 60  # characters
LONGEST_TITLE: Final = 200
MOST_ROWS: Final = 100  # of a table in a message

BEGUN: Final = Message("Devin Bridge sends you a DM with the result.")
NO_OPERATION: Final = Message("Only the person who asked can cancel it, and only while it runs.")
TOO_LATE_TO_CANCEL: Final = Message("It's nearly done, so it wasn't canceled.")
ENTERPRISE_PERMISSIONS: Final = frozenset(
    {
        "ManageAccountKnowledge",
        "ManageAccountPlaybooks",
        "ManageEnterpriseSettings",
        "ManageOrganizations",
        "ViewAccountConsumption",
        "ViewAccountMetrics",
    }
)
NO_ENTERPRISE: Final = (  # behind a colon
    "Devin Bridge's key has no access to an enterprise. An enterprise admin can create a service user there."
)
LOST: Final = "This couldn't be finished after many tries. Try again later."
UNREADABLE: Final = "Devin's answer can't be read. Try again later."


def not_yours_now(operation: Operation) -> str:
    """Say that who asked for `operation` may not have its result any more."""
    if operation.role is Role.ADMIN:
        return "Stopped: only admins can see this, and you're no longer one."
    return "Stopped: you can no longer use Devin here."


def no_file(needed: str | None) -> str:
    """Say that Slack does not take the file, because the app lacks the scope `needed` or for another reason."""
    if needed:
        scope = f"because the app lacks the scope `{fitted(needed, 60)}`"
        return f"Slack rejected the file, {scope}. A workspace admin can reinstall the app with it."
    return "Slack rejected the file. Try again later."


def devin_refused(permission: str | None, words: str = "") -> str:
    """Say that Devin refuses what is needed: who can grant the `permission` that is missing, or Devin's own `words`."""
    if permission is None and words:
        return f"Devin rejected it. It says: “{fitted(words, 300)}”."
    if permission is None:
        return "Devin rejected it. Tell your Devin Bridge operator."
    return f"Devin Bridge's key lacks the permission `{fitted(permission, 60)}`. {granted_by(permission)}"


def lacks(permission: str) -> str:
    """Say behind a colon which `permission` is missing, and who can grant it."""
    return f"the key lacks the permission `{fitted(permission, 60)}`. {granted_by(permission)}"


def denied(words: str) -> str:
    """Say behind a colon why Devin refuses something, in its own `words`."""
    return f"Devin says “{fitted(words, 150)}”."


def granted_by(permission: str) -> str:
    """Say who can grant a `permission`."""
    who = "the enterprise" if permission in ENTERPRISE_PERMISSIONS else "your Devin organization"
    return f"An admin of {who} can grant it to the service user."


class OperationSentences:
    """What an operation's message says that reads rows and ends with a table; kinds with other words override it."""

    unit = "row"  # what is read
    absent: Mapping[str, str] = {}
    no_message = (
        "Slack rejected the result, because the app lacks the scope `im:write`. A workspace "
        "admin can reinstall the app with it."
    )

    def going_on(self, operation: Operation, now: float) -> Message:
        """Show how much `operation` has read, about how long it will still take, and a button that cancels it."""
        read = _read(operation, self.unit)
        line = f"{read} {left}" if (left := _left(operation, now)) else read
        return _message(
            operation, line, *blocks.actions(blocks.button("Cancel", CANCEL_OPERATION.action_id, operation.id))
        )

    def delivering(self, operation: Operation, count: int) -> Message:
        """Say that all is read and the file on its way."""
        return _message(operation, f"{_rows(count)} read. The file is on its way.")

    def ended(self, operation: Operation, count: int, rows: Sequence[Sequence[Cell]]) -> Message:
        """Show how `operation` has ended: its result, of `count` rows and first of all these, or why there is none."""
        if operation.state is OperationState.CANCELLED:
            return _message(operation, "Canceled. No file was made.")
        if operation.state is OperationState.FAILED:
            return _message(operation, f":warning: {operation.reason or LOST}")
        has_file = count > operation.new.file_beyond
        table = [self.table(operation, rows, count)] if rows else []
        shown = min(len(rows), *(len(one["rows"]) - 1 for one in table), count)
        line = " ".join([_result(operation, count, shown, has_file=has_file), *operation.notes])
        return _message(operation, line, *table)

    def over(self, operation: Operation) -> Message:
        """Notify who asked that `operation`, which took a while, is over, where no file does so."""
        failed = operation.state is OperationState.FAILED
        how = "It couldn't be finished; the message above says why." if failed else "It's ready above."
        return Message(f"{_title(operation)}: {how}")

    def table(self, operation: Operation, rows: Sequence[Sequence[Cell]], count: int) -> Block:
        """Show the first `rows` of `count`."""
        head = [_heading(operation.new.header[column]) for column in operation.new.shown]
        picked = (_picked(operation, row, self.absent) for row in _rounded(operation, rows, count))
        return blocks.data_table(_title(operation), [head, *picked])


def file_comment(operation: Operation, count: int) -> str:
    """What stands above the file of `operation`."""
    return f"{_title(operation)}: {_rows(count)}"


def _title(operation: Operation) -> str:
    return fitted(operation.new.title, LONGEST_TITLE)


def _message(operation: Operation, line: str, *more: Block) -> Message:
    text = line.removeprefix(":warning: ").replace("`", "")
    return Message(f"{_title(operation)}: {text}", [blocks.section(f"*{_title(operation)}*\n{line}"), *more])


def _read(operation: Operation, unit: str) -> str:
    if operation.total is None:
        return f"{counted(operation.done, unit)} read" if operation.done else "Reading…"
    return f"{min(operation.done, operation.total):,} of {counted(operation.total, unit)} read"


def _left(operation: Operation, now: float) -> str:
    seconds = seconds_left(operation, now)
    return "" if seconds is None else f"· about {short_duration(max(seconds, 1.0))} left"


def _rows(count: int) -> str:
    return counted(count, "row")


def _result(operation: Operation, count: int, shown: int, *, has_file: bool) -> str:
    if not count:
        return "Nothing was found, so there's no file."
    if not has_file:
        return f"{_rows(count)}: the first {shown} here." if shown < count else f"{_rows(count)}."
    if shown < count:
        return f"{_rows(count)}: the first {shown} here, all in `{_file_name(operation)}` below."
    return f"{_rows(count)}, also in `{_file_name(operation)}` below."


def _file_name(operation: Operation) -> str:
    return fitted(operation.new.file_name.replace("`", ""), 100)


def _rounded(operation: Operation, rows: Sequence[Sequence[Cell]], count: int) -> Sequence[Sequence[Cell]]:
    """Round the ACUs in `rows` so that those of each column add up to their rounded sum.

    The sums are the last row, if all rows are here and the ACUs of each are known.
    """
    columns = operation.new.total_columns
    rounded: list[list[Cell]] = [list(row) for row in rows]
    last: list[Cell] = [TOTAL, *["-"] * (len(operation.new.header) - 1)]
    for column in columns:
        amounts = [Decimal(row[column] or 0) for row in rows]
        total = half_up(exact_sum(amounts), 1)
        for row, acus in zip(rounded, column_of(amounts, total), strict=True):
            row[column] = cell_of(acus) if row[column] else row[column]
        last[column] = cell_of(Share(exact_sum(amounts), total))
    is_known = all(row[column] for row in rows for column in columns)
    has_total = bool(columns) and 1 < len(rows) == count < MOST_ROWS and is_known
    return [*rounded, last] if has_total else rounded


def _heading(column: str) -> str:
    return HEADINGS.get(column, column.replace("_", " ").capitalize())


def _picked(operation: Operation, row: Sequence[Cell], absent: Mapping[str, str]) -> list[str]:
    return [_cut(_shown(row[column], absent.get(operation.new.header[column]))) for column in operation.new.shown]


def _shown(value: Cell, absent: str | None) -> str:
    if value == NOT_SHOWN and absent is not None:
        return "not shown"
    return (absent or "") if value is None else value


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
