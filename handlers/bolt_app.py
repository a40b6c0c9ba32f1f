"""Bolt's app, without the work that it does for each request and no listener of ours uses."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest


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
