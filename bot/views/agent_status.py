"""How Slack shows a session as that of an agent (https://docs.slack.dev/ai/agent-sessions): its status, its title."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain.session import DisplayState, Session
from bot.views.message import Message
from bot.views.text import one_line, shortened

LONGEST_TITLE: Final = 200  # characters, at Slack
WORKING, READY, WAITING, OVER = "processing", "active", "suspended", "closed"
_WORKING: Final = (DisplayState.STARTING, DisplayState.CHECKING, DisplayState.QUEUED, DisplayState.WORKING)
_WAITING: Final = (DisplayState.WAITING, DisplayState.APPROVAL, DisplayState.LIMIT)
_READY: Final = (
    *(DisplayState.ANSWERED, DisplayState.DONE, DisplayState.ASLEEP, DisplayState.STOPPED),
    *(DisplayState.FAILED, DisplayState.UNKNOWN),
)
_OVER: Final = (
    *(DisplayState.ENDED, DisplayState.ARCHIVED, DisplayState.CANCELLED),
    *(DisplayState.REFUSED, DisplayState.UNCERTAIN, DisplayState.UNFOLLOWED),
)
STATUS_OF: Final[Mapping[DisplayState, str]] = {
    **dict.fromkeys(_WORKING, WORKING),
    **dict.fromkeys(_WAITING, WAITING),
    **dict.fromkeys(_READY, READY),
    **dict.fromkeys(_OVER, OVER),
}


@dataclass(frozen=True, slots=True)
class AgentShown:
    """What Slack is to show of a session: one of its statuses, a title or none, and to whose list it belongs."""

    status: str
    title: str
    initiator: str

    @classmethod
    def read(cls, message: Message) -> "AgentShown":
        """Read what `agent_status` has drawn."""
        return cls(*message.text.split("\n")[:3])


def agent_status(session: Session, spells: int, *, shared: bool) -> Message:
    """Draw the status and the title of `session`; in a `shared` channel the status alone. Slack gets no text of it.

    While the session works, each of the `spells` for which Slack shows that is another drawing.
    """
    status = STATUS_OF[session.display_state]
    title = "" if shared else shortened(one_line(session.title), LONGEST_TITLE)
    return Message("\n".join((status, title, session.requester, *([str(spells)] if status == WORKING else ()))))
