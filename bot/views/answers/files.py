"""The answers about files that were not passed on to Devin."""

from collections.abc import Sequence
from typing import Final

from bot.views.answers.wording import PROMPT_SHOWN
from bot.views.message import Message
from bot.views.text import fitted

_TEXT_WAS: Final = "Your text was. "


def file_too_large(name: str, size: int, limit: int) -> Message:
    """Report that the file `name` was left out because its `size` exceeds the `limit`, both in bytes."""
    return _file(name, f"it has {_megabytes(size)} (limit {_megabytes(limit)})", "Share a smaller one")


def file_not_allowed(name: str) -> Message:
    """Report that the file `name` was left out because it is not stored at Slack."""
    return _file(name, "it isn't stored in Slack", "Upload it to Slack itself")


def file_unreadable(name: str) -> Message:
    """Report that the file `name` was left out because Slack did not let the bot download it."""
    return _file(name, "Slack didn't provide it", "Upload it again")


def file_refused(name: str) -> Message:
    """Report that the file `name` was left out because Devin refused it."""
    return _file(name, "Devin rejected it", "Share it in another format")


def one_file_too_many(name: str, most: int) -> Message:
    """Report that the file `name` was left out because its message has more than `most` files."""
    return _file(name, f"a message can have at most {most} files", "Send it in another one")


def files_lost(left_out: Sequence[Message], done: str) -> Message:
    """Report that a message had no text and all of its files were left out, so nothing was done.

    `left_out` holds the answer for each file, and `done` is what was not done, such as "started".
    """
    lines = [message.text.replace(_TEXT_WAS, "") for message in left_out]
    return Message("\n".join([*lines, f"There was no text, so nothing was {done}."]))


def _file(name: str, reason: str, advice: str) -> Message:
    return Message(
        f":paperclip: “{fitted(name, PROMPT_SHOWN)}” wasn't sent to Devin: {reason}. "
        f"{_TEXT_WAS}{advice}, or paste what matters."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"
