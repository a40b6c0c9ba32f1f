"""What people read about who they are at Devin."""

from typing import Final

from bot.domain.identity import LinkState
from bot.views.message import Message

EXPLANATIONS: Final = {
    LinkState.LINKED: Message(
        "At Devin, your sessions and replies are in your own name. `/devin identity` shows it. Not you? Ask an admin."
    ),
    LinkState.UNKNOWN: Message(
        "Nobody at Devin has your e-mail address. Your sessions are in Devin Bridge's name; all else works."
    ),
    LinkState.INVALID: Message(
        "Devin no longer takes sessions in your name. Yours are in Devin Bridge's name for now."
    ),
}
