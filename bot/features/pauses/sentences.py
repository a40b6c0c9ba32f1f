"""What is read about pauses by who sets and ends them."""

from collections.abc import Sequence
from typing import Final

from bot.domain.commands.registry import STOP_ALL_CONFIRMED
from bot.features.pauses.specs import EVERYWHERE, PAUSE, RESUME
from bot.views import questions
from bot.views.answers.pauses import with_buttons
from bot.views.answers.stops import EVERYBODYS
from bot.views.answers.wording import message_of
from bot.views.message import Block, Message
from bot.views.text import counted, fitted, listed

MOST_NAMED: Final = 5  # schedules
QUESTION: Final = "pause"  # the name of the question where to pause
NOT_PAUSED: Final = Message("OK, nothing was paused.")
NO_CHANNEL: Final = Message("Which channel? Type `#` and pick it from Slack's list, for example `/devin pause #web`.")
SCHEDULES_UNREAD: Final = Message(
    "Schedules in Devin still run, and Devin Bridge couldn't read them. To pause one, open Devin."
)


def ask_where(channel: str, *, everywhere: bool = True) -> Message:
    """Ask where to pause: in `channel`, unless it is empty, or in the workspace if the person may do that."""
    places = [f"<#{channel}>"] if channel else []
    return with_buttons(
        f"Pause Devin Bridge in {' or '.join([*places, 'the whole workspace'] if everywhere else places)}? "
        "No one can start or wake sessions until it's resumed; running ones continue.",
        questions.choice("Pause this channel", PAUSE, f"#{channel}", beside="channel") if channel else None,
        questions.choice("Pause whole workspace", PAUSE, EVERYWHERE, style="danger") if everywhere else None,
        questions.no("Cancel", QUESTION, channel or EVERYWHERE),
    )


def paused(running: int) -> Message:
    """Confirm that the workspace is paused, with how many sessions are still `running`."""
    goes_on = f"{counted(running, 'session')} {'is' if running == 1 else 'are'} still running." if running else ""
    said = message_of(
        "Paused in the whole workspace: no one can start or wake sessions in any channel or DM.",
        goes_on,
    )
    stop = questions.choice(f"Stop {running}", STOP_ALL_CONFIRMED, EVERYBODYS, style="danger") if running else None
    return with_buttons(said.text, _resume(""), stop)


def paused_channel(channel: str, workspace: str | None) -> Message:
    """Confirm that `channel` is paused; `workspace` says who has paused the whole workspace, if anybody has."""
    said = message_of(f"Paused in <#{channel}>. No one can start or wake sessions there.", workspace or "")
    return with_buttons(said.text, _resume(channel))


def paused_already(paused: str, channel: str) -> Message:
    """Report that nothing was changed: `paused` says who did it before."""
    return with_buttons(f"Already paused. {paused}", _resume(channel))


def schedules_go_on(names: Sequence[str]) -> Message:
    """Name the schedules that start sessions in Devin all the same."""
    shown = [f"“{fitted(name, 60)}”" for name in names[:MOST_NAMED]]
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return Message(
        f"Schedules in Devin still run: {listed([*shown, *more])}. To pause one, use `/devin schedule list`."
    )


def resumed(channel: str, others: Sequence[str]) -> Message:
    """Confirm that the bot works again, but for where it is still paused, as `others` say."""
    where = f" in <#{channel}>" if channel else ""
    if others:
        return message_of(f"Resumed{where}.", "Still paused elsewhere:" if not channel else "", *others)
    return Message(f"Resumed{where}. People can start and wake sessions again.")


def not_paused(channel: str, others: Sequence[str]) -> Message:
    """Report that there is nothing to resume there, and where there is something."""
    where = f"<#{channel}> isn't paused itself." if channel else "This workspace isn't paused."
    form = "`/devin resume`" if channel else "`/devin resume #channel`"
    then = f"To resume there, use {form}." if others else "To resume a session, reply in its thread."
    return message_of(where, *others, then)


def _resume(channel: str) -> Block:
    return questions.choice("Resume", RESUME, f"#{channel}" if channel else EVERYWHERE)
