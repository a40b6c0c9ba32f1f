"""What `/devin audit` asks for: filters such as `action=create_session`, and the days from `since=` to `until=`."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from bot.domain.commands.quotation_marks import DOUBLE, QUOTED, unquoted

DEFAULT_DAYS: Final = 7
_OPTION: Final = re.compile(rf"(?P<name>[A-Za-z]{{1,20}})=(?P<value>{QUOTED}|[^\s{DOUBLE}]+)(?:\s+|$)")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """The filters, as they were typed; None where one was left out."""

    action: str | None = None
    person: str | None = None
    org: str | None = None
    since: str | None = None
    until: str | None = None


NAMES: Final = tuple(AuditQuery.__dataclass_fields__)
_BEGINS: Final = re.compile(rf"(?:{'|'.join(NAMES)})\s*=", re.IGNORECASE)
_MENTION: Final = "@"  # with which neither an e-mail address nor an id at Devin begins


class AuditMistake(StrEnum):
    """What is wrong with a query."""

    UNKNOWN = "unknown"  # there is no such option
    TWICE = "twice"  # an option was typed twice
    UNREADABLE = "unreadable"  # what stands behind the options is none, as the second word of a name without marks
    MENTION = "mention"  # a person by their name in Slack, which Devin does not know
    NO_DATE = "no date"  # not a date of the calendar in the form 2026-11-26
    FUTURE = "future"  # `since` is a day to come
    REVERSED = "reversed"  # `until` is before `since`


@dataclass(frozen=True, slots=True)
class WrongQuery:
    """A query that cannot be answered: what is wrong with it, and the option or value at fault."""

    mistake: AuditMistake
    what: str


@dataclass(frozen=True, slots=True)
class Days:
    """The days of `zone` from `first` to `last`, both of which belong to it, and their bounds as Unix seconds."""

    first: date
    last: date
    after: int
    before: int
    zone: str = "UTC"


def read_options(typed: str) -> str | None:
    """Return `typed` if it is options and nothing else, whether or not there are such, or begins with one; else None.

    No task begins with one of the options that there are, so what is wrong behind it gets a sentence.
    """
    text = typed.strip()
    _, rest = _options(text)
    return None if rest and not _BEGINS.match(text) else text


def parse_query(typed: str) -> AuditQuery | WrongQuery:
    """Read a text that `read_options` has let through."""
    query = AuditQuery()
    options, rest = _options(typed.strip())
    for found in options:
        name, value = found["name"].lower(), unquoted(found["value"]) or found["value"]
        if name not in NAMES:
            return WrongQuery(AuditMistake.UNKNOWN, found["name"])
        if getattr(query, name) is not None:
            return WrongQuery(AuditMistake.TWICE, name)
        query = replace(query, **{name: value})
    if rest:
        return WrongQuery(AuditMistake.UNREADABLE, rest)
    if query.person is not None and query.person.startswith(_MENTION):
        return WrongQuery(AuditMistake.MENTION, query.person)
    return query


def days_of(query: AuditQuery, now: float, zone: tzinfo) -> Days | WrongQuery:
    """Return the days that `query` asks for: without any the last seven, up to today in `zone`."""
    today = datetime.fromtimestamp(now, zone).date()
    since, until = (None if text is None else _date(text) for text in (query.since, query.until))
    for text, read in ((query.since, since), (query.until, until)):
        if text is not None and read is None:
            return WrongQuery(AuditMistake.NO_DATE, text)
    last = min(until or today, today)
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > today:
        return WrongQuery(AuditMistake.FUTURE, query.since or "")
    if first > last:
        return WrongQuery(AuditMistake.REVERSED, query.until or "")
    # Up to now and not to the end of the day: what happens meanwhile does not move the pages.
    end = min(_start(last + timedelta(days=1), zone), int(now) + 1)
    return Days(first, last, _start(first, zone), end, str(zone))


def _options(text: str) -> tuple[list[re.Match[str]], str]:
    """The options that `text` begins with, and what stands behind them."""
    options, at = [], 0
    while at < len(text) and (found := _OPTION.match(text, at)) is not None:
        options.append(found)
        at = found.end()
    return options, text[at:]


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
    # What is further away does not fit into the seconds of all systems.
    return found if found and date(1970, 1, 2) <= found <= date(2999, 12, 31) else None


def _start(day: date, zone: tzinfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
