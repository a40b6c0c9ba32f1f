"""Whole sentences that say what a command does, such as "limit everybody to 10 ACUs a week", and the command for each.

Only a text that is such a sentence from its first word to its last counts, so that "limit the retries to 10" stays a
task. Where nothing in a text is evidence of work, a few words in it are enough. Both are in `said.tsv`.
"""

import re
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Final, NamedTuple

from bot.domain.billing import Period
from bot.domain.commands.intent import Kind


class Said(NamedTuple):
    """The `command` that a sentence means, as it is typed behind `/devin`, and what kind of question it is, if any."""

    command: str
    kind: Kind


# What the words in capitals in a sentence stand for.
_PARTS: Final = {
    "WHOSE": r"(?!(?:thi|hi|it|acces|proces)s\b|(?:my|our|your|the|their)\b)[\w.-]+?",  # as in `stop bens session`
    "NAME": r"(?!(?:an?|any|her|him|his|its?|me|mine|my|no|our|that|the|their|them|these|they|this|those|us|we|i|you|he"
    r"|she|what|which|who|nobody|some\w+|to|not)\b)[\w.-]+",
    "EVERYONE": r"(?:every ?one|every ?body|people|(?:each|every) (?:person|user|member))",
    "ORG": r"(?:(?:the )?(?:whole )?(?:org(?:ani[sz]ation)?|company|workspace))",
    "TEAM": r"(?:(?:the )?team (?!\d)\S+|(?:the )?(?!the\b)[\w-]+ team)",
    "ACUS": r"(?P<acus>\d{1,7})(?: ?acus?)?",
    "OFTEN": r"(?P<often> ?(?:\b(?:a|per|each|every) |/)(?:day|week|month|cycle)| daily| weekly| monthly)?",
    "SPENT": r"(?:spen[dt]|used?|costs?)",
    "SPENDING_NOUN": r"(?:usage|spending|cost|costs|acus?|expenses)",
    "SPENDING": r"['\u2019]s (?:usage|spending|costs?)",
    "PERIOD": r"(?: (?:so far|here|(?:(?:in|for|during|since|on) )?(?P<period>today|yesterday"
    r"|(?:this|last) (?:week|month|cycle)|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)))?",
    "BY": r"(?P<by>person|people|user|member|channel|team|session|repo|repository|day|org|product|playbook)s?",
    "REPORT": r"(?:reports?|summar(?:y|ies)|updates?|digests?|costs?|figures|usage|spending)",
    "WEEKDAY": r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?)",
    "CLOCK": r"(?: (?:at )?(?P<at>\d{1,2}(?::\d\d)? ?(?:[ap]m)?)| mornings?| evenings?)?",
    "CHANNEL": r"(?: (?:to|in|into|for|on) (?P<channel>#\S+))",
    "SEND": r"(?:(?:send|post|put|share|give|mail|email) )?(?:me |us )?(?:the |an? |our )?",
    "SESSION": r"(?:this|it|(?:the|this|my)(?: [\w-]+){0,2} session|(?:session |number )?#?(?P<number>\d{1,3}))",
    "BOT": r"(?:(?:the )?(?:bot|devin(?: bridge)?))",
    "NOW": r"(?:(?:right )?now|at once|immediately|asap|today|please|(?:until|for|there is|we) .{1,40})+",
    "SET": r"(?:set(?: up)?|add|put|create|make|define|configure|update|change|edit|raise|lower|increase|reduce|adjust)"
    r"(?: (?:an?|the|our|some|my|new))*",
    "FOR_WHOM": r"(?: (?:for|of|per|to|at|on) (?:#\S+|@\S+|EVERYONE|person|users?|members?|TEAM"
    r"|(?:my|our|the) team|channel))*",
    "MAY": r"(?:(?:may|can|must|should|shall)(?: not|n['\u2019]?t)? )?",
    "RIGHT": r"(?P<right>start|steer|stop)(?:(?: (?:all|any|others?|other people)['\u2019]?s?)? sessions| devin)?"
    r"(?: again)?(?: here)?",
    "LIST": r"(?:(?:list|show|give)(?: me| us)? |what are |which are |who are )?(?:the |our )?",
    "AN": r"(?:an?(?:other)? |the |our )?",
}
_PART: Final = re.compile("|".join(_PARTS))
_POLITELY: Final = r"(?:(?:please|pls|(?:can|could|would) you(?: please)?) )?", r"(?:,? (?:please|pls|thanks|thx))?"
_OFTEN: Final = {"daily": "a day", "weekly": "a week", "monthly": "a month"}
_EVERY_DAY: Final = frozenset({"daily", "day", "weekday", "morning"})
_AROUND_TEAM: Final = re.compile(r"^(?:the )?(?:team )?| team$", re.IGNORECASE)


def command_said(text: str) -> Said | None:
    """Return the command that `text` means, if it is one of the sentences. What it takes is not checked."""
    for sentence, said in _SENTENCES:
        if (found := sentence.fullmatch(text)) is not None:
            parts = {name: _written(name, part) for name, part in found.groupdict().items()}
            return said._replace(command=" ".join(said.command.format(**parts).split()))
    return None


def command_about(text: str) -> str:
    """Return the command that a text without evidence of work is about, by some of its words; else an empty one."""
    return next((command for words, command in _ABOUT if words.search(text)), "")


def _written(name: str, part: str | None) -> str:
    """Write a named part of a sentence as the command takes it."""
    return _WRITTEN.get(name, str)(part) if part else _MISSING.get(name, "")


def _whom(said: str) -> str:
    if re.fullmatch(_PARTS["EVERYONE"], said, re.IGNORECASE):
        return "each-person"
    if re.fullmatch(_PARTS["ORG"], said, re.IGNORECASE):
        return "org"
    if re.fullmatch(_PARTS["TEAM"], said, re.IGNORECASE):
        return f'team:"{_AROUND_TEAM.sub("", said)}"'
    return said if said.startswith("#") else f"@{said.removeprefix('@')}"


_MISSING: Final = {"period": Period.MONTH.value}
_WRITTEN: Final[Mapping[str, Callable[[str], str]]] = {
    "whom": _whom,
    "person": lambda said: f"@{said.removeprefix('@')}",
    "often": lambda said: _OFTEN.get(said.strip().lower(), said.strip().lower()),
    "edition": lambda said: "daily" if said.lower() in _EVERY_DAY else "weekly",
    "at": lambda said: f"{said}:00" if said.isdecimal() else said.lower().replace(" ", ""),
    "period": str.lower,
    "right": str.lower,
}


def _rows() -> list[tuple[str, str, str]]:
    lines = resources.files(__package__).joinpath("said.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(command, kind, _spelled_out(sentence)) for command, kind, sentence in rows]


def _spelled_out(sentence: str) -> str:
    return _PART.sub(lambda part: _spelled_out(_PARTS[part[0]]), sentence)


_ANYWHERE: Final = "… "
_SENTENCES: Final = [
    (re.compile(sentence.join(_POLITELY), re.IGNORECASE), Said(command, Kind(kind) if kind else Kind.NONE))
    for command, kind, sentence in _rows()
    if not sentence.startswith(_ANYWHERE)
]
_ABOUT: Final = [
    (re.compile(words.removeprefix(_ANYWHERE), re.IGNORECASE), command)
    for command, _, words in _rows()
    if words.startswith(_ANYWHERE)
]
