"""What can go wrong with Devin, sorted by what the caller can do about it.

    DevinError
    ├── DevinRefused             answered with 4xx: nothing was done, and asking the same way again changes nothing
    │   ├── DevinForbidden       403: a permission is missing (`permission`, `needed`)
    │   ├── DevinDenied          403: for another reason, which only its `words` say: an address, a contract, a policy
    │   ├── DevinQuotaExceeded   402, 403: quota, credits or a spending limit (`reason`)
    │   ├── DevinNotFound        404, 410: unknown, or not visible to this key
    │   ├── DevinConflict        409: not possible in the present state
    │   └── DevinInvalid         400, 422 and the other 4xx: the request itself (`problems`)
    │       └── DevinTooLarge    413: there is too much in it
    ├── DevinLater               nothing was done; the same request may work later
    │   ├── DevinRateLimited     429: too many requests (`retry_after`)
    │   ├── DevinUnauthorized    401, or 403 for everything: it is about the key, and the request waits for a new one
    │   └── DevinUnreachable     no connection was made; also a read without an answer
    └── DevinUncertain           it may have been done: look it up before asking again
        ├── DevinServerError     408, 5xx: answered, so one look-up is enough
        ├── DevinOutcomeUnknown  no answer, or a gateway gave up waiting: the request may still be at work
        └── DevinUnexpectedAnswer  an answer that cannot be read, or a cursor that runs in circles
            └── DevinCreatedUnreadable  a 2xx without a readable id: created, so never ask again, but not known which

Each error carries facts, not sentences for people: `message` (Devin's own words), `status`, `method`, `path`. The
API key is never among them. Bodies: https://docs.devin.ai/api-reference/overview (problem details, and the older
`detail`, which is a text or a list).
"""
# ruff: noqa: N818 - each class is named after what happened; only the root says Error

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite, nan
from typing import Any, Final

import httpx

from bot.devin.permissions import PERMISSIONS, documented_permission
from bot.domain.redaction import redact

_MESSAGE_LIMIT: Final = 500
_KEYS: Final = re.compile(r"\b(?:cog|apk)_[\w-]+")
_WORD: Final = re.compile(r"[\w']+")
_QUOTA_CODES: Final = re.compile(
    r"\b(?:out_of_quota|out_of_credits|no_quota_allocation|payment_declined"
    r"|(?:org_|user_)?usage_limit_exceeded|total_session_limit_exceeded)\b"
)
_QUOTA_WORDS: Final = re.compile(r"\bquota\b|\bout of (?:credits|ACUs)\b", re.IGNORECASE)
# What says no more than the status does. The names of statuses differ between versions of Python and servers.
_BARE: Final = frozenset(
    {
        *(status.phrase.casefold() for status in HTTPStatus),
        *("access denied", "content too large", "not authorized", "payload too large", "request entity too large"),
        *("unprocessable content", "unprocessable entity", "validation failed"),
    }
)
# A 403 of nothing but such words says no more than that a permission is missing, whichever that is.
_ABOUT_PERMISSION: Final = frozenset(
    {
        *("permission", "permissions", "privilege", "privileges", "access", "authorization", "authorized", "forbidden"),
        *("service", "user", "you", "your", "the", "this", "api", "key", "token", "credentials", "a", "an", "any"),
        *(
            "lack",
            "lacks",
            "lacking",
            "missing",
            "denied",
            "insufficient",
            "no",
            "not",
            "don't",
            "doesn't",
            "do",
            "does",
        ),
        *(
            "have",
            "has",
            "is",
            "are",
            "required",
            "necessary",
            "needed",
            "sufficient",
            "for",
            "to",
            "of",
            "with",
            "and",
        ),
        *("perform", "action", "call", "request", "operation", "endpoint", "resource", "error"),
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that Devin did not accept, and why."""

    field: str
    message: str


class DevinError(Exception):
    """A call to Devin did not succeed."""

    def __init__(
        self,
        message: str = "",
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message)
        self.message = message  # Devin's own words, or ours where it said nothing
        self.method = method
        self.path = path  # without the query
        self.status = status  # None when there was no answer
        self.retry_after = retry_after  # seconds Devin asked us to wait
        self.problems = tuple(problems)

    @property
    def words(self) -> str:
        """What Devin said about it, with the fields that are at fault; empty where it only named the status."""
        named = (": ".join(filter(None, (problem.field, problem.message))) for problem in self.problems)
        words = "; ".join(filter(None, named)) or self.message
        return "" if _is_bare(words) else words

    def __str__(self) -> str:
        where = " ".join(part for part in (self.method, self.path) if part) or "Devin"
        answer = "" if self.status is None else f" answered {self.status}"
        return f"{where}{answer}: {self.message or self.__doc__}"


class DevinRefused(DevinError):
    """Devin refused the request; nothing was done."""


class DevinForbidden(DevinRefused):
    """The key is fine, but a permission is missing."""

    @property
    def permission(self) -> str | None:
        """The permission that Devin's text names, if it names one."""
        return _permission_in(self.message)

    @property
    def needed(self) -> str | None:
        """The permission to ask for: the one that Devin names, else the documented one for this call."""
        return self.permission or documented_permission(self.method, self.path)


class DevinDenied(DevinRefused):
    """Devin does not allow this, for a reason that is no permission of the key's."""


class DevinQuotaExceeded(DevinRefused):
    """Quota, credits or a spending limit is used up."""

    @property
    def reason(self) -> str | None:
        """Devin's word for the limit, such as `out_of_quota`, if it gave one."""
        found = _QUOTA_CODES.search(self.message)
        return found and found.group()


class DevinNotFound(DevinRefused):
    """Devin does not know this, or does not show it to this key."""


class DevinConflict(DevinRefused):
    """This is not possible in the present state."""


class DevinInvalid(DevinRefused):
    """Devin did not accept the request as it was written."""

    def is_about(self, field: str) -> bool:
        """Whether Devin names this field of the request: in a list of problems, or in a sentence."""
        return field in _WORD.findall(self.words)


class DevinTooLarge(DevinInvalid):
    """There is more in the request than Devin takes."""


class DevinLater(DevinError):
    """Nothing was done; the same request may work later."""


class DevinRateLimited(DevinLater):
    """Too many requests."""


class DevinUnauthorized(DevinLater):
    """Devin takes nothing with this key: it is wrong, expired or revoked, or without any right."""


class DevinUnreachable(DevinLater):
    """Devin could not be reached; nothing was changed."""


class DevinUncertain(DevinError):
    """It may have been done; look it up before asking again."""


class DevinServerError(DevinUncertain):
    """Devin answered with an error of its own."""


class DevinOutcomeUnknown(DevinUncertain):
    """No answer came; the request may still be at work."""


class DevinUnexpectedAnswer(DevinUncertain):
    """Devin answered with something that cannot be read."""


class DevinCreatedUnreadable(DevinUnexpectedAnswer):
    """Devin created it, and the answer has no readable id."""


_BY_STATUS: Final[Mapping[int, type[DevinError]]] = {
    401: DevinUnauthorized,
    402: DevinQuotaExceeded,
    403: DevinForbidden,
    404: DevinNotFound,
    408: DevinServerError,
    409: DevinConflict,
    410: DevinNotFound,
    413: DevinTooLarge,
    429: DevinRateLimited,
}


def error_for(response: httpx.Response) -> DevinError:
    """Make an error from an answer: from its status and from either form of its body."""
    body = _body(response)
    message = _without_secrets(_message(body) or response.reason_phrase, response.request)
    kind = _kind(response, message, f"{message} {body.get('type')} {body.get('title')} {body.get('code')}")
    return kind(
        message,
        method=response.request.method,
        path=response.request.url.path,
        status=response.status_code,
        retry_after=_retry_after(response.headers),
        problems=[_problem(entry, response.request) for entry in _entries(body)],
    )


def _kind(response: httpx.Response, message: str, words: str) -> type[DevinError]:
    status = response.status_code
    if status in {400, 403} and _QUOTA_CODES.search(words):
        return DevinQuotaExceeded
    if status == 403 and _QUOTA_WORDS.search(words):
        return DevinQuotaExceeded
    if status == 403 and not _is_about_permission(message):
        return DevinDenied
    if status == 504 and response.request.method != "GET":
        # The gateway gave up, not Devin: behind it the request may still be carried out.
        return DevinOutcomeUnknown
    if status >= 500:
        return DevinServerError
    return _BY_STATUS.get(status, DevinInvalid if status >= 400 else DevinUnexpectedAnswer)


def _is_about_permission(message: str) -> bool:
    """Whether a 403 with this text is about a permission: it names one, or gives no other reason."""
    says_no_more = _ABOUT_PERMISSION.issuperset(_WORD.findall(message.casefold()))
    return says_no_more or _is_bare(message) or _permission_in(message) is not None


def _permission_in(message: str) -> str | None:
    """The permission that a text names; only a known one, because other words may look like one."""
    return next((word for word in _WORD.findall(message) if word in PERMISSIONS), None)


def _is_bare(text: str) -> bool:
    said = text.strip(" .!").casefold()
    return not said or said in _BARE


def _body(response: httpx.Response) -> Mapping[str, Any]:
    # By status, not by content type: problem details come under both JSON types.
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _entries(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    lists = [part for part in (body.get("errors"), body.get("detail")) if isinstance(part, list)]
    return [entry for entries in lists for entry in entries if isinstance(entry, dict)]


def _message(body: Mapping[str, Any]) -> str:
    """Return the text for people: the detail, else the messages about fields, else the title."""
    detail = body.get("detail")
    if isinstance(detail, str) and detail:
        return detail
    messages = "; ".join(filter(None, (_text_of(entry) for entry in _entries(body))))
    title = str(body.get("title") or "")
    return messages or (str(body.get("code") or title) if _is_bare(title) else title)


def _problem(entry: Mapping[str, Any], request: httpx.Request) -> Problem:
    location = entry.get("loc") or entry.get("field") or entry.get("pointer") or ""
    parts = [str(part) for part in location] if isinstance(location, list) else [str(location)]
    field = ".".join(part for part in parts if part not in {"body", "query", "path"})
    return Problem(field, _without_secrets(_text_of(entry), request))


def _text_of(entry: Mapping[str, Any]) -> str:
    return str(entry.get("msg") or entry.get("message") or entry.get("detail") or "")


def _without_secrets(text: str, request: httpx.Request) -> str:
    """Return `text` as one line of limited length, without any key that an answer may have repeated."""
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    text = text.replace(key, "[key]") if key else text
    line = " ".join(redact(_KEYS.sub("[key]", text)).split())
    return line if len(line) <= _MESSAGE_LIMIT else line[: _MESSAGE_LIMIT - 1] + "…"


def _retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds to wait. A date is compared with the answer's own Date, so that our clock does not matter."""
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_between(headers.get("Date", ""), value)
    return max(0.0, seconds) if isfinite(seconds) else None


def _seconds_between(start: str, end: str) -> float:
    try:
        return (parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds()
    except (TypeError, ValueError):
        return nan
