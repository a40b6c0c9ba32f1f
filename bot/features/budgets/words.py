"""What is typed behind `budget set`, `budget try`, `budget grant` and `budget remove`.

A channel and a person come as their ids, `#C0WEB` and `@U0ADA`, because a name alone says no id.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain.commands.options import repo_in
from bot.domain.commands.picked import picked_channel, picked_person
from bot.domain.commands.quotation_marks import DOUBLE, SINGLE
from bot.features.budgets.rules import NAMED, USED_UP, USUAL_WARNINGS, Scope, ScopeKind, Span

LEAST_ACUS: Final = Decimal(1)  # of a budget: a session needs as much to start, so less would refuse each one
MOST_ACUS: Final = Decimal(1_000_000_000)
MOST_WORDS_MEANT: Final = 6  # a longer text behind the command reads like a task, unless it is plainly about a budget
MOST_WARNINGS: Final = 5


class Problem(StrEnum):
    """What is wrong with what was typed."""

    SCOPE = "scope"
    NAME = "name"  # a channel or a person that was typed and not picked in Slack, so that no id is known
    REPO = "repo"  # that is no owner and name
    ACUS = "acus"
    LEAST = "least"  # fewer ACUs than a session needs
    BEHIND = "behind"  # more stands behind the ACUs of a grant
    SPAN = "span"
    WARN = "warn"
    NUMBER = "number"


# How whom a budget is for is written, by its id or name.
SIGNS: Final = {
    ScopeKind.CHANNEL: "#{}",
    ScopeKind.PERSON: "@{}",
    ScopeKind.TEAM: 'team:"{}"',
    ScopeKind.REPO: "repo:{}",
}


@dataclass(frozen=True, slots=True)
class WantedBudget:
    """A budget that somebody wants to set."""

    scope: Scope
    acus: Decimal
    span: Span = Span.CYCLE
    warn: tuple[int, ...] = USUAL_WARNINGS

    def __str__(self) -> str:
        """Write it as `parse_set` reads it."""
        whom = SIGNS.get(self.scope.kind, "{}").format(self.scope.subject) or self.scope.kind.value
        return f"{whom} {self.acus:f} a {self.span.value} warn {','.join(map(str, self.warn))}"


@dataclass(frozen=True, slots=True)
class WantedGrant:
    """So many ACUs more for those whom a budget is for."""

    scope: Scope
    acus: Decimal


# With commas between thousands, or one before the decimals, as many people write them.
_ACUS: Final = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,10})(?:[.,](?P<part>[0-9]{1,2}))?(?:acus?)?", re.IGNORECASE
)
_PERCENT: Final = re.compile(r"(?P<number>[0-9]{1,2})%?")
_NUMBER: Final = re.compile(r"#?(?P<number>[0-9]{1,9})")
_OF_PICKED: Final = ("#", "@")
# A team may be called anything, so its name ends at its closing mark, or else before the ACUs.
_TEAM: Final = re.compile(
    r"(?:for\s+)?(?:the\s+)?team(?:\s*(?P<sign>[:=])\s*|\s+)"
    rf"(?:[{DOUBLE}{SINGLE}](?P<quoted>.+)[{DOUBLE}{SINGLE}](?=\s|$)"
    r"|(?P<name>\S.{0,39}?)(?=\s+[0-9][0-9.,]*(?:acus?)?(?![^\s/])(?!\s+[0-9]))"
    r"|(?(sign)(?P<alone>\S+)|(?!)))",
    re.IGNORECASE,
)
_REPO: Final = re.compile(r"repo(?:sitory)?[:=]", re.IGNORECASE)
_TEAM_IS: Final = "team:"
_WARN: Final = "warn"
# So many ACUs, after three other words at most: the scope with what people put around it.
_SO_MANY: Final = re.compile(r"(?:\S+ ){0,3}[0-9.,]+ ?acus?[.,;:!]?(?: |$)", re.IGNORECASE)
_WORDS_UP_TO_IT: Final = 5
_UNIT: Final = frozenset({"acu", "acus"})
_EACH: Final = frozenset({"a", "per", "each", "every"})
# What people write, and the words of the command for it.
_SAID: Final = tuple(
    (re.compile(said, re.IGNORECASE), meant)
    for said, meant in (
        (r"^for ", ""),
        (r"^(?:the )?repo(?:sitory)?(?: ?[:=] ?| (?=[^ ]*/))", "repo:"),
        (r"^(?=[a-z][\w.-]*/(?!(?:day|week|month|cycle) )[\w.-]+ )", "repo:"),
        (r"^(?:each|per|every)[ -](person|channel|session)s?(?= )", r"each-\1"),
        (r"^(?:(?:each|per|every)[ -](?:user|member)s?|everyone|everybody)(?= )", "each-person"),
        (r"^(?:the )?(?:whole )?(?:organi[sz]ation|org)(?= )", "org"),
        (r"(?<= )daily\b", "a day"),
        (r"(?<= )(week|month)ly\b", r"a \1"),
        (r"(?<=[0-9s]) ?/ ?(?=(?:day|week|month|cycle)\b)", " a "),
        (r"\bwarn(?:ings?)? at\b", "warn"),
        (r" %", "%"),
    )
)


def parse_set(typed: str) -> WantedBudget | Problem:
    """Read `<scope> <ACUs> [a day|a week|a cycle] [warn 50,80]`, or say what is wrong first."""
    head = _head(_words(typed))
    if isinstance(head, Problem):
        return head
    scope, acus, rest = head
    if acus < LEAST_ACUS:
        return Problem.LEAST
    span, rest = _span(rest)
    if not rest:
        return WantedBudget(scope, acus, span)
    if rest[0].lower() != _WARN:
        return Problem.SPAN
    warn = _warnings(rest[1:])
    return Problem.WARN if warn is None else WantedBudget(scope, acus, span, warn)


def parse_grant(typed: str) -> WantedGrant | Problem:
    """Read `<scope> <ACUs>`, or say what is wrong first."""
    head = _head(_words(typed))
    if isinstance(head, Problem):
        return head
    scope, acus, rest = head
    if not acus:
        return Problem.ACUS
    return Problem.BEHIND if rest else WantedGrant(scope, acus)


def parse_number(typed: str) -> int | Problem:
    """Read the number of a budget."""
    found = _NUMBER.fullmatch(" ".join(_words(typed)))
    return int(found["number"]) if found else Problem.NUMBER


def parse_acus(typed: str) -> Decimal | Problem:
    """Read a number of ACUs to grant, with nothing around it but their unit."""
    acus = _acus("".join(typed.split()))
    return acus if acus and acus <= MOST_ACUS else Problem.ACUS


def read_set(typed: str) -> str | None:
    """Return `typed` if it is meant for `budget set`, whether or not something is wrong with it; else None."""
    return typed if isinstance(parse_set(typed), WantedBudget) or _is_meant(typed) else None


def read_grant(typed: str) -> str | None:
    """Return `typed` if it is meant for `budget grant`, whether or not something is wrong with it; else None."""
    return typed if isinstance(parse_grant(typed), WantedGrant) or _is_meant(typed) else None


def read_number(typed: str) -> str | None:
    """Return `typed` if it is meant for `budget remove`, whether or not something is wrong with it; else None."""
    return typed if len(typed.split()) <= 1 or _is_meant(typed) else None


def _words(typed: str) -> list[str]:
    """The words that were typed, as `_SAID` reads them, without the marks of code around what was copied."""
    typed = typed.strip(" `")
    found = _TEAM.match(typed)
    name = (found["quoted"] or found["name"] or found["alone"]) if found else ""
    first = [f"{_TEAM_IS}{' '.join(name.split())}"] if name else []
    text = " ".join((typed[found.end() :] if found else typed).replace("`", " ").split())
    text = f" {text}" if found else text
    for said, meant in _SAID:
        text = said.sub(meant, text)
    return [*first, *text.split()]


def _is_meant(typed: str) -> bool:
    """Whether a text with something wrong in it is no task: it is plainly meant, or short with a scope or a number."""
    words = _words(typed)
    if len(words) > MOST_WORDS_MEANT:
        return _is_plainly_meant(words)
    return not words or not isinstance(_scope(words[0]), Problem) or any(word[:1] in "#@0123456789" for word in words)


def _is_plainly_meant(words: list[str]) -> bool:
    """Whether several `words` are no task although something is wrong: so many ACUs, or a scope and its number."""
    if _SO_MANY.match(" ".join(words[:_WORDS_UP_TO_IT])):
        return True
    if isinstance(_scope(words[0]), Problem) and not words[0].startswith(_OF_PICKED):
        return False
    return words[1][0].isdecimal() or _WARN in map(str.lower, words)


def _head(words: list[str]) -> tuple[Scope, Decimal, list[str]] | Problem:
    scope = _scope(words[0]) if words else Problem.SCOPE
    if isinstance(scope, Problem):
        return scope
    acus = _acus(words[1]) if len(words) > 1 else None
    if acus is None or acus > MOST_ACUS:
        return Problem.ACUS
    rest = words[2:]
    return scope, acus, rest[1:] if rest and rest[0].lower() in _UNIT else rest


def _acus(word: str) -> Decimal | None:
    """Read a number of ACUs, such as `7.5`; None if `word` is none."""
    found = _ACUS.fullmatch(word)
    if found is None:
        return None
    return Decimal(found["whole"].replace(",", "") + (f".{found['part']}" if found["part"] else ""))


def _scope(word: str) -> Scope | Problem:
    if channel := picked_channel(word):
        return Scope(ScopeKind.CHANNEL, channel)
    if person := picked_person(word):
        return Scope(ScopeKind.PERSON, person)
    if word.startswith(_OF_PICKED):
        return Problem.NAME
    if word.startswith(_TEAM_IS):
        return Scope(ScopeKind.TEAM, word.removeprefix(_TEAM_IS))
    if found := _REPO.match(word):
        repo = repo_in(word[found.end() :])
        return Scope(ScopeKind.REPO, repo.lower()) if repo else Problem.REPO
    kinds = {kind.value: kind for kind in ScopeKind if kind not in NAMED}
    kind = kinds.get(word.lower())
    return Scope(kind) if kind else Problem.SCOPE


def _span(words: list[str]) -> tuple[Span, list[str]]:
    spans = {span.value: span for span in Span}
    if len(words) > 1 and words[0].lower() in _EACH and words[1].lower() in spans:
        return spans[words[1].lower()], words[2:]
    return Span.CYCLE, words


def _warnings(words: list[str]) -> tuple[int, ...] | None:
    """The percentages in `words`, lowest first; None if there is none, or one that is no level below 100."""
    typed = " ".join(words).replace(",", " ").split()
    found = [_PERCENT.fullmatch(word) for word in typed]
    levels = {int(match["number"]) for match in found if match}
    if not levels or None in found or 0 in levels or len(levels) > MOST_WARNINGS:
        return None
    return tuple(sorted(level for level in levels if level < USED_UP))
