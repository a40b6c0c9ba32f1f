"""What people read about who they are at Devin."""

from typing import Final

from bot.domain.identity import LinkState
from bot.views.message import Message

EXPLANATIONS: Final = {
    LinkState.LINKED: Message(
        "At Devin, your sessions and replies are in your own name. `/devin identity` shows it. Not you? Ask an admin."
    ),
    LinkState.UNKNOWN: Message(
        "No Devin account matches your email. Your sessions run as Devin Bridge; all else works."
    ),
    LinkState.INVALID: Message(
        "Devin no longer takes sessions in your name. Yours are in Devin Bridge's name for now."
    ),
}
