"""The daily digest and the answer to `/devin usage`: what sessions used, and how many were started and finished."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.billing import Period
from bot.views import blocks
from bot.views.message import Message
from bot.views.text import acus, fitted, link

HOURS: Final = "08:00 UTC to 08:00 UTC"
NO_TOTAL: Final = "The total could not be read from Devin this time."
NOTHING_BEFORE: Final = "nothing in the seven days before to compare with"
UNCHANGED: Final = "as much as the mean of the seven days before"
QUIET: Final = "No session of Devin Bridge used anything in this time."  # others of the organisation may have
OWN_ROWS_ONLY: Final = (
    ":information_source: Counted from the sessions of Devin Bridge alone, because its key for Devin lacks the "
    "permission `{permission}`. An admin of your Devin organisation can grant it to the service user."
)
MOST_EXPENSIVE_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class MostExpensive:
    """One of the most expensive sessions; `permalink` is its Slack thread, `url` its page at Devin.

    `requester` is a name and no mention, because a digest notifies nobody.
    """

    title: str
    acus: float
    permalink: str | None = None
    url: str | None = None
    requester: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the billing day `day`, or of a period that ends with it. Amounts are ACUs, None where unknown.

    `own_rows_only` is the permission that the key lacks, if the amounts had to be taken from our own rows.
    """

    day: date
    total: float | None = None
    mean_before: float | None = None
    started: int = 0
    finished: int = 0
    waiting: int = 0
    most_expensive: tuple[MostExpensive, ...] = ()
    month: float | None = None
    own_rows_only: str | None = None


def digest(figures: Figures) -> Message:
    """Build the digest of one finished billing day from its `figures`."""
    return _report(f"Devin on {_named(figures.day)}", f"Billing day {HOURS}.", figures, compared=True)


def usage(period: Period, figures: Figures) -> Message:
    """Build the answer to `/devin usage` for `period`; `figures.day` is the last billing day in it."""
    named = _named(figures.day)
    title, scope = {
        Period.TODAY: ("Devin today, so far", f"Billing day {named}, {HOURS}, still running."),
        Period.YESTERDAY: ("Devin yesterday", f"Billing day {named}, {HOURS}."),
        Period.WEEK: ("Devin in the last seven days", f"Seven billing days up to {named}, each {HOURS}."),
    }[period]
    # Only a finished day compares with the mean of finished days; a running day and a week do not.
    return _report(title, scope, figures, compared=period is Period.YESTERDAY)


def change(total: float, mean: float | None) -> str:
    """Compare the `total` of a day with the `mean` of the seven before, in percent or, where that fails, in words."""
    if mean is None or mean <= 0:
        return NOTHING_BEFORE
    percent = round((total - mean) / mean * 100)
    if percent == 0:
        return UNCHANGED
    direction = "more" if percent > 0 else "less"
    return f"{abs(percent):,} % {direction} than the mean of the seven days before ({acus(mean)})"


def _report(title: str, scope: str, figures: Figures, *, compared: bool) -> Message:
    lines = [_total(figures, compared), _sessions(figures)]
    if figures.month is not None:
        lines.append(f"The month so far: {acus(figures.month)}.")
    most_expensive = _most_expensive(figures.most_expensive)
    source = _source(figures)
    return Message(
        "\n".join([f"{title}. {scope}", *lines, *most_expensive, *source]),
        [
            blocks.header(title),
            *blocks.context([scope]),
            blocks.section("\n".join(lines)),
            *blocks.sections(most_expensive),
            *blocks.context(source),
        ],
    )


def _total(figures: Figures, compared: bool) -> str:
    if figures.total is None:
        return NO_TOTAL
    if not compared:
        return f"*{acus(figures.total)}*."
    return f"*{acus(figures.total)}*, {change(figures.total, figures.mean_before)}."


def _sessions(figures: Figures) -> str:
    return f"Sessions: {figures.started} started, {figures.finished} finished, {figures.waiting} waiting for somebody."


def _most_expensive(sessions: tuple[MostExpensive, ...]) -> list[str]:
    if not sessions:
        return [QUIET]
    rows = [f"{rank}. {_row(entry)}" for rank, entry in enumerate(sessions[:MOST_EXPENSIVE_LISTED], start=1)]
    return ["*Dearest sessions*", *rows]


def _row(entry: MostExpensive) -> str:
    thread = link(entry.permalink, entry.title, 80) if entry.permalink else fitted(entry.title, 80)
    devin = link(entry.url, "Devin") if entry.url else ""
    asker = fitted(entry.requester, 60) if entry.requester else ""
    return " · ".join(part for part in (f"{thread}: {acus(entry.acus)}", asker, devin) if part)


def _source(figures: Figures) -> list[str]:
    if figures.own_rows_only is None:
        return []
    return [OWN_ROWS_ONLY.format(permission=fitted(figures.own_rows_only, 60).replace("`", ""))]


def _named(day: date) -> str:
    # Not by strftime, which would take the names of days and months from the machine's locale.
    weekday = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[day.weekday()]
    month = (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    )[day.month - 1]  # fmt: skip
    return f"{weekday}, {day.day} {month} {day.year}"
