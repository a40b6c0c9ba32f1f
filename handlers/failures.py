"""The error handler: answers Slack, and the person behind a command, when a listener fails."""

import json
from typing import Any

from slack_bolt import BoltResponse

from bot.domain.commands.parser import parse_slash
from bot.domain.text import as_typed
from bot.flows.receive.intake import MaybeStoredError, NotStoredError
from bot.logs import get_logger
from bot.views.answers import failures as failure_sentences
from bot.views.message import Message

log = get_logger(__name__)


async def failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Answer the request `body` whose listener raised `error`: a command with a sentence, all others with a 503.

    After a 503 Slack sends an event again. To call `ack` here would do nothing.
    """
    if isinstance(error, NotStoredError):
        log.error("not stored", cause=type(error.__cause__).__name__)
    else:
        log.error("listener failed", exc_info=error)
    if body.get("command"):
        answer = json.dumps({"response_type": "ephemeral", "text": _sentence(error, body).text})
        return BoltResponse(status=200, body=answer, headers={"content-type": "application/json"})
    return BoltResponse(status=503)


def _sentence(error: Exception, body: dict[str, Any]) -> Message:
    if isinstance(error, MaybeStoredError):
        return failure_sentences.MAYBE_STORED
    ends = parse_slash(as_typed(str(body.get("text") or ""))).spec.ends_session
    return failure_sentences.NOT_STORED if ends else failure_sentences.STORE_DOWN
