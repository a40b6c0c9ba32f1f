"""Signed HTTP (https://docs.slack.dev/authentication/verifying-requests-from-slack): one POST an attempt."""

import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

from bot.playground.slack.delivery import Delivery, Outcome

Json = dict[str, Any]

FORM: Final = "application/x-www-form-urlencoded"


class HttpEvents:
    """Posts to the app's one request URL."""

    def __init__(self, signing_secret: str, request_url: str, ack_timeout: float) -> None:
        self.request_url = request_url
        self._secret = signing_secret.encode()
        self._timeout = aiohttp.ClientTimeout(total=ack_timeout)
        self._session: aiohttp.ClientSession | None = None

    async def attempt(self, delivery: Delivery, number: int, reason: str, *, patience: float) -> Outcome:  # noqa: ARG002  a URL is always there
        """Post once. Events want any 2xx, a person's action wants 200 and its body is the answer."""
        body, content_type = encoded(delivery)
        headers = self._signed(body) | {"Content-Type": content_type}
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        delivery.begin(number, reason)
        try:
            async with self._client().post(
                self.request_url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                return self._judge(delivery, response.status, response.headers, await response.text())
        except TimeoutError:
            return Outcome(reason="http_timeout")
        except aiohttp.ClientError:
            return Outcome(reason="connection_failed")

    def _judge(self, delivery: Delivery, status: int, headers: Mapping[str, str], text: str) -> Outcome:
        good = 200 <= status < 300 if delivery.kind == "events_api" else status == 200
        if not good:
            return Outcome(reason="http_error", may_retry=headers.get("X-Slack-No-Retry") != "1")
        delivery.take_ack(_answer(text) if delivery.kind != "events_api" else None)
        return Outcome(acked=True)

    def _signed(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        digest = hmac.digest(self._secret, b"v0:" + timestamp.encode() + b":" + body, "sha256").hex()
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }

    async def verify(self, challenge: str) -> bool:
        """Whether the URL gives the challenge back, as it must before Slack takes it."""
        body = json.dumps({"token": "verification", "challenge": challenge, "type": "url_verification"}).encode()
        headers = self._signed(body) | {"Content-Type": "application/json"}
        try:
            async with self._client().post(
                self.request_url, data=body, headers=headers, timeout=self._timeout
            ) as response:
                return response.status == 200 and challenge in await response.text()
        except (TimeoutError, aiohttp.ClientError):
            return False

    async def stop(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        return self._session


def encoded(delivery: Delivery) -> tuple[bytes, str]:
    """Events as JSON, commands as a form, interactions as JSON inside a form."""
    if delivery.kind == "slash_commands":
        return urlencode(delivery.payload).encode(), FORM
    text = json.dumps(delivery.payload, separators=(",", ":"))
    if delivery.kind == "interactive":
        return urlencode({"payload": text}).encode(), FORM
    return text.encode(), "application/json"


def _answer(text: str) -> Json | str | None:
    try:
        parsed = json.loads(text)
    except ValueError:
        return text or None
    return parsed if isinstance(parsed, dict) else text
