"""What Devin reads of the people of the simulated workspace, as it is written in what the bot sends."""

from datetime import UTC, datetime

from bot.domain.person import as_author
from bot.domain.text import as_quotation


def author(name: str) -> str:
    """The author of what Devin reads."""
    return as_author(name, f"U0{name.upper()}")


def asked_in_slack(name: str, reference: str) -> str:
    return f"Asked in Slack by {author(name)}. Reference: {reference}"


def as_sent(ts: str, name: str, text: str) -> str:
    """A reply as Devin gets it."""
    return f"[Slack {ts}] {author(name)}:\n{as_quotation(text)}"


def as_corrected(ts: str, at: str, name: str, text: str) -> str:
    """The new text of the message `ts`, which its author edited at `at`, as Devin gets it."""
    written = f"{datetime.fromtimestamp(float(ts), UTC):%H:%M}"
    head = f"[Slack {ts}, edited {at}] {author(name)}:"
    return f"{head}\nCorrection of the message of {written} UTC:\n{as_quotation(text)}"


def forwarded(name: str, channel: str, address: str) -> str:
    """The line above a forwarded message."""
    return f"Forwarded message from @{author(name)} in #{channel} ({address}):"


def as_context(ts: str, who: str, text: str) -> str:
    """An earlier message of a thread as it stands in a prompt; `who` wrote it, an `author` or an app."""
    return f"{who}, {datetime.fromtimestamp(float(ts), UTC):%Y-%m-%d %H:%M} UTC:\n{as_quotation(text)}"
