"""What the press of a button asks for: a command with its argument.

A button under a post is a command's own, and its value is the argument. A button under a question is a choice. It
carries a command, as if that was typed, or an answer that is no command.
"""

from dataclasses import dataclass
from typing import Final

from bot.domain.commands.spec import CommandSpec

_ANSWER_PREFIX: Final = "answer:"
NO: Final = "no"  # the answer that changes nothing


@dataclass(frozen=True, slots=True)
class Press:
    """The press of a button: the command that it gives, and whether the button was a choice of a question."""

    spec: CommandSpec
    argument: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """An answer to a question that is no command: which question, what was answered, and what the question is about."""

    question: str
    answer: str
    subject: str

    @classmethod
    def read(cls, argument: str) -> "AnswerGiven":
        """Read the argument of the command ANSWER."""
        question, answer, subject = [*argument.split(" ", 2), "", ""][:3]
        return cls(question, answer, subject)


def answer_id(question: str, answer: str) -> str:
    """Return the action id of a button that gives this answer to the question with this name."""
    return f"{_ANSWER_PREFIX}{question}:{answer}"


def answer_of(action_id: str, value: str) -> str | None:
    """Return the argument of ANSWER for the press of a button; None if it is none that answers a question."""
    if not action_id.startswith(_ANSWER_PREFIX):
        return None
    question, _, answer = action_id.removeprefix(_ANSWER_PREFIX).partition(":")
    return f"{question} {answer} {value}"


def undone(argument: str, now: float, within: float) -> str | None:
    """What the press of an *Undo* is to undo; None if that was done longer ago than `within` seconds."""
    at, _, undoes = argument.partition(" ")
    return undoes if at.isdecimal() and now - int(at) <= within else None
