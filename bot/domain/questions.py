"""A question of an admin about figures: the period that it is about, and by what the figures are to be divided."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.domain.billing import Period

# Between two dates people also write a dash or a word, and Slack turns three dots into one sign. Spaces are single.
_BETWEEN: Final = re.compile(
    r" ?(?:\.{2,3}|[…\N{EN DASH}\N{EM DASH}]) ?|(?<=\d) (?:to|until|-) (?=\d)"
)  # single spaces
# What is meant for dates or months, right or wrong: a wrong one gets a sentence and starts nothing.
_DATES: Final = re.compile(r"(?=.*\d-)(?=.{1,30}$)[\d-]*(?:\.\.[\d-]*)?")
# As people say it, too.
_SAID: Final = {"this month": Period.MONTH, "this cycle": Period.CYCLE, "previous month": Period.LAST_MONTH}
_BY: Final = "by"
CSV_WORD: Final = "csv"
ALL_WORD: Final = "org=all"


class By(StrEnum):
    """By what figures can be divided."""

    PERSON = "person"
    CHANNEL = "channel"
    TEAM = "team"
    SESSION = "session"
    ORG = "org"
    PRODUCT = "product"
    REPO = "repo"
    PLAYBOOK = "playbook"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Question:
    """Figures of a `period`, or of the `dates` that were typed where it is None; divided `by` something, or not.

    With `as_file` they are wanted as a CSV file, and with `of_all` those of all organisations of the enterprise.
    """

    period: Period | None
    dates: str = ""
    by: By | None = None
    as_file: bool = False
    of_all: bool = False

    def __str__(self) -> str:
        """Write the question as it stands behind a command, which `Reader` reads as the same question."""
        by = [_BY, self.by] if self.by else []
        more = [word for word, is_meant in ((ALL_WORD, self.of_all), (CSV_WORD, self.as_file)) if is_meant]
        return " ".join([self.period or self.dates, *by, *more])


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the questions of one command: its periods, of which the first counts where none is typed, and divisions.

    Months and dates are read by all commands. So is a question about all organisations; only one that answers it
    `shows_all`.
    """

    periods: tuple[Period, ...]
    divisions: Collection[By]
    shows_all: bool = False

    @property
    def shown(self) -> str:
        """The words that the command takes, as a help text writes them."""
        periods = [*self.periods, "YYYY-MM", "YYYY-MM-DD..YYYY-MM-DD"]
        more = "".join(f" [{word}]" for word in ([ALL_WORD] if self.shows_all else []) + [CSV_WORD])
        return f"[{'|'.join(periods)}] [{_BY} {'|'.join(self.divisions)}]{more}"

    def read(self, typed: str) -> Question | None:
        """Read a period, a division and the other words in any order; None if there is anything else."""
        words = _BETWEEN.sub("..", " ".join(_without_end(typed.lower()).split())).split()
        by: By | None = None
        if _BY in words:
            at = words.index(_BY)
            if (by := self._division(words[at + 1 : at + 2])) is None:
                return None
            del words[at : at + 2]
        as_file, of_all = _take(words, CSV_WORD), _take(words, ALL_WORD)
        question = self._question(words, by)
        return question and replace(question, as_file=as_file, of_all=of_all)

    def of(self, argument: str) -> Question:
        """Return the question that stands as an `argument` in a command that was read."""
        question = self.read(argument)
        assert question is not None
        return question

    def _division(self, named: list[str]) -> By | None:
        return next((by for by in self.divisions if [by.value] == named), None)

    def _question(self, words: list[str], by: By | None) -> Question | None:
        if not words:
            return Question(self.periods[0], by=by)
        typed = " ".join(words)
        period = next((candidate for candidate in self.periods if candidate in {typed, _SAID.get(typed)}), None)
        if period is not None:
            return Question(period, by=by)
        return Question(None, typed, by) if _DATES.fullmatch(typed) else None


def _take(words: list[str], word: str) -> bool:
    """Remove `word` from `words`, once. Returns whether it was there."""
    if is_there := word in words:
        words.remove(word)
    return is_there


def _without_end(typed: str) -> str:
    """Leave out the punctuation behind a sentence, but not the dots of a range that has no end."""
    typed = typed.strip().rstrip(" !?")
    return typed if typed.endswith("..") else typed.rstrip(" .")


USAGE_QUESTIONS: Final = Reader(tuple(Period), tuple(By), shows_all=True)
REPORT_QUESTIONS: Final = Reader(
    (Period.WEEK, Period.MONTH, Period.LAST_MONTH, Period.CYCLE), (By.PERSON, By.CHANNEL, By.REPO, By.PLAYBOOK)
)
