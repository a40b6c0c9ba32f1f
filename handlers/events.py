"""Events that are not messages."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse

from bot.flows.intake import Intake
from bot.logs import get_logger

log = get_logger(__name__)


class Events:
    """What happens to channels and to the app itself."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def channel_gone(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """A channel was archived, or the bot was removed from it."""
        await self._intake.event(event, body)

    async def revoked(self, event: dict[str, Any]) -> None:
        """The app was removed or its token revoked: nothing works until it is installed again."""
        log.error("Slack revoked the app's token; install the app again and restart", kind=event["type"])

    async def ignored(self) -> None:
        """An event of another version."""

    async def rate_limited(
        self,
        body: dict[str, Any],
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt injects by name
    ) -> BoltResponse | None:
        """Slack holds events back: more than 30,000 in an hour. There is no listener for this kind of body."""
        if body.get("type") == "app_rate_limited":
            log.error("Slack holds events back", minute=body.get("minute_rate_limited"))
            return BoltResponse(status=200)
        await next()
        return None
