"""The listeners for buttons and all other interactive elements."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.conversation.receive.intake import Intake
from bot.domain.commands.command_set import CommandSet
from bot.domain.lane import own_lane, thread_lane
from bot.kernel.workspace import Workspace

Body = dict[str, Any]


class Actions:
    """Stores the buttons that people press."""

    def __init__(self, commands: CommandSet, intake: Intake) -> None:
        self._commands = commands
        self._intake = intake

    async def pressed(self, ack: AsyncAck, body: Body, workspace: Workspace) -> None:
        """Store the press of a button in the lane of its thread, unless the button only opens a link."""
        action = body["actions"][0]
        press = self._commands.press_of(action["action_id"], action.get("value") or "")
        if press is not None:
            await self._intake.press(workspace, body, _lane(workspace, body), press)
        await ack()

    async def ignored(self, ack: AsyncAck) -> None:
        """Acknowledge a shortcut, a form or an element of an attachment that this version does not use."""
        await ack()


def _lane(workspace: Workspace, body: Body) -> str:
    container, message = body.get("container") or {}, body.get("message") or {}
    ts = message.get("thread_ts") or container.get("thread_ts") or message.get("ts") or container.get("message_ts")
    channel = (body.get("channel") or {}).get("id")
    return thread_lane(workspace.team, channel, ts) if channel and ts else own_lane(f"act:{body['trigger_id']}")
