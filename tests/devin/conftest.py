"""A Devin that answers from `tests/samples/devin`: what was asked is kept, what is answered is lined up."""

import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina.instrumentation

from bot.devin.client import Devin
from bot.devin.retry import PATIENCE

KEY = "cog_test_0123456789abcdef"
ORG = "org-abc123def456"
BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
SAMPLES = Path(__file__).parents[1] / "samples" / "devin"
AT_ONCE = replace(PATIENCE, attempts=3, first_pause=0, longest_pause=0, jitter=0)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


Answer = Callable[[httpx.Request], httpx.Response]


class Recorded:
    """Answers in the order they were lined up; the last one of a request's line stays."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._lines: dict[tuple[str, str], deque[Answer]] = {}

    def on(self, method: str, path: str, *answers: str | Exception | httpx.Response | Answer) -> None:
        line = self._lines.setdefault((method, path), deque())
        line.extend(_answer(answer) for answer in answers)

    def on_session(self, method: str, tail: str, *answers: Any) -> None:
        self.on(method, f"/v3/organizations/{ORG}/sessions/devin-{BARE}{tail}", *answers)

    def on_org(self, method: str, tail: str, *answers: Any) -> None:
        self.on(method, f"/v3/organizations/{ORG}{tail}", *answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        line = self._lines.get((request.method, request.url.path))
        if not line:
            return httpx.Response(404, json=sample("error_404"))
        answer = line.popleft() if len(line) > 1 else line[0]
        return answer(request)

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]

    @property
    def sent(self) -> Any:
        return json.loads(self.last.content)


def _answer(answer: Any) -> Answer:
    if isinstance(answer, str):
        body = sample(answer)
        named = answer.split("_")
        status = int(named[1]) if named[0] == "error" else 200
        return lambda request: httpx.Response(status, json=body)
    if isinstance(answer, Exception):
        return lambda request: _raise(answer)
    # A response belongs to one request, so a repeated answer is made anew.
    if isinstance(answer, httpx.Response):
        status, headers, content = answer.status_code, answer.headers, answer.content
        return lambda request: httpx.Response(status, headers=headers, content=content)
    return answer


def _raise(error: Exception) -> Any:
    raise error


@pytest.fixture
def devin_api() -> Recorded:
    return Recorded()


@pytest.fixture
async def http(devin_api: Recorded) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(devin_api), trust_env=False) as client:
        yield client


@pytest.fixture
def addresses() -> dict[str, Any]:
    """The addresses of hosts, as a test sets them, or the error of a look-up."""
    return {"api.devin.ai": ["34.1.2.3"], "files.example.com": ["52.216.1.1"]}


@pytest.fixture
def devin(http: httpx.AsyncClient, addresses: dict[str, Any]) -> Devin:
    async def resolve(host: str, _: int) -> list[str]:
        found = addresses[host]
        return found if isinstance(found, list) else _raise(found)

    return Devin(http, KEY, ORG, patience=AT_ONCE, resolve=resolve)


@pytest.fixture(autouse=True)
def _quiet_retries() -> Iterator[None]:
    stamina.instrumentation.set_on_retry_hooks([])
    yield
    stamina.instrumentation.set_on_retry_hooks(None)
