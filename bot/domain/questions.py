"""A question of an admin about figures: the period that it is about, and by what the figures are to be divided."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.domain.billing import Period
from bot.domain.commands.picked import is_picked
from bot.domain.periods import names_days

# Between two dates people also write a dash or a word, and Slack turns three dots into one sign. Spaces are single.
_BETWEEN: Final = re.compile(
    r" ?(?:\.{2,3}|[…\N{EN DASH}\N{EM DASH}]) ?|(?<=\w) (?:to|until|till|through|-) (?=\w)"
)  # single spaces
# What is meant for dates or months, right or wrong: a wrong one gets a sentence and starts nothing.
_DATES: Final = re.compile(r"(?=.*\d-)(?=.{1,30}$)[\d-]*(?:\.\.[\d-]*)?")
# As people say it, too.
_SAID: Final = {
    **dict.fromkeys(("this month", "current month"), Period.MONTH),
    **dict.fromkeys(("this cycle", "current cycle", "billing cycle"), Period.CYCLE),
    **dict.fromkeys(("past week", "last 7 days", "last seven days", "7 days"), Period.WEEK),
    "previous month": Period.LAST_MONTH,
    "past month": "1 month",
}
_SINCE: Final = re.compile(r"\A(?:since|from) (?P<first>.+?)(?:\.\.)?\Z")
_OF_ONE: Final = re.compile(r"\b(?:by|from) (?=[#@])", re.IGNORECASE)
_BY: Final = "by"
_EACH: Final = (_BY, "per")
_WITHOUT_MEANING: Final = frozenset({"in", "for", "of", "on", "the", "during", "over"})
CSV_WORD: Final = "csv"
ALL_WORD: Final = "org=all"


class By(StrEnum):
    """By what figures can be divided. People also write the plural, and the words of `_MEANT_BY`."""

    PERSON = "person"
    CHANNEL = "channel"
    TEAM = "team"
    SESSION = "session"
    ORG = "org"
    PRODUCT = "product"
    REPO = "repo"
    PLAYBOOK = "playbook"
    DAY = "day"


_MEANT_BY: Final = {
    **{plural: by for by in By for plural in (by.value, f"{by}s")},
    **dict.fromkeys(("user", "users", "people", "persons", "member", "members", "asker"), By.PERSON),
    **dict.fromkeys(("organization", "organizations", "organisation", "organisations"), By.ORG),
    **dict.fromkeys(("repository", "repositories"), By.REPO),
}


@dataclass(frozen=True, slots=True)
class Question:
    """Figures of a `period`, or of the `dates` that were typed where it is None; divided `by` something, or not.

    With `of` they are those of one channel or person alone, `#C0WEB` or `@U0BEN`; with `as_file` they are wanted as a
    CSV file, and with `of_all` those of all organisations of the enterprise.
    """

    period: Period | None
    dates: str = ""
    by: By | None = None
    as_file: bool = False
    of_all: bool = False
    of: str = ""

    @property
    def one(self) -> str | None:
        """The id of the only channel or person that it is about; None where it is about all."""
        return self.of[1:] or None

    def __str__(self) -> str:
        """Write the question as it stands behind a command, which `Reader` reads as the same question."""
        by = [_BY, self.by] if self.by else []
        more = [word for word, is_meant in ((ALL_WORD, self.of_all), (CSV_WORD, self.as_file)) if is_meant]
        return " ".join([self.period or self.dates, *filter(None, [self.of]), *by, *more])


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the questions of one command: its periods, of which the first counts where none is typed, and divisions.

    Months and dates are read by all commands. So is a question about all organisations; only one that answers it
    `shows_all`. Only one that can show the figures of a single channel or person reads one, and `shows_one`.
    """

    periods: tuple[Period, ...]
    divisions: Collection[By]
    shows_all: bool = False
    shows_one: bool = False

    @property
    def shown(self) -> str:
        """The words that the command takes, as a help text writes them."""
        periods = [*self.periods, "YYYY-MM", "YYYY-MM-DD..YYYY-MM-DD"]
        one = " [@person|#channel]" if self.shows_one else ""
        more = "".join(f" [{word}]" for word in ([ALL_WORD] if self.shows_all else []) + [CSV_WORD])
        return f"[{'|'.join(periods)}]{one} [{_BY} {'|'.join(self.divisions)}]{more}"

    def read(self, typed: str) -> Question | None:
        """Read a period, a division and the other words in any order; None if there is anything else."""
        as_typed = _OF_ONE.sub("", " ".join(_without_end(typed).split())).split()
        one = [word for word in as_typed if self.shows_one and is_picked(word)]
        said = [word.lower() for word in as_typed if word not in one]
        words = [word for word in said if word not in _WITHOUT_MEANING]
        by: By | None = None
        if (at := next((at for at, word in enumerate(words) if word in _EACH), None)) is not None:
            by = _MEANT_BY.get(" ".join(words[at + 1 : at + 2]))
            if by not in self.divisions:
                return None
            del words[at : at + 2]
        as_file, of_all = _take(words, CSV_WORD), _take(words, ALL_WORD)
        if len(one) > 1 or (one and of_all):
            return None
        if said and not (words or by or as_file or of_all):  # nothing but words without a meaning
            return None
        question = self._question(_BETWEEN.sub("..", " ".join(words)), by)
        return question and replace(question, as_file=as_file, of_all=of_all, of="".join(one))

    def of(self, argument: str) -> Question:
        """Return the question that stands as an `argument` in a command that was read."""
        question = self.read(argument)
        assert question is not None
        return question

    def _question(self, typed: str, by: By | None) -> Question | None:
        if not typed:
            return Question(self.periods[0], by=by)
        typed = _SAID.get(typed, typed)
        period = next((candidate for candidate in self.periods if candidate == typed), None)
        if period is not None:
            return Question(period, by=by)
        if (since := _SINCE.fullmatch(typed)) is not None:
            typed = since["first"] if ".." in since["first"] else f"{since['first']}.."
        is_read = _DATES.fullmatch(typed) or (names_days(typed) and typed not in set(Period))
        return Question(None, typed, by) if is_read else None


def _take(words: list[str], word: str) -> bool:
    """Remove `word` from `words`, once. Returns whether it was there."""
    if is_there := word in words:
        words.remove(word)
    return is_there


def _without_end(typed: str) -> str:
    """Leave out the punctuation behind a sentence, but not the dots of a range that has no end."""
    typed = typed.strip().rstrip(" !?")
    return typed if typed.endswith("..") else typed.rstrip(" .")


USAGE_QUESTIONS: Final = Reader(tuple(Period), tuple(By), shows_all=True, shows_one=True)
REPORT_QUESTIONS: Final = Reader(
    (Period.WEEK, Period.MONTH, Period.LAST_MONTH, Period.CYCLE), (By.PERSON, By.CHANNEL, By.REPO, By.PLAYBOOK)
)
