"""The listeners for events that are not messages."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.conversation.receive.intake import Intake
from bot.kernel.access import Access
from bot.kernel.workspace import Workspace
from bot.logs import get_logger

log = get_logger(__name__)


class Events:
    """Handles what happens to channels, to people and to the app itself."""

    def __init__(self, intake: Intake, access: Access) -> None:
        self._intake = intake
        self._access = access

    async def reported(self, workspace: Workspace, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Store an event that a task takes."""
        await self._intake.event(workspace, event, body)

    async def reacted(self, workspace: Workspace, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Store what a reaction to a message means, if it means anything."""
        await self._intake.reaction(workspace, event, body)

    async def agent_stopped(self, workspace: Workspace, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Store that somebody has pressed Slack's own Stop."""
        await self._intake.agent_stopped(workspace, event, body)

    async def person_changed(self, workspace: Workspace, event: dict[str, Any]) -> None:
        """Renew what is stored about a person. There is nothing else to do, so the event needs no row of its own."""
        user = event.get("user")
        if isinstance(user, dict) and isinstance(user.get("id"), str):  # else it is about nobody
            await self._access.refresh(workspace, user)

    async def revoked(self, event: dict[str, Any]) -> None:
        """Log that the app was removed or its token revoked, so that nothing works until it is installed again."""
        log.error("Slack revoked the app's token; install the app again and restart", kind=event["type"])

    async def ignored(self) -> None:
        """Acknowledge an event that this version of the bot does not use."""


class RateLimited(AsyncMiddleware):
    """Answers Slack's notice that it holds back events, of more than 30,000 in an hour.

    Bolt has no listener for this kind of body. This is a class because Bolt inspects the parameters of a function anew
    for every request.
    """

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt passes it
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt names them
    ) -> BoltResponse | None:
        """Answer `req` if it is such a notice, and pass every other request on to `next`."""
        if req.body.get("type") == "app_rate_limited":
            log.error("Slack holds events back", minute=req.body.get("minute_rate_limited"))
            return BoltResponse(status=200)
        return await next()
