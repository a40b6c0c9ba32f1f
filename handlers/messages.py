"""Mentions, replies and direct messages."""

from typing import Any

from bot.flows.receive.intake import Intake
from bot.flows.workspace import Workspace


class Messages:
    """What people write."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def wrote(self, workspace: Workspace, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Store it if it may concern us; Bolt acknowledges when this returns, and not at all when it raises."""
        await self._intake.message(workspace, event, body)
