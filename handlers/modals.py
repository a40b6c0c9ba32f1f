"""The listeners for modals: a form is opened right after the ack, and stored when it comes back.

Bolt's lazy listeners would make a deep copy of each request of `/devin`, whether or not it opens a form. A task of our
own costs only the requests that do. It begins when the listener returns, because nothing before that waits.
"""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.conversation.receive.intake import Intake, MaybeStoredError, NotStoredError
from bot.domain.commands import registry
from bot.domain.commands.command_set import CommandSet
from bot.domain.commands.presses import Press
from bot.domain.form import Form
from bot.domain.lane import own_lane
from bot.kernel.forms.forms import Forms, NotTaken, Opening, opening_from_message
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.views.modals import parts

Body = dict[str, Any]
log = get_logger(__name__)


class Modals:
    """Opens forms and stores what people fill in."""

    def __init__(self, commands: CommandSet, intake: Intake, forms: Forms) -> None:
        self._commands = commands
        self._intake = intake
        self._forms = forms
        self._opening: set[asyncio.Task[None]] = set()  # a task that nobody holds may vanish

    def open_soon(self, workspace: Workspace, opening: Opening) -> None:
        """Open the form once the listener has returned, so that the ack is not kept waiting."""
        task = asyncio.create_task(self._forms.open(workspace, opening))
        self._opening.add(task)
        task.add_done_callback(self._opened)

    async def pressed(self, ack: AsyncAck, body: Body, workspace: Workspace) -> None:
        """Open the form that the pressed button is for."""
        command, _, target = (body["actions"][0].get("value") or "").partition(" ")
        if command in self._forms.commands:
            # A button in a Home tab stands in no channel: what comes of it goes to the person.
            channel = (body.get("channel") or body["user"])["id"]
            form = Form(command, target, channel)
            answers = body["actions"][0]["action_id"].endswith(parts.OF_QUESTION)
            opening = Opening(body["user"]["id"], form, body["trigger_id"], body.get("response_url"), answers=answers)
            self.open_soon(workspace, opening)
        else:  # another version of the bot has posted the button: a row answers, as it does any stale one
            lane = own_lane(f"act:{body['trigger_id']}")
            await self._intake.press(workspace, body, lane, Press(registry.OPEN_FORM, ""))
        await ack()

    async def used(self, ack: AsyncAck, body: Body, workspace: Workspace) -> None:
        """Open the form of a shortcut's command, which was used beside no message."""
        form = Form(self._commands.global_shortcuts[body["callback_id"]].name)
        self.open_soon(workspace, Opening(body["user"]["id"], form, body["trigger_id"]))
        await ack()

    async def choices(self, ack: AsyncAck, body: Body, workspace: Workspace) -> None:
        """Offer what a menu of a form asks for; nothing to one that another version of the bot has drawn."""
        await ack(options=parts.choices(await self._forms.choices(workspace, body)))

    async def used_on_message(self, ack: AsyncAck, body: Body, workspace: Workspace) -> None:
        """Open the form of a shortcut's command with the text of the message on which it was used."""
        self.open_soon(workspace, opening_from_message(self._commands.shortcuts[body["callback_id"]].name, body))
        await ack()

    async def submitted(self, ack: AsyncAck, body: Body, workspace: Workspace) -> None:
        """Store the form, or show what is wrong with it."""
        taken = await self._forms.take(workspace, body)
        if isinstance(taken, NotTaken):
            await _refuse(ack, taken)
            return
        try:
            await self._intake.form(workspace, body["view"]["id"], taken)
        except (NotStoredError, MaybeStoredError) as error:
            log.error("form not stored", cause=error.because)  # noqa: TRY400 - a sentence, no fault
            sentences = parts.not_stored(body["view"], maybe=isinstance(error, MaybeStoredError))
            await _refuse(ack, NotTaken(errors=sentences))
            return
        await ack()

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("form not opened", exc_info=error)


async def _refuse(ack: AsyncAck, taken: NotTaken) -> None:
    if taken.view is not None:
        await ack(response_action="update", view=taken.view)
    else:
        await ack(response_action="errors", errors=dict(taken.errors))
