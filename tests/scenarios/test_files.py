"""Files go along as attachments; where one cannot, the thread says which and why."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.views.answers import files as file_sentences
from tests.for_devin import as_sent
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, Harness
from tests.scenarios.observations import creations, sent_to_devin, settled

pytestmark = pytest.mark.edge

LOG = {"name": "login.log", "content": "2026-01-01 login failed"}
HUGE = {"name": "huge.bin", "mimetype": "application/octet-stream", "size": 25_000_000}
TOO_LARGE = file_sentences.file_too_large("huge.bin", 25_000_000, 20_000_000)


async def test_a_mentions_file_goes_along(on: Harness) -> None:
    await on.mention("fix what this shows", files=[LOG])
    made = await on.session("fix what this shows")
    assert made["attachments"] == ["login.log"]
    uploaded = await on.devin.log("upload_attachment")
    assert [call["body"] for call in uploaded] == [{"file": "login.log", "bytes": len(LOG["content"])}]


@pytest.mark.both_transports
async def test_a_replys_files_go_along(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "see here", thread_ts=ts, files=[LOG, {**LOG, "name": "other.log"}])
    await on.devin.wait_for_messages("see here")
    made = await on.devin.session(session)
    assert made["attachments"] == ["login.log", "other.log"]
    assert (await sent_to_devin(on, session))[0].startswith(f'{as_sent(reply, "ben", "see here")}\nATTACHMENT:"')


async def test_files_without_a_text_start_and_steer_too(on: Harness) -> None:
    ts = await on.mention("", files=[LOG])
    made = await on.session("Look at the attached files and do what they ask for.")
    await on.slack.say(BEN, GENERAL, "", thread_ts=ts, files=[{**LOG, "name": "other.log"}])
    await on.devin.wait_for_messages("other.log")
    assert (await on.devin.session(made["session_id"]))["attachments"] == ["login.log", "other.log"]


async def test_a_stub_is_looked_up_first(on: Harness) -> None:
    await on.mention("fix what this shows", files=[{**LOG, "stub": True}])
    made = await on.session("fix what this shows")
    assert made["attachments"] == ["login.log"]


async def test_too_large_a_file_is_left_out_and_the_thread_says_so(on: Harness) -> None:
    ts = await on.mention("fix what this shows", files=[HUGE, LOG])
    made = await on.session("fix what this shows")
    await on.slack.wait_for_message(GENERAL, "huge.bin", thread_ts=ts)
    assert made["attachments"] == ["login.log"]
    assert await on.thread(GENERAL, ts) == [TOO_LARGE.text]


async def test_an_unreadable_file_is_left_out_and_the_thread_says_so(on: Harness) -> None:
    ts, session = await on.started()
    gone = {**LOG, "redirect": "http://127.0.0.1:9/elsewhere"}
    await on.slack.say(BEN, GENERAL, "see here", thread_ts=ts, files=[gone])
    await on.slack.wait_for_message(GENERAL, "login.log", thread_ts=ts)
    assert await on.thread(GENERAL, ts) == [file_sentences.file_unreadable("login.log").text]
    assert len(await sent_to_devin(on, session)) == 1
    assert (await on.devin.session(session))["attachments"] == []


async def test_nothing_starts_when_no_file_is_left_of_a_message(on: Harness) -> None:
    ts = await on.mention("", files=[HUGE])
    await on.slack.wait_for_message(GENERAL, "huge.bin", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [file_sentences.files_lost([TOO_LARGE], "started").text]
    assert await creations(on) == 0


async def test_nothing_is_sent_when_no_file_is_left_of_a_reply(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "", thread_ts=ts, files=[HUGE])
    await on.slack.wait_for_message(GENERAL, "huge.bin", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [file_sentences.files_lost([TOO_LARGE], "sent").text]
    assert await sent_to_devin(on, session) == []


async def test_at_most_ten_files_go_along(on: Harness) -> None:
    ts = await on.mention("fix what these show", files=[{**LOG, "name": f"{n}.log"} for n in range(11)])
    made = await on.session("fix what these show")
    await on.slack.wait_for_message(GENERAL, "10.log", thread_ts=ts)
    assert made["attachments"] == [f"{n}.log" for n in range(10)]
    assert await on.thread(GENERAL, ts) == [
        (
            ":paperclip: “10.log” wasn't sent to Devin: a message can have at most 10 files. Your text "
            "was. Send it in another one, or paste what matters."
        )
    ]


async def test_a_file_that_was_left_out_is_announced_also_when_devins_answer_gets_lost(on: Harness) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    ts = await on.mention("fix what this shows", files=[HUGE])
    await on.slack.wait_for_message(GENERAL, "huge.bin", thread_ts=ts)
    assert await on.thread(GENERAL, ts) == [TOO_LARGE.text]
    await on.devin.fault("send_message", "commit_then_drop")
    await on.slack.say(BEN, GENERAL, "and this", thread_ts=ts, files=[HUGE])
    await on.slack.wait_for_messages(GENERAL, 2, thread_ts=ts, text="huge.bin")
    assert await on.thread(GENERAL, ts) == [TOO_LARGE.text] * 2
    assert len(await on.devin.log("create_session")) == 1
    assert len(await on.devin.log("send_message")) == 1


async def test_a_file_that_devin_refuses_is_left_out_and_the_thread_says_so(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.permissions(revoke=["UseDevinSessions"])
    await on.slack.say(BEN, GENERAL, "see here", thread_ts=ts, files=[LOG])
    await on.slack.wait_for_message(GENERAL, "login.log", thread_ts=ts)
    assert await on.thread(GENERAL, ts) == [file_sentences.file_refused("login.log").text]
    assert len(await sent_to_devin(on, session)) == 1


@pytest.fixture
async def foreign() -> AsyncIterator[tuple[str, list[Any]]]:
    """A server that is not Slack's, and the requests it got."""
    requests: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        requests.append(dict(request.headers))
        return web.Response(text="mine")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/files/F1/evil.txt", requests
    await runner.cleanup()


async def test_the_token_goes_to_no_other_host(on: Harness, foreign: tuple[str, list[Any]]) -> None:
    address, requests = foreign
    ts = await on.slack.say(ANN, GENERAL, "look")
    file = {"id": "F1", "name": "evil.txt", "mimetype": "text/plain", "size": 4, "url_private": address}
    event = {"type": "app_mention", "user": ANN, "text": f"{BOT} fix what this shows", "channel": GENERAL}
    await on.slack.emit({**event, "ts": ts, "event_ts": ts, "files": [file]})
    made = await on.session("fix what this shows")
    await on.slack.wait_for_message(GENERAL, "evil.txt", thread_ts=ts)
    assert await on.thread(GENERAL, ts) == [file_sentences.file_not_allowed("evil.txt").text]
    assert made["attachments"] == []
    assert requests == []


async def test_a_redirect_to_another_host_is_not_followed(on: Harness, foreign: tuple[str, list[Any]]) -> None:
    address, requests = foreign
    ts = await on.mention("fix what this shows", files=[{**LOG, "redirect": address}])
    await on.slack.wait_for_message(GENERAL, file_sentences.file_unreadable("login.log").text, thread_ts=ts)
    assert requests == []
