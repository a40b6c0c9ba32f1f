"""The answers to texts that look like a secret, of which nothing is kept."""

from typing import Final

from bot.domain.redaction import LEFT_OUT
from bot.views import blocks, questions
from bot.views.message import Message
from bot.views.text import link

_ADD: Final = "then name it in your task, as in `use the secret NPM_TOKEN`."
QUESTION: Final = "secret"  # the name of the question
WITHOUT, AS_IT_IS = "without", "as_it_is"  # the answers
NOT_SENT: Final = Message("OK, nothing was sent. If a message has the secret, delete it: Slack keeps it.")
YOUR_TASK: Final = "Your task"


def ask_without(key: str, where: str = "Your message", *, page: str = "", as_it_is: bool = False) -> Message:
    """Ask whether to send what waits in the row with this `key` without what looks like a secret, or with `as_it_is`.

    `where` names the message that has it, whose address is `page`, or else is YOUR_TASK, which Slack does not keep.
    """
    text = f"{where} has what looks like a secret. Nothing was sent. Without it, Devin reads “{LEFT_OUT}” in its place."
    if where != YOUR_TASK:
        text += f" Delete {where.lower()} too: Slack keeps it."
    row = blocks.actions(
        questions.answer("Send without it", QUESTION, WITHOUT, key),
        *([questions.answer("Send as is", QUESTION, AS_IT_IS, key)] if as_it_is else []),
        questions.no("Cancel", QUESTION, key),
    )
    shown = link(page, where) + text.removeprefix(where) if page else text
    return Message(text, [blocks.section(shown), *row])


def not_taken(page: str, *, written: bool) -> Message:
    """Say that nothing was done with a text; `page` is where secrets are added. What was `written` stays in Slack."""
    delete = " Delete your message: Slack keeps it." if written else ""
    return Message(
        f"That looks like a secret. Nothing was started, sent, or stored.{delete} Add it on "
        f"<{page}|Devin's page>, {_ADD}"
    )


def in_field(page: str) -> str:
    """Say the same under a field of a form, where Slack shows plain text."""
    return f"That looks like a secret. Nothing was saved. Take it out, and add it at {page}."
