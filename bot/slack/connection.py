"""One call to Slack. It is made once, and its result is a value or an error of `bot.slack.errors`.

Nothing here repeats a call or sleeps. slack_sdk's default retries post twice when an answer is lost, and its handler of
rate limits waits inside the call. Neither is used: the flows decide what to do from the kind of error.
"""

import ipaddress
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.errors import SlackError, SlackOutcomeUnknown, SlackUnreachable, error_from
from bot.slack.threads import Json
from bot.timing import PRODUCTION, Timing

SLACK_API: Final = "https://slack.com/api/"

# More calls at once than posts, answers and edits there are at once: a form that a person waits for waits for none.
CONNECTIONS: Final = 1000

_T = TypeVar("_T")
OnCall = Callable[[str, str, float], None]  # method, outcome, seconds

_UNSENT: Final = (
    aiohttp.ClientConnectorError,  # refused, no such host, TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is; `scopes` are the permissions of its token.

    `enterprise` is the Slack organisation that has installed the app as a whole; None where one workspace has.
    """

    team: str
    user_id: str
    bot_id: str
    url: str
    scopes: frozenset[str]
    enterprise: str | None = None


class Connection:
    """One workspace, seen with one bot token. Use as `async with`, or `close()` it."""

    def __init__(
        self,
        token: str,
        *,
        base_url: str = SLACK_API,
        session: aiohttp.ClientSession | None = None,
        on_call: OnCall | None = None,
        on_date: Callable[[str | None], None] | None = None,
        timing: Timing = PRODUCTION,
    ) -> None:
        """Open no connection yet. A given `session` is closed by the caller, and its time limits apply."""
        # slack_sdk prints whole messages at DEBUG, so its logger never goes that low.
        logger = logging.getLogger(f"{__name__}.sdk")
        logger.setLevel(logging.WARNING)
        self._web = AsyncWebClient(token, base_url, int(timing.slack_request), retry_handlers=[], logger=logger)
        if not through_proxy(self._web.base_url):
            self._web.proxy = None
        self._web.session = session
        self._own: aiohttp.ClientSession | None = None
        self._on_call = on_call
        self._on_date = on_date
        self._timing = timing
        self._identity: Identity | None = None

    @property
    def team(self) -> str:
        """The id of the workspace; empty until Slack was asked."""
        return self._identity.team if self._identity else ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections that were opened here."""
        if self._own is not None:
            await self._own.close()

    async def auth_test(self) -> Identity:
        """Ask Slack who the bot is, and keep the answer for the calls that need it."""
        answer = await self._call("auth.test", json={})
        body = _body(answer)
        scopes = str(answer.headers.get("x-oauth-scopes") or "").split(",")
        self._identity = Identity(
            team=body["team_id"],
            user_id=body["user_id"],
            bot_id=body.get("bot_id") or "",
            url=body.get("url") or "",
            scopes=frozenset(scope.strip() for scope in scopes if scope.strip()),
            enterprise=body.get("enterprise_id") if body.get("is_enterprise_install") else None,
        )
        return self._identity

    async def open_socket(self) -> None:
        """Check that this app-level token may open sockets. The address in the answer is a secret, and is dropped."""
        await self._write("apps.connections.open")

    async def _read(self, method: str, **arguments: Any) -> Json:
        return _body(await self._call(method, http_verb="GET", params=arguments))

    async def _write(self, method: str, **arguments: Any) -> Json:
        return _body(await self._call(method, json=without_none(arguments)))

    async def _call(self, method: str, **sent: Any) -> AsyncSlackResponse:
        self._http()
        with self._measured(method):
            answer = await answered(method, self._web.api_call(method, **sent), self._timing)
        if self._on_date is not None:
            self._on_date(answer.headers.get("Date"))
        return answer

    def _http(self) -> aiohttp.ClientSession:
        """Return the session of all calls. It is opened by the first call, because it belongs to a running loop."""
        if self._web.session is None:
            limit = aiohttp.ClientTimeout(total=self._timing.slack_request, connect=self._timing.slack_connect)
            connector = aiohttp.TCPConnector(limit=CONNECTIONS)
            jar = aiohttp.DummyCookieJar()
            self._own = aiohttp.ClientSession(timeout=limit, cookie_jar=jar, connector=connector)
            self._web.session = self._own
        return self._web.session

    @contextmanager
    def _measured(self, method: str) -> Iterator[None]:
        """Report the call of `method` to `on_call`, with its outcome and the seconds it took."""
        started, outcome = perf_counter(), "abandoned"
        try:
            yield
            outcome = "ok"
        except SlackError as error:
            outcome = error.outcome
            raise
        finally:
            if self._on_call is not None:
                self._on_call(method, outcome, perf_counter() - started)


async def answered(method: str, call: Awaitable[_T], timing: Timing) -> _T:
    """Await `call` and return its answer, or raise the error that it stands for.

    The error has no cause, because the causes print addresses and headers.
    """
    error: SlackError
    try:
        return await call
    except SlackApiError as failed:
        error = _not_ok(method, failed, timing)
    except _UNSENT as failed:
        error = SlackUnreachable(method, type(failed).__name__)
    # slack_sdk raises AttributeError or ValueError for a 200 whose body is text, a list, or not UTF-8.
    except (aiohttp.ClientError, TimeoutError, AttributeError, ValueError) as failed:
        error = SlackOutcomeUnknown(method, type(failed).__name__)
    raise error


def without_none(arguments: Json) -> Json:
    """Return the arguments that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}


def _not_ok(method: str, failed: SlackApiError, timing: Timing) -> SlackError:
    # The answer is an object of slack_sdk, or of aiohttp if the JSON was broken.
    answer = failed.response
    status = answer.status if isinstance(answer, aiohttp.ClientResponse) else answer.status_code
    return error_from(method, status, answer.headers, getattr(answer, "data", None), timing)


def _body(answer: AsyncSlackResponse) -> Json:
    assert isinstance(answer.data, dict)  # only methods that are not called here answer with bytes
    return answer.data


def through_proxy(base_url: str) -> bool:
    """Whether calls use the environment's proxy. slack_sdk would use it for loopback too, and ignores NO_PROXY."""
    host = urlsplit(base_url).hostname or ""
    try:
        near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    return not near and not proxy_bypass(host)
