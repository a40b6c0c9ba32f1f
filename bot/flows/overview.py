"""Answers from our own rows, fast enough to be given in the ack: which sessions there are, and where they stand."""

from bot.domain.grammar import ArchiveCommand, StatusCommand, StopCommand
from bot.domain.session import Session, bare_id
from bot.flows.tools import Tools
from bot.store import sessions
from bot.views import answers
from bot.views.answers import Listed
from bot.views.message import Message
from bot.views.sentences import STOPPABLE

Naming = StatusCommand | StopCommand | ArchiveCommand


class Overview:
    """Looks at a person's sessions."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def listing(self, user: str) -> Message:
        """The person's open sessions, under the numbers that commands take."""
        return answers.session_list([self._listed(session) for session in await self._open(user)])

    async def status(self, session: Session) -> Message:
        """Where one session stands."""
        return answers.status(session, self._listed(session).permalink)

    async def pick(self, user: str, channel: str, command: Naming, verb: str) -> Session | Message:
        """The session that a command names, or the sentence that asks which."""
        mine = await self._open(user)
        if command.which is not None:
            return _named(mine, command.which) or answers.no_such_session(command.which)
        fit = [session for session in mine if verb != "stop" or session.phase in STOPPABLE]
        here = [session for session in fit if session.channel == channel] or fit
        if not here:
            return answers.NOTHING_TO_STOP if verb != "status" else answers.NO_SESSIONS
        if len(here) > 1:
            # All of them, so that the numbers are those of the list.
            return answers.several_sessions(verb, [self._listed(session) for session in mine])
        return here[0]

    async def _open(self, user: str) -> list[Session]:
        async with self._tools.db.read(first=True) as tx:
            return await sessions.of_person(tx, self._tools.place.team, user)

    def _listed(self, session: Session) -> Listed:
        if session.thread_ts is None:
            return Listed(session)
        return Listed(session, self._tools.slack.permalink(session.channel, session.thread_ts))


def _named(mine: list[Session], which: str) -> Session | None:
    if which.isdigit() and len(which) <= 3:
        number = int(which)
        return mine[number - 1] if 1 <= number <= len(mine) else None
    return next((session for session in mine if session.devin_id and bare_id(session.devin_id) == which), None)
