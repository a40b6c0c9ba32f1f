"""The calls to Slack: each is made once, and what came of it is a value or an error of `bot.slack.errors`.

Nothing is repeated and nothing sleeps in here. slack_sdk's default retries post twice when an answer is lost, and
its rate limit handler waits inside the call; both are left out, and the flows decide from the kind of error.
"""

import ipaddress
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.person import Person
from bot.slack.errors import (
    NothingToDo,
    ScopeMissing,
    SlackError,
    SlackOutcomeUnknown,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
    error_from,
)
from bot.slack.files import (
    DOWNLOAD_LIMIT_BYTES,
    Downloads,
    FileNotReadable,
    Reason,
    SlackFile,
    file_from,
    is_slacks,
)
from bot.slack.people import person_from
from bot.slack.threads import Json, Page, ThreadMessage, message_from, moment, page_from, stamp, stamped
from bot.timing import PRODUCTION, Timing
from bot.views.message import Block

SLACK_API: Final = "https://slack.com/api/"
HOOKS_HOST: Final = "hooks.slack.com"
RESPOND: Final = "response_url"  # no method of Slack's: the name for errors and metrics
PAGE_MESSAGES: Final = 200
PERSON: Final = ("U", "W")  # how the ids of people begin
CLOCKS_APART: Final = 300.0  # seconds by which ours may be ahead of Slack's, which takes no older signature either
MAX_PAGES: Final = 10

_T = TypeVar("_T")
OnCall = Callable[[str, str, float], None]  # method, outcome, seconds

_UNSENT: Final = (
    aiohttp.ClientConnectorError,  # refused, no such host, TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is; `scopes` are what its token may do."""

    team: str
    user_id: str
    bot_id: str
    url: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation: public, private, or with one person."""

    id: str
    name: str
    is_ext_shared: bool = False
    is_archived: bool = False
    is_private: bool = False
    is_im: bool = False
    is_member: bool = False


class Slack:
    """One workspace, seen with one bot token. Use as `async with`, or `close()` it."""

    def __init__(
        self,
        token: str,
        *,
        base_url: str = SLACK_API,
        session: aiohttp.ClientSession | None = None,
        on_call: OnCall | None = None,
        timing: Timing = PRODUCTION,
    ) -> None:
        """A session given is somebody else's to close, and its time limits hold."""
        # slack_sdk prints whole messages at DEBUG, so its logger never goes that low.
        logger = logging.getLogger(f"{__name__}.sdk")
        logger.setLevel(logging.WARNING)
        self._web = AsyncWebClient(token, base_url, int(timing.slack_request), retry_handlers=[], logger=logger)
        if not _through_proxy(self._web.base_url):
            self._web.proxy = None
        self._web.session = session
        self._own: aiohttp.ClientSession | None = None
        self._timing = timing
        self._on_call = on_call
        self._identity: Identity | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections opened here."""
        if self._own is not None:
            await self._own.close()

    # ------------------------------------------------------------ who is who

    async def auth_test(self) -> Identity:
        """Ask Slack who we are; remembered for the questions that need it."""
        answer = await self._call("auth.test", json={})
        body = _body(answer)
        scopes = str(answer.headers.get("x-oauth-scopes") or "").split(",")
        self._identity = Identity(
            team=body["team_id"],
            user_id=body["user_id"],
            bot_id=body.get("bot_id") or "",
            url=body.get("url") or "",
            scopes=frozenset(scope.strip() for scope in scopes if scope.strip()),
        )
        return self._identity

    async def open_socket(self) -> None:
        """Ask whether this token, an app-level one, opens sockets. The address is a secret and unused: not kept."""
        await self._write("apps.connections.open")

    async def person(self, user_id: str) -> Person:
        """Who a user id is, seen from our workspace."""
        home = self._identity or await self.auth_test()
        body = await self._read("users.info", user=user_id)
        return person_from(body["user"], home.team)

    async def channel(self, channel_id: str) -> Channel:
        """What kind of place a channel is."""
        channel = (await self._read("conversations.info", channel=channel_id))["channel"]
        is_im = bool(channel.get("is_im"))
        return Channel(
            id=channel["id"],
            name=channel.get("name") or "",
            is_ext_shared=bool(channel.get("is_ext_shared")),
            is_archived=bool(channel.get("is_archived")),
            is_private=bool(channel.get("is_private") or channel.get("is_mpim") or is_im),
            is_im=is_im,
            is_member=bool(channel.get("is_member") or is_im),  # Slack leaves it out where there is no joining
        )

    # ------------------------------------------------------------ speaking

    async def post(
        self, channel: str, text: str, blocks: Sequence[Block] = (), *, key: str, thread_ts: str | None = None
    ) -> str:
        """Post a message that `find` can find by its key; the answer is its `ts`. A crash may repeat it."""
        body = await self._write(
            "chat.postMessage",
            channel=channel,
            text=text,
            blocks=list(blocks) or None,
            thread_ts=thread_ts,
            metadata=stamp(key),
            unfurl_links=False,
            unfurl_media=False,
            parse="none",
        )
        ts = body.get("ts")
        if not isinstance(ts, str):
            raise SlackOutcomeUnknown("chat.postMessage", "no ts in the answer")
        return ts

    async def update(self, channel: str, ts: str, text: str, blocks: Sequence[Block], key: str) -> None:
        """Replace a message; repeating it is harmless."""
        # Without `blocks` the old ones stay or go, depending on the page one reads; an empty list is clear.
        await self._write(
            "chat.update",
            channel=channel,
            ts=ts,
            text=text,
            blocks=list(blocks),
            metadata=stamp(key),
            parse="none",
        )

    async def ephemeral(
        self, channel: str, user: str, text: str, blocks: Sequence[Block] = (), thread_ts: str | None = None
    ) -> None:
        """Show one person something; no delivery: only who is looking now sees it."""
        await self._write(
            "chat.postEphemeral",
            channel=channel,
            user=user,
            text=text,
            blocks=list(blocks) or None,
            thread_ts=thread_ts,
            parse="none",
        )

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Put an emoji on a message; it may be there already."""
        await self._mark("reactions.add", channel, ts, name)

    async def unreact(self, channel: str, ts: str, name: str) -> None:
        """Take an emoji of ours off a message; it may be gone already."""
        await self._mark("reactions.remove", channel, ts, name)

    async def _mark(self, method: str, channel: str, ts: str, name: str) -> None:
        with suppress(NothingToDo):
            await self._write(method, channel=channel, timestamp=ts, name=name)

    async def respond(
        self,
        response_url: str,
        text: str,
        blocks: Sequence[Block] = (),
        replace_original: bool = False,
        *,
        thread_ts: str | None = None,
    ) -> None:
        """Answer a command or button privately, at most five times in half an hour."""
        if not is_slacks(response_url, HOOKS_HOST, self._web.base_url):
            raise SlackRefused("foreign_response_url", RESPOND)
        answer: Json = {
            "response_type": "ephemeral",
            "replace_original": replace_original,
            "text": text,
            "blocks": list(blocks) or None,
            "thread_ts": thread_ts,
        }
        with self._watched(RESPOND):
            await _told(RESPOND, self._hook(response_url, _without_none(answer)))

    async def _hook(self, url: str, answer: Json) -> None:
        async with self._http().post(url, json=answer, allow_redirects=False, proxy=self._web.proxy) as response:
            body = _hook_body(await response.text())
            if response.status != 200 or body.get("ok") is False:
                raise error_from(RESPOND, response.status, response.headers, body)

    # ------------------------------------------------------------ reading

    async def find(self, channel: str, thread_ts: str | None, key: str, since: float) -> str | None:
        """The `ts` of our post with this key, made after `since` (Unix seconds by our clock), or None.

        None is only said after everything was read; otherwise the outcome is still unknown.
        """
        bot_id = self._identity.bot_id if self._identity else None
        # A person may be posted to, but only the conversation with them can be read.
        where = await self._direct(channel) if channel.startswith(PERSON) else channel
        method, place = _place(where, thread_ts)
        oldest = f"{since - CLOCKS_APART:.6f}"
        async for page in self._pages(method, include_all_metadata=True, oldest=oldest, **place):
            if ts := stamped(page.messages, key, bot_id or None):
                return ts
            if page.last:
                return None
        raise SlackOutcomeUnknown(method, "too much to search")

    async def _direct(self, user: str) -> str:
        return str((await self._read("conversations.open", users=user))["channel"]["id"])

    async def replies(self, channel: str, thread_ts: str, limit: int = PAGE_MESSAGES) -> list[ThreadMessage]:
        """The last messages of a thread, oldest first; 2,000 are read at most."""
        kept: dict[str, ThreadMessage] = {}  # Slack repeats the thread's first message on every page
        method, place = _place(channel, thread_ts)
        async for page in self._pages(method, **place):
            kept |= {raw["ts"]: message_from(raw) for raw in page.messages}
        return sorted(kept.values(), key=lambda message: moment(message.ts))[-limit:]

    async def replies_after(self, channel: str, thread_ts: str, oldest: str) -> tuple[list[ThreadMessage], bool]:
        """One page of a thread after `oldest`, oldest first, and whether more may follow; one call."""
        method, place = _place(channel, thread_ts)
        page = page_from(await self._read(method, limit=PAGE_MESSAGES, oldest=oldest, **place))
        after = [message_from(raw) for raw in page.messages if moment(raw["ts"]) > moment(oldest)]  # as above
        return sorted(after, key=lambda message: moment(message.ts)), not page.last

    async def _pages(self, method: str, **arguments: Any) -> AsyncIterator[Page]:
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = page_from(await self._read(method, limit=PAGE_MESSAGES, cursor=cursor, **arguments))
            yield page
            if page.cursor is None or page.cursor == cursor:
                return
            cursor = page.cursor

    async def file(self, file_id: str) -> SlackFile:
        """Everything about a file, also of one that came as a stub."""
        return file_from((await self._read("files.info", file=file_id))["file"])

    async def download(self, file: SlackFile, limit: int = DOWNLOAD_LIMIT_BYTES) -> bytes:
        """The bytes of a file, at most `limit` of them, or FileNotReadable with its reason."""
        with self._watched("files.download"):
            whole = await self._unstubbed(file)
            downloads = Downloads(self._http(), str(self._web.token), self._web.base_url, self._web.proxy, self._timing)
            return await downloads.read(whole, limit)

    async def _unstubbed(self, file: SlackFile) -> SlackFile:
        if not file.is_stub:
            return file
        try:
            return await self.file(file.id)
        except (ScopeMissing, TokenRefused):
            reason = Reason.LOGIN
        except SlackRefused as refused:
            reason = Reason.GONE if refused.permanent else Reason.UNREACHABLE
        except (SlackUnreachable, SlackOutcomeUnknown):
            reason = Reason.UNREACHABLE
        raise FileNotReadable(reason)

    def permalink(self, channel: str, ts: str, thread_ts: str | None = None) -> str:
        """The address of a message, without asking; before `auth_test` only of its channel."""
        if self._identity is None or not self._identity.url:
            return f"https://slack.com/app_redirect?channel={channel}"
        link = f"{self._identity.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
        if thread_ts in {None, ts}:
            return link
        return f"{link}?thread_ts={thread_ts}&cid={channel}"

    # ------------------------------------------------------------ one call

    async def _read(self, method: str, **arguments: Any) -> Json:
        return _body(await self._call(method, http_verb="GET", params=arguments))

    async def _write(self, method: str, **arguments: Any) -> Json:
        return _body(await self._call(method, json=_without_none(arguments)))

    async def _call(self, method: str, **sent: Any) -> AsyncSlackResponse:
        self._http()
        with self._watched(method):
            return await _told(method, self._web.api_call(method, **sent))

    def _http(self) -> aiohttp.ClientSession:
        """The session of all calls, opened with the first: it belongs to a running loop."""
        if self._web.session is None:
            limit = aiohttp.ClientTimeout(total=self._timing.slack_request, connect=self._timing.slack_connect)
            self._own = aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar())
            self._web.session = self._own
        return self._web.session

    @contextmanager
    def _watched(self, method: str) -> Iterator[None]:
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


async def _told(method: str, call: Awaitable[_T]) -> _T:
    """What a call answers, or why not. The causes are left behind: they print addresses and headers."""
    error: SlackError
    try:
        return await call
    except SlackApiError as failed:
        error = _not_ok(method, failed)
    except _UNSENT as failed:
        error = SlackUnreachable(method, type(failed).__name__)
    # AttributeError and ValueError: how slack_sdk fails on a 200 whose body is text, a list, or not UTF-8.
    except (aiohttp.ClientError, TimeoutError, AttributeError, ValueError) as failed:
        error = SlackOutcomeUnknown(method, type(failed).__name__)
    raise error


def _not_ok(method: str, failed: SlackApiError) -> SlackError:
    # The answer is slack_sdk's, or aiohttp's where the JSON was broken.
    answer = failed.response
    status = answer.status if isinstance(answer, aiohttp.ClientResponse) else answer.status_code
    return error_from(method, status, answer.headers, getattr(answer, "data", None))


def _body(answer: AsyncSlackResponse) -> Json:
    assert isinstance(answer.data, dict)  # bytes only come from methods not called here
    return answer.data


def _hook_body(text: str) -> Mapping[str, Any]:
    """A response_url answers "ok", JSON, or one word for what is wrong."""
    word = text.strip()
    try:
        body = json.loads(word)
    except ValueError:
        return {"error": word} if word.isidentifier() else {}
    return body if isinstance(body, dict) else {}


def _place(channel: str, thread_ts: str | None) -> tuple[str, Json]:
    if thread_ts is None:
        return "conversations.history", {"channel": channel}
    return "conversations.replies", {"channel": channel, "ts": thread_ts}


def _without_none(arguments: Json) -> Json:
    return {name: value for name, value in arguments.items() if value is not None}


def _through_proxy(base_url: str) -> bool:
    """Whether the environment's proxy is meant: slack_sdk uses it for loopback too, and ignores NO_PROXY."""
    host = urlsplit(base_url).hostname or ""
    try:
        near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    return not near and not proxy_bypass(host)
