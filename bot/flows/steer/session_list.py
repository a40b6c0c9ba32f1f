"""Answers about a person's sessions. They are made from our own rows, so that they are ready within the ack."""

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
    """Lists a person's sessions and says where each of them stands."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def listing(self, workspace: Workspace, user: str) -> Message:
        """Return the list of the person's open sessions, with the numbers that commands take."""
        return answers.session_list([_with_link(workspace, session) for session in await self._open(workspace, user)])

    async def status(self, workspace: Workspace, session: Session) -> Message:
        """Return the answer that says where `session` stands."""
        return answers.status(session, _with_link(workspace, session).permalink)

    async def pick(self, workspace: Workspace, user: str, channel: str, command: Command) -> Session | Message:
        """Return the session of `user` that `command` is about, or the sentence that asks which.

        Without an argument that is the only one in `channel`, or the only one at all.
        """
        mine = await self._open(workspace, user)
        if command.argument:
            return _picked(mine, command.argument) or answers.no_such_session(command.argument)
        fit = [session for session in mine if command.spec is not STOP or session.display_state in STOPPABLE]
        here = [session for session in fit if session.channel == channel] or fit
        if not here:
            return answers.NOTHING_TO_STOP if command.spec is not STATUS else answers.NO_SESSIONS
        if len(here) > 1:
            # All sessions are listed, so that the numbers are those of `listing`.
            return answers.several_sessions(command.spec.name, [_with_link(workspace, session) for session in mine])
        return here[0]

    async def _open(self, workspace: Workspace, user: str) -> list[Session]:
        async with self._services.db.read(first=True) as tx:
            return await sessions.of_person(tx, workspace.team, user)


def _with_link(workspace: Workspace, session: Session) -> Listed:
    if session.thread_ts is None:
        return Listed(session)
    return Listed(session, workspace.slack.permalink(session.channel, session.thread_ts))


def _picked(mine: list[Session], which: str) -> Session | None:
    if which.isdigit() and len(which) <= 3:
        number = int(which)
        return mine[number - 1] if 1 <= number <= len(mine) else None
    return next((session for session in mine if session.devin_id and bare_id(session.devin_id) == which), None)
