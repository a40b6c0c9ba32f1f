"""What tests hand to the bot's own views, to know what people read."""

from typing import Any, Final

from bot.domain.session import Lifecycle, Session
from bot.features import COMMANDS
from bot.playground.slack.blocks import rendered
from bot.views.answers import starts as start_sentences
from bot.views.message import Message

ASKED_BY: Final = "tarted by"  # as every card says, some with a capital letter


def a_session(**known: Any) -> Session:
    """A session in the channel C1, with what is `known` of it in a test."""
    usual: dict[str, Any] = {
        "id": "s",
        "team": "T1",
        "org_id": "org-1",
        "channel": "C1",
        "thread_ts": "1.0",
        "requester": "U1",
        "prompt": "fix the login test",
        "lifecycle": Lifecycle.OPEN,
        "url": "https://app.devin.ai/sessions/s",
    }
    return Session(**usual | known)


def in_doubt(text: str) -> str:
    """What is asked about `text`, which is nearly a command."""
    doubt = COMMANDS.parser.doubt(text)
    assert doubt is not None
    return start_sentences.ask_command_or_task(doubt).text


def up_to_reference(message: Message) -> str:
    """The text of `message` up to the reference, which no test knows before."""
    return message.text[: message.text.index(" Error ID `") + len(" Error ID `")]


def as_shown(message: Message) -> str:
    """Return what Slack shows of `message`, the labels of its buttons included."""
    return rendered(message.text, message.blocks)


def titled(title: str, thread: str, session: str, around: str = "{}") -> str:
    """A title that links to a thread by its address, with the link to Devin beside it."""
    return f"{around.format(f'<{thread}|{title}>')} (<https://app.devin.ai/sessions/{session}|Open in Devin>)"


def stopping(title: str, thread: str, session: str) -> str:
    """What is read by who stops a session."""
    return f"Stopping {titled(title, thread, session, '“{}”')}. Reply to resume."
