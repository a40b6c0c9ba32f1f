"""The kinds of arguments that several commands take: a text, a session, a question about figures, a choice.

What only the commands of one feature take stands beside these.
"""

import re
from typing import Final

from bot.domain.commands.picked import picked_person
from bot.domain.commands.spec import Argument
from bot.domain.list_pages import Which
from bot.domain.notify_choice import NotifyChoice
from bot.domain.questions import By, Reader
from bot.domain.session import bare_id
from bot.domain.text import mentioned_users

_SESSION_URL: Final = re.compile(r"https?://[^\s?#]+/sessions/(?P<id>[\w-]+)/?(?:[?#]\S*)?", re.IGNORECASE)
ADMIN_TOPIC, ALL_TOPICS = "admin", "all"  # behind `help`, beside the first word of any command
MOST_OF_NAME: Final = 3  # words of a person's name that was typed and not picked
LONGEST_IN_FORM: Final = 1_500  # characters: a button that opens the form carries them
SHORTEST_ID: Final = 6  # characters with which an id has to begin to stand for a session
_HEX_ID: Final = re.compile(
    rf"[0-9a-f]{{{SHORTEST_ID},32}}|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}", re.IGNORECASE
)
# After `devin-` only a digit marks an id; a name such as devin-bridge has none.
_DEVIN_ID: Final = re.compile(r"devin-(?=\S*\d)[\w-]+", re.IGNORECASE)
_NUMBER: Final = re.compile(r"#?(?P<number>[0-9]{1,3})")
# What people put into a question about figures, in a form that nobody can answer.
_AROUND_FIGURES: Final = (
    "by per to from since until and each every people user users channels sessions orgs organisation organisations "
    "organization organizations products repos repository repositories playbooks team teams hour weekday quarter "
    "as in csv excel xlsx file chart table total author authors member members model models export download"
)


def parse_which(word: str) -> str | None:
    """Read which session `word` names: a number of the list such as `2` or `#2`, an id or its beginning, or an address.

    Returns the number without `#`, or the bare id; None when `word` is none of these.
    """
    if number := _NUMBER.fullmatch(word):
        return str(int(number["number"]))
    if session := address_of_session(word):
        return session
    if _HEX_ID.fullmatch(word):
        return word.lower()
    return bare_id(word) if _DEVIN_ID.fullmatch(word) else None


def address_of_session(word: str) -> str | None:
    """The id of the session whose page at Devin has the address `word`; None for any other word."""
    address = _SESSION_URL.fullmatch(word)
    return bare_id(address["id"]) if address else None


def number_of(which: str) -> int | None:
    """The number of the list that `which`, as `parse_which` returned it, stands for; None where it is an id."""
    return int(which) if _NUMBER.fullmatch(which) else None


def _at_devin(typed: str) -> str | None:
    which = parse_which(typed) if typed else ""
    return None if which and number_of(which) is not None else which


_OF_THEIRS: Final = re.compile(r"['\u2019]s (?:sessions?|tasks?)\Z", re.IGNORECASE)


def _session(typed: str) -> str | None:
    """Read which session, or whose sessions: `@U0BEN`, and `@` for a name that was not picked."""
    if typed.startswith("@") or mentioned_users(typed):
        person = _person(_OF_THEIRS.sub("", typed))
        return None if person is None else f"@{person}"
    return parse_which(typed) if typed else ""


def figures_of(reader: Reader) -> Argument:
    """Return the argument of a command that takes the questions of `reader`."""

    def read(typed: str) -> str | None:
        question = reader.read(typed)
        return None if question is None else str(question)

    return Argument(reader.shown, read, verbatim=True, around=frozenset([*_AROUND_FIGURES.split(), *By]))


def in_form(shown: str) -> Argument:
    """Return the argument of a command that opens a form, in which the words behind it stand at first."""
    return Argument(shown, lambda typed: typed if len(typed) <= LONGEST_IN_FORM else None, verbatim=True, free=True)


def _choice(typed: str) -> str | None:
    word = typed.lower()
    return word if not word or word in set(NotifyChoice) else None


def _on_or_off(typed: str) -> str | None:
    word = typed.lower()
    return word if word in {"", "on", "off"} else None


def _which_list(typed: str) -> str | None:
    word = typed.lower()
    return "" if word in _RUNNING else word if word in set(Which) else None


def _person(typed: str) -> str | None:
    words = [word for word in typed.split() if word.lower() not in {"to", "please"}]
    if len(words) == 1 and (person := picked_person(words[0]) or next(iter(mentioned_users(words[0])), None)):
        return person
    is_name = bool(words) and words[0][0] == "@" and picked_person(words[0]) is None and len(words) <= MOST_OF_NAME
    return "" if is_name or not words else None


def _session_and_person(typed: str) -> str | None:
    """Read `1 to @U0BEN` as `1 @U0BEN`: which session, if one is named, and a person; `1 @` where nobody was picked."""
    first, _, behind = typed.partition(" ")
    which = parse_which(first)
    person = _person(typed if which is None else behind)
    return None if person is None else f"{which or ''} @{person}".strip()


def _all_of(typed: str) -> str | None:
    words = set(typed.lower().split())
    if words - _AROUND_ALL - _OWN:
        return None
    return "mine" if words & _OWN else ""


def _help_topic(typed: str) -> str | None:
    if not re.fullmatch(r"[A-Za-z-]{0,20}", typed) or typed.lower() in _AROUND_HELP:
        return None
    return ADMIN_TOPIC if typed.lower() == f"{ADMIN_TOPIC}s" else typed.lower()


_RUNNING: Final = frozenset({"", "running", "active", "open", "mine"})  # one's own, which the list shows first
_OWN: Final = frozenset({"mine", "my", "own"})
_AROUND_ALL: Final = frozenset(
    ["of", "the", "sessions", "session", "running", "active", "working", "open", "now", "please", "here"]
)
# What people want to be done with something in a list.
_TO_LISTS: Final = "show see open add new create make set edit change update rename delete remove drop"
AROUND_LISTS: Final = frozenset(_TO_LISTS.split())
_AROUND_HELP: Final = AROUND_LISTS | {"on", "off", "mute", "snooze"}  # of alarms, which the help is about
TEXT: Final = Argument("…", str, verbatim=True)
SESSION: Final = Argument("[number]", _session)  # read as "" where nothing was typed: the person's only session
AT_DEVIN: Final = Argument("link", _at_devin)  # to a session, or its ID; read as "" where nothing was typed
CHOICE: Final = Argument(f"[{'|'.join(NotifyChoice)}]", _choice, words=tuple(NotifyChoice))  # "" where none was typed
ON_OFF: Final = Argument("[on|off]", _on_or_off, words=("on", "off"))  # "" where none was typed
WHICH_LIST: Final = Argument(f"[{'|'.join(Which)}]", _which_list, words=tuple(Which))  # "" where none was typed
PERSON: Final = Argument("@person", _person)  # read as their id, or as "" where nobody was picked
SESSION_AND_PERSON: Final = Argument("[number] @person", _session_and_person)
ALL_OF: Final = Argument("", _all_of, free=True)  # read as "mine", or as "" for all that one may stop
HELP_TOPIC: Final = Argument(f"[{ALL_TOPICS}|{ADMIN_TOPIC}|command]", _help_topic, around=_AROUND_HELP, free=True)
LISTED: Final = Argument("", lambda typed: None if typed else "", around=AROUND_LISTS)  # nothing may follow
