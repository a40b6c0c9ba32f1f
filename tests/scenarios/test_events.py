"""The door itself: what is let in, what is answered without effect, and what a store that is down means."""

import asyncio
import hmac
import json
import math
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from structlog.testing import capture_logs

from bot.server import endpoint
from bot.store.database import priority_gate
from bot.store.database.connection import Database
from bot.store.inbox import InboxRow
from bot.store.inbox_writer import InboxWriter, NotStoredError
from bot.views.answers import failures as failure_sentences
from tests.for_devin import as_sent
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, Harness, harness
from tests.scenarios.observations import creations, forge, press, sent_to_devin, settled

pytestmark = pytest.mark.both_transports

ON_A_FILE = pytest.mark.parametrize("store", ["sqlite"])

# ------------------------------------------------------------ the store is down


@asynccontextmanager
async def locked(on: Harness) -> AsyncIterator[None]:
    """Somebody else holds the store's write lock. In a thread: the bot finishes what it writes in this one."""
    file = on.environment["DATABASE_URL"].removeprefix("sqlite:///")
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@ON_A_FILE
async def test_a_command_that_cannot_be_stored_says_that_nothing_was_started_and_that_is_true(on: Harness) -> None:
    async with locked(on):
        answer = await on.slack.slash(ANN, GENERAL, "fix the login test")
    assert (answer["status"], answer["shown"]["rendered"]) == ("acked", failure_sentences.STORE_DOWN.text)
    await settled(on)
    assert await creations(on) == 0
    again = await on.slack.slash(ANN, GENERAL, "fix the login test")
    assert (again["status"], again["shown"]) == ("acked", None)
    await on.session("fix the login test")
    assert await creations(on) == 1


@pytest.mark.edge
async def test_of_a_command_whose_commit_has_no_known_outcome_it_is_not_said_that_nothing_was_started(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = Database.run_in_writer_thread, []

    async def losing_the_answer_then_down(self: Database, work: Any) -> Any:
        tries.append(work)
        if len(tries) == 1:
            await real(self, work)
        if len(tries) < 3:
            raise ConnectionResetError
        return await real(self, work)

    monkeypatch.setattr(Database, "run_in_writer_thread", losing_the_answer_then_down)
    answer = await on.slack.slash(ANN, GENERAL, "fix the login test")
    assert (answer["status"], answer["shown"]["rendered"]) == ("acked", failure_sentences.MAYBE_STORED.text)
    await on.session("fix the login test")
    assert await creations(on) == 1


@pytest.mark.edge
@ON_A_FILE
async def test_a_stop_that_cannot_be_stored_says_that_nothing_was_changed(on: Harness) -> None:
    _, session = await on.started()
    async with locked(on):
        answer = await on.slack.slash(ANN, GENERAL, "stop")
    assert (answer["status"], answer["shown"]["rendered"]) == ("acked", failure_sentences.NOT_STORED.text)
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is False


@pytest.mark.edge
@ON_A_FILE
async def test_a_task_that_begins_like_a_stop_and_cannot_be_stored_says_that_nothing_was_started(on: Harness) -> None:
    async with locked(on):
        answer = await on.slack.slash(ANN, GENERAL, "stop the flaky test from failing")
    assert (answer["status"], answer["shown"]["rendered"]) == ("acked", failure_sentences.STORE_DOWN.text)
    await settled(on)
    assert await creations(on) == 0


@pytest.mark.edge
@ON_A_FILE
async def test_a_button_that_cannot_be_stored_is_not_acknowledged(on: Harness) -> None:
    _, session = await on.started()
    async with locked(on):
        assert await forge(on, "interactive", press(ANN, GENERAL, "stop", "x")) == "failed"
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is False


@ON_A_FILE
async def test_an_event_that_cannot_be_stored_is_not_acknowledged_and_works_when_slack_repeats_it(on: Harness) -> None:
    async with locked(on):
        ts = await on.mention("fix the login test")
        await _one_attempt_failed(on, ts)
    assert await creations(on) == 0
    assert (await on.slack.redeliver(ts=ts, type="app_mention"))["status"] == "acked"
    await on.session("fix the login test")
    assert await creations(on) == 1


@ON_A_FILE
async def test_a_reply_that_could_not_be_stored_arrives_once_when_slack_repeats_it(on: Harness) -> None:
    ts, session = await on.started()
    async with locked(on):
        reply = await on.slack.say(BEN, GENERAL, "use pytest", thread_ts=ts)
        await _one_attempt_failed(on, reply)
    await on.slack.redeliver(ts=reply)
    await on.slack.redeliver(ts=reply)
    await on.devin.wait_for_messages("use pytest")
    await on.devin.say(session, "I do.")
    await on.wait_for_post(GENERAL, ts, "I do.")
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "use pytest")]


@pytest.mark.edge
@ON_A_FILE
async def test_a_reply_that_could_not_be_stored_arrives_once_when_slack_does_not_repeat_it(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ts, session = await on.started()
    await on.slack.wait_for_call("conversations.replies")  # the thread was read once
    await settled(on)
    monkeypatch.setattr(on.simulated_slack._courier, "retry_delays", ())
    async with locked(on):
        reply = await on.slack.say(BEN, GENERAL, "use pytest", thread_ts=ts)
        await _one_attempt_failed(on, reply)
    await on.devin.wait_for_messages("use pytest", seconds=30)
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "use pytest")]


@pytest.mark.edge
async def test_a_missed_reply_that_could_not_be_stored_at_once_is_fetched_again(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ts, session = await on.started()
    await on.stop()
    await on.slack.pause("lose")
    reply = await on.slack.say(BEN, GENERAL, "use pytest", thread_ts=ts)
    await on.slack.resume()
    put, failures = InboxWriter.put, [NotStoredError("locked")]

    async def fails_once(writer: InboxWriter, row: InboxRow) -> None:
        if failures:
            raise failures.pop()
        await put(writer, row)

    monkeypatch.setattr(InboxWriter, "put", fails_once)
    await on.start()
    await on.devin.wait_for_messages("use pytest", seconds=30)
    await settled(on)
    assert failures == []
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "use pytest")]


async def _one_attempt_failed(on: Harness, ts: str) -> None:
    """Wait until the first delivery of everything about a message has come back without an ack."""
    async with asyncio.timeout(15):
        # The simulator has no event for the end of one attempt.
        while any(one["attempts"][0]["outcome"] == "waiting" for one in await on.slack.deliveries(ts=ts)):
            await asyncio.sleep(0.05)
    assert "acked" not in {
        attempt["outcome"] for one in await on.slack.deliveries(ts=ts) for attempt in one["attempts"]
    }


# ------------------------------------------------------------ answered, and without effect


async def test_unknown_events_and_interactions_are_answered(on: Harness) -> None:
    for event in (
        {"type": "reaction_added", "user": ANN, "reaction": "eyes", "item": {}},
        {"type": "something_of_tomorrow"},
        {"type": "channel_rename", "channel": {"id": GENERAL, "name": "all"}},
        {"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"]}},
    ):
        await on.slack.emit(event, subscription="app_mention")
    base = {"user": {"id": ANN}, "team": {"id": "T0PLAY"}, "api_app_id": "A0PLAY", "trigger_id": "1.2.x"}
    view = {"id": "V1", "callback_id": "of_tomorrow", "type": "modal", "state": {"values": {}}}
    for payload in (
        press(ANN, GENERAL, "of_tomorrow", "x"),
        press(ANN, GENERAL, "open", ""),
        {**base, "type": "shortcut", "callback_id": "of_tomorrow"},
        {**base, "type": "message_action", "callback_id": "of_tomorrow", "channel": {"id": GENERAL}},
        {**base, "type": "view_submission", "view": view},
        {**base, "type": "view_closed", "view": view},
        {**base, "type": "block_suggestion", "action_id": "of_tomorrow", "block_id": "b", "value": ""},
    ):
        assert await forge(on, "interactive", payload) == "acked", payload["type"]
    await settled(on)
    assert {one["status"] for one in await on.slack.deliveries(kind="events_api")} == {"acked"}
    assert await creations(on) == 0


async def test_a_message_without_a_text_or_with_a_strange_one_does_no_harm(on: Harness) -> None:
    for number, text in enumerate(
        (None, "", "<@U0BOT>" * 500, "\u0000\ufffd", "<@U0NOBODY> <#C0X> <!date^1^{x}|y> <"), 1
    ):
        stamp = f"1700000000.{number:06d}"
        place = {"type": "app_mention", "user": BEN, "channel": GENERAL, "ts": stamp, "event_ts": stamp}
        await on.slack.emit({**place, "text": text})
    await on.mention("fix the login test")
    await on.session("fix the login test")
    await settled(on)
    assert {one["status"] for one in await on.slack.deliveries(type="app_mention")} == {"acked"}


async def test_the_bot_outlives_a_refreshed_socket(tmp_path: Path) -> None:
    async with harness(tmp_path, "socket") as on:
        ts, session = await on.started()
        await on.slack.disconnect()
        reply = await on.slack.say(BEN, GENERAL, "use pytest", thread_ts=ts)
        await on.devin.wait_for_messages("use pytest")
        await settled(on)
        assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "use pytest")]


# ------------------------------------------------------------ signed HTTP


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Harness]:
    """The bot with a request URL."""
    async with harness(tmp_path, "http") as everything:
        yield everything


def signed(on: Harness, body: bytes, *, age: float = 0.0, secret: str | None = None) -> dict[str, str]:
    """The headers of a request whose signature is as old as `age`."""
    stamp = str(int(time.time() - age))
    key = (secret or on.environment["SLACK_SIGNING_SECRET"]).encode()
    digest = hmac.digest(key, b"v0:" + stamp.encode() + b":" + body, "sha256").hex()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": "application/json"}


def mention(text: str) -> dict[str, Any]:
    """An event as Slack posts it."""
    stamp = f"{time.time():.6f}"
    event = {"type": "app_mention", "user": ANN, "text": f"<@U0BOT> {text}", "channel": GENERAL}
    envelope = {"type": "event_callback", "team_id": "T0PLAY", "api_app_id": "A0PLAY", "event_id": "Ev1"}
    return {**envelope, "event": {**event, "ts": stamp, "event_ts": stamp}}


async def _post(on: Harness, body: bytes, headers: Mapping[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        return await client.post(on.simulated_slack.request_url, content=body, headers=headers)


async def _get(on: Harness, path: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{on.port}{path}")


async def test_unsigned_stale_and_wrongly_signed_requests_are_refused_and_not_stored(web: Harness) -> None:
    body = json.dumps(mention("fix the login test")).encode()
    good = signed(web, body)
    for headers in (
        {"Content-Type": "application/json"},
        {**good, "X-Slack-Signature": "v0=00"},
        {name: value for name, value in good.items() if name != "X-Slack-Request-Timestamp"},
        {**good, "X-Slack-Request-Timestamp": "9" * 5_000},
        {**good, "X-Slack-Request-Timestamp": "\u00b2".encode("latin-1")},
        signed(web, body, age=360),
        signed(web, body, age=-360),
        signed(web, body, secret="guessed"),
        signed(web, body + b" "),
    ):
        assert (await _post(web, body, headers)).status_code == 401
    command = urlencode({"command": "/devin", "text": "fix it", "user_id": ADA, "channel_id": GENERAL}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await _post(web, command, form)).status_code == 401
    await settled(web)
    assert await creations(web) == 0
    assert (await _post(web, body, good)).status_code == 200
    await web.session("fix the login test")


async def test_what_is_not_signed_is_not_parsed_holds_up_nobody_and_leaves_one_line(
    web: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed, priorities = [], []
    read_body, enter = endpoint.read_body, priority_gate.PriorityGate.__enter__
    monkeypatch.setattr(endpoint, "read_body", lambda *given: parsed.append(given) or read_body(*given))
    monkeypatch.setattr(priority_gate.PriorityGate, "__enter__", lambda gate: priorities.append(gate) or enter(gate))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    large = b"a=1&" * 249_000
    bodies = (large, b"{", b"[1]", b"null", b'{"a":' * 50_000, b"9" * 5_000, b'{"a": ' + b"9" * 5_000 + b"}")
    with capture_logs() as lines:
        for body in bodies:
            for headers in (form, {**form, **signed(web, body, secret="guessed"), "Content-Type": "application/json"}):
                assert (await _post(web, body, headers)).status_code == 401
    assert parsed == []
    assert priorities == []
    assert [line for line in lines if line["event"] == "request refused" and line["log_level"] != "debug"] == []
    assert [line for line in lines if line["log_level"] in {"warning", "error"}] == []
    figures = (await _get(web, "/metrics")).text
    assert 'devin_bridge_requests_refused_total{reason="no current timestamp"} 7.0' in figures
    assert 'devin_bridge_requests_refused_total{reason="not signed"} 7.0' in figures


@pytest.mark.edge
@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b"null", b'{"a":' * 50_000, b'{"a": ' + b"9" * 5_000 + b"}", b"\xff", b""]
)
async def test_what_is_signed_and_cannot_be_read_is_refused_in_one_line(web: Harness, body: bytes) -> None:
    with capture_logs() as lines:
        answer = await _post(web, body, signed(web, body))
    assert (answer.status_code, answer.text) == (400, "not readable")
    assert [line["event"] for line in lines if line["log_level"] != "info"] == ["signed request unreadable"]


@pytest.mark.both_transports
async def test_a_kind_of_request_that_is_not_known_is_acknowledged_and_counted(on: Harness) -> None:
    assert await forge(on, "interactive", {"type": "moon_phase", "team": {"id": "T0PLAY"}}) == "acked"
    assert 'devin_bridge_requests_refused_total{reason="unknown kind"} 1.0' in (await _get(on, "/metrics")).text


# ------------------------------------------------------------ the second time


def typed(text: str) -> bytes:
    """A slash command as Slack posts it."""
    place = {"user_id": ANN, "channel_id": GENERAL, "team_id": "T0PLAY", "api_app_id": "A0PLAY"}
    return urlencode({"command": "/devin", "text": text, "trigger_id": f"1.{time.time_ns()}", **place}).encode()


async def test_a_captured_request_gives_its_answer_once(web: Harness) -> None:
    await web.started("fix the login test")
    body = typed("list")
    headers = signed(web, body) | {"Content-Type": "application/x-www-form-urlencoded"}
    first, *others = [await _post(web, body, headers) for _ in range(3)]
    assert "fix the login test" in first.json()["text"] + json.dumps(first.json()["blocks"])
    assert [(other.status_code, other.content) for other in others] == [(200, b""), (200, b"")]
    together = typed("list")
    headers = signed(web, together) | {"Content-Type": "application/x-www-form-urlencoded"}
    answers = await asyncio.gather(*(_post(web, together, headers) for _ in range(5)))
    assert sorted(bool(answer.content) for answer in answers) == [False, False, False, False, True]
    assert {answer.status_code for answer in answers} == {200}
    assert 'requests_refused_total{reason="repeated"} 6.0' in (await _get(web, "/metrics")).text


async def test_what_could_not_be_stored_is_taken_when_the_same_request_comes_again(web: Harness) -> None:
    """Slack sends an event again at once, and what is sent in the same second has the same signature."""
    body = json.dumps(mention("fix the login test")).encode()
    headers = signed(web, body)
    async with locked(web):
        refused = await asyncio.gather(*(_post(web, body, headers) for _ in range(2)))
    assert [answer.status_code for answer in refused] == [503, 503]
    taken = await asyncio.gather(*(_post(web, body, headers) for _ in range(3)))
    assert [answer.status_code for answer in taken] == [200, 200, 200]
    await web.session("fix the login test")
    await settled(web)
    assert await creations(web) == 1


async def test_the_address_answers_slacks_challenge(web: Harness) -> None:
    assert await web.slack.verify_url() is True


async def test_too_large_a_request_and_held_back_events_are_answered(web: Harness) -> None:
    large = b"x" * 1_100_000
    assert (await _post(web, large, signed(web, large))).status_code == 413
    body = json.dumps({"type": "app_rate_limited", "minute_rate_limited": 1, "team_id": "T0PLAY"}).encode()
    assert (await _post(web, body, signed(web, body))).status_code == 200


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    """A body without a length, as some proxies pass it on."""
    for start in range(0, len(body), 50_000):
        yield body[start : start + 50_000]


@pytest.mark.edge
async def test_a_request_in_chunks_is_read_up_to_the_largest_size(web: Harness) -> None:
    body = json.dumps(mention("fix the login test") | {"padding": "x" * 100_000}).encode()
    large = b"x" * 1_100_000
    async with httpx.AsyncClient(trust_env=False) as client:
        url = web.simulated_slack.request_url
        taken = await client.post(url, content=chunks(body), headers=signed(web, body))
        refused = await client.post(url, content=chunks(large), headers=signed(web, large))
    assert "content-length" not in taken.request.headers
    assert (taken.status_code, refused.status_code, refused.text) == (200, 413, "too large")
    await web.session("fix the login test")


@pytest.mark.edge
@pytest.mark.timing(gate_share=math.inf, gate_gapless=math.inf)
async def test_who_sends_a_request_slowly_and_leaves_holds_up_no_other_work(
    web: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    _, slow = await asyncio.open_connection("127.0.0.1", web.port)
    slow.write(
        b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nX-Slack-Request-Timestamp: 1\r\nContent-Length: 9\r\n\r\n{"
    )
    await slow.drain()
    await web.started("fix the login test")
    slow.close()
    await slow.wait_closed()
    await web.started("fix the logout test")
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []


async def test_other_paths_and_methods_are_not_there(web: Harness) -> None:
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{web.port}") as client:
        assert (await client.get("/slack/events")).status_code == 405
        assert (await client.post("/slack/commands")).status_code == 404
        assert (await client.get("/healthz")).status_code == 200
