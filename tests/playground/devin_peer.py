"""What a test of the simulated Devin says over HTTP, and how it reads the answers."""

from dataclasses import dataclass
from typing import Any

import httpx

START = 1_767_225_600  # 2026-01-01 00:00 UTC
DAY = 86_400
HOUR = 3_600
ORG = "/v3/organizations/org-play"
SESSIONS = ORG + "/sessions"


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


def good(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/json")
    return response.json()


def refused(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    problem = response.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    return problem["detail"]


def field_errors(response: httpx.Response) -> list[tuple[str, str]]:
    assert refused(response, 422) == "Validation failed"
    return [(error["loc"][1], error["msg"]) for error in response.json()["errors"]]


async def create(api: httpx.AsyncClient, prompt: str = "Fix the flaky login test", **fields: Any) -> Any:
    return good(await api.post(SESSIONS, json={"prompt": prompt, **fields}))


async def ids(api: httpx.AsyncClient, **params: Any) -> list[str]:
    return [row["session_id"] for row in good(await api.get(SESSIONS, params=params))["items"]]


async def texts(api: httpx.AsyncClient, session_id: str) -> list[tuple[str, str]]:
    page = good(await api.get(f"{SESSIONS}/{session_id}/messages"))
    return [(item["source"], item["message"]) for item in page["items"]]
