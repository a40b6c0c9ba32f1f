"""The rows of an answer that divides what was used: they add up to its total, to the last digit shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact_sum, half_up
from bot.domain.shares import Share, column, together
from bot.features.usage.figure_sentences import Figures
from bot.views.text import counted, duration, listed, share_of, with_unit

MOST_ROWS: Final = 20
ELSEWHERE: Final = "outside Slack"
NOT_IN_YET: Final = "not in yet"
NEGATIVE: Final = "{names} below zero: Devin's bill has a credit there."


@dataclass(frozen=True, slots=True)
class UsagePart:
    """A part of what was used: its name in `mrkdwn`, its exact `acus`, and what else is known of it.

    A part that is not `ours` was billed by Devin, and those of a bill leave nothing over. A day whose bill is not in
    yet has no `acus`. What else is None says nothing about such a part: `sessions`, `worked` (seconds) and
    `pull_requests`. One that stands for `others`, which are so many, is the last one.
    """

    name: str
    acus: Decimal | None = Decimal(0)
    ours: bool = True
    sessions: int | None = None
    worked: float | None = None
    pull_requests: int | None = None
    others: int = 0
    is_about: bool = False  # some of it may be another part's


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its name, its ACUs, and other figures, such as "3 sessions".

    `acus` is None where Devin reports none, and of a day whose bill is not in yet, which is `late`.
    """

    name: str
    acus: Share | None = None
    facts: tuple[str, ...] = ()
    late: bool = False
    others: int = 0
    is_about: bool = False


def divide(parts: Sequence[UsagePart], figures: Figures) -> list[Row]:
    """Make rows of `parts`, in their order, which add up to the total of `figures`; the last one is elsewhere.

    That is the rest of Devin's bill, where the bill is known and the parts are our own count. Where only some days of a
    bill are known, the rows are all that can be said.
    """
    ours = all(part.ours for part in parts)
    if figures.no_acus_reported and ours:
        return [Row(part.name, facts=_facts(part, with_work=True), others=part.others) for part in parts]
    known = [part.acus for part in parts if part.acus is not None]
    whole = figures.through_slack_shown if ours else half_up(exact_sum(known), 1)
    shown = iter(column(known, whole) if known else [])
    rows = [
        Row(
            part.name,
            None if part.acus is None else next(shown),
            _facts(part),
            late=part.acus is None,
            others=part.others,
            is_about=part.is_about,
        )
        for part in parts
    ]
    if ours and figures.parts is not None and not figures.here and (parts or figures.total):
        rows.append(Row(ELSEWHERE, figures.parts[1]))
    return rows


def rows_as_lines(rows: Sequence[Row]) -> list[str]:
    """Write `rows` as a list: at most `MOST_ROWS`, one for all others, and the one of elsewhere."""
    last = [row for row in rows if row.name == ELSEWHERE]
    first = rows[: len(rows) - len(last)]
    lines = [_line(row) for row in first[:MOST_ROWS]]
    if others := first[MOST_ROWS:]:
        lines.append(_others(others))
    return [f"• {line}" for line in (*lines, *map(_line, last))]


def negative(rows: Sequence[Row]) -> list[str]:
    """Explain the parts of a bill that are below zero; for elsewhere the answer has a sentence of its own."""
    names = [row.name for row in rows if row.acus is not None and row.acus.shown < 0 and row.name != ELSEWHERE]
    verb = "is" if len(names) == 1 else "are"
    return [NEGATIVE.format(names=f"{listed(names)} {verb}")] if names else []


def _line(row: Row) -> str:
    late = [NOT_IN_YET] if row.late else []
    about = "about " if row.is_about else ""
    amount = late if row.acus is None else [about + with_unit(share_of(row.acus))]
    return f"{row.name}: {' · '.join([*amount, *row.facts])}"


def _others(rows: Sequence[Row]) -> str:
    more = f"and {sum(row.others or 1 for row in rows):,} more"
    if all(row.acus is None for row in rows):
        return more
    return f"{more}: {with_unit(share_of(together(row.acus for row in rows if row.acus is not None)))}"


def _facts(part: UsagePart, *, with_work: bool = False) -> tuple[str, ...]:
    sessions = [] if part.sessions is None else [counted(part.sessions, "session")]
    if not with_work:
        return tuple(sessions)
    worked = [duration(part.worked)] if part.worked else []
    pull_requests = [counted(part.pull_requests, "pull request")] if part.pull_requests else []
    return (*sessions, *worked, *pull_requests)
