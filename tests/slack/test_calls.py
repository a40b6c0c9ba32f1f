"""What goes over the wire, and what each way of failing becomes; all over real sockets."""

import asyncio
import logging
import socket

import aiohttp
import pytest

from bot.app import POSTS_AT_ONCE
from bot.slack.client import Channel, Identity, Slack
from bot.slack.errors import (
    ChannelGone,
    ContentRefused,
    ScopeMissing,
    SlackError,
    SlackOutcomeUnknown,
    SlackRateLimited,
    SlackUnreachable,
    TokenRefused,
)
from bot.timing import PRODUCTION

TOKEN = "xoxb-very-secret"
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}]


# ---------------------------------------------------------------- what is sent


async def test_a_post_bears_its_key_and_unfurls_nothing(slack, fake):
    ts = await slack.post("C1", "hi", BLOCKS, thread_ts="1700000000.000100", key="say:s1:7:0")
    assert ts == "1700000001.000100"
    assert fake.tokens == [f"Bearer {TOKEN}"]
    assert fake.asked("chat.postMessage") == [
        {
            "channel": "C1",
            "text": "hi",
            "blocks": BLOCKS,
            "thread_ts": "1700000000.000100",
            "metadata": {"event_type": "devin_bridge", "event_payload": {"key": "say:s1:7:0"}},
            "unfurl_links": False,
            "unfurl_media": False,
            "parse": "none",
        }
    ]


async def test_empty_blocks_are_left_out_of_a_post(slack, fake):
    await slack.post("C1", "hi", [], key="k")
    assert "blocks" not in fake.asked("chat.postMessage")[0]
    assert "thread_ts" not in fake.asked("chat.postMessage")[0]


async def test_an_update_keeps_the_key_and_can_take_blocks_away(slack, fake):
    await slack.update("C1", "1.2", "hi", [], "card:s1")
    assert fake.asked("chat.update") == [
        {
            "channel": "C1",
            "ts": "1.2",
            "text": "hi",
            "blocks": [],
            "metadata": {"event_type": "devin_bridge", "event_payload": {"key": "card:s1"}},
            "parse": "none",
        }
    ]


async def test_a_private_line_goes_to_one_person(slack, fake):
    await slack.ephemeral("C1", "U1", "psst", [], thread_ts="1.2")
    assert fake.asked("chat.postEphemeral") == [
        {"channel": "C1", "user": "U1", "text": "psst", "thread_ts": "1.2", "parse": "none"}
    ]


async def test_reactions_come_and_go(slack, fake):
    await slack.react("C1", "1.2", "eyes")
    await slack.unreact("C1", "1.2", "eyes")
    asked = {"channel": "C1", "timestamp": "1.2", "name": "eyes"}
    assert fake.calls == [("reactions.add", asked), ("reactions.remove", asked)]


async def test_a_reaction_that_is_there_already_is_no_error(slack, fake):
    fake.answers("reactions.add", {"ok": False, "error": "already_reacted"})
    fake.answers("reactions.remove", {"ok": False, "error": "no_reaction"})
    await slack.react("C1", "1.2", "eyes")
    await slack.unreact("C1", "1.2", "eyes")
    assert len(fake.calls) == 2


async def test_the_bot_learns_who_it_is_and_what_it_may(slack):
    assert await slack.auth_test() == Identity(
        team="T1",
        user_id="UBOT",
        bot_id="BBOT",
        url="https://acme.slack.com/",
        scopes=frozenset({"chat:write", "files:read", "users:read"}),
    )


async def test_a_slack_that_names_no_scopes_leaves_them_empty(slack, fake):
    fake.answers("auth.test", {"ok": True, "team_id": "T1", "user_id": "UBOT", "url": ""})
    assert await slack.auth_test() == Identity(team="T1", user_id="UBOT", bot_id="", url="", scopes=frozenset())


async def test_a_whole_organisation_that_has_installed_the_app_is_named(slack, fake):
    whole = {"enterprise_id": "E1", "is_enterprise_install": True}
    for facts, named in ((whole, "E1"), (whole | {"is_enterprise_install": False}, None), ({}, None)):
        fake.answers("auth.test", {"ok": True, "team_id": "T1", "user_id": "UBOT", **facts})
        assert (await slack.auth_test()).enterprise == named


async def test_the_bot_learns_the_id_of_its_app(slack, fake):
    fake.answers("bots.info", {"ok": True, "bot": {"id": "BBOT", "app_id": "A1"}})
    assert await slack.app_id() == "A1"
    assert fake.asked("bots.info") == [{"bot": "BBOT"}]
    fake.answers("bots.info", {"ok": True})
    assert await slack.app_id() is None


async def test_channels_are_known_by_kind(slack, fake):
    channel = {"id": "C1", "name": "dev", "is_ext_shared": True, "is_private": True, "is_member": True}
    fake.answers(
        "conversations.info", {"ok": True, "channel": channel}, {"ok": True, "channel": {"id": "D1", "is_im": True}}
    )
    assert await slack.channel("C1") == Channel("C1", "dev", is_ext_shared=True, is_private=True, is_member=True)
    assert await slack.channel("D1") == Channel("D1", "", is_private=True, is_im=True, is_member=True)


async def test_permalinks_are_made_without_asking(slack, fake):
    assert slack.permalink("C1", "1700000000.000100") == "https://slack.com/app_redirect?channel=C1"
    await slack.auth_test()
    root = "https://acme.slack.com/archives/C1/p1700000000000100"
    assert slack.permalink("C1", "1700000000.000100") == root
    assert slack.permalink("C1", "1700000000.000100", "1700000000.000100") == root
    assert (
        slack.permalink("C1", "1700000009.000100", "1700000000.000100")
        == "https://acme.slack.com/archives/C1/p1700000009000100?thread_ts=1700000000.000100&cid=C1"
    )
    assert [method for method, _ in fake.calls] == ["auth.test"]


async def test_the_first_status_of_a_thread_brings_its_title(slack, fake):
    fake.answers("agents.sessions.setStatus", {"ok": True, "status": "processing", "title": "Fix_ the login test"})
    await slack.show_agent("C1", "1.2", "processing", "Fix: the login test", "U1")
    sent = {"channel_id": "C1", "thread_ts": "1.2", "status": "processing", "title": "Fix: the login test"}
    sent["initiator_user_id"] = "U1"
    assert fake.calls == [("agents.sessions.setStatus", sent)]


async def test_a_later_title_is_a_call_of_its_own_whose_refusal_does_no_harm(slack, fake):
    fake.answers("agents.sessions.setStatus", {"ok": True, "status": "active", "title": "fix the login test"})
    fake.answers("agents.sessions.rename", {"ok": False, "error": "not_authorized"})
    await slack.show_agent("C1", "1.2", "active", "Login test", "")
    assert fake.asked("agents.sessions.rename") == [{"channel_id": "C1", "thread_ts": "1.2", "title": "Login test"}]


async def test_without_a_title_none_is_sent(slack, fake):
    fake.answers("agents.sessions.setStatus", {"ok": True, "status": "closed", "title": ""})
    await slack.show_agent("C1", "1.2", "closed", "", "")
    assert fake.calls == [("agents.sessions.setStatus", {"channel_id": "C1", "thread_ts": "1.2", "status": "closed"})]


# ---------------------------------------------------------------- how it fails


async def test_a_lost_answer_is_one_post_and_an_unknown_outcome(slack, fake):
    fake.drops("chat.postMessage")
    with pytest.raises(SlackOutcomeUnknown) as caught:
        await slack.post("C1", "hi", key="k")
    assert caught.value.reason == "ServerDisconnectedError"
    assert len(fake.asked("chat.postMessage")) == 1


async def test_no_answer_in_time_is_one_post_and_an_unknown_outcome(fake):
    fake.hangs("chat.postMessage")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
        slack = Slack(TOKEN, base_url=fake.base_url, session=session)
        with pytest.raises(SlackOutcomeUnknown):
            await slack.post("C1", "hi", key="k")
    assert len(fake.asked("chat.postMessage")) == 1


async def test_posts_that_hang_keep_no_form_from_opening(slack, fake):
    hanging = POSTS_AT_ONCE
    fake.hangs("chat.postMessage")
    posts = [asyncio.create_task(slack.post("C1", "text", key=f"k{number}")) for number in range(hanging)]
    while len(fake.asked("chat.postMessage")) < hanging:
        await asyncio.sleep(0.01)
    fake.answers("views.open", {"ok": True, "view": {"id": "V1"}})
    assert await asyncio.wait_for(slack.open_view("trigger", {"type": "modal"}), 3) == "V1"
    for post in posts:
        post.cancel()
    await asyncio.gather(*posts, return_exceptions=True)


async def test_a_call_may_take_ten_seconds(slack, fake):
    await slack.post("C1", "hi", key="k")
    limit = slack._web.session.timeout
    assert PRODUCTION.slack_request == 10
    assert (limit.total, limit.connect) == (10, 5)


async def test_nobody_listening_means_nothing_was_sent():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        async with Slack(TOKEN, base_url=f"http://127.0.0.1:{free.getsockname()[1]}/api/") as slack:
            with pytest.raises(SlackUnreachable):
                await slack.post("C1", "hi", key="k")


async def test_a_connection_that_never_comes_about_means_nothing_was_sent():
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # room for one: the kernel lets the others wait
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        limit = aiohttp.ClientTimeout(total=5, connect=0.2)
        async with aiohttp.ClientSession(timeout=limit) as session:
            slack = Slack(TOKEN, base_url=f"http://127.0.0.1:{full.getsockname()[1]}/api/", session=session)
            with pytest.raises(SlackUnreachable) as caught:
                await slack.post("C1", "hi", key="k")
    assert caught.value.reason == "ConnectionTimeoutError"


async def test_429_is_raised_at_once_and_not_waited_for(slack, fake):
    fake.sends(
        "chat.postMessage", status=429, headers={"Retry-After": "30"}, text="{}", content_type="application/json"
    )
    with pytest.raises(SlackRateLimited) as caught:
        await slack.post("C1", "hi", key="k")
    assert caught.value.retry_after == 30
    assert len(fake.asked("chat.postMessage")) == 1


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/html"])
@pytest.mark.parametrize("status", [200, 403, 500, 503])
async def test_an_answer_that_is_no_json_leaves_the_outcome_unknown(slack, fake, status, content_type):
    fake.sends("chat.postMessage", status=status, text="<html>oops", content_type=content_type)
    with pytest.raises(SlackOutcomeUnknown):
        await slack.post("C1", "hi", key="k")
    assert len(fake.asked("chat.postMessage")) == 1


@pytest.mark.parametrize("body", [b"[]", b"[1]", b"null", b"", b'"ok"', b'{"ok": tr', b'{"ok": "\xff\xfe"}'])
async def test_json_that_is_no_answer_leaves_the_outcome_unknown(slack, fake, body):
    fake.sends("chat.postMessage", body=body, content_type="application/json")
    with pytest.raises(SlackOutcomeUnknown):
        await slack.post("C1", "hi", key="k")


async def test_429_with_broken_json_is_still_a_rate_limit(slack, fake):
    fake.sends("chat.update", status=429, headers={"Retry-After": "3"}, text="slow", content_type="application/json")
    with pytest.raises(SlackRateLimited) as caught:
        await slack.update("C1", "1.2", "hi", [], "k")
    assert caught.value.retry_after == 3


async def test_a_cut_answer_leaves_the_outcome_unknown(slack, fake):
    fake.cuts("chat.postMessage", "application/json")
    with pytest.raises(SlackOutcomeUnknown):
        await slack.post("C1", "hi", key="k")


async def test_a_post_without_a_ts_is_unknown(slack, fake):
    fake.answers("chat.postMessage", {"ok": True})
    with pytest.raises(SlackOutcomeUnknown):
        await slack.post("C1", "hi", key="k")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": "not_in_channel"}, ChannelGone),
        ({"error": "invalid_auth"}, TokenRefused),
        ({"error": "missing_scope", "needed": "chat:write"}, ScopeMissing),
        ({"error": "invalid_blocks", "response_metadata": {"messages": ["wrong"]}}, ContentRefused),
    ],
)
async def test_refusals_come_through_the_wire(slack, fake, body, kind):
    fake.answers("chat.postMessage", {"ok": False, **body})
    with pytest.raises(kind):
        await slack.post("C1", "hi", key="k")


# ---------------------------------------------------------------- secrets, metrics, the session


async def test_no_error_and_no_log_shows_the_token_or_the_text(slack, fake, caplog):
    caplog.set_level(logging.DEBUG)
    fake.drops("chat.update")
    fake.answers("chat.postMessage", {"ok": False, "error": "no_text"})
    fake.sends("chat.postEphemeral", status=500, text="<html>")
    shown = [repr(slack), repr(vars(slack)["_web"])]
    for call in (
        slack.update("C1", "1.2", "private words", [], "k"),
        slack.post("C1", "private words", key="k"),
        slack.ephemeral("C1", "U1", "private words"),
    ):
        with pytest.raises(SlackError) as caught:
            await call
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        shown += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    said = "\n".join([*shown, caplog.text])
    assert TOKEN not in said
    assert "private words" not in said


async def test_every_call_is_observed_once(fake):
    seen = []
    fake.answers("chat.update", {"ok": False, "error": "message_not_found"})
    fake.drops("chat.postEphemeral")
    fake.answers("reactions.add", {"ok": False, "error": "already_reacted"})
    fake.sends("reactions.remove", status=429)
    async with Slack(TOKEN, base_url=fake.base_url, on_call=lambda *call: seen.append(call)) as slack:
        await slack.post("C1", "hi", key="k")
        await slack.react("C1", "1.2", "eyes")
        for call in (
            slack.update("C1", "1.2", "hi", [], "k"),
            slack.ephemeral("C1", "U1", "hi"),
            slack.unreact("C1", "1.2", "eyes"),
        ):
            with pytest.raises(SlackError):
                await call
    assert [(method, outcome) for method, outcome, _ in seen] == [
        ("chat.postMessage", "ok"),
        ("reactions.add", "already_reacted"),
        ("chat.update", "message_not_found"),
        ("chat.postEphemeral", "unknown"),
        ("reactions.remove", "ratelimited"),
    ]
    assert all(0 < seconds < 5 for _, _, seconds in seen)


async def test_only_an_own_session_is_closed(fake):
    async with aiohttp.ClientSession() as session:
        async with Slack(TOKEN, base_url=fake.base_url, session=session) as slack:
            await slack.auth_test()
        assert not session.closed
    own = Slack(TOKEN, base_url=fake.base_url)
    await own.auth_test()
    opened = own._web.session
    await own.close()
    assert opened.closed


async def test_closing_what_was_never_opened_is_fine():
    async with Slack(TOKEN):
        pass


@pytest.mark.parametrize(
    ("base_url", "no_proxy", "used"),
    [
        ("https://slack.com/api/", "", True),
        ("https://slack.com/api/", "slack.com", False),
        ("http://127.0.0.1:9/api/", "", False),
        ("http://localhost:9/api/", "", False),
        ("https://gateway.example/api/", "", True),
    ],
)
async def test_a_proxy_is_for_what_is_far_away(monkeypatch, base_url, no_proxy, used):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    monkeypatch.setenv("no_proxy", no_proxy)
    assert Slack(TOKEN, base_url=base_url)._web.proxy == ("http://proxy.example:3128" if used else None)


async def test_nothing_is_ever_retried_by_the_library(slack):
    assert slack._web.retry_handlers == []
