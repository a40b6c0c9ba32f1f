"""From a request to the workspace it is for."""

from collections.abc import Awaitable, Callable
from typing import Final

from slack_bolt import BoltResponse
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.kernel.workspace import Workspaces
from bot.logs import get_logger
from bot.metrics import Metrics

log = get_logger(__name__)

MOST_NAMED: Final = 100


class OfWorkspace(AsyncMiddleware):
    """Gives all that follows the workspace of a request as `workspace`.

    A request from elsewhere is answered and left alone: Slack would only send it again.
    """

    def __init__(self, workspaces: Workspaces, metrics: Metrics) -> None:
        self._workspaces = workspaces
        self._metrics = metrics
        self._named: set[tuple[str, str]] = set()  # the origins that were logged as a warning

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt passes it
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt names them
    ) -> BoltResponse | None:
        """Find the workspace by the ids in the body, and drop a request that names others."""
        if req.body.get("type") == "url_verification":
            return await next()  # Slack's check of the address, which is for no workspace
        workspace = self._workspaces.of_request(req.body)
        if workspace is None:
            self._metrics.dropped()
            self._log(str(req.context.team_id), str(req.body.get("api_app_id")))
            return BoltResponse(status=200)
        req.context["workspace"] = workspace
        return await next()

    def _log(self, team: str, app: str) -> None:
        """Log a request from elsewhere, the first one of each origin as a warning: tokens may be of different apps."""
        known = (team, app) in self._named or len(self._named) >= MOST_NAMED
        if known:
            log.debug("request from elsewhere", team=team, app=app)
            return
        self._named.add((team, app))
        log.warning("request from elsewhere; if there are no others, the tokens are of another app", team=team, app=app)
