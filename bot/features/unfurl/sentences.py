"""What a preview says (https://docs.slack.dev/messaging/unfurling-links-in-messages). All who read the link read it."""

from typing import Final

from bot.domain.session import Session
from bot.views.blocks import section
from bot.views.message import Block
from bot.views.pull_requests import pull_request_lines
from bot.views.sentences import state_sentence
from bot.views.text import linked_title

ENDED: Final = (section("Preview removed: the session's channel is now private."),)


def preview(session: Session, thread: str | None) -> list[Block]:
    """Return the blocks of a preview of `session`: its title with its links, its state, and its pull requests."""
    title = linked_title(session.title, thread, session.url, 150, "*{}*")
    return [section("\n".join([title, state_sentence(session), *pull_request_lines(session)]))]
