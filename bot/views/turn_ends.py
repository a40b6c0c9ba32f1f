"""The post of an end of a turn with its buttons, or with what was chosen."""

from collections.abc import Sequence

from bot.domain.turn_ends import AnnouncedEnd
from bot.views.message import Block, Message


def end_post(end: AnnouncedEnd, buttons: Sequence[Block]) -> Message:
    """Build the post of an end of a turn; its `buttons` stand before those that it always has."""
    assert end.message is not None
    text, blocks = end.message["text"], list(end.message["blocks"])
    if not buttons:
        return Message(text, blocks)
    *others, last = blocks
    if last["type"] == "actions":
        return Message(text, [*others, {**last, "elements": [*buttons, *last["elements"]]}])
    return Message(text, [*blocks, {"type": "actions", "elements": list(buttons)}])
