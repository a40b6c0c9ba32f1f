"""The post of an end of a turn with its buttons, or with what was chosen."""

from collections.abc import Sequence
from typing import Final

from bot.domain.commands.registry import QUICK_ANSWER
from bot.domain.turn_ends import AnnouncedEnd
from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.text import fitted, one_line, shortened

MOST_BUTTONS: Final = 5  # of options; of more, no button says which ones are left out
LONGEST_LABEL: Final = 75  # characters
CHOSEN: Final = ":point_right: {who} chose “{option}”"
CHOSEN_BEFORE: Final = "{who} already chose “{option}”. Reply here to change that."
ANSWERED_BEFORE: Final = "{who} already answered. Reply here to add to it."
SOMEBODY: Final = "Somebody"
YOU: Final = "You"


def end_post(end: AnnouncedEnd, buttons: Sequence[Block], by: str = "") -> Message:
    """Build the post of an end of a turn: its `buttons` before those that it always has, or what `by` has chosen."""
    assert end.message is not None
    text, shown = end.message["text"], list(end.message["blocks"])
    if end.answer is not None:
        chosen = CHOSEN.format(who=fitted(by) or SOMEBODY, option=fitted(end.answer))
        at = -1 if shown[-1]["type"] == "actions" else len(shown)
        return Message(text, [*shown[:at], *blocks.context([chosen]), *shown[at:]])
    if not buttons:
        return Message(text, shown)
    *others, last = shown
    if last["type"] == "actions":
        return Message(text, [*others, {**last, "elements": [*buttons, *last["elements"]]}])
    return Message(text, [*shown, *blocks.actions(*buttons)])


def option_buttons(end: AnnouncedEnd) -> list[Block]:
    """The buttons of the options that Devin offers; none if there are more than a post has room for."""
    if len(end.options) > MOST_BUTTONS:
        return []
    return [
        blocks.button(
            shortened(one_line(option), LONGEST_LABEL), f"{QUICK_ANSWER.action_id}#{number}", f"{number} {end.key}"
        )
        for number, option in enumerate(end.options, start=1)
    ]


def answered_before(end: AnnouncedEnd, by: str, *, themselves: bool) -> Message:
    """Answer a press that came after somebody's answer: `by` whom, and what they have chosen."""
    who = YOU if themselves else fitted(by) or SOMEBODY
    if end.answer is None:
        return Message(ANSWERED_BEFORE.format(who=who))
    return Message(CHOSEN_BEFORE.format(who=who, option=fitted(end.answer)))
