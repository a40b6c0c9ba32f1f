"""The post of an end of a turn with its buttons, or with what was chosen."""

from collections.abc import Sequence
from typing import Final

from bot.domain.announcements import AnnouncementKind
from bot.domain.commands.registry import QUICK_ANSWER, RATE
from bot.domain.session import Session
from bot.domain.turn_ends import AnnouncedEnd
from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.sentences import mention
from bot.views.text import fitted, one_line, shortened

MOST_BUTTONS: Final = 5  # of options; of more, no button says which ones are left out
LONGEST_LABEL: Final = 75  # characters
CHOSEN: Final = ":point_right: {who} chose “{option}”"
CHOSEN_BEFORE: Final = "{who} already chose “{option}”. Reply here to change that."
ANSWERED_BEFORE: Final = "{who} already answered. Reply here to add to it."
REMINDERS: Final = {
    AnnouncementKind.QUESTION: "Devin's question is still open.",
    AnnouncementKind.APPROVAL: "Devin is still waiting for your approval.",
}
REMINDERS_OFF: Final = "No more reminders here: `!remind off`"
RATED: Final = frozenset({AnnouncementKind.DONE, AnnouncementKind.ANSWERED})
VOTES: Final = {"good": True, "bad": False}
GOOD: Final = "Good result"
BAD: Final = "Bad result"
THANKS: Final = {
    True: Message("Thanks, noted as good."),
    False: Message("Thanks, noted as bad. Reply here to say what's wrong."),
}
SOMEBODY: Final = "Someone"
YOU: Final = "You"


def reminder(kind: AnnouncementKind, users: Sequence[str], session: Session) -> Message:
    """Build the post that reminds `users` of what Devin asks."""
    words = REMINDERS[kind]
    line = f":alarm_clock: {' '.join(map(mention, users))}, {words}"
    return Message(f"{fitted(session.title)}: {words}", [blocks.section(line), *blocks.context([REMINDERS_OFF])])


def end_post(end: AnnouncedEnd, buttons: Sequence[Block], by: str = "") -> Message:
    """Build the post of an end of a turn: its `buttons` before those that it always has, or what `by` has chosen.

    Under a result stand two buttons for what people think of it, as a plain pair where Slack draws no other.
    """
    assert end.message is not None
    text, shown = end.message["text"], _with_buttons(end, buttons, by)
    if end.end.kind not in RATED:
        return Message(text, shown)
    return Message(text, [*shown, _feedback(end)], plainer=Message(text, [*shown, *_plain_feedback(end)]))


def _with_buttons(end: AnnouncedEnd, buttons: Sequence[Block], by: str) -> list[Block]:
    assert end.message is not None
    shown: list[Block] = list(end.message["blocks"])
    if end.answer is not None:
        chosen = CHOSEN.format(who=fitted(by) or SOMEBODY, option=fitted(end.answer))
        at = -1 if shown[-1]["type"] == "actions" else len(shown)
        return [*shown[:at], *blocks.context([chosen]), *shown[at:]]
    if not buttons:
        return shown
    *others, last = shown
    if last["type"] == "actions":
        return [*others, {**last, "elements": [*buttons, *last["elements"]]}]
    return [*shown, *blocks.actions(*buttons)]


def _feedback(end: AnnouncedEnd) -> Block:
    choices = {
        f"{name}_button": {"text": {"type": "plain_text", "text": label}, "value": f"{word} {end.key}"}
        for name, label, word in (("positive", GOOD, "good"), ("negative", BAD, "bad"))
    }
    element = {"type": "feedback_buttons", "action_id": RATE.action_id, **choices}
    return {"type": "context_actions", "elements": [element]}


def _plain_feedback(end: AnnouncedEnd) -> list[Block]:
    return blocks.actions(
        blocks.button(":+1:", f"{RATE.action_id}#good", f"good {end.key}"),
        blocks.button(":-1:", f"{RATE.action_id}#bad", f"bad {end.key}"),
    )


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
