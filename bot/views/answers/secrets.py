"""The answers to texts that look like a secret, of which nothing is kept."""

from typing import Final

from bot.views.message import Message

_ADD: Final = "then name it in your task, as in `use the secret NPM_TOKEN`."
LEFT_OUT: Final = "(left out: it looks like a secret)"  # in what Devin reads


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
