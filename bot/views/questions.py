"""The buttons under a private question: each is a choice, and what comes of it takes the place of the question."""

from typing import Final

from bot.domain.commands.presses import NO, answer_id
from bot.domain.commands.spec import CommandSpec
from bot.views import blocks
from bot.views.message import Block, Message

TOO_LATE_TO_UNDO: Final = Message(
    "Undo works only for a minute. Nothing was changed. Repeat the command with the old value."
)
STALE: Final = Message("That button has expired. Nothing changed. See `/devin help` for commands.")


def choice(label: str, command: CommandSpec, argument: str, style: str | None = None, beside: str = "") -> Block:
    """A button that gives a command with this argument, as if it was typed.

    Slack takes no two with one id: what stands `beside` another one of its command has a word of its own in it.
    """
    return blocks.button(label, f"{command.choice_id}{beside and '#'}{beside}", argument, style)


def answer(label: str, question: str, answer: str, subject: str, style: str | None = None) -> Block:
    """A button that answers the question with this name about `subject`, such as the key of the row that waits."""
    return blocks.button(label, answer_id(question, answer), subject, style)


def no(label: str, question: str, subject: str) -> Block:
    """A button that declines: nothing is changed, and what waits for the answer ends."""
    return answer(label, question, NO, subject)


def undo(command: CommandSpec, argument: str, now: float) -> Block:
    """A button that undoes, for a while, what was done `now`: it gives a command with this argument."""
    return choice("Undo", command, f"{int(now)} {argument}")
