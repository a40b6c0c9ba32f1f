"""The types in which a command is declared: its name, how and where it is typed, and who may use it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.domain.roles import Right


class Surface(StrEnum):
    """Where people give a command."""

    SLASH = "slash"  # behind `/devin`
    DM = "dm"  # a direct message
    MENTION = "mention"  # behind `@Devin Bridge`
    THREAD = "thread"  # a reply in a session's thread
    ALONE = "alone"  # the same: words that people try there, which read like a message for Devin behind others
    BUTTON = "button"


# The parser reads a message in one way on these three surfaces, so it need not know where the message was written.
WRITTEN: Final = frozenset({Surface.DM, Surface.MENTION, Surface.THREAD})
# What is written to the bot itself. In a session's thread the same words are for Devin.
ADDRESSED: Final = frozenset({Surface.DM, Surface.MENTION})


CHOICE_PREFIX: Final = "choose:"


class Role(StrEnum):
    """Which of the people who may use the bot may use a command."""

    EVERYBODY = "everybody"
    ASKER_OR_ADMIN = "asker_or_admin"  # who asked for the session, or an admin
    ADMIN = "admin"

    def includes(self, user: str | None, admins: frozenset[str], asker: str | None = None) -> bool:
        """Whether `user` has this role, given the `admins` and the `asker` of the session that the command is about."""
        if self is Role.EVERYBODY:
            return True
        if user is None:
            return False
        return user in admins or (self is Role.ASKER_OR_ADMIN and user == asker)


class Source(StrEnum):
    """Whose words a way in reads or carries on, and so of which place it is asked, at the act, who may read them."""

    NOTHING = "nothing"  # nobody's: settings, figures, what Devin has for everybody
    HERE = "here"  # the thread or the channel in which it is given
    LISTED = "listed"  # one's own sessions, and as much of others' as may be read where the list is shown
    SESSION = "session"  # a session: that of the thread or the channel in which it is given, or one's own
    TURN = "turn"  # what Devin said at the end of a turn, under whose post in the session's channel the button stands
    STORED = "stored"  # what was stored when it was asked for: it is for who asked, or for who has the role
    ADDRESS = "address"  # a session at Devin: for its maker, or for an admin, and never out of a private place
    PICKED = "picked"  # a message or a session that a form is about: out of a private place it goes nowhere else
    LINK = "link"  # the session that a link leads to, shown to all who read the link

    @property
    def is_session(self) -> bool:
        """Whether it is one session of ours, which the table of commands finds and hands on."""
        return self in {Source.SESSION, Source.TURN}


@dataclass(frozen=True, slots=True)
class Argument:
    """What may follow the phrase of a command.

    `read` turns the text that was typed into its standard form, or returns None when the text does not fit. With
    `verbatim` it gets the text unchanged, otherwise without the punctuation at the end. `shown` is how help texts
    write the argument. Of `words`, if there are any, one may be typed, or is an example. The words `around` are such as
    people mean for the command, although they do not fit. A `free` one takes any few words, so that they do not show
    whether the command is meant.
    """

    shown: str
    read: Callable[[str], str | None]
    verbatim: bool = False
    words: tuple[str, ...] = ()
    around: frozenset[str] = frozenset()
    free: bool = False


NOTHING: Final = Argument("", lambda typed: None if typed else "")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to give a command.

    `phrase` is one or several words in lower case, or the action id of a button. An `exact` phrase has to be typed with
    the same capitals.
    """

    phrase: str
    surfaces: frozenset[Surface]
    argument: Argument = NOTHING
    exact: bool = False

    @property
    def shown(self) -> str:
        """The phrase and argument as a help text writes them, such as `stop [number]`."""
        return f"{self.phrase} {self.argument.shown}".strip()


def slash(phrase: str, argument: Argument = NOTHING) -> Way:
    """Declare a way in which `phrase` and its `argument` are typed behind `/devin`."""
    return Way(phrase, frozenset({Surface.SLASH}), argument)


def written(phrase: str, argument: Argument = NOTHING, *, exact: bool = False) -> Way:
    """Declare a way in which a message consists of `phrase` and its `argument` and nothing else."""
    return Way(phrase, WRITTEN, argument, exact)


def addressed(phrase: str, argument: Argument = NOTHING) -> Way:
    """Declare a way in which a direct message, or a message behind a mention, is `phrase` and its `argument` alone."""
    return Way(phrase, ADDRESSED, argument)


def typed(phrase: str, argument: Argument = NOTHING) -> tuple[Way, Way]:
    """Declare the ways to give a command that is typed behind `/devin` or, alone, to the bot itself."""
    return slash(phrase, argument), addressed(phrase, argument)


def alone(*phrases: str) -> tuple[Way, ...]:
    """Declare ways that are each of these `phrases`, as a whole reply in a session's thread."""
    return tuple(Way(phrase, frozenset({Surface.ALONE})) for phrase in phrases)


def button(action_id: str) -> Way:
    """Declare a way that is a button with this action id."""
    return Way(action_id, frozenset({Surface.BUTTON}))


@dataclass(frozen=True, slots=True)
class Help:
    """The sentence about a command in a help text, in `mrkdwn`; `same_line` puts it behind the command before it."""

    sentence: str
    same_line: bool = False


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command, with all that the parser, the access check, the order of work and the help texts need to know.

    `name` stands in stored rows, so it never changes.
    """

    name: str
    ways: tuple[Way, ...]
    source: Source = field(kw_only=True)
    role: Role = Role.EVERYBODY
    right: Right | None = None  # which of the roles that admins give allows it
    admins_can: str = ""  # what a command for admins does, with a verb: it is said to others behind "Only admins can"
    own_by: str = ""  # the name of the command by which everybody sees their own part of what is for admins
    instead: str = ""  # a sentence about what everybody may use in place of a command for admins
    of_place: bool = False  # with a word behind it that names no place, its own one is about a session: `pause 2`
    urgent: bool = False  # the command goes before replies that wait in its thread
    ends_session: bool = False  # afterwards the session runs no longer, and replies that wait are not sent
    asks_first: bool = False  # the command only asks; another command acts after the answer
    starts: bool = False  # the command starts work at Devin, which is paid for
    asks_of_money: bool = False  # each short text with its word asks, as with that of a command for admins
    ordinary: bool = False  # its word resembles ordinary ones with which a task begins, as `export` does `report`
    opens_form: bool = False  # the command opens a form in Slack; its name is that of the form
    shortcut: str | None = None  # the `callback_id` of the message shortcut of the manifest that opens its form
    global_shortcut: str | None = None  # the same of the shortcut that stands beside no message
    private: bool = False  # its answer is for no channel: behind a mention it is only said where the command works
    slash_help: Help | None = None
    thread_help: Help | None = None
    distinct: bool = False  # no task begins with a word that is nearly the command's
    marker: str = ""  # a part of the argument that no task has
    split: str = ""  # the command's one word as people type it in two
    meant_by: tuple[str, ...] = ()  # words behind `!` that are no ways to give the command but are meant for it
    examples: tuple[str, ...] = ()  # arguments that are offered as buttons where what was typed cannot be read

    @property
    def of_session(self) -> bool:
        """Whether the command is about one session: that of its thread, or the one that is named."""
        return self.source is Source.SESSION

    @property
    def is_typed(self) -> bool:
        """Whether people may type the command behind `/devin`."""
        return bool(self.ways_on(Surface.SLASH))

    def ways_on(self, *surfaces: Surface) -> tuple[Way, ...]:
        """The ways to give the command on any of these surfaces."""
        return tuple(way for way in self.ways if way.surfaces & set(surfaces))

    @property
    def action_id(self) -> str:
        """The action id of the command's button, which stands under a post."""
        (way,) = self.ways_on(Surface.BUTTON)
        return way.phrase

    @property
    def choice_id(self) -> str:
        """The action id of a choice that gives the command: a button under a question, which the answer replaces."""
        return f"{CHOICE_PREFIX}{self.name}"
