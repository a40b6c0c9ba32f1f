"""What Slack sends over HTTP: signature, body, answer."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bot.app import Bot
from bot.config import Settings
from bot.logs import get_logger
from bot.server.gate import RequestGate
from bot.server.requests import LARGEST_BODY, bolt_request, is_known, read_body
from bot.server.signatures import NUMBER, Repeats, Signatures, may_be_from_slack

log = get_logger(__name__)

SIGNATURE: Final = b"x-slack-signature"
ANSWERED: Final = "answered"  # the topic under which processes publish the signatures of requests that had their answer


class SlackEndpoint:
    """The application behind /slack/events: it checks, reads and answers what Slack sends.

    Only what is signed gets beyond the check of its signature: is parsed, holds up other work, or reaches Bolt.
    """

    def __init__(self, bot: Bot, settings: Settings, gate: RequestGate, refused: Callable[[str], None]) -> None:
        assert settings.slack_signing_secret is not None
        timing = bot.services.timing
        self._bolt = bot.bolt
        self._metrics = bot.services.metrics
        self._tracing = bot.services.tracing
        self._priority = bot.services.db.gate
        self._gate = gate
        self._signatures = Signatures(settings.slack_signing_secret.get_secret_value(), timing)
        self._repeats = Repeats(timing, publish=partial(bot.engine.publish, ANSWERED))
        bot.engine.subscribe(ANSWERED, self._repeats.learn)
        self._refused = refused
        self._setup = bot.services.setup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            # The gates come later: a client that sends slowly must hold up neither work nor a stop.
            body = await self._signed_body(headers, receive)
            answer = await self._answer(headers, body)
        except _Refused as refused:
            self._refused(refused.reason)
            answer = PlainTextResponse(refused.reason, refused.status)
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    async def _signed_body(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        timestamp = headers.get(b"x-slack-request-timestamp", b"")
        if not self._signatures.is_current(timestamp):
            raise _Refused(401, "no current timestamp")
        body = await _read_body(headers, receive)
        signature = headers.get(SIGNATURE, b"")
        fits = self._signatures.fits(signature, timestamp, body)
        if fits or may_be_from_slack(signature, body):
            self._setup.signed(fits=fits)
        if not fits:
            raise _Refused(401, "not signed")
        return body

    async def _answer(self, headers: Mapping[bytes, bytes], body: bytes) -> Response:
        if self._gate.closed:
            raise _Refused(503, "stopping")
        started = time.perf_counter()
        with self._gate.request(), self._tracing.request("http"):
            answer = await self._repeats.once(headers[SIGNATURE], partial(self._dispatch, headers, body), _is_final)
            if answer is not None and not _is_final(answer):
                self._tracing.failed("not acknowledged")
        if answer is None:
            self._refused("repeated")
            return Response()
        # A crash right here loses the answer only: the row is committed, and an event sent again has the same key.
        if _is_final(answer):
            self._metrics.acked("http", time.perf_counter() - started)
        else:
            self._refused("failed")
        return answer

    async def _dispatch(self, headers: Mapping[bytes, bytes], body: bytes) -> Response:
        with self._priority:
            payload = read_body(body, headers.get(b"content-type", b""))
            if payload is not None and not is_known(payload):
                # What Slack will send one day. An error would only have it sent again.
                self._refused("unknown kind")
                return Response()
            request = None if payload is None else bolt_request(payload)
            if request is None:
                log.warning("signed request unreadable")
                raise _Refused(400, "not readable")
            answer = await self._bolt.async_dispatch(request)
        return Response(answer.body, answer.status, answer.first_headers_without_set_cookie())


class _Refused(Exception):  # noqa: N818 - it is an answer
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def _is_final(answer: Response) -> bool:
    return 200 <= answer.status_code < 300


async def _read_body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """Read the body of a request; it is refused, without reading the rest, if it is larger than `LARGEST_BODY`.

    Proxies may send it in chunks without announcing its length.
    """
    announced = headers.get(b"content-length", b"0")
    if not NUMBER.fullmatch(announced) or int(announced) > LARGEST_BODY:
        raise _Refused(413, "too large")
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise _Refused(413, "too large")
        if not message.get("more_body"):
            return bytes(body)
