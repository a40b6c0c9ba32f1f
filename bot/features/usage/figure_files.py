"""Figures as CSV files: their columns and rows, with amounts that are not rounded, and the answers about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact_sum
from bot.domain.billing import Period
from bot.domain.periods import Span
from bot.domain.questions import By, Question
from bot.features.usage import figure_sentences as digest
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.sentences import ONLY_THE_BILL, Apart, heading, not_included
from bot.views.answers.wording import code
from bot.views.csv import OWN_TOTAL, TOTAL, Value, named_row, with_total
from bot.views.message import Message

MOST_ROWS: Final = 2_000  # of a file, which are stored in one transaction; the others are one row
BEGUN: Final = Message("Devin Bridge sends you the file as a DM.")
TODAY_RUNS: Final = "Today isn't over, and a file has only finished days. Type {instead} instead."
NOTHING_FINISHED: Final = (
    "No day of this period is finished yet, and a file has only finished days. Type {instead} instead."
)
NO_FILE: Final = "So there's no file."
MOST_ONLY: Final = f"Only the {MOST_ROWS:,} that used most have their own rows."
_MARK: Final = ":information_source: "

_ACUS: Final = "acus"
_SESSIONS: Final = "sessions"
_PULL_REQUESTS: Final = "pull_requests"
_WORKED: Final = "worked_seconds"
_NAMES: Final[Mapping[By, tuple[str, ...]]] = {
    By.PERSON: ("person", "person_id"),
    By.SESSION: ("session", "url", "thread", "person"),
}
_WITHOUT_PEOPLE: Final[Mapping[By, tuple[str, ...]]] = {
    By.PERSON: ("people",),
    By.SESSION: ("session", "url", "thread"),
}
_FACTS: Final[Mapping[By, tuple[str, ...]]] = {
    By.DAY: (_SESSIONS,),
    By.PRODUCT: (),
    By.ORG: (),
    By.SESSION: (_PULL_REQUESTS, _WORKED),
}
_FACTS_OF_GROUPS: Final = (_SESSIONS, _PULL_REQUESTS, _WORKED)


@dataclass(frozen=True, slots=True)
class FigureFile:
    """A CSV file of figures, with the title of its message and sentences about what it lacks."""

    title: str
    name: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Value]]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of what was used: its names, one for each column that names it or only the first, and exact figures.

    One `of_others` stands for all that have no row of their own. A day whose bill is not in yet has no `acus`. A single
    session has the `team` that it counts in, where there are teams.
    """

    names: tuple[str | None, ...]
    acus: Decimal | None
    sessions: int | None = None
    pull_requests: int | None = None
    worked: float | None = None
    of_others: bool = False
    team: str | None = None


def name_columns(division: By, *, shows_people: bool) -> tuple[str, ...]:
    """Return the columns that name what figures are divided by."""
    special = _NAMES if shows_people else _WITHOUT_PEOPLE
    return special.get(division, ("org_id" if division is By.ORG else division.value,))


def usage_file(
    question: Question,
    span: Span,
    figures: Figures,
    parts: Sequence[FilePart],
    billed: Decimal | None,
    *,
    shows_people: bool = True,
) -> FigureFile:
    """Make the file of what was used on the finished days of `span`.

    Where Devin's bill is known, and the parts are our own count, what is left of the `billed` ACUs came from elsewhere.
    """
    by = question.by or By.DAY
    names, facts = name_columns(by, shows_people=shows_people), _facts(by, figures)
    if any(part.team for part in parts):
        names = (*names, By.TEAM.value)
    header = (*names, _ACUS, *facts)
    column, width, hides = len(names), len(header), _has_no_parts(by, figures)
    rows: list[Sequence[Value]] = [_part(part, column, facts, hides=hides) for part in parts]
    counted = [part.acus for part in parts if part.acus is not None]
    elsewhere = None if billed is None else exact_sum([billed, *(acus.copy_negate() for acus in counted)])
    if not hides:
        is_own = figures.total is None and question.one is None and not (by is By.DAY and figures.late)
        rows = with_total(rows, width, column, elsewhere, OWN_TOTAL if is_own else TOTAL)
    elif billed:
        rows.append(named_row(TOTAL, billed, width, column))
    title = f"{heading(question, span)[0]}, by {by}"
    notes = _notes(figures, span, elsewhere)
    notes += digest.why_about_each(figures) if by is By.DAY else []
    if any(part.of_others for part in parts):
        notes.append(MOST_ONLY)
    return FigureFile(title, file_name("usage", by, span), header, rows, notes)


def running(question: Question, instead: str) -> Message:
    """Say that no day of what was asked about is finished, and which command to type `instead`."""
    text = TODAY_RUNS if question.period is Period.TODAY else NOTHING_FINISHED
    return Message(text.format(instead=code(instead)))


def no_bill(figures: Figures) -> Message:
    """Say that only Devin's bill knows how this divides, and why it is missing."""
    return Message(" ".join([ONLY_THE_BILL, NO_FILE, *_about(figures)]))


def _facts(by: By, figures: Figures) -> tuple[str, ...]:
    facts = _FACTS.get(by, _FACTS_OF_GROUPS)
    return facts if figures.no_acus_reported else tuple(name for name in facts if name != _WORKED)


def _has_no_parts(by: By, figures: Figures) -> bool:
    """Whether Devin reports no ACUs for what the rows stand for."""
    is_billed = by in {By.DAY, By.PRODUCT, By.ORG} and bool(figures.total)
    return figures.no_acus_reported and not is_billed


def _part(part: FilePart, width: int, facts: Sequence[str], *, hides: bool) -> list[Value]:
    values: dict[str, Value] = {
        _SESSIONS: part.sessions,
        _PULL_REQUESTS: part.pull_requests,
        _WORKED: None if part.worked is None else round(part.worked),
    }
    acus: list[Value] = [None if hides else part.acus]
    names = [*filled(part.names, width - 1), part.team] if part.team else filled(part.names, width)
    return [*names, *acus, *(values[name] for name in facts)]


def filled(names: Sequence[str | None], width: int) -> list[Value]:
    """Return a row of `names`, with empty cells up to `width`."""
    return [*names, *[None] * (width - len(names))]


def _notes(figures: Figures, span: Span, elsewhere: Decimal | None) -> list[str]:
    notes = _about(figures)
    if elsewhere is not None and elsewhere < 0 and not notes:
        notes = [digest.own_count(figures)]
    return [*notes, *not_included(Apart(span.apart))]


def _about(figures: Figures) -> list[str]:
    if digest.no_acus_at_all(figures):
        return [digest.NO_ACUS]
    if figures.total is None:
        missing = digest.why_no_total(figures)
    else:
        missing = [digest.NO_PARTS] if figures.no_acus_reported else []
    return [*missing, *(note.removeprefix(_MARK) for note in digest.why_own_rows(figures))]


def file_name(kind: str, by: By | None, span: Span) -> str:
    """Name the file of a `kind` of figures about the days of `span`."""
    first, last = span.counted[0], span.counted[-1]
    days = f"{first}" if first == last else f"{first}-to-{last}"
    return f"devin-{kind}-{days}{f'-by-{by}' if by else ''}.csv"
