"""Builders that several kinds of answers share."""

from collections.abc import Sequence
from typing import Final

from bot.views.message import Message
from bot.views.text import fitted, listed

PROMPT_SHOWN: Final = 100  # how many characters of a prompt, a reply or a file's name an answer repeats


def message_of(*sentences: str) -> Message:
    """Join `sentences` with spaces into one message; empty ones are left out."""
    return Message(" ".join(sentence for sentence in sentences if sentence))


def answered_in_dm(answer: Message, *, more: bool = False) -> Message:
    """Say in short, where a form was opened, what is answered in a direct message, perhaps with `more` messages."""
    head, *others = answer.blocks or [{}]
    more = more or bool(others)
    return message_of(
        head.get("text", {}).get("text", answer.text), "Continue in your DM with Devin Bridge." if more else ""
    )


def one_of(words: Sequence[str]) -> str:
    """List `words` as inline code, as those of which one is needed."""
    return any_of([code(word) for word in words])


def any_of(things: Sequence[str]) -> str:
    """List `things`, of which any one will do."""
    return listed(things, "or")


def code(text: str) -> str:
    """Write `text` as inline code in `mrkdwn`, shortened and without backticks, which would end the code early."""
    return f"`{fitted(text.replace('`', ''), 100)}`"
