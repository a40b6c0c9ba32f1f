"""The rows of an answer that divides what was used: they add up to its total, to the last digit shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.amounts import half_up
from bot.domain.shares import shares
from bot.features.usage.figure_sentences import Figures
from bot.views.text import counted, duration, tenths_of_acus

MOST_ROWS: Final = 20
ELSEWHERE: Final = "elsewhere"
NEGATIVE: Final = "{names} below zero: Devin's bill has less there than what it divides into."


@dataclass(frozen=True, slots=True)
class UsagePart:
    """A part of what was used: its name in `mrkdwn`, its exact `acus`, and what else is known of it.

    A part that is not `ours` was billed by Devin, and those of a bill leave nothing over. What is None of `sessions`,
    `worked` (seconds) and `pull_requests` says nothing about such a part. One that stands for `others`, which are so
    many, is the last one.
    """

    name: str
    acus: Decimal = Decimal(0)
    ours: bool = True
    sessions: int | None = None
    worked: float | None = None
    pull_requests: int | None = None
    others: int = 0
    is_about: bool = False  # some of it may be another part's


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its name, its ACUs rounded as they are shown, and other figures, such as "3 sessions".

    `is_little` is a part that was rounded to nothing. Where Devin reports no ACUs `acus` is None.
    """

    name: str
    acus: Decimal | None = None
    facts: tuple[str, ...] = ()
    is_little: bool = False
    others: int = 0
    is_about: bool = False


def divide(parts: Sequence[UsagePart], figures: Figures) -> list[Row]:
    """Make rows of `parts`, in their order, which add up to the total of `figures`; the last one is elsewhere.

    That is the rest of Devin's bill, where the bill is known and the parts are our own count.
    """
    ours = all(part.ours for part in parts)
    if figures.no_acus_reported and ours:
        return [Row(part.name, facts=_facts(part, with_work=True), others=part.others) for part in parts]
    total = None if figures.total is None else half_up(figures.total, 1)
    through_slack = half_up(figures.through_slack, 1)
    whole = through_slack if ours or total is None else total
    rounded = shares([part.acus for part in parts], whole) if parts else []
    rows = [
        Row(
            part.name,
            share,
            _facts(part),
            is_little=not share and part.acus > 0,
            others=part.others,
            is_about=part.is_about,
        )
        for part, share in zip(parts, rounded, strict=True)
    ]
    if ours and total is not None and (parts or total):
        rows.append(Row(ELSEWHERE, total - through_slack))
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
    names = [row.name for row in rows if row.acus is not None and row.acus < 0 and row.name != ELSEWHERE]
    verb = "is" if len(names) == 1 else "are"
    return [NEGATIVE.format(names=f"{', '.join(names)} {verb}")] if names else []


def _line(row: Row) -> str:
    about = "about " if row.is_about else ""
    amount = [] if row.acus is None else [about + _acus(row.acus, is_little=row.is_little)]
    return f"{row.name}: {' · '.join([*amount, *row.facts])}"


def _others(rows: Sequence[Row]) -> str:
    more = f"and {sum(row.others or 1 for row in rows):,} more"
    if any(row.acus is None for row in rows):
        return more
    acus = sum((row.acus for row in rows if row.acus is not None), Decimal(0))
    return f"{more}: {_acus(acus, is_little=not acus and any(row.is_little for row in rows))}"


def _acus(acus: Decimal, *, is_little: bool) -> str:
    return "under 0.1 ACUs" if is_little else tenths_of_acus(float(acus))


def _facts(part: UsagePart, *, with_work: bool = False) -> tuple[str, ...]:
    sessions = [] if part.sessions is None else [counted(part.sessions, "session")]
    if not with_work:
        return tuple(sessions)
    worked = [duration(part.worked)] if part.worked else []
    pull_requests = [counted(part.pull_requests, "pull request")] if part.pull_requests else []
    return (*sessions, *worked, *pull_requests)
