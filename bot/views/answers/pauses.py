"""What people read where an admin has paused the bot: who did, and what becomes of what they asked for."""

from bot.views import blocks, questions
from bot.views.answers.starts import AGAIN, AS_REPLY, NOT_STARTED, PAUSED, REPLY_NOT_SENT
from bot.views.message import Block, Message
from bot.views.text import ago, fitted, notified


def paused_by(name: str, channel: str, at: float) -> str:
    """Say who paused the bot in `channel`, or with an empty one in the whole workspace, and when."""
    where = f"in <#{channel}>" if channel else "in this workspace"
    return f"{fitted(name, 80)} paused Devin Bridge {where} {ago(at)}."


def not_started(paused: str) -> Message:
    """Refuse a start; `paused` says who paused the bot."""
    return Message(f"Not started: {paused} Try again once an admin resumes it.")


def not_woken(paused: str) -> Message:
    """Refuse to wake a session, and say that nothing else was changed."""
    return Message(f"Not sent: {paused} Try again once an admin resumes it.")


def alert_held(paused: str) -> Message:
    """Say in the thread of an alert that it starts nothing; `paused` says who paused the bot."""
    return with_buttons(f"Not started: {paused} Once an admin resumes it, mention Devin Bridge here to start.")


def start_kept(paused: str, key: str) -> Message:
    """Refuse the start with this `key`, which waits to be tried again."""
    again = questions.answer("Try again", PAUSED, AGAIN, key)
    return with_buttons(
        f"Not started: {paused} Your task is kept for a day.", again, questions.no("Cancel", PAUSED, key)
    )


def reply_kept(paused: str, key: str) -> Message:
    """Refuse the reply with this `key`, which waits to be sent."""
    again = questions.answer("Send it now", PAUSED, AS_REPLY, key)
    return with_buttons(f"Not sent: {paused} Your reply is kept for a day.", again, questions.no("Cancel", PAUSED, key))


def with_buttons(said: str, *buttons: Block | None) -> Message:
    """Build the message that says who paused the bot and when, in each reader's time zone, with these buttons."""
    return Message(notified(said), [blocks.section(said), *blocks.actions(*buttons)])


def not_tried(reply: bool) -> Message:
    """Inform who asked for a start, or to have a `reply` sent, that it was not tried again."""
    return Message(f"Devin Bridge was paused. {REPLY_NOT_SENT if reply else NOT_STARTED} You can copy it from here.")
