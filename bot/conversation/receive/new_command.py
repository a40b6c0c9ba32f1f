"""A slash command that asks for a session is stored, and its ack says what is known already.

The ack waits for no call. What our rows and our memory tell, it says: a refusal or a question. In all other cases it is
empty, because Slack keeps what it says for ever: the card follows, or the flow of the stored row answers below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.conversation.receive.intake import Intake, command_key
from bot.conversation.start.from_command import StartFromCommand
from bot.conversation.start.options_check import lacks_tracker, suggestions
from bot.conversation.steer.held_start import held
from bot.devin.secrets import SECRETS_PAGE
from bot.domain.commands.options import Request
from bot.domain.commands.registry import START
from bot.domain.lane import person_lane
from bot.domain.text import mentioned_users
from bot.kernel.access import Access
from bot.kernel.commands.handler import NO_ANSWER
from bot.kernel.gates import Gates
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError
from bot.store import inbox
from bot.views.answers import access as access_sentences
from bot.views.answers import secrets as secret_sentences
from bot.views.answers import starts as start_sentences
from bot.views.message import Message

log = get_logger(__name__)

Json = Mapping[str, Any]
SECRET_NOT_TAKEN: Final = secret_sentences.not_taken(SECRETS_PAGE, written=False)


@dataclass(frozen=True, slots=True)
class _Known:
    """What our rows say about a start: when the person has started the same a moment ago, if they have."""

    started_before: float | None


class NewCommand:
    """Takes in the slash commands that ask for a session."""

    def __init__(
        self, services: Services, intake: Intake, access: Access, gates: Gates, start_from_command: StartFromCommand
    ) -> None:
        self._services = services
        self._gates = gates
        self._intake = intake
        self._access = access
        self._start_from_command = start_from_command

    async def take(self, workspace: Workspace, body: Json, request: Request, *, with_secret: bool = False) -> Message:
        """Store the command of Slack's `body`, which asks for `request`, and return the answer for its ack.

        Nothing is stored for a person who is refused. A command that is asked about waits for the answer. About one
        that came `with_secret`, and has none any longer, the flow asks.
        """
        person = await self._access.known_person(workspace, body["user_id"])
        refusal = self._access.refusal(person, shared=False) if person else None
        if refusal is not None:
            return refusal
        known = await self._known(workspace, body, request) if person is not None and not with_secret else None
        if known is None:
            await self._intake.command(workspace, body, with_secret=with_secret)
            return NO_ANSWER
        if (asked := self._question(body, request, known)) is not None:
            name, question = asked
            now, wait = self._services.clock(), self._services.timing.start_question
            hold = held(name, command_key(body), now, wait, suggestions(request, START.name))
            await self._intake.command(workspace, body, hold)
            return question
        await self._intake.command(workspace, body)
        return NO_ANSWER

    async def lacks_tracker(self, workspace: Workspace, body: Json, text: str) -> bool:
        """Whether `text` says hardly more than the name of a ticket, and nobody has shown yet what has such tickets."""
        return await lacks_tracker(self._services, workspace, body["channel_id"], body["user_id"], text)

    async def refusal(self, workspace: Workspace, user: str) -> Message | None:
        """Why `user` may start nothing anywhere, or None: who is asked about a start is offered what works for them."""
        try:
            return await self._access.refusal_in_ack(workspace, user)
        except SlackError as error:
            log.warning("not known whether someone may start", error=error.outcome)
            return access_sentences.ROLE_UNKNOWN

    async def _known(self, workspace: Workspace, body: Json, request: Request) -> _Known | None:
        """What our rows say about the start; None if it takes more to decide, or an earlier command may change it."""
        if not self._access.is_known_to_be_open(workspace, body["channel_id"]):
            return None
        # Playbooks and repositories are known to Devin, and the names of people who are mentioned to Slack.
        if request.asks or mentioned_users(body.get("text") or ""):
            return None
        team, user = workspace.team, body["user_id"]
        # In one transaction: to open another one takes as long as its statement.
        async with self._services.db.read() as tx:
            if await inbox.has_open(tx, person_lane(team, user)) or not await self._gates.is_quick(tx, workspace):
                return None
            return _Known(await self._start_from_command.earlier_start(tx, team, user, request))

    def _question(self, body: Json, request: Request, known: _Known) -> tuple[str, Message] | None:
        """The question to ask before the start, with its name, as the flow would ask it; None if there is none."""
        key, at = command_key(body), known.started_before
        if request.mistyped:
            return start_sentences.OPTIONS, start_sentences.ask_about_options(key, request)
        return (
            None
            if at is None
            else (start_sentences.REPEATED, start_sentences.ask_again(key, request.prompt, self._services.clock() - at))
        )
