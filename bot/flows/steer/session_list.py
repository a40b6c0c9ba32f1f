"""Answers from our own rows, fast enough to be given in the ack: which sessions there are, and where they stand."""

from bot.domain.commands.parser import Command
from bot.domain.commands.registry import STATUS, STOP
from bot.domain.session import Session, bare_id
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store import sessions
from bot.views import answers
from bot.views.answers import Listed
from bot.views.message import Message
from bot.views.sentences import STOPPABLE


class SessionList:
    """Looks at a person's sessions."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def listing(self, workspace: Workspace, user: str) -> Message:
        """The person's open sessions, under the numbers that commands take."""
        return answers.session_list([_listed(workspace, session) for session in await self._open(workspace, user)])

    async def status(self, workspace: Workspace, session: Session) -> Message:
        """Where one session stands."""
        return answers.status(session, _listed(workspace, session).permalink)

    async def pick(self, workspace: Workspace, user: str, channel: str, command: Command) -> Session | Message:
        """The session that a command names, or the sentence that asks which."""
        mine = await self._open(workspace, user)
        if command.argument:
            return _named(mine, command.argument) or answers.no_such_session(command.argument)
        fit = [session for session in mine if command.spec is not STOP or session.display_state in STOPPABLE]
        here = [session for session in fit if session.channel == channel] or fit
        if not here:
            return answers.NOTHING_TO_STOP if command.spec is not STATUS else answers.NO_SESSIONS
        if len(here) > 1:
            # All of them, so that the numbers are those of the list.
            return answers.several_sessions(command.spec.name, [_listed(workspace, session) for session in mine])
        return here[0]

    async def _open(self, workspace: Workspace, user: str) -> list[Session]:
        async with self._services.db.read(first=True) as tx:
            return await sessions.of_person(tx, workspace.team, user)


def _listed(workspace: Workspace, session: Session) -> Listed:
    if session.thread_ts is None:
        return Listed(session)
    return Listed(session, workspace.slack.permalink(session.channel, session.thread_ts))


def _named(mine: list[Session], which: str) -> Session | None:
    if which.isdigit() and len(which) <= 3:
        number = int(which)
        return mine[number - 1] if 1 <= number <= len(mine) else None
    return next((session for session in mine if session.devin_id and bare_id(session.devin_id) == which), None)
