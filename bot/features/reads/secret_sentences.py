"""The answers about secrets: their names, and where one is added, because none may be typed into Slack."""

from collections.abc import Sequence
from typing import Final

from bot.views.answers.wording import code
from bot.views.message import Message
from bot.views.text import counted

MOST_LISTED: Final = 100
_NAMELESS: Final = "(without a name)"


def secrets(names: Sequence[str | None], page: str) -> Message:
    """List the `names` of secrets; `page` is where people add them."""
    if not names:
        return Message(f"There are no secrets in your Devin organization. Add one on <{page}|Devin's page>.")
    known = sorted((name for name in names if name), key=str.casefold)
    shown = [*(code(name) for name in known), *[_NAMELESS] * (len(names) - len(known))]
    more = len(shown) - MOST_LISTED
    tail = [f"and {more:,} more"] if more > 0 else []
    head = f"*{counted(len(names), 'secret')}* in your Devin organization; values are never shown:"
    lines = [head, *(f"• {name}" for name in shown[:MOST_LISTED]), *tail]
    return Message("\n".join(lines))


def add_secret(page: str) -> Message:
    """Say where a secret is added."""
    return Message(
        f"Add a secret on <{page}|Devin's page>, never in Slack: everyone in a channel could read it, "
        "and Slack keeps it. Nothing was added."
    )
