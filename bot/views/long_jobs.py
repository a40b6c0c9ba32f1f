"""The one message of a long job, from its begin to its end, and the answers about long jobs."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact_sum, half_up
from bot.domain.commands.registry import CANCEL_LONG_JOB
from bot.domain.long_job import NOT_SHOWN, Cell, LongJob, LongJobState, seconds_left
from bot.domain.shares import shares
from bot.views import blocks
from bot.views.csv import TOTAL
from bot.views.message import Block, Message
from bot.views.text import counted, fitted, short_duration

# What stands above the columns of a table in a message; their names in the file are for programs.
HEADINGS: Final[Mapping[str, str]] = {
    "name": "Organisation",
    "org_id": "Organisation's id",
    "max_session_acu_limit": "ACUs per session",
    "max_cycle_acu_limit": "ACUs per cycle",
    "acus": "ACUs used",
    "at": "When (UTC)",
    "action": "What",
    "by": "Who",
}
LONGEST_CELL: Final = 60  # characters
LONGEST_TITLE: Final = 200
MOST_ROWS: Final = 100  # of a table in a message

BEGUN: Final = Message("This takes a moment. Devin Bridge sends you a direct message with the result.")
NO_LONG_JOB: Final = Message("Only the person who asked for it can cancel it, and only while it is running.")
TOO_LATE_TO_CANCEL: Final = Message("It is nearly done, so it was not cancelled.")
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
LOST: Final = "Devin Bridge could not finish this after many tries. Try again later."
UNREADABLE: Final = "Devin gave an answer that cannot be read. Try again later."


def no_file(needed: str | None) -> str:
    """Say that Slack does not take the file, because the app lacks the scope `needed` or for another reason."""
    if needed:
        scope = f"because the app lacks the scope `{fitted(needed, 60)}`"
        return f"Slack does not take the file, {scope}. A workspace admin can install the app again with it."
    return "Slack did not take the file. Try again later."


def devin_refused(permission: str | None) -> str:
    """Say that Devin refuses what is needed, and who can grant the `permission`, if that is known."""
    if permission is None:
        return "Devin refused it. Whoever runs Devin Bridge can find out more with `python -m bot doctor`."
    return f"Devin Bridge's key for Devin lacks the permission `{fitted(permission, 60)}`. {granted_by(permission)}"


def granted_by(permission: str) -> str:
    """Say who can grant a `permission`."""
    who = "the enterprise" if permission in ENTERPRISE_PERMISSIONS else "your Devin organisation"
    return f"An admin of {who} can grant it to the service user."


class LongJobSentences:
    """What the message of a long job says that reads rows and ends with a table; kinds with other words override it."""

    unit = "row"  # what is read
    absent: Mapping[str, str] = {}
    no_message = (
        "Slack does not take the message that would show the result, because the app lacks the scope `im:write`. "
        "A workspace admin can install the app again with it."
    )

    def going_on(self, job: LongJob, now: float) -> Message:
        """Show how much `job` has read, about how long it will still take, and a button that cancels it."""
        read = _read(job, self.unit)
        line = f"{read} {left}" if (left := _left(job, now)) else read
        return _message(job, line, *blocks.actions(blocks.button("Cancel", CANCEL_LONG_JOB.action_id, job.id)))

    def delivering(self, job: LongJob, count: int) -> Message:
        """Say that all is read and the file on its way."""
        return _message(job, f"{_rows(count)} read. The file is on its way.")

    def ended(self, job: LongJob, count: int, rows: Sequence[Sequence[Cell]]) -> Message:
        """Show how `job` has ended: its result, of `count` rows and first of all these, or why there is none."""
        if job.state is LongJobState.CANCELLED:
            return _message(job, "Cancelled. No file was made.")
        if job.state is LongJobState.FAILED:
            return _message(job, f":warning: {job.reason or LOST}")
        has_file = count > job.new.file_beyond
        line = " ".join([_result(job, count, len(rows), has_file=has_file), *job.notes])
        return _message(job, line, *([self.table(job, rows, count)] if rows else []))

    def over(self, job: LongJob) -> Message:
        """Notify who asked that `job`, which took a while, is over, where no file does so."""
        failed = job.state is LongJobState.FAILED
        how = "It could not be finished; the message above says why." if failed else "It's ready above."
        return Message(f"{_title(job)}: {how}")

    def table(self, job: LongJob, rows: Sequence[Sequence[Cell]], count: int) -> Block:
        """Show the first `rows` of `count`."""
        head = [_heading(job.new.header[column]) for column in job.new.shown]
        picked = (_picked(job, row, self.absent) for row in _rounded(job, rows, count))
        return blocks.data_table(_title(job), [head, *picked])


def file_comment(job: LongJob, count: int) -> str:
    """What stands above the file of `job`."""
    return f"{_title(job)}: {_rows(count)}"


def _title(job: LongJob) -> str:
    return fitted(job.new.title, LONGEST_TITLE)


def _message(job: LongJob, line: str, *more: Block) -> Message:
    text = line.removeprefix(":warning: ").replace("`", "")
    return Message(f"{_title(job)}: {text}", [blocks.section(f"*{_title(job)}*\n{line}"), *more])


def _read(job: LongJob, unit: str) -> str:
    if job.total is None:
        return f"{counted(job.done, unit)} read" if job.done else "Reading…"
    return f"{min(job.done, job.total):,} of {counted(job.total, unit)} read"


def _left(job: LongJob, now: float) -> str:
    seconds = seconds_left(job, now)
    return "" if seconds is None else f"· about {short_duration(max(seconds, 1.0))} left"


def _rows(count: int) -> str:
    return counted(count, "row")


def _result(job: LongJob, count: int, shown: int, *, has_file: bool) -> str:
    if not count:
        return "Nothing was found, so there is no file."
    if not has_file:
        return f"{_rows(count)}."
    if shown < count:
        return f"{_rows(count)}: the first {shown} here, all in `{_file_name(job)}` below."
    return f"{_rows(count)}, also in `{_file_name(job)}` below."


def _file_name(job: LongJob) -> str:
    return fitted(job.new.file_name.replace("`", ""), 100)


def _rounded(job: LongJob, rows: Sequence[Sequence[Cell]], count: int) -> Sequence[Sequence[Cell]]:
    """Round the ACUs in `rows` so that they add up to their rounded sum.

    The sum is the last row, if all rows are here and the ACUs of each are known.
    """
    column = job.new.total_column
    if column is None:
        return rows
    amounts = [Decimal(row[column] or 0) for row in rows]
    total = half_up(exact_sum(amounts), 1)
    rounded = [
        [*row[:column], None if row[column] is None else f"{acus:,}", *row[column + 1 :]]
        for row, acus in zip(rows, shares(amounts, total), strict=True)
    ]
    has_total = 1 < len(rows) == count < MOST_ROWS and all(row[column] is not None for row in rows)
    last: list[Cell] = [TOTAL, *["-"] * (len(job.new.header) - 1)]
    last[column] = f"{total:,}"
    return [*rounded, last] if has_total else rounded


def _heading(column: str) -> str:
    return HEADINGS.get(column, column.replace("_", " ").capitalize())


def _picked(job: LongJob, row: Sequence[Cell], absent: Mapping[str, str]) -> list[str]:
    return [_cut(_shown(row[column], absent.get(job.new.header[column]))) for column in job.new.shown]


def _shown(value: Cell, absent: str | None) -> str:
    if value == NOT_SHOWN and absent is not None:
        return "not shown"
    return (absent or "") if value is None else value


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
