"""The last net: what a person or Slack is told when a listener fails."""

import json
from typing import Any

from slack_bolt import BoltResponse

from bot.flows.intake import NotStoredError
from bot.logs import get_logger
from bot.views import answers

log = get_logger(__name__)


async def failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Never a 200 for an event: Slack sends it again. A command gets a sentence; calling `ack` here does nothing."""
    if isinstance(error, NotStoredError):
        log.error("not stored", cause=type(error.__cause__).__name__)
    else:
        log.error("listener failed", exc_info=error)
    if body.get("command"):
        said = answers.STORE_DOWN if _starts(body) else answers.NOT_STORED
        answer = json.dumps({"response_type": "ephemeral", "text": said.text})
        return BoltResponse(status=200, body=answer, headers={"content-type": "application/json"})
    return BoltResponse(status=503)


def _starts(body: dict[str, Any]) -> bool:
    return not str(body.get("text") or "").startswith(("stop", "archive"))
