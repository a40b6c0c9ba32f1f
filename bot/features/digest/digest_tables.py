"""The tables in the thread of a digest: who and what used most, with rows that add up to the day's total."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain.amounts import exact_sum
from bot.domain.shares import Share, column, together
from bot.features.usage.figure_sentences import Figures
from bot.views.doubts import roughly
from bot.views.figure_tables import Cell, FigureTable
from bot.views.text import cell_of, counted

ELSEWHERE: Final = "outside Slack"
TOTAL: Final = "total"
OTHERS: Final = "others"
DIRECT_MESSAGES: Final = "DMs"
NO_REPOSITORY: Final = "no repository known"
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Spender:
    """A row of a table: a person, channel, session or repository, with what it used and in how many sessions."""

    name: str
    acus: Decimal
    sessions: int = 1
    url: str | None = None  # of the thread of a session
    page: str | None = None  # of a session at Devin
    channel: str | None = None
    asker: str | None = None  # of a session


class LastColumn(StrEnum):
    """What stands in the last column of a table: how many sessions a row has, who asked for its session, or nothing."""

    SESSIONS = "Sessions"
    ASKER = "Started by"
    NONE = ""


@dataclass(frozen=True, slots=True)
class SpenderTable:
    """A table: what its rows are, the rows themselves, and the `others` in sum, if there are more."""

    caption: str
    column: str
    rows: Sequence[Spender]
    others: Spender | None = None
    last: LastColumn = LastColumn.SESSIONS


def spender_table(table: SpenderTable, figures: Figures, day: str) -> FigureTable | None:
    """Build a table of what was used on a `day`, whose `figures` say what it is divided into.

    The last rows are what did not come through Slack, and the total: both stand in the root as well. All amounts add up
    to it as it is shown, and all shares to 100 %. None if there is no row.
    """
    rows = [*table.rows, *([table.others] if table.others else [])]
    if not rows:
        return None
    amounts = column([row.acus for row in rows], figures.through_slack_shown)
    if figures.parts and figures.parts[1].amount:
        rows.append(Spender(ELSEWHERE, figures.parts[1].amount, 0))
        amounts.append(figures.parts[1])
    percents = _percents([amount.amount for amount in amounts])
    about = roughly(figures.about)  # as the root has it; the total is Devin's, if that is known
    total_row = Spender(TOTAL, Decimal(0), sum(row.sessions for row in rows))
    lines = [
        _cells(row, amount, percent, table.last, "" if row is total_row and figures.total is not None else about)
        for row, amount, percent in zip(
            [*rows, total_row], [*amounts, together(amounts)], [*percents, exact_sum(percents)], strict=True
        )
    ]
    acus = f"ACUs ({about.strip()})" if about else "ACUs"
    columns = (table.column, acus, "Share", *([table.last.value] if table.last.value else []))
    return FigureTable(f"{table.caption}, {day}", columns, lines)


def _percents(amounts: Sequence[Decimal]) -> list[Decimal]:
    whole = exact_sum(amounts)
    if whole <= 0:
        return [Decimal(0) for _ in amounts]
    # The quotients are rounded in their 28th digit, which no share can show.
    return [share.shown for share in column([amount * _HUNDRED / whole for amount in amounts], _HUNDRED)]


def _cells(row: Spender, amount: Share, percent: Decimal, last: LastColumn, about: str) -> tuple[Cell, ...]:
    name = Cell(row.name, url=row.url, channel=row.channel, page=row.page)
    detail = {
        LastColumn.SESSIONS: (_sessions(row.sessions),),
        LastColumn.ASKER: (Cell(row.asker or ""),),
        LastColumn.NONE: (),
    }[last]
    return (name, _acus(amount, about), _percent(percent), *detail)


def _acus(amount: Share, about: str) -> Cell:
    text = cell_of(amount)
    return Cell(text, said=f"{about}{text} ACUs", value=float(amount.shown))


def _percent(percent: Decimal) -> Cell:
    text = f"{percent:,f}%"
    return Cell(text, said=text, value=float(percent))


def _sessions(number: int) -> Cell:
    return Cell(f"{number:,}", said=counted(number, "session"), value=float(number)) if number else Cell("")
