"""The question before a reply wakes a session at its ceiling or limit, or after a long sleep, and what came of it."""

from typing import Final

from bot.domain.amounts import Money
from bot.domain.session import Session
from bot.domain.waking import WakeQuestion
from bot.views import blocks, questions
from bot.views.answers.wording import message_of
from bot.views.message import Message
from bot.views.sentences import mention
from bot.views.text import duration, fitted, limit_of_acus, number_of_acus, total_acus

QUESTION: Final = "wake"  # the name of the question
WAKE: Final = "wake"  # the answer
WOKEN_BEFORE: Final = Message("That was settled before: Devin was woken, and what was kept is sent.")
KEPT_ASLEEP: Final = Message("OK, Devin stays asleep. The thread says how much was not sent.")
LEFT_BEFORE: Final = Message(
    "That was settled before, and nothing was sent to Devin now. Write in the thread again if it is still needed."
)


def ask_to_wake(session: Session, question: WakeQuestion, target: str, cost: Money | None = None) -> Message:
    """Ask the author of a reply whether it may wake `session`; `target` is what the buttons carry."""
    label, choice = "Wake it", "Wake it"
    if question.by:
        label, choice = f"Wake it, {_more(question.by)}", f"Wake it with {number_of_acus(question.by)} more"
    text = message_of(
        *_reasons(session, question, cost),
        f"{choice}, or leave it asleep. Your message is kept until you choose, for a day at most.",
    ).text
    row = blocks.actions(
        questions.answer(label, QUESTION, WAKE, target, style="primary"),
        questions.no("Leave it", QUESTION, target),
    )
    return Message(text, [blocks.section(text), *row])


def _reasons(session: Session, question: WakeQuestion, cost: Money | None) -> list[str]:
    spent = session.snapshot.acus
    so_far = f"It has cost {total_acus(spent, cost)} so far" if spent else ""
    facts = [
        "" if question.ceiling is None else f"used its {limit_of_acus(question.ceiling)}",
        "reached its ACU limit at Devin" if question.at_limit else "",
        "" if question.slept is None else f"slept for {duration(question.slept)}",
    ]
    why = f"This session has {' and has '.join(filter(None, facts))}."
    if question.ceiling is None:
        return [why, f"{so_far}, and waking it costs more." if so_far else "Waking it costs more."]
    return [why, f"{so_far}." if so_far else ""]


def _more(acus: float) -> str:
    number = number_of_acus(acus)
    return f"{number} more {'ACU' if number == '1' else 'ACUs'}"


def waking(question: WakeQuestion | None, replies: int) -> Message:
    """Confirm to whoever said yes to `question` that the `replies` are sent; None if the session was awake by then."""
    if question is None:
        return Message(f"Devin is awake already. {_sent(replies)}")
    ceiling = f"It may use {limit_of_acus(question.raised)} in all now." if question.raised else ""
    return message_of("Devin is being woken.", ceiling, _sent(replies))


def ceiling_raised(asker: str, by: str, question: WakeQuestion) -> Message:
    """Inform the asker of a session in its thread that `by`, who is somebody else, raised what it may use.

    `by` is empty where figures name nobody.
    """
    who, in_all = fitted(by) or "Somebody", limit_of_acus(question.raised or 0)
    return Message(
        f"{mention(asker)} {who} woke this session with {_more(question.by)}. It may use {in_all} in all now."
    )


def left_asleep(by: str, replies: int) -> Message:
    """Report in the thread that `by` left Devin asleep, or nobody chose if it is empty, and `replies` were not sent."""
    unsent = "1 reply was" if replies == 1 else f"{replies} replies were"
    why = f"{fitted(by)} left Devin asleep" if by else "Nobody chose within a day whether to wake Devin"
    then = "If it is still needed, write again; you are then asked again."
    return Message(f":zzz: {why}, so {unsent} *not sent*. {then}")


def _sent(replies: int) -> str:
    return "1 reply is sent." if replies == 1 else f"{replies} replies are sent."
