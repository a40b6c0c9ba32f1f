"""What stands where a session gets no further: the button of its way on, and what a press of that answers."""

from dataclasses import replace
from typing import Final

from bot.domain.commands.registry import CONTINUE, LAUNCH, OPEN_FORM, TRY_AGAIN
from bot.domain.dead_ends import WayOn, is_over, way_on
from bot.domain.session import DisplayState, Session
from bot.domain.waking import NO_LIMITS, WakeLimits
from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.sentences import asker_name
from bot.views.text import limit_of_acus

TRYING_AGAIN: Final = Message("Trying again in this thread, in a new session.")
WENT_ON: Final = {WayOn.TRY_AGAIN: "tried again below", WayOn.CONTINUE: "continued below"}
NOTHING_TO_GO_ON_FROM: Final = Message(
    "This session has changed since that button was posted. Check its latest message."
)
TASK_NOT_KEPT: Final = Message("The task is no longer stored here. Send it again to start a session.")
NEW_SESSION: Final = "Start a follow-up"
_DONE: Final = {WayOn.TRY_AGAIN: "tried this again", WayOn.CONTINUE: "continued this"}
_COMMANDS: Final = {WayOn.TRY_AGAIN: TRY_AGAIN, WayOn.CONTINUE: CONTINUE}


def way_on_button(session: Session, limits: WakeLimits = NO_LIMITS, *, kept: bool = True) -> Block | None:
    """The button that begins another session where `session` gets no further; None where it does.

    Where it is over, or its task is not `kept`, that opens the form for a session about the same. `limits` say how much
    one gets that continues it.
    """
    way = way_on(session)
    if session.display_state is DisplayState.REFUSED and not kept:
        return None  # there was no task
    if way is not None and kept:
        return blocks.button(_label(way, session, limits), _COMMANDS[way].action_id, session.id, style="primary")
    if way is None and not is_over(session):
        return None
    return blocks.button(NEW_SESSION, OPEN_FORM.action_id, f"{LAUNCH.name} {session.id}", style="primary")


def _label(way: WayOn, session: Session, limits: WakeLimits) -> str:
    if way is WayOn.TRY_AGAIN:
        return "Try again"
    if session.acu_limit == 0:  # it isn't shown here
        return "Continue with more ACUs"
    more = limits.more(session)
    return f"Continue with {more} more {'ACU' if more == 1 else 'ACUs'}"


def with_way_on(message: Message, session: Session, limits: WakeLimits = NO_LIMITS, *, kept: bool = True) -> Message:
    """Put the button of the way on under a `message` of text alone about `session`, if it has one."""
    button = way_on_button(session, limits, kept=kept)
    if button is None or message.blocks:
        return message
    # Beside blocks, the text is the line of a notification.
    return replace(
        message, text=" ".join(message.text.split()), blocks=[blocks.section(message.text), *blocks.actions(button)]
    )


def went_on_already(session: Session, way: WayOn) -> Message:
    """Say that another `session` goes on already, and who asked for it."""
    return Message(f"{asker_name(session)} has already {_DONE[way]}. Nothing more was started.")


def began(session: Session, way: WayOn) -> Message:
    """Confirm that another `session` goes on."""
    if way is WayOn.TRY_AGAIN:
        return TRYING_AGAIN
    limit = limit_of_acus(session.options.acu or 0)
    return Message(f"Devin can't raise a session's limit. A new session continues it here, with {limit}.")
