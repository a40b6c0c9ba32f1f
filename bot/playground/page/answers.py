"""How the page server says no: JSON with one sentence for the person."""

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

BROKEN: Final = "The playground failed. See its terminal for the reason."
NOTHING_HERE: Final = "There's nothing at {path}."
WRONG_METHOD: Final = "{path} doesn't accept {method}."


class Answer(JSONResponse):
    """JSON in ASCII: half a sign that came past the door breaks no answer."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def refused(sentence: str, status: int = 409, **facts: Any) -> JSONResponse:
    """No, with the reason."""
    return Answer({"error": sentence, **facts}, status)


def not_there(sentence: str) -> HTTPException:
    """What was asked for does not exist."""
    return HTTPException(404, sentence)


def number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query."""
    value = query.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and len(value) < 17 and least <= int(value) <= most):
        raise HTTPException(400, f"{name} is a whole number from {least} to {most}.")
    return int(value)


def needed(query: Mapping[str, str], name: str) -> str:
    """A part of the query that must be there."""
    if not query.get(name):
        raise HTTPException(400, f"The request is missing {name}.")
    return query[name]


async def broken(_: Request, __: Exception) -> Response:
    """Something went wrong here; uvicorn writes it down."""
    return refused(BROKEN, 500)


async def told(request: Request, error: Exception) -> Response:
    """A refusal that was raised, and the two that Starlette makes itself."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    own = {"Not Found": NOTHING_HERE.format(path=path)}
    own["Method Not Allowed"] = WRONG_METHOD.format(path=path, method=request.method)
    return refused(own.get(error.detail, error.detail), error.status_code)
