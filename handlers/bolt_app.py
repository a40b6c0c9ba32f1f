"""Bolt's app, without the work that it does for each request and no listener of ours uses."""

import logging
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.logger.messages import warning_client_prioritized_and_token_skipped
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.kernel.workspace import Workspace
from handlers.workspaces import OfWorkspace


class BoltApp(AsyncApp):
    """Bolt's app, whose requests share one Web client.

    Bolt makes a client for each request, because a listener may give it another token. Ours call nobody, and to make a
    client was a twelfth of the work of an ack.
    """

    _shared: dict[str, Any] | None = None  # what Bolt would make for each request

    def _init_context(self, req: AsyncBoltRequest) -> None:
        # Should Bolt rename this method of its own, it makes a client for each request again, and nothing else changes.
        if self._shared is None:
            before = set(req.context)
            super()._init_context(req)
            self._shared = {name: value for name, value in req.context.items() if name not in before}
        else:
            req.context.update(self._shared)


def bolt_app(of_workspace: OfWorkspace, slack_api_url: str, *, proxied: bool) -> BoltApp:
    """Make the app that takes Slack's requests; `proxied` is whether the environment's proxy leads to Slack."""
    client = AsyncWebClient(base_url=slack_api_url)  # used by Socket Mode alone, with a token of its own
    if not proxied:
        client.proxy = None
    # Bolt finds SLACK_BOT_TOKEN in the environment and warns that it is not used, although nothing is wrong.
    logging.getLogger("slack_bolt.AsyncApp").addFilter(_is_worth_reading)
    return BoltApp(
        name="bot",  # without a name Bolt searches the sources of all its callers for one
        client=client,
        before_authorize=of_workspace,
        authorize=_authorize,
        # Bolt gets no bytes to check, but what `bot.server.requests` has read: of a body whose signature
        # `bot.server.endpoint` has checked, or of what came through our socket.
        request_verification_enabled=False,
        # No listener uses what these give it, and each request waits for them.
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
        process_before_response=True,
    )


async def _authorize(workspace: Workspace) -> AuthorizeResult:
    # Made of what the start has read. Bolt's own function would ask Slack, and drop the event if that failed.
    # Without a token, since no listener calls Slack.
    return AuthorizeResult(
        enterprise_id=None, team_id=workspace.team, bot_id=workspace.bot_id, bot_user_id=workspace.bot_user
    )


def _is_worth_reading(line: logging.LogRecord) -> bool:
    return line.getMessage() != warning_client_prioritized_and_token_skipped()
