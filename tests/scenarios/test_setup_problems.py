"""What is wrong with the set-up is named in the log and in readiness, and the admins read it once."""

import asyncio
import hmac
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.setup_problems import UNSIGNED, Kind, SetupProblem
from bot.views.answers import failures as failure_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers.starts import start_retrying
from bot.views.setup_problems import notice, sentence
from tests.for_devin import as_sent
from tests.said import up_to_reference
from tests.scenarios.ahead import until
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, QUICK_TIMING, TRANSPORTS, Harness, harness
from tests.scenarios.observations import creations, private_answers, sent_to_devin, settled

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


@pytest.mark.parametrize("transport", TRANSPORTS[1:])
@pytest.mark.parametrize("store", ["sqlite"])
async def test_what_is_not_signed_as_slack_signs_says_nothing_about_the_secret(on_call: Harness, store: str) -> None:
    del store
    on, slacks = on_call, b'{"type":"event_callback"}'
    strays = [
        (slacks, {"X-Slack-Signature": "v0=1"}),  # not Slack's signature
        (slacks, {"X-Slack-Signature": ""}),
        (b'{"hello":1}', {}),  # not what Slack sends
        (b"", {}),
    ]
    for _ in range(30):
        for body, other in strays:
            headers = {**signed(body, "another secret"), **other}
            answer = await asked(on, "/slack/events", method="POST", content=body, headers=headers)
            assert answer.status_code == 401
    await settled(on)
    assert sentence(SIGNATURES) not in (await asked(on, "/readyz")).json().get("warnings", [])
    assert sentence(SIGNATURES) not in str(await on.slack.messages(OPS))


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
    on.simulated_slack.date_ahead = -600.0
    await on.mention("fix the logout test", channel=GENERAL)
    await warned_of(on, SetupProblem(Kind.CLOCK, "Slack", 600))
    assert len(await on.slack.messages(OPS)) == 1, "the admins read of it once"
    on.simulated_slack.date_ahead = 0.0
    await on.mention("fix another test entirely, please", channel=GENERAL)
    await fine_again(on)
    figures = (await asked(on, "/metrics")).text
    assert 'devin_bridge_clock_ahead_seconds{service="Slack"}' in figures


@pytest.mark.parametrize("kind", [Kind.DEVIN_ACCESS, Kind.DEVIN_RIGHTS])
@pytest.mark.parametrize("transport", TRANSPORTS[:1])
@pytest.mark.parametrize("store", ["sqlite"])
@pytest.mark.timing(late_notice=0.2)
async def test_a_key_that_devin_refuses_holds_starts_and_replies_until_there_is_another(
    on_call: Harness, kind: Kind, store: str
) -> None:
    """It is revoked (401 for everything), or its service user has lost its role (403 for all but who it is)."""
    del store
    on, world = on_call, on_call.simulated_devin.world
    await on.devin.add_playbook("deploy")
    ts, session = await on.started()
    if kind is Kind.DEVIN_ACCESS:
        world.api_key = "cog_another"
    else:
        await on.devin.permissions(only=[])
    start = await on.mention("fix the logout test playbook=deploy")  # whose playbook is read first
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, reply_sentences.REPLY_KEY_REFUSED.text, thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, failure_sentences.KEY_REFUSED)
    problem = SetupProblem(kind, "org-play")
    await warned_of(on, problem)
    assert await admins_read(on, problem) == 1
    await on.devin.permissions(only=["ManageOrgSessions", "ViewOrgSessions", "ManageOrgPlaybooks"])
    world.api_key = "cog_play"
    if kind is Kind.DEVIN_ACCESS:
        await on.stop()
        world.api_key = on.environment["DEVIN_API_KEY"] = "cog_new"
        await on.start()
    await on.session("fix the logout test")
    await on.devin.wait_for_messages("please use pytest")
    await fine_again(on)
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]
    assert await creations(on) == 2, "that of before, and one"
    assert await on.thread(GENERAL, start) == []
    assert await on.thread(GENERAL, ts) == [reply_sentences.REPLY_KEY_REFUSED.text], "and once each"
    assert len(await private_answers(on, ANN)) == 1


@pytest.mark.parametrize("transport", TRANSPORTS[:1])
@pytest.mark.parametrize("store", ["sqlite"])
@pytest.mark.timing(late_notice=0.0)
async def test_a_start_says_in_its_thread_that_it_waits_for_a_key(on_call: Harness, store: str) -> None:
    del store
    on = on_call
    await on.devin.switch(key_revoked=True)
    ts = await on.mention("fix the login test")
    said = await on.slack.wait_for_message(GENERAL, failure_sentences.KEY_REFUSED, thread_ts=ts)
    assert said["rendered"].startswith(up_to_reference(start_retrying("", key_refused=True)))
    await on.devin.wait_for_calls("create_session", 2)
    await on.devin.switch(key_revoked=False)
    await on.session("fix the login test")
    await settled(on)
    assert len(await on.thread(GENERAL, ts)) == 1


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
