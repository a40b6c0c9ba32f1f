"""The answers about who is mentioned at the end of a turn."""

from typing import Final

from bot.domain.commands.registry import NOTIFY
from bot.domain.commands.spec import Surface
from bot.domain.notify_choice import NotifyChoice
from bot.views.answers.wording import code
from bot.views.message import Message

_WHEN: Final = {
    NotifyChoice.ALL: "each time Devin needs you, has answered, is done, or has failed",
    NotifyChoice.QUESTIONS: "only when Devin needs you",
    NotifyChoice.DONE: "only when Devin has answered, is done, or has failed",
}
_MEANING: Final = _WHEN | {
    NotifyChoice.QUESTIONS: f"{_WHEN[NotifyChoice.QUESTIONS]}: for an answer or approval, at a limit, or after a "
    "failure",
    NotifyChoice.OFF: "never",
}
_THREADS_KEEP: Final = "Threads where you used `!notify` keep what you set there."

REMINDERS_ON: Final = "Reminders are on here. You're reminded twice about each question from Devin."
REMINDERS_OFF: Final = "Reminders are off here. No one is reminded about Devin's questions."
REMINDERS_ARE_ON: Final = "Reminders are on here. Turn them off with `!remind off`."
REMINDERS_ARE_OFF: Final = "Reminders are off here. Turn them on with `!remind on`."


def notify_set(choice: NotifyChoice, *, in_thread: bool) -> Message:
    """Confirm to a person that from now on `choice` holds for them, in this thread or in all sessions."""
    where, typed = _place(in_thread=in_thread), _typed(in_thread=in_thread)
    if choice is NotifyChoice.OFF:
        said = f"You'll no longer be mentioned {where}."
    else:
        said = f"You'll be mentioned {where} {_WHEN[choice]}."
    back = f"`{typed} {NotifyChoice.ALL}` brings all mentions back."
    others = "" if in_thread else _THREADS_KEEP
    return Message(" ".join(filter(None, [said, back if choice is not NotifyChoice.ALL else "", others])))


def notify_shown(choice: NotifyChoice, *, in_thread: bool, inherited: bool = False) -> Message:
    """Say which `choice` holds for a person, in this thread or in all sessions, and what may be chosen instead.

    `inherited` is whether it holds in this thread because the person chose it for all sessions.
    """
    where, typed = _place(in_thread=in_thread), _typed(in_thread=in_thread)
    said = f"not mentioned {where}" if choice is NotifyChoice.OFF else f"mentioned {where} {_WHEN[choice]}"
    as_elsewhere = ", as you set for all sessions" if inherited else ""
    lines = [f"• `{typed} {option}`: {_MEANING[option]}" for option in NotifyChoice]
    header = f"You're {said}{as_elsewhere}. To change when you're mentioned{' here' if in_thread else ''}:"
    return Message("\n".join([header, *lines]))


def set_by_file(file: str) -> Message:
    """Report that the `file` says when people are mentioned, so that nothing was changed."""
    return Message(
        f"Your mentions are set in {code(file)}, so nothing was changed. "
        "Your Devin Bridge operator can change them there."
    )


def _place(*, in_thread: bool) -> str:
    return "here" if in_thread else "in all sessions"


def _typed(*, in_thread: bool) -> str:
    (form,) = NOTIFY.ways_on(Surface.THREAD if in_thread else Surface.SLASH)
    return form.phrase if in_thread else f"/devin {form.phrase}"


def reminders(*, on: bool, changed: bool) -> Message:
    """Answer whether a thread has reminders, by now if that was `changed`."""
    return Message(
        (REMINDERS_ON if on else REMINDERS_OFF) if changed else (REMINDERS_ARE_ON if on else REMINDERS_ARE_OFF)
    )
