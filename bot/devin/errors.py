"""What can go wrong with Devin, sorted by what the caller can do about it.

    DevinError
    ├── DevinRefused             answered with 4xx: nothing was done, and asking the same way again changes nothing
    │   ├── DevinUnauthorized    401: the API key is missing, wrong or expired
    │   ├── DevinForbidden       403: a permission is missing (`permission`, `needed`)
    │   ├── DevinQuotaExceeded   402, 403: quota, credits or a spending limit (`reason`)
    │   ├── DevinNotFound        404, 410: unknown, or not visible to this key
    │   ├── DevinConflict        409: not possible in the present state
    │   └── DevinInvalid         400, 422 and the other 4xx: the request itself (`problems`)
    ├── DevinLater               nothing was done; the same request may work later
    │   ├── DevinRateLimited     429: too many requests (`retry_after`)
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
from math import isfinite, nan
from typing import Any, Final

import httpx

from bot.devin.permissions import documented_permission

_MESSAGE_LIMIT: Final = 500
_KEYS: Final = re.compile(r"\b(?:cog|apk)_[\w-]+")
_PERMISSION: Final = re.compile(r"\b(?:View|Manage|Use|Impersonate|Read)[A-Z][a-z]+(?:[A-Z][a-z]+)*\b")
_QUOTA_CODES: Final = re.compile(
    r"\b(?:out_of_quota|out_of_credits|no_quota_allocation|payment_declined"
    r"|(?:org_|user_)?usage_limit_exceeded|total_session_limit_exceeded)\b"
)
_QUOTA_WORDS: Final = re.compile(r"\bquota\b|\bout of (?:credits|ACUs)\b", re.IGNORECASE)


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

    def __str__(self) -> str:
        where = " ".join(part for part in (self.method, self.path) if part) or "Devin"
        answer = "" if self.status is None else f" answered {self.status}"
        return f"{where}{answer}: {self.message or self.__doc__}"


class DevinRefused(DevinError):
    """Devin refused the request; nothing was done."""


class DevinUnauthorized(DevinRefused):
    """The API key is missing, wrong or expired."""


class DevinForbidden(DevinRefused):
    """The key is fine, but a permission is missing."""

    @property
    def permission(self) -> str | None:
        """The permission that Devin's text names, if it names one."""
        found = _PERMISSION.search(self.message)
        return found and found.group()

    @property
    def needed(self) -> str | None:
        """The permission to ask for: the one that Devin names, else the documented one for this call."""
        return self.permission or documented_permission(self.method, self.path)


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


class DevinLater(DevinError):
    """Nothing was done; the same request may work later."""


class DevinRateLimited(DevinLater):
    """Too many requests."""


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
    429: DevinRateLimited,
}


def error_for(response: httpx.Response) -> DevinError:
    """Make an error from an answer: from its status and from either form of its body."""
    body = _body(response)
    message = _without_secrets(_message(body) or response.reason_phrase, response.request)
    kind = _kind(response, f"{message} {body.get('type')} {body.get('title')} {body.get('code')}")
    return kind(
        message,
        method=response.request.method,
        path=response.request.url.path,
        status=response.status_code,
        retry_after=_retry_after(response.headers),
        problems=[_problem(entry) for entry in _entries(body)],
    )


def _kind(response: httpx.Response, words: str) -> type[DevinError]:
    status = response.status_code
    if status in {400, 403} and _QUOTA_CODES.search(words):
        return DevinQuotaExceeded
    if status == 403 and _QUOTA_WORDS.search(words):
        return DevinQuotaExceeded
    if status == 504 and response.request.method != "GET":
        # The gateway gave up, not Devin: behind it the request may still be carried out.
        return DevinOutcomeUnknown
    if status >= 500:
        return DevinServerError
    return _BY_STATUS.get(status, DevinInvalid if status >= 400 else DevinUnexpectedAnswer)


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
    messages = (_problem(entry).message for entry in _entries(body))
    return "; ".join(filter(None, messages)) or str(body.get("title") or "")


def _problem(entry: Mapping[str, Any]) -> Problem:
    location = entry.get("loc") or entry.get("field") or entry.get("pointer") or ""
    parts = [str(part) for part in location] if isinstance(location, list) else [str(location)]
    field = ".".join(part for part in parts if part not in {"body", "query", "path"})
    return Problem(field, str(entry.get("msg") or entry.get("message") or entry.get("detail") or ""))


def _without_secrets(text: str, request: httpx.Request) -> str:
    """Return `text` as one line of limited length, without any API key that an answer may have repeated."""
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    text = text.replace(key, "[key]") if key else text
    line = " ".join(_KEYS.sub("[key]", text).split())
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
