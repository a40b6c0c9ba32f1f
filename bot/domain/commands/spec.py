"""How a command is declared: what it is called, how and where it is typed, and who may use it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Surface(StrEnum):
    """Where a command is given."""

    SLASH = "slash"  # behind `/devin`
    DM = "dm"  # a direct message
    MENTION = "mention"  # behind `@Devin Bridge`
    THREAD = "thread"  # a reply in a session's thread
    BUTTON = "button"


# A message is read in the same way in all three; who reads it need not know where it was written.
WRITTEN: Final = frozenset({Surface.DM, Surface.MENTION, Surface.THREAD})


class Role(StrEnum):
    """Who may use a command, of those who may use the bot at all."""

    EVERYBODY = "everybody"
    ASKER_OR_ADMIN = "asker_or_admin"  # who asked for the session, or an admin
    ADMIN = "admin"

    def includes(self, user: str | None, admins: frozenset[str], asker: str | None = None) -> bool:
        """Whether `user` has this role; `asker` is who asked for the session that is meant, if one is meant."""
        if self is Role.EVERYBODY:
            return True
        if user is None:
            return False
        return user in admins or (self is Role.ASKER_OR_ADMIN and user == asker)


@dataclass(frozen=True, slots=True)
class Argument:
    """What may follow a command's phrase.

    `read` turns what was typed into its standard form, and gives None when it does not fit. With `verbatim` it gets
    the text as it is; otherwise without the punctuation at its end. `shown` is how a help text writes it.
    """

    shown: str
    read: Callable[[str], str | None]
    verbatim: bool = False


NOTHING: Final = Argument("", lambda typed: None if typed else "")


@dataclass(frozen=True, slots=True)
class Form:
    """One way to give a command.

    `phrase` is one or several words in lower case; for a button it is the action id. An `exact` phrase counts only in
    its own capitals.
    """

    phrase: str
    surfaces: frozenset[Surface]
    argument: Argument = NOTHING
    exact: bool = False

    @property
    def shown(self) -> str:
        """The form as a help text writes it, such as `stop [number]`."""
        return f"{self.phrase} {self.argument.shown}".strip()


def slash(phrase: str, argument: Argument = NOTHING) -> Form:
    """Declare a form that is typed behind `/devin`."""
    return Form(phrase, frozenset({Surface.SLASH}), argument)


def written(phrase: str, argument: Argument = NOTHING, *, exact: bool = False) -> Form:
    """Declare a form that is written as a message and is all of that message."""
    return Form(phrase, WRITTEN, argument, exact)


def button(action_id: str) -> Form:
    """Declare a button by its action id."""
    return Form(action_id, frozenset({Surface.BUTTON}))


@dataclass(frozen=True, slots=True)
class Help:
    """What a help text says of a command, in `mrkdwn`; with `same_line` behind the command before it."""

    sentence: str
    same_line: bool = False


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command: all that the parser, the access check, the order of work and the help texts need to know of it.

    `name` stands in stored rows, so it does not change.
    """

    name: str
    forms: tuple[Form, ...]
    role: Role = Role.EVERYBODY
    subject: str = ""  # what a command for admins shows or changes, for the sentence that refuses it to others
    of_session: bool = False  # it is about one session: the one of its thread, or the one that is named
    urgent: bool = False  # it goes before replies that wait in its thread
    ends_session: bool = False  # afterwards the session runs no longer; replies that wait are not sent
    asks_first: bool = False  # it only asks, and another command does it
    slash_help: Help | None = None
    thread_help: Help | None = None
    meant_by: tuple[str, ...] = ()  # words behind `!` that people use for it and that are none of its forms

    def forms_on(self, *surfaces: Surface) -> tuple[Form, ...]:
        """Its forms on any of these surfaces."""
        return tuple(form for form in self.forms if form.surfaces & set(surfaces))

    @property
    def action_id(self) -> str:
        """The action id of its button."""
        (form,) = self.forms_on(Surface.BUTTON)
        return form.phrase
