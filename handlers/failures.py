"""The error handler: answers Slack, and the person behind a command, when a listener fails."""

import json
from typing import Any

from slack_bolt import BoltResponse

from bot.conversation.receive.intake import MaybeStoredError, NotStoredError
from bot.domain.commands.command_set import CommandSet
from bot.domain.commands.parser import Command
from bot.domain.text import as_typed
from bot.logs import get_logger, is_counted
from bot.views.answers import failures as failure_sentences
from bot.views.message import Message

log = get_logger(__name__)


class Failures:
    """Answers requests whose listener has failed."""

    def __init__(self, commands: CommandSet) -> None:
        self._parser = commands.parser

    async def failed(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Answer the request `body` whose listener raised `error`: a command with a sentence, all others with a 503.

        After a 503 Slack sends an event again. To call `ack` here would do nothing.
        """
        if isinstance(error, NotStoredError):
            if not is_counted(error):
                log.error("not stored", cause=error.because)
        else:
            log.error("listener failed", exc_info=error)
        if body.get("command"):
            command = self._parser.slash(as_typed(str(body.get("text") or "")))
            answer = json.dumps({"response_type": "ephemeral", "text": _sentence(error, command).text})
            return BoltResponse(status=200, body=answer, headers={"content-type": "application/json"})
        return BoltResponse(status=503)


def _sentence(error: Exception, command: Command) -> Message:
    if isinstance(error, MaybeStoredError):
        return failure_sentences.MAYBE_STORED
    return failure_sentences.NOT_STORED if command.spec.ends_session else failure_sentences.STORE_DOWN
