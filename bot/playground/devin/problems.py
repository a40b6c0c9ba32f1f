"""How the API says no: problem details (RFC 9457) by default, the older `detail` bodies by a switch."""

import json
from http import HTTPStatus
from typing import Any, Final

_TITLES: Final = {422: "Unprocessable Content"}


class ProblemError(Exception):
    """A refusal with its status and the sentence Devin gives for it."""

    def __init__(self, status: int, detail: str, *, errors: list[dict[str, Any]] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors

    def body(self, path: str, *, legacy: bool) -> bytes:
        """The JSON body, in the newest form or the one of the older pages."""
        return json.dumps(self._legacy() if legacy else self._newest(path)).encode()

    def _legacy(self) -> dict[str, Any]:
        return {"detail": self.errors if self.errors is not None else self.detail}

    def _newest(self, path: str) -> dict[str, Any]:
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status) or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": path,
        }
        if self.errors is not None:
            problem["errors"] = self.errors
        return problem


def invalid(place: str, name: str, message: str, kind: str = "value_error") -> ProblemError:
    """A 422 about one field of the body, the query or the path."""
    return ProblemError(422, "Validation failed", errors=[{"loc": [place, name], "msg": message, "type": kind}])


def not_found(what: str = "Resource") -> ProblemError:
    """A 404; the API does not tell an unknown id from one without access."""
    return ProblemError(404, f"{what} not found")


def forbidden(permission: str) -> ProblemError:
    """A 403 that names the permission that is missing."""
    return ProblemError(403, f"Service user lacks the required permission: {permission}")
