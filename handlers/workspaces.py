"""From a request to the workspace it comes from."""

from collections.abc import Awaitable, Callable

from slack_bolt import BoltResponse
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.flows.workspace import Workspaces


class OfWorkspace(AsyncMiddleware):
    """Gives listeners the workspace of their request as `workspace`.

    A request of a workspace that is not connected is acknowledged and left alone: Slack would only send it again.
    """

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt passes it
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt names them
    ) -> BoltResponse | None:
        """Find the workspace by the team that Bolt has read from the body."""
        workspace = self._workspaces.of_request(req.context.team_id)
        if workspace is None:
            return BoltResponse(status=200)
        req.context["workspace"] = workspace
        return await next()
