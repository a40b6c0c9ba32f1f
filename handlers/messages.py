"""The listener for mentions, replies and direct messages."""

from typing import Any

from bot.conversation.receive.intake import Intake
from bot.kernel.workspace import Workspace


class Messages:
    """Stores what people write."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def wrote(self, workspace: Workspace, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Store the message in `event` if it may concern the bot; Bolt acknowledges it unless this raises."""
        await self._intake.message(workspace, event, body)
