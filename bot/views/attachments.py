"""Files of Devin's that are not shown in Slack: they are named, with a link to the session, where they open."""

from collections.abc import Sequence
from typing import Final

from bot.domain.session import Session
from bot.views import blocks
from bot.views.message import Message
from bot.views.text import fitted, link

NAME_LIMIT: Final = 100  # how many characters of a file's name are shown


def file_lines(names: Sequence[str], session: Session) -> list[str]:
    """A line of `mrkdwn` for each of `names`, which leads to the session at Devin."""
    return [f":paperclip: {fitted(name, NAME_LIMIT)}, {link(session.url, 'open in Devin')}" for name in names]


def files_named(names: Sequence[str], session: Session) -> Message:
    """Build the post that stands for files named `names` where none of them can be shown."""
    listed = ", ".join(fitted(name, NAME_LIMIT) for name in names)
    return Message(f"{fitted(session.title)}: 📎 {listed}, open in Devin", blocks.sections(file_lines(names, session)))
