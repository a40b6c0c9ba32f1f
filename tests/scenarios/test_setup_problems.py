"""What is wrong with the set-up is named in the log and in readiness, and the admins read it once."""

import asyncio
import hmac
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.setup_problems import UNSIGNED, Kind, SetupProblem
from bot.views.setup_problems import notice, sentence
from tests.scenarios.ahead import until
from tests.scenarios.harness import GENERAL, OPS, QUICK_TIMING, TRANSPORTS, Harness, harness

pytestmark = pytest.mark.timing(setup_check=0.1)

SIGNATURES = SetupProblem(Kind.SIGNATURES)


async def asked(on: Harness, path: str, port: int = 0, **how: Any) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        return await http.request(how.pop("method", "GET"), f"http://127.0.0.1:{port or on.port}{path}", **how)


async def warned_of(on: Harness, problem: SetupProblem) -> None:
    async def named() -> bool:
        return sentence(problem) in (await asked(on, "/readyz")).json()["warnings"]

    await until(named)


async def fine_again(on: Harness) -> None:
    async def fine() -> bool:
        return (await asked(on, "/readyz")).json()["warnings"] == []

    await until(fine)


async def admins_read(on: Harness, problem: SetupProblem) -> int:
    """How often the admins' channel has the notice, once it is there."""
    text = notice(problem).text
    await on.slack.wait_for_message(OPS, text.removeprefix(":warning: "))
    return sum(text.removeprefix(":warning: ") in one["rendered"] for one in await on.slack.messages(OPS))


def signed(body: bytes, secret: str) -> dict[str, str]:
    stamp = str(int(time.time()))
    digest = hmac.digest(secret.encode(), b"v0:" + stamp.encode() + b":" + body, "sha256").hex()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": "application/json"}


@pytest.fixture
async def on_call(tmp_path: Path, transport: str, timing: Any) -> Any:
    """The bot with a channel of its admins."""
    async with harness(tmp_path, transport, timing=timing, BOT_ADMIN_CHANNEL=OPS) as everything:
        yield everything


@pytest.mark.parametrize("transport", TRANSPORTS[1:])
@pytest.mark.parametrize("store", ["sqlite"])
async def test_a_wrong_signing_secret_is_named_once_nobodys_signature_fits(on_call: Harness, store: str) -> None:
    del store
    on, body = on_call, b'{"type":"event_callback"}'
    for _ in range(UNSIGNED):
        headers = signed(body, "another secret")
        answer = await asked(on, "/slack/events", method="POST", content=body, headers=headers)
        assert answer.status_code == 401
    await warned_of(on, SIGNATURES)
    assert await admins_read(on, SIGNATURES) == 1
    await on.mention("fix the login test")  # as Slack signs it
    await on.session("fix the login test")
    await fine_again(on)


@pytest.mark.parametrize("transport", TRANSPORTS[:1])
@pytest.mark.parametrize("store", ["sqlite"])
async def test_a_clock_that_is_not_slacks_or_devins_is_named(on_call: Harness, store: str) -> None:
    del store
    on = on_call
    on.simulated_slack.date_ahead = -240.0
    await on.mention("fix the login test", channel=GENERAL)
    await on.session("fix the login test")
    problem = SetupProblem(Kind.CLOCK, "Slack", 240)
    await warned_of(on, problem)
    assert await admins_read(on, problem) == 1
    on.simulated_slack.date_ahead = 0.0
    await on.mention("another task entirely, please", channel=GENERAL)
    await fine_again(on)
    figures = (await asked(on, "/metrics")).text
    assert 'devin_bridge_clock_ahead_seconds{service="Slack"}' in figures


@pytest.mark.parametrize("transport", TRANSPORTS[:1])
@pytest.mark.parametrize("store", ["sqlite"])
async def test_a_key_that_devin_has_revoked_is_named_until_it_is_taken_again(on_call: Harness, store: str) -> None:
    del store
    on = on_call
    await on.started()
    on.simulated_devin.world.api_key = "cog_another"
    problem = SetupProblem(Kind.DEVIN_ACCESS, "org-play")
    await warned_of(on, problem)
    assert await admins_read(on, problem) == 1
    on.simulated_devin.world.api_key = "cog_play"
    await fine_again(on)


@pytest.mark.parametrize("transport", TRANSPORTS[:1])
@pytest.mark.parametrize("store", ["sqlite"])
async def test_an_organisation_that_devin_does_not_know_is_named(
    tmp_path: Path, transport: str, store: str, timing: Any
) -> None:
    del store
    how = {"timing": timing, "BOT_ADMIN_CHANNEL": OPS, "DEVIN_ORG_ID": "org-other"}
    async with harness(tmp_path, transport, **how) as on:
        await on.mention("fix the login test")
        await on.mention("fix the other test")
        problem = SetupProblem(Kind.ORGANISATION, "org-other")
        await warned_of(on, problem)
        assert await admins_read(on, problem) == 1


@pytest.mark.parametrize("transport", TRANSPORTS[:1])
@pytest.mark.parametrize("store", ["sqlite"])
async def test_a_token_that_slack_has_revoked_is_named_where_it_can_be(on_call: Harness, store: str) -> None:
    del store
    on = on_call
    await on.slack.fault("chat.postMessage", "error", error="token_revoked", times=0)
    await on.mention("fix the login test")
    await warned_of(on, SetupProblem(Kind.SLACK_ACCESS, "T0PLAY"))
    await on.slack.clear_faults()
    await on.session("fix the login test")
    await fine_again(on)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_while_the_start_waits_for_slack_the_port_answers_what_it_waits_for(
    tmp_path: Path, transport: str, free_tcp_port: int
) -> None:
    async with harness(tmp_path, transport, start=False, timing=QUICK_TIMING, PORT=str(free_tcp_port)) as on:
        await on.slack.fault("auth.test", "http_500", times=0)
        starting = asyncio.create_task(on.start())
        await on.slack.wait_for_call("auth.test", count=2)
        assert (await asked(on, "/healthz", free_tcp_port)).json() == {"ok": True}
        ready = await asked(on, "/readyz", free_tcp_port)
        waits = ["The bot is starting: Slack doesn't answer yet."]
        assert (ready.status_code, ready.json()) == (503, {"ok": False, "problems": waits, "warnings": []})
        refused = await asked(on, "/slack/events", free_tcp_port, method="POST", content=b"{}")
        assert refused.status_code == 503
        assert "devin_bridge_build_info" in (await asked(on, "/metrics", free_tcp_port)).text
        await on.slack.clear_faults()
        await starting
        assert (await asked(on, "/readyz")).json()["problems"] == []
