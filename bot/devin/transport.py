"""One request to Devin: its key, its time limit, and what a missing answer means."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import IO, Any, Final

import httpx
from pydantic import SecretStr

from bot.devin.errors import (
    DevinDenied,
    DevinError,
    DevinForbidden,
    DevinOutcomeUnknown,
    DevinTooLarge,
    DevinUnauthorized,
    DevinUnexpectedAnswer,
    DevinUnreachable,
    error_for,
)
from bot.devin.links import Resolve, Target, UnsafeLinkError, target_of
from bot.devin.retry import Patience

_CHUNK_BYTES: Final = 65_536
LONGEST_PATH: Final = 200  # of one that is too long for an address, in an error
MOST_ANSWER_BYTES: Final = 32 * 1024 * 1024  # of an unpacked body; the largest page is far below

_OF_PACKED_BODY: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})

# Raised before a byte of the request has left: nothing can have been done.
_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A request to make. `instead` is the path to ask if Devin answers 404 for `path`."""

    method: str
    path: str
    limit: float
    instead: str | None = None
    params: Mapping[str, Any] | None = None
    json: Any = None
    files: Mapping[str, tuple[str, IO[bytes], str]] | None = None


class Bearer(httpx.Auth):
    """Puts the API key on each request, and shows it nowhere else."""

    def __init__(self, api_key: str) -> None:
        # The HTTP library raises an error for a key with a line break, and repeats the key in it.
        if not api_key or not api_key.isascii() or any(not sign.isprintable() or sign == " " for sign in api_key):
            raise ValueError("The Devin API key is empty or has a space, a line break, or another invalid character.")
        self._key = SecretStr(api_key)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Put the key on the request."""
        request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        yield request


class Transport:
    """Sends calls over a client that the caller opened and closes. Repeats reads, and never anything else.

    `vital` is the path of a list that every key must be able to read. After a 403 it tells a key that Devin refuses
    whatever is asked (DevinUnauthorized) from one that lacks a right. Without it each 403 is about its own call.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        api_key: str,
        base_url: str,
        patience: Patience,
        resolve: Resolve,
        vital: str | None = None,
    ) -> None:
        self._http = http
        self._auth = Bearer(api_key)
        self._base_url = base_url.rstrip("/")
        self.patience = patience
        self._resolve = resolve
        self._vital = vital

    async def answer(self, call: Call) -> httpx.Response:
        """Send the call. Returns the answer, or raises the error that it stands for.

        If the body of a 2xx to a write breaks off or is too large, the write was done: the returned answer then has an
        empty body.
        """
        try:
            if call.method != "GET":
                return await self._attempt(call)
            async for attempt in self.patience.attempts_of_a_read():
                with attempt:
                    return await self._attempt(call)
        except (DevinDenied, DevinForbidden) as refused:
            if await self._is_everything_refused(call):
                raise DevinUnauthorized(
                    refused.message, method=call.method, path=call.path, status=refused.status
                ) from refused
            raise
        raise AssertionError("The last attempt returns or raises.")

    async def _is_everything_refused(self, call: Call) -> bool:
        """Whether the 403 to `call` is about the key: then not even the vital list is answered, nor by an outage."""
        if self._vital is None or (call.method, call.path) == ("GET", self._vital):
            return self._vital is not None
        try:
            await self._attempt(Call("GET", self._vital, self.patience.read, params={"first": 1}))
        except DevinError:
            return True  # if Devin is away just now, the request waits as well, and the next try knows more
        return False

    async def save(self, path: str, into: IO[bytes], most: int) -> None:
        """Read the file at `path` in chunks into `into`, of at most `most` bytes, in one attempt.

        Devin answers with a short-lived link. That is not Devin's own address, so the key is not sent there, and
        `bot.devin.links` says where it may lead.
        """
        try:
            async with asyncio.timeout(self.patience.upload):
                link = await self._save_or_link(path, into, most)
                if link is not None:
                    async with self._stream(link, None) as response:
                        await _copy(response, into, most)
        except (httpx.RequestError, TimeoutError) as error:
            raise DevinUnreachable(_no_answer(error), method="GET", path=path) from error

    async def _save_or_link(self, path: str, into: IO[bytes], most: int) -> Target | None:
        async with self._stream(Target(httpx.URL(self._base_url + path)), self._auth) as response:
            if response.is_error:
                raise error_for(await _whole(response))
            if not response.is_redirect:
                await _copy(response, into, most)
                return None
            if "Location" not in response.headers:
                raise _unreadable(response, "The link to the file is missing.")
            try:
                link = response.url.join(response.headers["Location"])
                return await target_of(link, response.url, self._resolve, trust_env=self._http.trust_env)
            except (UnsafeLinkError, ValueError):  # the latter: no such name can be
                raise _unreadable(response, "The link to the file is not a safe one.") from None

    def _stream(self, target: Target, auth: httpx.Auth | None) -> AbstractAsyncContextManager[httpx.Response]:
        limit = httpx.Timeout(self.patience.upload, connect=self.patience.connect, pool=self.patience.connect)
        return self._http.stream(
            "GET",
            target.url,
            headers=target.headers,
            auth=auth,
            follow_redirects=False,
            timeout=limit,
            extensions=target.extensions,
        )

    async def _attempt(self, call: Call) -> httpx.Response:
        response: httpx.Response | None = None
        try:
            # One limit for all of it: the wait for a connection, both forms of the path, the body of the answer.
            async with asyncio.timeout(call.limit):
                response = await self._send_to_known_path(call)
                whole = await _whole(response)
        except httpx.InvalidURL:  # an id or a filter that somebody typed is longer than any address may be
            raise DevinTooLarge("", method=call.method, path=call.path[:LONGEST_PATH]) from None
        except _NEVER_SENT as error:
            raise DevinUnreachable(_no_answer(error), method=call.method, path=call.path) from error
        except (httpx.RequestError, TimeoutError) as error:
            if response is None or not response.is_success or call.method == "GET":
                raise _unanswered(call, error) from error
            return httpx.Response(response.status_code, request=response.request)
        finally:
            if response is not None:
                await response.aclose()
        return whole

    async def _send_to_known_path(self, call: Call) -> httpx.Response:
        """Send the call to the form of the path that the host knows. The body of the answer is still to be read."""
        response = await self._send(call, call.path)
        if response.status_code == 404 and call.instead:
            await _whole(response)
            # A call that is answered with 404 was not carried out, so the second call repeats nothing.
            response = await self._send(call, call.instead)
        if response.is_error:
            raise error_for(await _whole(response))
        return response

    async def _send(self, call: Call, path: str) -> httpx.Response:
        request = self._http.build_request(
            call.method,
            self._base_url + path,
            params=call.params,
            json=call.json,
            files=call.files,
            timeout=httpx.Timeout(call.limit, connect=self.patience.connect, pool=self.patience.connect),
        )
        # No redirects: the key goes to the configured host only.
        return await self._http.send(request, auth=self._auth, follow_redirects=False, stream=True)


def _unanswered(call: Call, error: Exception) -> DevinError:
    kind = DevinUnreachable if call.method == "GET" else DevinOutcomeUnknown
    return kind(_no_answer(error), method=call.method, path=call.path)


def _no_answer(error: Exception) -> str:
    # Only the class of the error: the text of a library may quote addresses or headers.
    return f"No answer ({type(error).__name__})."


async def _whole(response: httpx.Response) -> httpx.Response:
    """Read the body to its end, or none of it if it is too large; only a read is not answered by the status alone."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            await response.aclose()
            if response.is_success and response.request.method == "GET":
                raise _unreadable(response, "The answer is too large.")
            body.clear()
            break
    # The body is unpacked by now.
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _OF_PACKED_BODY]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body), request=response.request)


async def _copy(response: httpx.Response, into: IO[bytes], most: int) -> None:
    if response.status_code != 200:
        raise _unreadable(response, "The link to the file could not be read.")
    size = 0
    async for chunk in response.aiter_bytes(_CHUNK_BYTES):
        size += len(chunk)
        if size > most:
            raise _unreadable(response, "The file is too large.")
        into.write(chunk)


def _unreadable(response: httpx.Response, message: str) -> DevinUnexpectedAnswer:
    path = response.request.url.path
    return DevinUnexpectedAnswer(message, method="GET", path=path, status=response.status_code)
