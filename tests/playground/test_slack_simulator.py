"""The simulated Slack against slack_sdk and Bolt over real sockets: each of its strict rules once."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import LimitRules, RefusedError, SlackSimulator
from bot.playground.slack.app_manifest import DEFAULT_SCOPES

pytestmark = pytest.mark.edge

Start = Callable[..., Awaitable[Any]]

MODAL = {
    "type": "modal",
    "callback_id": "start",
    "title": {"type": "plain_text", "text": "Start Devin"},
    "submit": {"type": "plain_text", "text": "Start"},
    "blocks": [
        {
            "type": "input",
            "block_id": "prompt",
            "label": {"type": "plain_text", "text": "Prompt"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str = "stop", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain("Stop"), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


SIZE_OF_GROUP = "a group direct message has 3 to 9 members"


async def refused(call: Awaitable[Any]) -> str:
    """The error code of a call that must fail."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def raw(peer: Any, method: str, **kwargs: Any) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(peer.simulator.base_url + method, **kwargs)


# ---------------------------------------------------------------- tokens, scopes, arguments


async def test_it_listens_on_loopback_only() -> None:
    with pytest.raises(ValueError, match=r"^the simulated Slack listens on loopback only, not on 0\.0\.0\.0$"):
        SlackSimulator(host="0.0.0.0")


async def test_a_port_can_be_used_again_and_nothing_is_forgotten(start: Start) -> None:
    first = await start()
    posted = await first.client.chat_postMessage(channel="C0WEB", text="kept")
    port = first.simulator.port
    await first.simulator.stop()
    with pytest.raises(aiohttp.ClientError):
        await first.client.auth_test()
    await first.simulator.start()
    assert first.simulator.port == port
    found = await first.client.conversations_history(channel="C0WEB")
    assert found["messages"][0]["ts"] == posted["ts"]


async def test_auth_test_names_the_bot_and_the_scopes(start: Start) -> None:
    peer = await start(scopes=["chat:write", "commands"])
    answer = await peer.client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0PLAY", "U0BOT", "B0BOT")
    assert answer.headers["x-oauth-scopes"] == "chat:write,commands"


async def test_people_may_have_set_no_display_names(start: Start) -> None:
    peer = await start(display_names=False)
    await peer.control.reset()
    await peer.control.put_person("U0NEW", real_name="New Person")
    for user, name in (("U0ANN", "Ann Lee"), ("U0NEW", "New Person")):
        profile = (await peer.client.users_info(user=user))["user"]["profile"]
        assert (profile["display_name"], profile["real_name"]) == ("", name)


async def test_tokens_are_checked(start: Start) -> None:
    peer = await start()
    other = AsyncWebClient(token="xoxb-other", base_url=peer.simulator.base_url)
    app = AsyncWebClient(token="xapp-play", base_url=peer.simulator.base_url)
    assert await refused(other.auth_test()) == "invalid_auth"
    assert (await raw(peer, "auth.test")).json() == {"ok": False, "error": "not_authed"}
    assert await refused(app.chat_postMessage(channel="C0WEB", text="x")) == "not_allowed_token_type"
    assert await refused(peer.client.api_call("apps.connections.open")) == "not_allowed_token_type"
    assert (await app.auth_test())["app_id"] == "A0PLAY"
    assert (await raw(peer, "auth.test", data={"token": "xoxb-play"})).json()["ok"]


async def test_a_missing_scope_is_named(start: Start) -> None:
    peer = await start(manifest={"oauth_config": {"scopes": {"bot": ["commands", "channels:read"]}}})
    with pytest.raises(SlackApiError) as caught:
        await peer.client.chat_postMessage(channel="C0WEB", text="x")
    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    assert answer["provided"] == "channels:read,commands"
    assert answer.headers["x-oauth-scopes"] == "channels:read,commands"
    assert (await peer.client.conversations_info(channel="C0WEB"))["channel"]["name"] == "web"
    assert await refused(peer.client.conversations_info(channel="C0PRIVATE")) == "missing_scope"


async def test_an_unknown_method_is_an_error(start: Start) -> None:
    assert await refused((await start()).client.api_call("chat.shout")) == "unknown_method"


@pytest.mark.parametrize("form", ["params", "data", "json"])
async def test_arguments_come_in_query_form_or_json(start: Start, form: str) -> None:
    peer = await start()
    blocks: Any = [section("hi")]
    args = {"channel": "C0WEB", "text": "hi", "blocks": blocks if form == "json" else json.dumps(blocks)}
    answer = await raw(peer, "chat.postMessage", headers={"Authorization": "Bearer xoxb-play"}, **{form: args})
    assert answer.json()["message"]["blocks"][0]["text"]["text"] == "hi"


async def test_the_log_has_the_call_without_its_token(start: Start) -> None:
    peer = await start()
    await raw(peer, "chat.postMessage", data={"token": "xoxb-play", "channel": "C0WEB", "text": "hi"})
    (call,) = await peer.control.log("chat.postMessage")
    assert (call["args"], call["status"], call["ok"]) == ({"channel": "C0WEB", "text": "hi"}, 200, True)
    assert "xoxb" not in json.dumps(call)


# ---------------------------------------------------------------- posting


@pytest.mark.parametrize(
    ("channel", "text", "error"),
    [
        ("C0NOWHERE", "x", "channel_not_found"),
        ("C0NOBOT", "x", "not_in_channel"),
        ("C0ARCHIVED", "x", "is_archived"),
        ("C0WEB", "", "no_text"),
        ("C0WEB", "  ", "no_text"),
        ("C0WEB", "x" * 40_001, "msg_too_long"),
    ],
)
async def test_what_cannot_be_posted(start: Start, channel: str, text: str, error: str) -> None:
    peer = await start(limits=False)
    assert await refused(peer.client.api_call("chat.postMessage", json={"channel": channel, "text": text})) == error


async def test_a_private_channel_without_the_bot_is_not_known(start: Start) -> None:
    peer = await start()
    await peer.control.remove("C0PRIVATE")
    assert await refused(peer.client.chat_postMessage(channel="C0PRIVATE", text="x")) == "channel_not_found"


async def test_a_thread_hangs_under_an_existing_message(start: Start) -> None:
    peer = await start(limits=False)
    ts = await peer.control.say("U0ANN", "C0WEB", "look")
    reply = await peer.client.chat_postMessage(channel="C0WEB", thread_ts=ts, text="seen")

    async def post_under(thread_ts: str) -> str:
        return await refused(peer.client.chat_postMessage(channel="C0WEB", thread_ts=thread_ts, text="x"))

    assert await post_under("1700000000.000001") == "thread_not_found"
    assert await post_under("yesterday") == "invalid_thread_ts"
    assert await post_under(reply["ts"]) == "cannot_reply_to_message"
    parent = await peer.control.message("C0WEB", ts)
    assert (parent["reply_count"], parent["reply_users"], parent["latest_reply"]) == (1, ["U0BOT"], reply["ts"])


async def test_timestamps_are_unique_and_near_now(start: Start) -> None:
    peer = await start(limits=False)
    posts = await asyncio.gather(*(peer.client.chat_postMessage(channel="C0WEB", text="x") for _ in range(50)))
    stamps = [post["ts"] for post in posts]
    assert len(set(stamps)) == 50
    assert all(abs(float(ts) - time.time()) < 5 for ts in stamps)
    assert all(len(ts.split(".")[1]) == 6 for ts in stamps)


async def test_a_persons_id_as_channel_opens_their_direct_messages(start: Start) -> None:
    peer = await start()
    answer = await peer.client.chat_postMessage(channel="U0ANN", text="hello")
    assert answer["channel"] == "D0ANN"
    assert (await peer.client.conversations_open(users="U0ANN"))["channel"]["id"] == "D0ANN"
    assert await refused(peer.client.conversations_open(users="U0NOBODY")) == "user_not_found"


async def test_metadata_is_kept_and_shown_only_on_request(start: Start) -> None:
    peer = await start()
    metadata = {"event_type": "devin_delivery", "event_payload": {"key": "say:1"}}
    ts = (await peer.client.chat_postMessage(channel="C0WEB", text="x", metadata=metadata))["ts"]
    silent = await peer.client.conversations_history(channel="C0WEB")
    telling = await peer.client.conversations_history(channel="C0WEB", include_all_metadata=True)
    assert "metadata" not in silent["messages"][0]
    assert telling["messages"][0]["metadata"] == metadata
    await peer.client.chat_update(channel="C0WEB", ts=ts, text="y")
    assert (await peer.control.message("C0WEB", ts))["metadata"] == metadata


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "x"}, "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": {"a": {"b": 1}}}, "invalid_metadata_schema"),
        ({"event_type": "x", "event_payload": {"a": "b" * 9000}}, "metadata_too_large"),
    ],
)
async def test_metadata_is_small_and_flat(start: Start, metadata: dict[str, Any], error: str) -> None:
    peer = await start()
    post = peer.client.api_call("chat.postMessage", json={"channel": "C0WEB", "text": "x", "metadata": metadata})
    assert await refused(post) == error


async def test_a_name_of_its_own_needs_a_scope(start: Start) -> None:
    peer = await start()
    assert await refused(peer.client.chat_postMessage(channel="C0WEB", text="x", username="X")) == "missing_scope"


# ---------------------------------------------------------------- blocks

GOOD = {
    "section": [section("hi")],
    "accessory": [{**section("hi"), "accessory": button(url="https://example.com")}],
    "markdown": [{"type": "markdown", "text": "# x"}],
    "header": [{"type": "header", "text": {**plain("x"), "emoji": True}}],
    "context": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}]}],
    "buttons": [actions(button(value="v", style="danger"), button("open", url="https://example.com"))],
    "same action in two blocks": [actions(button(value="1")), actions(button(value="2"))],
    "plan": [
        {
            "type": "plan",
            "title": "p",
            "tasks": [{"type": "task_card", "task_id": "t", "title": "x", "status": "complete"}],
        }
    ],
    "data table": [
        {"type": "data_table", "caption": "c", "rows": [[{"type": "raw_text", "text": "a"}]] * 2, "page_size": 100}
    ],
    "table": [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}],
    "feedback": [
        {
            "type": "context_actions",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": "f",
                    "positive_button": {"text": plain("Good"), "value": "g"},
                    "negative_button": {"text": plain("Bad"), "value": "b"},
                }
            ],
        }
    ],
    "rich text": [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
        }
    ],
    "50 blocks": [{"type": "divider"}] * 50,
}
BAD = {
    "not a list": {"type": "divider"},
    "unknown key": [{**section("x"), "foo": 1}],
    "unknown element": [actions({"type": "buton", "action_id": "a", "text": plain("b")})],
    "unknown block": [{"type": "sectionn"}],
    "no type": [{"text": "x"}],
    "mrkdwn header": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "mrkdwn button": [actions({**button(), "text": {"type": "mrkdwn", "text": "x"}})],
    "empty section": [{"type": "section"}],
    "empty text": [section("")],
    "empty markdown": [{"type": "markdown", "text": ""}],
    "long section": [section("x" * 3001)],
    "long header": [{"type": "header", "text": plain("x" * 151)}],
    "long field": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "a" * 2001}]}],
    "11 fields": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "a"}] * 11}],
    "11 context elements": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "26 buttons": [actions(*(button(f"a{n}") for n in range(26)))],
    "no buttons": [{"type": "actions", "elements": []}],
    "long button": [actions({**button(), "text": plain("x" * 76)})],
    "long value": [actions(button(value="v" * 2001))],
    "long url": [actions(button(url="https://example.com/" + "x" * 3000))],
    "not a url": [actions(button(url="devin"))],
    "green button": [actions(button(style="green"))],
    "long action_id": [actions(button("a" * 256))],
    "long block_id": [{"type": "divider", "block_id": "b" * 256}],
    "same action twice": [actions(button(), button())],
    "same block twice": [{"type": "divider", "block_id": "b"}] * 2,
    "51 blocks": [{"type": "divider"}] * 51,
    "long markdown": [{"type": "markdown", "text": "x" * 7000}, {"type": "markdown", "text": "x" * 7000}],
    "two tables": [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}] * 2,
    "wide table": [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 21]}],
    "one overflow option": [
        actions({"type": "overflow", "action_id": "o", "options": [{"text": plain("a"), "value": "a"}]})
    ],
    "long option": [
        actions(
            {
                "type": "overflow",
                "action_id": "o",
                "options": [{"text": plain("a" * 76), "value": "a"}, {"text": plain("b"), "value": "b"}],
            }
        )
    ],
}


@pytest.mark.parametrize("name", GOOD)
async def test_good_blocks_are_taken(start: Start, name: str) -> None:
    peer = await start()
    body = {"channel": "C0WEB", "text": "fallback", "blocks": GOOD[name]}
    assert (await peer.client.api_call("chat.postMessage", json=body))["ok"]


@pytest.mark.parametrize("name", BAD)
async def test_bad_blocks_are_refused_with_the_reason(start: Start, name: str) -> None:
    peer = await start()
    body = {"channel": "C0WEB", "text": "fallback", "blocks": BAD[name]}
    with pytest.raises(SlackApiError) as caught:
        await peer.client.api_call("chat.postMessage", json=body)
    assert caught.value.response["error"] == "invalid_blocks"
    assert caught.value.response["response_metadata"]["messages"][0].startswith("[ERROR] ")


async def test_all_text_of_a_message_has_a_limit(start: Start) -> None:
    peer = await start(limits=False)
    assert (await peer.client.chat_postMessage(channel="C0WEB", text="x", blocks=[section("x" * 3000)] * 4))["ok"]
    post = peer.client.chat_postMessage(channel="C0WEB", text="x", blocks=[section("x" * 3000)] * 5)
    assert await refused(post) == "msg_blocks_too_long"


async def test_broken_json_in_blocks_has_its_own_error(start: Start) -> None:
    peer = await start()
    post = peer.client.api_call("chat.postMessage", data={"channel": "C0WEB", "blocks": "[{"})
    assert await refused(post) == "invalid_blocks_format"


async def test_markdown_text_stands_alone(start: Start) -> None:
    peer = await start(limits=False)
    call = peer.client.api_call
    body = {"channel": "C0WEB", "markdown_text": "# x"}
    assert (await call("chat.postMessage", json=body))["message"]["blocks"][0]["type"] == "markdown"
    assert await refused(call("chat.postMessage", json={**body, "text": "x"})) == "markdown_text_conflict"
    assert await refused(call("chat.postMessage", json={**body, "markdown_text": "x" * 12_001})) == "msg_too_long"


# ---------------------------------------------------------------- editing, deleting, reacting


async def test_an_edit_changes_the_bots_own_message_only(start: Start) -> None:
    peer = await start(limits=False)
    theirs = await peer.control.say("U0ANN", "C0WEB", "mine")
    own = (await peer.client.chat_postMessage(channel="C0WEB", text="a", blocks=[section("a")]))["ts"]
    await peer.client.chat_update(channel="C0WEB", ts=own, text="b")
    message = await peer.control.message("C0WEB", own)
    assert (message["text"], message["rendered"], message["edits"]) == ("b", "a", 1), "blocks not given stay"
    await peer.client.chat_update(channel="C0WEB", ts=own, text="b", blocks=[])
    assert (await peer.control.message("C0WEB", own))["rendered"] == "b"
    update = peer.client.chat_update
    assert await refused(update(channel="C0WEB", ts=theirs, text="x")) == "cant_update_message"
    assert await refused(update(channel="C0WEB", ts="1700000000.000001", text="x")) == "message_not_found"
    assert await refused(update(channel="C0WEB", ts=own, text="x" * 4001)) == "msg_too_long"
    await peer.control.archive("C0WEB")
    assert await refused(update(channel="C0WEB", ts=own, text="x")) == "is_inactive"


async def test_deleting(start: Start) -> None:
    peer = await start(limits=False)
    theirs = await peer.control.say("U0ANN", "C0WEB", "mine")
    own = (await peer.client.chat_postMessage(channel="C0WEB", text="a"))["ts"]
    assert await refused(peer.client.chat_delete(channel="C0WEB", ts=theirs)) == "cant_delete_message"
    await peer.client.chat_delete(channel="C0WEB", ts=own)
    assert await refused(peer.client.chat_delete(channel="C0WEB", ts=own)) == "message_not_found"
    assert await refused(peer.client.chat_update(channel="C0WEB", ts=own, text="x")) == "message_not_found"
    assert await refused(peer.client.chat_postMessage(channel="C0WEB", thread_ts=own, text="x")) == "thread_not_found"


async def test_reactions_are_added_once(start: Start) -> None:
    peer = await start()
    item = {"channel": "C0WEB", "timestamp": await peer.control.say("U0ANN", "C0WEB", "x")}
    await peer.client.reactions_add(**item, name="eyes")
    assert await refused(peer.client.reactions_add(**item, name="eyes")) == "already_reacted"
    assert await refused(peer.client.reactions_add(**item, name=":eyes:")) == "invalid_name"
    await peer.client.reactions_remove(**item, name="eyes")
    assert await refused(peer.client.reactions_remove(**item, name="eyes")) == "no_reaction"
    gone = {"channel": "C0WEB", "timestamp": "1700000000.000001"}
    assert await refused(peer.client.reactions_add(**gone, name="eyes")) == "message_not_found"


async def test_an_ephemeral_under_a_message_without_replies_is_not_seen(start: Start) -> None:
    peer = await start(limits=False)
    ts = await peer.control.say("U0ANN", "C0WEB", "x")
    whisper = {"channel": "C0WEB", "user": "U0ANN", "text": "psst", "thread_ts": ts}
    await peer.client.chat_postEphemeral(**whisper)
    assert (await peer.control.ephemerals())[-1]["visible"] is False
    await peer.client.chat_postMessage(channel="C0WEB", thread_ts=ts, text="reply")
    await peer.client.chat_postEphemeral(**whisper)
    assert (await peer.control.ephemerals(text="psst"))[-1]["visible"] is True
    assert [message["text"] for message in await peer.control.messages("C0WEB")] == ["x", "reply"]


async def test_an_ephemeral_needs_somebody_in_the_channel(start: Start) -> None:
    peer = await start()
    await peer.control.put_person("U0NEW", name="new")
    whisper = peer.client.chat_postEphemeral
    assert await refused(whisper(channel="C0WEB", user="U0NEW", text="x")) == "user_not_in_channel"
    assert await refused(whisper(channel="C0WEB", user="U0NOBODY", text="x")) == "user_not_found"
    await peer.control.put_person("U0ANN", active=False)
    await whisper(channel="C0WEB", user="U0ANN", text="x")
    assert (await peer.control.ephemerals())[-1]["visible"] is False, "nobody is there to see it"


async def test_permalinks(start: Start) -> None:
    peer = await start(limits=False)
    ts = await peer.control.say("U0ANN", "C0WEB", "x")
    reply = (await peer.client.chat_postMessage(channel="C0WEB", thread_ts=ts, text="y"))["ts"]
    link = (await peer.client.chat_getPermalink(channel="C0WEB", message_ts=reply))["permalink"]
    assert link == f"https://play.slack.com/archives/C0WEB/p{reply.replace('.', '')}?thread_ts={ts}&cid=C0WEB"
    gone = peer.client.chat_getPermalink(channel="C0WEB", message_ts="1700000000.000001")
    assert await refused(gone) == "message_not_found"


# ---------------------------------------------------------------- reading


async def test_replies_come_page_by_page_oldest_first(start: Start) -> None:
    peer = await start()
    root = await peer.control.say("U0ANN", "C0WEB", "root")
    stamps = [await peer.control.say("U0BEN", "C0WEB", f"r{n}", thread_ts=root) for n in range(5)]
    seen: list[str] = []
    pages = await peer.client.conversations_replies(channel="C0WEB", ts=root, limit=2)
    async for page in pages:
        seen += [message["ts"] for message in page["messages"]]
    assert seen == [root, *stamps]
    since = await peer.client.conversations_replies(channel="C0WEB", ts=root, oldest=stamps[2])
    assert [message["ts"] for message in since["messages"]] == [root, *stamps[3:]]
    inclusive = await peer.client.conversations_replies(
        channel="C0WEB", ts=root, oldest=stamps[2], latest=stamps[3], inclusive=True
    )
    assert [message["ts"] for message in inclusive["messages"]] == [root, *stamps[2:4]]


async def test_history_has_the_channel_newest_first_without_replies(start: Start) -> None:
    peer = await start()
    first = await peer.control.say("U0ANN", "C0WEB", "one")
    await peer.control.say("U0ANN", "C0WEB", "reply", thread_ts=first)
    shown = await peer.control.say("U0ANN", "C0WEB", "to all", thread_ts=first, broadcast=True)
    last = await peer.control.say("U0ANN", "C0WEB", "two")
    page = await peer.client.conversations_history(channel="C0WEB", limit=2)
    assert [message["ts"] for message in page["messages"]] == [last, shown]
    assert page["has_more"] is True
    rest = await peer.client.conversations_history(
        channel="C0WEB", limit=2, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [message["ts"] for message in rest["messages"]] == [first]


async def test_what_cannot_be_read(start: Start) -> None:
    peer = await start()
    history, replies = peer.client.conversations_history, peer.client.conversations_replies
    assert await refused(history(channel="C0NOBOT")) == "not_in_channel"
    assert await refused(history(channel="C0NOWHERE")) == "channel_not_found"
    assert await refused(history(channel="C0WEB", oldest="monday")) == "invalid_ts_oldest"
    assert await refused(history(channel="C0WEB", limit=0)) == "invalid_limit"
    assert await refused(history(channel="C0WEB", cursor="???")) == "invalid_cursor"
    assert await refused(replies(channel="C0WEB", ts="1700000000.000001")) == "thread_not_found"


async def test_channels_tell_what_they_are(start: Start) -> None:
    peer = await start()

    async def facts(channel: str) -> dict[str, Any]:
        answer = await peer.client.conversations_info(channel=channel)
        return dict(answer["channel"])

    assert (await facts("C0SHARED"))["is_ext_shared"] is True
    assert (await facts("C0PRIVATE"))["is_private"] is True
    assert (await facts("C0ARCHIVED"))["is_archived"] is True
    assert (await facts("C0NOBOT"))["is_member"] is False
    assert (await facts("D0ANN"))["user"] == "U0ANN"
    members = await peer.client.conversations_members(channel="C0SHARED")
    assert members["members"] == ["U0ADA", "U0ANN", "U0BEN", "U0BOT", "U0EXT"]


async def test_people_tell_who_they_are(start: Start) -> None:
    peer = await start()
    ann = (await peer.client.users_info(user="U0ANN"))["user"]
    assert (ann["real_name"], ann["profile"]["email"]) == ("Ann Lee", "ann@example.com")
    assert (await peer.client.users_info(user="U0ADA"))["user"]["is_admin"] is True
    assert (await peer.client.users_info(user="U0GUEST"))["user"]["is_restricted"] is True
    stranger = (await peer.client.users_info(user="U0EXT"))["user"]
    assert (stranger["team_id"], stranger["is_stranger"]) == ("T0OTHER", True)
    assert "email" not in stranger["profile"]
    assert (await peer.client.users_lookupByEmail(email="ben@example.com"))["user"]["id"] == "U0BEN"
    assert await refused(peer.client.users_lookupByEmail(email="eve@other.example")) == "users_not_found"
    assert await refused(peer.client.users_info(user="U0NOBODY")) == "user_not_found"


async def test_an_address_needs_its_own_scope(start: Start) -> None:
    peer = await start(scopes=["users:read"])
    assert "email" not in (await peer.client.users_info(user="U0ANN"))["user"]["profile"]
    assert await refused(peer.client.users_lookupByEmail(email="ben@example.com")) == "missing_scope"


# ---------------------------------------------------------------- rate limits


async def test_a_second_post_within_a_second_in_a_channel_waits(start: Start) -> None:
    peer = await start()
    await peer.client.chat_postMessage(channel="C0WEB", text="1")
    with pytest.raises(SlackApiError) as caught:
        await peer.client.chat_postMessage(channel="C0WEB", text="2")
    assert (caught.value.response.status_code, caught.value.response["error"]) == (429, "ratelimited")
    assert caught.value.response.headers["Retry-After"] == "1"
    assert (await peer.client.chat_postMessage(channel="C0GENERAL", text="elsewhere"))["ok"]
    await peer.control.advance(1)
    assert (await peer.client.chat_postMessage(channel="C0WEB", text="2"))["ok"]


async def test_a_burst_does_not_raise_the_mean(start: Start) -> None:
    peer = await start(limits=LimitRules(burst=3))
    for _ in range(3):
        await peer.client.chat_postMessage(channel="C0WEB", text="x")
    await peer.control.advance(1)
    await peer.client.chat_postMessage(channel="C0WEB", text="x")
    assert await refused(peer.client.chat_postMessage(channel="C0WEB", text="x")) == "ratelimited"


@pytest.mark.parametrize(
    ("method", "calls"),
    [("reactions.remove", 20), ("chat.update", 50), ("conversations.replies", 50), ("users.info", 100)],
)
async def test_each_method_has_its_tier(start: Start, method: str, calls: int) -> None:
    peer = await start()
    headers = {"Authorization": "Bearer xoxb-play"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        answers = [await client.post(peer.simulator.base_url + method) for _ in range(calls + 1)]
        assert [answer.status_code for answer in answers] == [200] * calls + [429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        await peer.control.advance(60)
        assert (await client.post(peer.simulator.base_url + method)).status_code == 200


async def test_limits_can_be_switched_off(start: Start) -> None:
    peer = await start(limits=False)
    for _ in range(5):
        await peer.client.chat_postMessage(channel="C0WEB", text="x")
    assert await peer.control.limits(enabled=True) == {"enabled": True, "burst": 1}
    await peer.client.chat_postMessage(channel="C0WEB", text="x")
    assert await refused(peer.client.chat_postMessage(channel="C0WEB", text="x")) == "ratelimited"


@dataclass
class Wall:
    """A wall clock that stands until it is moved."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


async def posts_taken(peer: Any) -> int:
    """How many posts in a row a channel takes before it refuses one."""
    taken = 0
    with suppress(SlackApiError):
        while taken < 100:
            await peer.client.chat_postMessage(channel="C0WEB", text="x")
            taken += 1
    return taken


async def test_limits_pass_as_much_faster_as_the_clock_runs(start: Start) -> None:
    wall = Wall()
    peer = await start(wall=wall, speed=20)
    assert await posts_taken(peer) == 2, "one of them for a timer that is late"
    for _ in range(3):
        wall.now += 1.1 / 20
        assert await posts_taken(peer) == 1
    await peer.control.speed(1)
    wall.now += 1.1 / 20
    assert await posts_taken(peer) == 0
    await peer.control.speed(20)
    wall.now += 1.1 / 20
    assert await posts_taken(peer) == 1


async def test_retries_come_as_much_sooner_as_the_clock_runs(start: Start) -> None:
    url, got, runner = await receiver([web.Response(status=500)] * 4)
    peer = await start(transport="http", request_url=url, speed=3000)
    await peer.control.say("U0ANN", "C0WEB", "hi")
    await peer.control.wait_for_delivery(status="failed")
    await runner.cleanup()
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in got] == [None, "1", "2", "3"]


# ---------------------------------------------------------------- faults


async def test_faults_before_the_effect(start: Start) -> None:
    peer = await start(limits=False)
    await peer.control.fault("chat.postMessage", "ratelimited", retry_after=7)
    await peer.control.fault("chat.postMessage", "http_500", status=503)
    await peer.control.fault("chat.postMessage", "error", error="fatal_error")
    await peer.control.fault("chat.postMessage", "drop_before")

    def post() -> Any:
        return peer.client.api_call("chat.postMessage", json={"channel": "C0WEB", "text": "x"})

    with pytest.raises(SlackApiError) as caught:
        await post()
    assert caught.value.response.headers["Retry-After"] == "7"
    with pytest.raises(SlackApiError) as caught:
        await post()
    assert caught.value.response.status_code == 503
    assert await refused(post()) == "fatal_error"
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post()
    assert await peer.control.messages("C0WEB") == []
    assert (await post())["ok"]
    kinds = [call["fault"] for call in await peer.control.log("chat.postMessage")]
    assert kinds == ["ratelimited", "http_500", "error", "drop_before", None]


async def test_a_lost_answer_after_the_effect(start: Start) -> None:
    peer = await start(limits=False)
    await peer.control.fault("chat.postMessage", "commit_then_drop", match="important")
    await peer.client.chat_postMessage(channel="C0WEB", text="other")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await peer.client.chat_postMessage(channel="C0WEB", text="important")
    assert [message["text"] for message in await peer.control.messages("C0WEB")] == ["other", "important"]
    call = (await peer.control.log("chat.postMessage"))[-1]
    assert (call["status"], call["ok"], call["fault"]) == (0, True, "commit_then_drop")


async def test_silence_and_late_effects(start: Start) -> None:
    peer = await start(limits=False)
    impatient = AsyncWebClient(token="xoxb-play", base_url=peer.simulator.base_url, timeout=1, retry_handlers=[])
    impatient.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.1))
    async with impatient.session:
        for kind, text in (("hang", "never"), ("commit_then_hang", "at once"), ("slow", "late")):
            await peer.control.fault("chat.postMessage", kind, seconds=0.3)
            with pytest.raises(TimeoutError):
                await impatient.chat_postMessage(channel="C0WEB", text=text)
        await peer.control.wait_for_message("C0WEB", "late")
    assert [message["text"] for message in await peer.control.messages("C0WEB")] == ["at once", "late"]


async def test_a_fault_must_make_sense(start: Start) -> None:
    peer = await start()
    with pytest.raises(RefusedError, match="a fault has a method"):
        await peer.control.fault("chat.postMessage", "explode")


# ---------------------------------------------------------------- events, over both transports


async def events(peer: Any, count: int) -> list[dict[str, Any]]:
    """The events the bot acked, once there are `count`."""
    await peer.control.wait_for_delivery(count, status="acked")
    return [body["event"] | {"_": body} for body in peer.heard if "event" in body]


async def test_a_mention_is_two_events_for_one_message(peer: Any) -> None:
    ts = await peer.control.say("U0ANN", "C0WEB", "<@U0BOT> fix it")
    found = await events(peer, 2)
    assert {(event["type"], event["ts"]) for event in found} == {("message", ts), ("app_mention", ts)}
    assert len({event["_"]["event_id"] for event in found}) == 2
    envelope = found[0]["_"]
    assert (envelope["team_id"], envelope["api_app_id"], envelope["is_ext_shared_channel"]) == (
        "T0PLAY",
        "A0PLAY",
        False,
    )
    assert envelope["authorizations"][0]["user_id"] == "U0BOT"
    assert (await peer.control.deliveries())[0]["latency_ms"] > 0


async def test_a_reply_knows_its_thread(peer: Any) -> None:
    root = await peer.control.say("U0ANN", "C0PRIVATE", "root")
    await peer.control.say("U0BEN", "C0PRIVATE", "reply", thread_ts=root)
    reply = next(event for event in await events(peer, 2) if event["text"] == "reply")
    assert (reply["thread_ts"], reply["parent_user_id"], reply["channel_type"]) == (root, "U0ANN", "group")


async def test_direct_messages_are_message_events_only(peer: Any) -> None:
    await peer.control.say("U0ANN", "im", "<@U0BOT> hi")
    (event,) = await events(peer, 1)
    assert (event["type"], event["channel"], event["channel_type"]) == ("message", "D0ANN", "im")


async def test_nothing_is_heard_where_the_bot_is_not(peer: Any) -> None:
    await peer.control.say("U0ANN", "C0NOBOT", "<@U0BOT> hi")
    await peer.control.say("U0ANN", "C0WEB", "here")
    assert [event["text"] for event in await events(peer, 1)] == ["here"]


async def test_own_posts_and_edits_come_back(peer: Any) -> None:
    ts = (await peer.client.chat_postMessage(channel="C0WEB", text="one"))["ts"]
    await peer.client.chat_update(channel="C0WEB", ts=ts, text="two")
    await peer.control.wait_for_delivery(2, status="acked")
    sent = [delivery["payload"]["event"] for delivery in await peer.control.deliveries()]
    assert sent[0]["bot_id"] == "B0BOT"
    assert (sent[1]["subtype"], sent[1]["message"]["text"], sent[1]["previous_message"]["text"]) == (
        "message_changed",
        "two",
        "one",
    )


async def test_an_edited_mention_is_sent_again_with_a_new_id(peer: Any) -> None:
    ts = await peer.control.say("U0ANN", "C0WEB", "<@U0BOT> fix")
    await peer.control.edit("U0ANN", "C0WEB", ts, "<@U0BOT> fix all")
    found = await events(peer, 4)
    mentions = [event for event in found if event["type"] == "app_mention"]
    assert [event["ts"] for event in mentions] == [ts, ts]
    assert len({event["_"]["event_id"] for event in mentions}) == 2
    assert any("edited" in event for event in mentions)
    changed = next(event for event in found if event.get("subtype") == "message_changed")
    assert (changed["message"]["text"], changed["hidden"]) == ("<@U0BOT> fix all", True)


async def test_a_link_preview_is_an_edit_that_nobody_made(peer: Any) -> None:
    ts = await peer.control.say("U0ANN", "C0WEB", "<@U0BOT> https://example.com")
    await peer.control.unfurl("C0WEB", ts)
    found = await events(peer, 3)
    changed = next(event for event in found if event.get("subtype") == "message_changed")
    assert "edited" not in changed["message"]
    assert sum(event["type"] == "app_mention" for event in found) == 1


async def test_deletions(peer: Any) -> None:
    alone = await peer.control.say("U0ANN", "C0WEB", "alone")
    root = await peer.control.say("U0ANN", "C0WEB", "root")
    await peer.control.say("U0BEN", "C0WEB", "reply", thread_ts=root)
    await peer.control.delete("U0ANN", "C0WEB", alone)
    await peer.control.delete("U0ANN", "C0WEB", root)
    found = await events(peer, 5)
    gone = next(event for event in found if event.get("subtype") == "message_deleted")
    assert (gone["deleted_ts"], gone["previous_message"]["text"]) == (alone, "alone")
    changed = next(event for event in found if event.get("subtype") == "message_changed")
    assert changed["message"]["subtype"] == "tombstone"
    thread = await peer.client.conversations_replies(channel="C0WEB", ts=root)
    assert [message["text"] for message in thread["messages"]] == ["This message was deleted.", "reply"]


async def test_shared_channels_and_strangers_are_marked(peer: Any) -> None:
    await peer.control.say("U0EXT", "C0SHARED", "<@U0BOT> hi")
    for event in await events(peer, 2):
        assert event["_"]["is_ext_shared_channel"] is True
        assert (event["user_team"], event["team"]) == ("T0OTHER", "T0OTHER")
        envelope = event["_"]
        assert (envelope["team_id"], envelope["context_team_id"]) == ("T0OTHER", "T0PLAY")
        assert [installed["team_id"] for installed in envelope["authorizations"]] == ["T0PLAY"]


async def test_the_bot_hears_who_joins_and_who_changes(peer: Any) -> None:
    await peer.control.put_person("U0NEW", name="new")
    await peer.control.put_person("U0NEW", is_restricted=True)
    await peer.control.put_person("U0NEW", is_restricted=True)  # as before
    await peer.control.put_person("U0NEW", active=False)  # which nobody is told
    await peer.control.put_person("U0FAR", name="far", team="T0OTHER")  # who does not join us
    await peer.control.put_person("U0NEW", deleted=True)
    (joined,) = [event for event in await events(peer, 3) if event["type"] == "team_join"]
    changes = [event for event in await events(peer, 3) if event["type"] == "user_change"]
    assert (joined["user"]["id"], joined["user"]["deleted"], joined["_"]["team_id"]) == ("U0NEW", False, "T0PLAY")
    assert [event["user"]["deleted"] for event in changes] == [False, True]
    guest, gone = (event["user"] for event in changes)
    assert (guest["is_restricted"], gone["profile"]["display_name"]) == (True, "new")
    assert "is_restricted" not in gone, "Slack does not tell what somebody was allowed"
    assert (await peer.client.users_info(user="U0NEW"))["user"]["deleted"] is True


async def test_who_is_deactivated_does_nothing_and_sees_nothing(start: Start) -> None:
    peer = await start()
    await peer.control.put_person("U0ANN", deleted=True)
    with pytest.raises(RefusedError, match=r"^U0ANN is deactivated$"):
        await peer.control.say("U0ANN", "C0WEB", "hi")
    whisper = peer.client.chat_postEphemeral
    assert await refused(whisper(channel="C0WEB", user="U0ANN", text="x")) == "user_not_in_channel"


async def test_strangers_cannot_type_the_command(start: Start) -> None:
    peer = await start()
    assert (await peer.control.slash("U0EXT", "C0SHARED", "hi"))["error"] == "not_a_command"
    assert await peer.control.deliveries(kind="slash_commands") == []


async def test_the_app_learns_its_own_id(start: Start) -> None:
    peer = await start()
    us = await peer.client.auth_test()
    assert (await peer.client.bots_info(bot=us["bot_id"]))["bot"]["app_id"] == "A0PLAY"
    assert await refused(peer.client.bots_info(bot="B0OTHER")) == "bot_not_found"


async def test_the_bot_hears_that_a_channel_is_shared_and_no_longer(peer: Any) -> None:
    await peer.control.share("C0WEB")
    (shared,) = await events(peer, 1)
    assert (shared["type"], shared["channel"], shared["connected_team_id"]) == ("channel_shared", "C0WEB", "T0OTHER")
    assert shared["_"]["is_ext_shared_channel"] is True
    assert (await peer.client.conversations_info(channel="C0WEB"))["channel"]["is_ext_shared"] is True
    await peer.control.unshare("C0WEB")
    unshared = (await events(peer, 2))[1]
    assert (unshared["type"], unshared["is_ext_shared"]) == ("channel_unshared", False)
    assert unshared["previously_connected_team_id"] == "T0OTHER"
    assert unshared["_"]["is_ext_shared_channel"] is False


async def test_the_bot_hears_that_it_is_put_out_and_of_archives(peer: Any) -> None:
    await peer.control.remove("C0WEB")
    await peer.control.archive("C0GENERAL")
    await peer.control.wait_for_delivery(3, status="acked")
    kinds = {delivery["type"] for delivery in await peer.control.deliveries()}
    assert kinds == {"member_left_channel", "channel_left", "channel_archive"}


async def test_only_subscribed_events_with_their_scope_are_sent(start: Start) -> None:
    manifest = {
        "oauth_config": {"scopes": {"bot": ["channels:history"]}},
        "settings": {"event_subscriptions": {"bot_events": ["message.channels", "app_mention"]}},
    }
    peer = await start(connect=True, manifest=manifest)
    await peer.control.say("U0ANN", "im", "hi")
    await peer.control.say("U0ANN", "C0WEB", "<@U0BOT> hi")
    assert [delivery["type"] for delivery in await peer.control.deliveries()] == ["message"]


GROUP = {"name": "mpdm-ann--ben--devin_bridge-1", "kind": "mpim", "members": ["U0ANN", "U0BEN", "U0BOT"]}


async def test_in_a_group_direct_message_a_mention_is_two_events_too(peer: Any) -> None:
    await peer.control.put_channel("C0GROUP", **GROUP)
    await peer.control.say("U0ANN", "C0GROUP", "<@U0BOT> hi")
    found = await events(peer, 2)
    assert sorted((event["type"], event.get("channel_type")) for event in found) == [
        ("app_mention", None),
        ("message", "mpim"),
    ]
    facts = (await peer.client.conversations_info(channel="C0GROUP"))["channel"]
    assert (facts["is_mpim"], facts["is_private"], facts["is_channel"]) == (True, True, False)


async def test_the_same_people_share_one_group_direct_message(peer: Any) -> None:
    group = await peer.control.open_group("U0ANN", "U0BEN", "U0BOT")
    assert group.startswith("G")
    assert await peer.control.open_group("U0BEN", "U0BOT", "U0ANN", "U0BEN") == group
    assert await peer.control.open_group("U0ANN", "U0BEN", "U0ADA", "U0BOT") != group
    facts = (await peer.client.conversations_info(channel=group))["channel"]
    assert (facts["name"], facts["is_mpim"], facts["is_private"]) == ("mpdm-ann--ben--devin_bridge-1", True, True)
    assert (await peer.client.conversations_members(channel=group))["members"] == ["U0ANN", "U0BEN", "U0BOT"]
    await peer.control.say("U0BEN", group, "<@U0BOT> hi")
    assert [event.get("channel_type") for event in await events(peer, 2)] == ["mpim", None]
    assert facts["is_ext_shared"] is False
    shared = await peer.control.open_group("U0ANN", "U0EXT", "U0BOT")
    assert (await peer.client.conversations_info(channel=shared))["channel"]["is_ext_shared"] is True


@pytest.mark.parametrize("act", ["invite", "remove", "archive", "unarchive"])
async def test_a_group_direct_message_keeps_its_people(peer: Any, act: str) -> None:
    group = await peer.control.open_group("U0ANN", "U0BEN", "U0BOT")
    with pytest.raises(RefusedError) as caught:
        await peer.control.act(act, channel=group, who="U0ADA")
    assert str(caught.value) == "direct messages keep the people they were opened with, and are never archived"


async def test_a_group_direct_message_has_scopes_and_an_event_of_its_own(start: Start) -> None:
    manifest = {
        "oauth_config": {"scopes": {"bot": ["groups:history", "groups:read", "im:history", "im:read", "users:read"]}},
        "settings": {"event_subscriptions": {"bot_events": ["message.groups", "message.im", "message.mpim"]}},
    }
    peer = await start(connect=True, manifest=manifest)
    await peer.control.put_channel("C0GROUP", **GROUP)
    ts = await peer.control.say("U0ANN", "C0GROUP", "<@U0BOT> hi")
    assert await peer.control.deliveries() == []
    assert await refused(peer.client.conversations_info(channel="C0GROUP")) == "missing_scope"
    assert await refused(peer.client.conversations_replies(channel="C0GROUP", ts=ts)) == "missing_scope"
    assert await refused(peer.client.usergroups_list()) == "missing_scope"


async def test_user_groups_are_listed(start: Start) -> None:
    peer = await start()
    assert [(group["id"], group["handle"]) for group in (await peer.client.usergroups_list())["usergroups"]] == [
        ("S0BACKEND", "backend-team")
    ]


async def test_who_is_in_a_user_group(start: Start) -> None:
    peer = await start()
    assert (await peer.client.usergroups_users_list(usergroup="S0BACKEND"))["users"] == ["U0ANN", "U0BEN"]
    await peer.control.put_group("S0OPS", handle="ops", users=["U0ADA"])
    listed = (await peer.client.usergroups_list(include_users=True, include_count=True))["usergroups"][1]
    assert (listed["users"], listed["user_count"], listed["date_delete"]) == (["U0ADA"], 1, 0)
    assert await refused(peer.client.usergroups_users_list(usergroup="S0NOWHERE")) == "no_such_subteam"
    for guest_or_nobody in ("U0GUEST", "U0EXT", "U0NOBODY"):
        with pytest.raises(RefusedError, match=rf"^{guest_or_nobody} can't be in a user group$"):
            await peer.control.put_group("S0OPS", users=[guest_or_nobody])


async def test_a_disabled_user_group_is_shown_only_to_whoever_asks_for_those(start: Start) -> None:
    peer = await start()
    await peer.control.put_group("S0BACKEND", is_disabled=True)
    assert (await peer.client.usergroups_list())["usergroups"] == []
    assert await refused(peer.client.usergroups_users_list(usergroup="S0BACKEND")) == "no_such_subteam"
    (listed,) = (await peer.client.usergroups_list(include_disabled=True))["usergroups"]
    assert listed["date_delete"] > 0
    users = (await peer.client.usergroups_users_list(usergroup="S0BACKEND", include_disabled=True))["users"]
    assert users == ["U0ANN", "U0BEN"]


async def test_who_is_in_a_user_group_may_be_asked_twenty_times_a_minute_with_its_scope(start: Start) -> None:
    peer = await start(limits=LimitRules())
    for _ in range(20):
        await peer.client.usergroups_users_list(usergroup="S0BACKEND")
    assert await refused(peer.client.usergroups_users_list(usergroup="S0BACKEND")) == "ratelimited"
    peer = await start(scopes=[scope for scope in DEFAULT_SCOPES if scope != "usergroups:read"])
    assert await refused(peer.client.usergroups_users_list(usergroup="S0BACKEND")) == "missing_scope"


async def test_another_app_posts_without_a_user(peer: Any) -> None:
    attachments = [{"title": "HighErrorRate", "fallback": "[FIRING] HighErrorRate"}]
    ts = await peer.control.post_as_app("C0WEB", "Alertmanager", attachments=attachments)
    await peer.control.say("U0ANN", "C0WEB", "look", thread_ts=ts)
    alert = next(event for event in await events(peer, 2) if event["ts"] == ts)
    assert (alert["subtype"], alert["username"], alert["text"]) == ("bot_message", "Alertmanager", "")
    assert (alert["attachments"], alert["bot_id"]) == (attachments, "B0HOOK")
    assert "user" not in alert
    first = (await peer.client.conversations_replies(channel="C0WEB", ts=ts))["messages"][0]
    assert (first["username"], first["reply_count"]) == ("Alertmanager", 1)
    assert (await peer.control.message("C0WEB", ts))["rendered"] == "[FIRING] HighErrorRate"


async def test_a_forwarded_message_is_an_attachment(peer: Any) -> None:
    source = await peer.control.say("U0BEN", "C0NOBOT", "it fails", files=[{"name": "a.log", "content": "x"}])
    ts = await peer.control.forward("U0ANN", "C0NOBOT", source, "C0WEB", "<@U0BOT> see")
    for event in await events(peer, 2):
        [shared] = event["attachments"]
        assert (event["ts"], event["text"], event["user"]) == (ts, "<@U0BOT> see", "U0ANN")
        assert (shared["is_share"], shared["author_id"], shared["channel_name"]) == (True, "U0BEN", "nobot")
        assert (shared["text"], shared["ts"], shared["files"][0]["name"]) == ("it fails", source, "a.log")
        assert shared["from_url"] == f"https://play.slack.com/archives/C0NOBOT/p{source.replace('.', '')}"
    with pytest.raises(RefusedError, match=r"^U0EXT isn't in C0NOBOT$"):
        await peer.control.forward("U0EXT", "C0NOBOT", source, "C0SHARED")


async def test_an_event_can_be_sent_again_under_its_id(peer: Any) -> None:
    await peer.control.say("U0ANN", "C0WEB", "<@U0BOT> hi")
    await events(peer, 2)
    again = await peer.control.redeliver(type="app_mention")
    assert again["status"] == "acked"
    ids = [body["event_id"] for body in peer.heard if body["event"]["type"] == "app_mention"]
    sent = await peer.control.deliveries(type="app_mention")
    assert len(sent) == 2
    # An attempt each, or more where the machine is too slow for Slack's three seconds.
    assert ids == [again["event_id"]] * sum(len(delivery["attempts"]) for delivery in sent)


async def test_paused_events_are_held_or_lost(peer: Any) -> None:
    await peer.control.pause("hold")
    await peer.control.say("U0ANN", "C0WEB", "held")
    await peer.control.pause("lose")
    await peer.control.say("U0ANN", "C0WEB", "lost")
    assert peer.heard == []
    await peer.control.resume()
    await peer.control.say("U0ANN", "C0WEB", "after")
    assert [event["text"] for event in await events(peer, 2)] == ["held", "after"]
    assert [delivery["status"] for delivery in await peer.control.deliveries()] == ["acked", "lost", "acked"]


# ---------------------------------------------------------------- commands and buttons, over both transports


async def test_a_command_is_answered_in_its_ack(peer: Any) -> None:
    @peer.app.command("/devin")
    async def devin(ack: Any, command: dict[str, Any]) -> None:
        await ack(text=f"{command['user_name']} in {command['channel_name']}: {command['text']}")

    result = await peer.control.slash("U0ANN", "C0WEB", "list for <@U0BEN>")
    assert (result["status"], result["error"]) == ("acked", None)
    assert result["shown"]["rendered"] == "ann in web: list for <@U0BEN|ben>"
    assert (await peer.control.ephemerals(user="U0ANN"))[0]["source"] == "ack"
    assert (await peer.control.slash("U0ANN", "im", "help"))["shown"]["rendered"] == "ann in directmessage: help"


async def test_a_public_answer_becomes_a_message_also_without_the_bot(peer: Any) -> None:
    @peer.app.command("/devin")
    async def devin(ack: Any) -> None:
        await ack(text="for all", response_type="in_channel")

    await peer.control.slash("U0ANN", "C0NOBOT", "x")
    assert (await peer.control.wait_for_message("C0NOBOT", "for all"))["bot_id"] == "B0BOT"


async def test_a_broken_answer_is_not_shown(peer: Any) -> None:
    @peer.app.command("/devin")
    async def devin(ack: Any) -> None:
        await ack(text="x", blocks=[{"type": "section"}])

    result = await peer.control.slash("U0ANN", "C0WEB", "x")
    assert (result["status"], result["error"], result["shown"]) == ("acked", "invalid_blocks", None)


async def test_an_unknown_command_never_reaches_the_bot(peer: Any) -> None:
    assert (await peer.control.slash("U0ANN", "C0WEB", "x", command="/nothing"))["error"] == "not_a_command"
    assert await peer.control.deliveries() == []


async def test_a_button_is_pressed_and_its_message_replaced(peer: Any) -> None:
    pressed: list[dict[str, Any]] = []

    @peer.app.action("stop")
    async def stop(ack: Any, body: dict[str, Any], respond: Any) -> None:
        pressed.append(body)
        await ack()
        await respond("stopped", replace_original=True)

    root = await peer.control.say("U0ANN", "C0WEB", "root")
    blocks = [actions(button(value="one"), button("open", url="https://example.com"))]
    posted = await peer.client.chat_postMessage(channel="C0WEB", thread_ts=root, text="card", blocks=blocks)
    result = await peer.control.click("U0BEN", "C0WEB", posted["ts"], "stop")
    assert result["status"] == "acked"
    (body,) = pressed
    action = body["actions"][0]
    assert (action["value"], action["type"], action["block_id"]) == (
        "one",
        "button",
        posted["message"]["blocks"][0]["block_id"],
    )
    assert body["container"]["thread_ts"] == body["message"]["thread_ts"] == root
    assert body["user"]["id"] == "U0BEN"
    assert (await peer.control.message("C0WEB", posted["ts"]))["rendered"] == "stopped"


async def test_a_button_that_is_not_there_cannot_be_pressed(start: Start) -> None:
    peer = await start()
    blocks = [actions(button(value="one", visible_to_user_ids=["U0ANN"]))]
    ts = (await peer.client.chat_postMessage(channel="C0WEB", text="card", blocks=blocks))["ts"]
    nothing = "^U0BEN sees nothing to use with the action_id stop$"
    with pytest.raises(RefusedError, match=nothing):
        await peer.control.click("U0BEN", "C0WEB", ts, "stop")
    with pytest.raises(RefusedError, match="sees nothing to use with the action_id go"):
        await peer.control.click("U0ANN", "C0WEB", ts, "go")
    with pytest.raises(RefusedError, match="U0EXT isn't in C0WEB"):
        await peer.control.click("U0EXT", "C0WEB", ts, "stop")


async def test_a_private_answer_has_buttons_too(peer: Any) -> None:
    seen: list[dict[str, Any]] = []

    @peer.app.command("/devin")
    async def devin(ack: Any) -> None:
        await ack(text="again?", blocks=[section("again?"), actions(button("again", value="yes"))])

    @peer.app.action("again")
    async def again(ack: Any, body: dict[str, Any], respond: Any) -> None:
        seen.append(body)
        await ack()
        await respond(delete_original=True)

    result = await peer.control.slash("U0ANN", "C0WEB", "x")
    with pytest.raises(RefusedError):
        await peer.control.click("U0BEN", "C0WEB", result["shown"]["ts"], "again")
    assert (await peer.control.click("U0ANN", "C0WEB", result["shown"]["ts"], "again"))["status"] == "acked"
    assert seen[0]["container"]["is_ephemeral"] is True
    assert await peer.control.ephemerals() == []


async def test_a_person_sees_that_nobody_answered_in_time(start: Start) -> None:
    for transport in ("socket", "http"):
        peer = await start(connect=True, transport=transport, ack_timeout=0.1)

        @peer.app.command("/devin")
        async def devin(ack: Any) -> None:
            await asyncio.sleep(0.3)
            await ack("late")

        result = await peer.control.slash("U0ANN", "C0WEB", "x")
        assert (result["status"], result["error"], result["answer"]) == ("failed", "operation_timeout", None)
        assert len((await peer.control.deliveries())[0]["attempts"]) == 1


async def test_a_person_sees_that_nobody_is_there(start: Start) -> None:
    for arguments in ({"transport": "socket"}, {"transport": "http", "request_url": "http://127.0.0.1:9/slack/events"}):
        peer = await start(**arguments)
        assert (await peer.control.slash("U0ANN", "C0WEB", "x"))["error"] == "dispatch_failed"


# ---------------------------------------------------------------- response_url


async def answer_url(start: Start) -> tuple[Any, str]:
    peer = await start(connect=True, limits=False)

    @peer.app.command("/devin")
    async def devin(ack: Any) -> None:
        await ack()

    return peer, (await peer.control.slash("U0ANN", "C0WEB", "x"))["response_url"]


async def test_a_response_url_works_five_times(start: Start) -> None:
    peer, url = await answer_url(start)
    async with httpx.AsyncClient(trust_env=False) as client:
        for number in range(5):
            assert (await client.post(url, json={"text": f"answer {number}"})).json() == {"ok": True}
        sixth = await client.post(url, json={"text": "answer 5"})
    assert (sixth.status_code, sixth.json()["error"]) == (404, "used_url")
    assert len(await peer.control.ephemerals(source="response_url")) == 5
    assert [entry["error"] for entry in await peer.control.responses()] == [None] * 5 + ["used_url"]


async def test_a_response_url_works_for_thirty_minutes(start: Start) -> None:
    peer, url = await answer_url(start)
    await peer.control.advance(1801)
    async with httpx.AsyncClient(trust_env=False) as client:
        late = await client.post(url, json={"text": "late"})
        nowhere = await client.post(url + "0", json={"text": "x"})
    assert (late.status_code, late.json()["error"]) == (404, "expired_url")
    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "expired_url")


async def test_a_response_url_is_as_strict_as_a_post(start: Start) -> None:
    peer, url = await answer_url(start)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(url, json={})).json()["error"] == "no_text"
        assert (await client.post(url, json={"blocks": [{"type": "section"}]})).json()["error"] == "invalid_blocks"
        assert (await client.post(url, content="x")).json()["error"] == "invalid_payload"
        await client.post(url, json={"text": "one"})
        await client.post(url, json={"text": "two", "replace_original": True})
        await client.post(url, json={"text": "all", "response_type": "in_channel"})
        # Of a command Slack replaces and deletes nothing: it adds, and what only deletes has no text.
        assert (await client.post(url, json={"delete_original": True})).json()["error"] == "no_text"
    assert [item["text"] for item in await peer.control.ephemerals()] == ["one", "two"]
    assert [item["text"] for item in await peer.control.messages("C0WEB")] == ["all"]


async def test_a_lost_answer_of_a_response_url(start: Start) -> None:
    peer, url = await answer_url(start)
    await peer.control.fault("response_url", "commit_then_drop")
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(url, json={"text": "one"})
    assert (await peer.control.wait_for_ephemeral("U0ANN", "one"))["source"] == "response_url"


# ---------------------------------------------------------------- modals


async def opened(peer: Any) -> str:
    """A trigger of a command that the bot leaves unused."""

    @peer.app.command("/devin")
    async def devin(ack: Any) -> None:
        await ack()

    return str((await peer.control.slash("U0ANN", "C0WEB", "x"))["trigger_id"])


async def test_a_trigger_opens_one_modal_within_three_seconds(start: Start) -> None:
    peer = await start(connect=True)
    trigger = await opened(peer)
    view = (await peer.client.views_open(trigger_id=trigger, view=MODAL))["view"]
    assert await refused(peer.client.views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"
    assert await refused(peer.client.views_open(trigger_id="1.2.x", view=MODAL)) == "invalid_trigger_id"
    late = (await peer.control.slash("U0ANN", "C0WEB", "x"))["trigger_id"]
    await peer.control.advance(3.1)
    assert await refused(peer.client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
    conflict = peer.client.views_update(view_id=view["id"], hash="old", view=MODAL)
    assert await refused(conflict) == "hash_conflict"
    assert (await peer.client.views_update(view_id=view["id"], hash=view["hash"], view=MODAL))["ok"]
    assert [item["callback_id"] for item in await peer.control.views(user="U0ANN", open=True)] == ["start"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": plain("T" * 25)},
        {"submit": None},
        {"blocks": [{"type": "divider"}] * 101},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"type": "page"},
        {"blocks": [section("")]},
    ],
)
async def test_views_are_checked(start: Start, change: dict[str, Any]) -> None:
    peer = await start(connect=True)
    view = {name: value for name, value in {**MODAL, **change}.items() if value is not None}
    opening = peer.client.api_call("views.open", json={"trigger_id": await opened(peer), "view": view})
    with pytest.raises(SlackApiError) as caught:
        await opening
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"]


async def test_a_strangers_press_comes_under_our_workspace_and_their_form_under_theirs(start: Start) -> None:
    peer = await start(connect=True)
    peer.app.action("more")(_acknowledge)
    peer.app.view("start")(_acknowledge)
    more = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}
    posted = await peer.client.chat_postMessage(
        channel="C0SHARED", text="x", blocks=[{"type": "actions", "elements": [more]}]
    )
    pressed = await peer.control.click("U0EXT", "C0SHARED", posted["ts"], "more")
    opened_view = await peer.client.views_open(trigger_id=pressed["trigger_id"], view=MODAL)
    await peer.control.submit_view("U0EXT", opened_view["view"]["id"], {"prompt": {"text": "fix it"}})
    press, form = [delivery["payload"] for delivery in await peer.control.deliveries(kind="interactive")]
    assert (press["team"]["id"], press["user"]["team_id"]) == ("T0PLAY", "T0OTHER")
    assert (form["team"]["id"], form["view"]["app_installed_team_id"]) == ("T0OTHER", "T0PLAY")
    assert press["api_app_id"] == form["api_app_id"] == "A0PLAY"


async def _acknowledge(ack: Any) -> None:
    await ack()


async def test_a_modal_is_filled_in_and_answered(peer: Any) -> None:
    @peer.app.view("start")
    async def submit(ack: Any, view: dict[str, Any]) -> None:
        text = view["state"]["values"]["prompt"]["text"]["value"]
        if not text:
            await ack(response_action="errors", errors={"prompt": "Say what to do."})
        else:
            await ack()

    view_id = (await peer.client.views_open(trigger_id=await opened(peer), view=MODAL))["view"]["id"]
    empty = await peer.control.submit_view("U0ANN", view_id)
    assert empty["errors"] == {"prompt": "Say what to do."}
    with pytest.raises(RefusedError, match="the view has no field"):
        await peer.control.submit_view("U0ANN", view_id, {"nothing": {"x": "y"}})
    full = await peer.control.submit_view("U0ANN", view_id, {"prompt": {"text": "fix it"}})
    assert (full["status"], full["closed"]) == ("acked", True)
    with pytest.raises(RefusedError, match="isn't open"):
        await peer.control.submit_view("U0ANN", view_id)


async def test_a_home_tab_is_published(start: Start) -> None:
    peer = await start()
    home = {"type": "home", "blocks": [section("hello")]}
    await peer.client.views_publish(user_id="U0ANN", view=home)
    await peer.client.views_publish(user_id="U0ANN", view=home)
    assert len(await peer.control.views(type="home")) == 1
    assert await refused(peer.client.views_publish(user_id="U0ANN", view=MODAL)) == "invalid_arguments"
    assert await refused(peer.client.views_publish(user_id="U0NOBODY", view=home)) == "invalid_arguments"


async def test_a_message_shortcut_brings_its_message(peer: Any) -> None:
    seen: list[dict[str, Any]] = []

    @peer.app.shortcut("send_to_devin")
    async def send(ack: Any, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack()

    ts = await peer.control.say("U0ANN", "C0WEB", "look")
    result = await peer.control.shortcut("U0BEN", "send_to_devin", channel="C0WEB", ts=ts)
    assert (result["status"], seen[0]["type"], seen[0]["message"]["text"]) == ("acked", "message_action", "look")


# ---------------------------------------------------------------- agent sessions


async def test_agent_sessions_take_their_four_states(start: Start) -> None:
    peer = await start()
    thread = {"channel_id": "C0WEB", "thread_ts": await peer.control.say("U0ANN", "C0WEB", "x")}
    call = peer.client.api_call
    rename = {**thread, "title": "New"}
    assert await refused(call("agents.sessions.rename", json=rename)) == "not_authorized"
    answer = await call("agents.sessions.setStatus", json={**thread, "status": "processing", "title": "Fix"})
    assert (answer["status"], answer["title"]) == ("processing", "Fix")
    stranger = {**thread, "status": "active", "initiator_user_id": "U0EXT"}
    assert await refused(call("agents.sessions.setStatus", json=stranger)) == "user_not_found"
    thinking = call("agents.sessions.setStatus", json={**thread, "status": "is thinking"})
    assert await refused(thinking) == "invalid_arguments"
    assert (await call("agents.sessions.rename", json=rename))["ok"]
    (session,) = await peer.control.agent_sessions()
    assert (session["status"], session["title"]) == ("processing", "New")


async def test_that_an_agent_works_is_shown_for_an_hour(start: Start) -> None:
    peer = await start()
    thread = {"channel_id": "C0WEB", "thread_ts": await peer.control.say("U0ANN", "C0WEB", "x")}
    await peer.client.api_call("agents.sessions.setStatus", json={**thread, "status": "processing"})
    await peer.control.advance(3599)
    assert (await peer.control.agent_sessions())[0]["status"] == "processing"
    await peer.control.advance(2)
    assert (await peer.control.agent_sessions())[0]["status"] == "active"
    with pytest.raises(RefusedError, match="no agent is at work in this thread, so there's no Stop"):
        await peer.control.stop_agent("U0ANN", "C0WEB", thread["thread_ts"])


async def test_only_an_agent_has_agent_sessions(start: Start) -> None:
    peer = await start(manifest={"oauth_config": {"scopes": {"bot": ["chat:write"]}}})
    ts = await peer.control.say("U0ANN", "C0WEB", "x")
    body = {"channel_id": "C0WEB", "thread_ts": ts, "status": "active"}
    assert await refused(peer.client.api_call("agents.sessions.setStatus", json=body)) == "feature_disabled"


async def test_where_the_app_is_not_or_nothing_is_it_may_show_no_agent(start: Start) -> None:
    peer = await start()
    status = partial(peer.client.api_call, "agents.sessions.setStatus")
    elsewhere = {"channel_id": "C0NOBOT", "thread_ts": await peer.control.say("U0ANN", "C0NOBOT", "x")}
    assert await refused(status(json={**elsewhere, "status": "active"})) == "not_authorized"
    nothing = {"channel_id": "C0WEB", "thread_ts": "1.000000", "status": "active"}
    assert await refused(status(json=nothing)) == "not_authorized"
    assert await refused(status(json={**nothing, "channel_id": "C0NONE"})) == "channel_not_found"


# ---------------------------------------------------------------- files


async def fetch(url: str, token: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url, headers={"Authorization": f"Bearer {token}"})


async def test_files_come_with_the_message_and_behind_the_token(peer: Any) -> None:
    await peer.control.say("U0ANN", "C0WEB", "see", files=[{"name": "log.txt", "content": "boom"}])
    (event,) = await events(peer, 1)
    file = event["files"][0]
    assert (event["subtype"], file["name"], file["size"]) == ("file_share", "log.txt", 4)
    assert (await fetch(file["url_private_download"], "xoxb-play")).text == "boom"
    login = await fetch(file["url_private"], "xoxb-other")
    assert (login.status_code, login.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (await peer.client.files_info(file=file["id"]))["file"]["mimetype"] == "text/plain"
    assert await refused(peer.client.files_info(file="F0")) == "file_not_found"


async def test_files_info_says_where_a_file_is_shared(peer: Any) -> None:
    async def shares(file_id: str) -> tuple[Any, ...]:
        file = (await peer.client.files_info(file=file_id))["file"]
        return file["channels"], file["groups"], file["ims"], file["shares"]

    made = await peer.client.files_getUploadURLExternal(filename="a.csv", length=1)
    assert await shares(made["file_id"]) == ([], [], [], {})
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(made["upload_url"], content=b"a")
    files = [{"id": made["file_id"]}]
    await peer.client.files_completeUploadExternal(files=files, channel_id="D0ANN")
    (message,) = await peer.control.wait("messages", channel="D0ANN")
    assert await shares(made["file_id"]) == ([], [], ["D0ANN"], {"private": {"D0ANN": [{"ts": message["ts"]}]}})


async def test_files_need_their_scope(start: Start) -> None:
    peer = await start(scopes=[scope for scope in DEFAULT_SCOPES if scope != "files:read"])
    ts = await peer.control.say("U0ANN", "C0WEB", files=[{"name": "a.bin", "size": 10}])
    url = (await peer.control.message("C0WEB", ts))["files"][0]["url_private_download"]
    assert "Sign in" in (await fetch(url, "xoxb-play")).text


async def test_big_stubbed_and_redirected_files(start: Start) -> None:
    peer = await start()
    specs = [{"name": "big.bin", "size": 200_000}, {"stub": True}, {"name": "a", "redirect": "http://127.0.0.1:9/"}]
    ts = await peer.control.say("U0ANN", "C0SHARED", files=specs)
    big, stub, moved = (await peer.control.message("C0SHARED", ts))["files"]
    assert len((await fetch(big["url_private"], "xoxb-play")).content) == 200_000
    assert stub.keys() == {"id", "file_access"}
    assert (await fetch(moved["url_private"], "xoxb-play")).status_code == 302


async def test_an_upload_is_shared_in_a_thread(start: Start) -> None:
    peer = await start()
    ts = await peer.control.say("U0ANN", "C0WEB", "x")
    await peer.client.files_upload_v2(channel="C0WEB", thread_ts=ts, content="a,b", filename="usage.csv")
    message = await peer.control.wait_for_message("C0WEB", thread_ts=ts, subtype="file_share")
    assert (await fetch(message["files"][0]["url_private"], "xoxb-play")).text == "a,b"


# ---------------------------------------------------------------- Socket Mode


async def test_an_unacked_envelope_is_sent_again(start: Start) -> None:
    peer = await start(connect=True, ack_timeout=0.1, retry_delays=(0.0, 0.05))
    failing = 2

    @peer.app.middleware
    async def fail_twice(next_: Callable[[], Awaitable[None]]) -> None:
        nonlocal failing
        failing -= 1
        if failing >= 0:
            raise RuntimeError("database down")
        await next_()

    @peer.app.error
    async def quiet() -> None:
        pass

    await peer.control.say("U0ANN", "C0WEB", "hi")
    (delivery,) = await peer.control.wait_for_delivery(status="acked")
    assert [(attempt["number"], attempt["reason"]) for attempt in delivery["attempts"]] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
    ]
    assert len({body["event_id"] for body in peer.heard}) == 1


async def test_retries_end(start: Start) -> None:
    peer = await start(connect=True, ack_timeout=0.05, retry_delays=(0.0, 0.0))

    @peer.app.middleware
    async def never(next_: Callable[[], Awaitable[None]]) -> None:
        raise RuntimeError

    @peer.app.error
    async def quiet() -> None:
        pass

    await peer.control.say("U0ANN", "C0WEB", "hi")
    (delivery,) = await peer.control.wait_for_delivery(status="failed")
    assert (len(delivery["attempts"]), delivery["error"]) == (3, "timeout")


@pytest.mark.parametrize("hard", [False, True])
async def test_the_bot_reconnects_and_gets_what_was_not_acked(start: Start, hard: bool) -> None:
    peer = await start(connect=True)
    blocked, first = asyncio.Event(), True

    @peer.app.middleware
    async def block_the_first(next_: Callable[[], Awaitable[None]]) -> None:
        nonlocal first
        if first:
            first = False
            blocked.set()
            await asyncio.sleep(60)
        await next_()

    await peer.control.say("U0ANN", "C0WEB", "hi")
    await blocked.wait()
    assert await peer.control.disconnect(hard=hard) == 1
    (delivery,) = await peer.control.wait_for_delivery(status="acked", within=15)
    assert [attempt["outcome"] for attempt in delivery["attempts"]] == ["socket_closed", "acked"]
    assert (await peer.control.state())["sockets_opened"] == 2


async def test_a_command_in_flight_moves_to_the_next_socket(start: Start) -> None:
    peer = await start(connect=True)
    blocked, texts = asyncio.Event(), []

    @peer.app.command("/devin")
    async def devin(ack: Any, command: dict[str, Any]) -> None:
        texts.append(command["trigger_id"])
        if len(texts) == 1:
            blocked.set()
            await asyncio.sleep(60)
        await ack("done")

    pending = asyncio.create_task(peer.control.slash("U0ANN", "C0WEB", "x"))
    await blocked.wait()
    await peer.control.disconnect()
    result = await pending
    assert (result["status"], result["shown"]["rendered"]) == ("acked", "done")
    assert texts == [result["trigger_id"]] * 2, "the bot sees it twice and must act once"


async def test_an_event_goes_to_one_of_several_connections(start: Start) -> None:
    peer = await start(connect=True)
    second = AsyncSocketModeHandler(peer.app, "xapp-play")
    await second.connect_async()
    await peer.control.wait_for_sockets(2)
    for number in range(4):
        await peer.control.say("U0ANN", "C0WEB", str(number))
    found = await peer.control.wait_for_delivery(4, status="acked")
    await second.close_async()
    assert sorted(body["event"]["text"] for body in peer.heard) == ["0", "1", "2", "3"]
    assert {delivery["attempts"][0]["connection"] for delivery in found} == {1, 2}


async def test_events_wait_for_the_bot_to_come(start: Start) -> None:
    peer = await start()
    await peer.control.say("U0ANN", "C0WEB", "before")

    handler = AsyncSocketModeHandler(peer.app, "xapp-play")
    await handler.connect_async()
    await peer.control.wait_for_delivery(status="acked")
    await handler.close_async()
    assert [body["event"]["text"] for body in peer.heard] == ["before"]


async def test_a_link_opens_one_socket(start: Start) -> None:
    peer = await start()
    app = AsyncWebClient(token="xapp-play", base_url=peer.simulator.base_url)
    url = (await app.api_call("apps.connections.open"))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_no_socket_when_the_app_uses_http(start: Start) -> None:
    peer = await start(transport="http")
    app = AsyncWebClient(token="xapp-play", base_url=peer.simulator.base_url)
    url = (await app.api_call("apps.connections.open"))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        assert await socket.receive_json() == {"type": "disconnect", "reason": "link_disabled"}


async def test_ten_sockets_are_the_most(start: Start) -> None:
    peer = await start()
    app = AsyncWebClient(token="xapp-play", base_url=peer.simulator.base_url)
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            socket = await session.ws_connect((await app.api_call("apps.connections.open"))["url"])
            sockets.append((socket, await socket.receive_json()))
        assert [frame["type"] for _, frame in sockets] == ["hello"] * 10 + ["disconnect"]
        assert sockets[-1][1]["reason"] == "too_many_websockets"
        for socket, _ in sockets:
            await socket.close()


# ---------------------------------------------------------------- signed HTTP


async def receiver(answers: list[web.Response]) -> tuple[str, list[tuple[dict[str, str], bytes]], web.AppRunner]:
    """A server that notes each request and gives the answers in turn, then 200."""
    got: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((dict(request.headers), await request.read()))
        return answers.pop(0) if answers else web.Response()

    app = web.Application()
    app.router.add_post("/events", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/events", got, runner


async def test_requests_are_signed_and_retried(start: Start) -> None:
    url, got, runner = await receiver([web.Response(status=500), web.Response(status=302)])
    peer = await start(transport="http", request_url=url, retry_delays=(0.0, 0.02, 0.04))
    await peer.control.say("U0ANN", "C0WEB", "hi")
    await peer.control.wait_for_delivery(status="acked")
    await runner.cleanup()
    heads = [(headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")) for headers, _ in got]
    assert heads == [(None, None), ("1", "http_error"), ("2", "http_error")]
    headers, body = got[0]
    base = f"v0:{headers['X-Slack-Request-Timestamp']}:".encode() + body
    digest = hmac.new(b"play-signing-secret", base, hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={digest}"


async def test_a_bot_can_say_no_to_retries(start: Start) -> None:
    url, got, runner = await receiver([web.Response(status=503, headers={"X-Slack-No-Retry": "1"})])
    peer = await start(transport="http", request_url=url, retry_delays=(0.0,))
    await peer.control.say("U0ANN", "C0WEB", "hi")
    await peer.control.wait_for_delivery(status="failed")
    await runner.cleanup()
    assert len(got) == 1


async def test_a_failed_command_is_not_sent_again(start: Start) -> None:
    url, got, runner = await receiver([web.Response(status=500)])
    peer = await start(transport="http", request_url=url, retry_delays=(0.0,))
    assert (await peer.control.slash("U0ANN", "C0WEB", "x"))["error"] == "dispatch_failed"
    assert (await peer.control.slash("U0ANN", "C0WEB", "y"))["status"] == "acked"
    await runner.cleanup()
    assert [b"text=x" in body for _, body in got] == [True, False]
    assert got[0][0]["Content-Type"] == "application/x-www-form-urlencoded"


async def test_the_request_url_is_verified_by_a_challenge(start: Start) -> None:
    peer = await start(connect=True, transport="http")
    assert await peer.control.verify_url() is True
    url, _, runner = await receiver([])
    await peer.control.transport("http", url)
    assert await peer.control.verify_url() is False
    await runner.cleanup()


# ---------------------------------------------------------------- the control API itself


async def test_waiting_ends_with_what_there_was_instead(start: Start) -> None:
    peer = await start()
    await peer.client.chat_postMessage(channel="C0WEB", text="other")
    with pytest.raises(TimeoutError, match=r"^0 of 1 messages within 0\.05 s"):
        await peer.control.wait_for_message("C0WEB", "never", within=0.05)
    waiting = asyncio.create_task(peer.control.wait_for_call("auth.test", 2))
    await peer.client.auth_test()
    await peer.client.auth_test()
    assert len(await waiting) == 2


@pytest.mark.parametrize(
    ("act", "args", "sentence"),
    [
        ("say", {"user": "U0NOBODY", "channel": "C0WEB", "text": "x"}, "there's no one called U0NOBODY"),
        ("say", {"user": "U0ANN", "channel": "C0NOWHERE", "text": "x"}, "there's no channel C0NOWHERE"),
        ("say", {"user": "U0EXT", "channel": "C0WEB", "text": "x"}, "U0EXT isn't in C0WEB"),
        (
            "say",
            {"user": "U0ANN", "channel": "C0ARCHIVED", "text": "x"},
            "C0ARCHIVED is archived: no one can write there",
        ),
        ("say", {"user": "U0ANN", "channel": "C0WEB"}, "a message has a text or a file"),
        (
            "say",
            {"user": "U0ANN", "channel": "C0WEB", "text": "x", "thread_ts": "1.2"},
            "no thread can hang under 1.2 in C0WEB",
        ),
        ("open_group", {"user": "U0ANN", "users": ["U0BEN", "U0ANN"]}, SIZE_OF_GROUP),
        ("open_group", {"user": "U0ANN", "users": ["U0BEN", "U0NOBODY"]}, "there's no one called U0NOBODY"),
        ("open_group", {"user": "U0ANN", "users": 5}, "the users of a group direct message are a list of ids"),
        ("redeliver", {}, "there's no such event to deliver again"),
        ("pause", {"mode": "x"}, "the mode of a pause is hold or lose"),
    ],
)
async def test_impossible_acts_are_refused_with_a_sentence(
    start: Start, act: str, args: dict[str, Any], sentence: str
) -> None:
    peer = await start()
    with pytest.raises(RefusedError) as caught:
        await peer.control.act(act, **args)
    assert str(caught.value) == sentence


async def test_the_world_can_be_extended(start: Start) -> None:
    peer = await start()
    await peer.control.put_person("U0CAT", name="cat", email="cat@example.com")
    await peer.control.put_channel("C0NEW", name="new", members=["U0CAT", "U0BOT"])
    assert await peer.control.say("U0CAT", "C0NEW", "hi")
    assert (await peer.client.users_lookupByEmail(email="cat@example.com"))["user"]["id"] == "U0CAT"
    await peer.control.put_channel("C0NEW", is_ext_shared=True)
    assert (await peer.client.conversations_info(channel="C0NEW"))["channel"]["is_ext_shared"] is True


async def test_reset_gives_a_fresh_workspace_with_fresh_ids(start: Start) -> None:
    peer = await start()
    old = await peer.control.emit({"type": "app_uninstalled"})
    await peer.control.say("U0ANN", "C0WEB", "x")
    await peer.control.reset()
    assert await peer.control.messages("C0WEB") == []
    assert await peer.control.emit({"type": "app_uninstalled"}) != old
    assert await peer.control.emit({"type": "nothing_subscribed"}) is None


async def test_blocks_are_checked_without_being_shown(start: Start) -> None:
    client = (await start()).client
    good = {"type": "section", "text": {"type": "plain_text", "text": "Hello"}}
    bad = {"type": "section", "text": {"type": "plain_text", "text": "x" * 3_001}}
    assert (await client.blocks_validate(message={"blocks": [good]}))["ok"]
    for given, error in (({"blocks": [bad]}, "invalid_blocks"), ({"message": {"blocks": [bad]}}, "invalid_message")):
        with pytest.raises(SlackApiError) as caught:
            await client.blocks_validate(**given)
        assert caught.value.response["error"] == error
        assert "/blocks/0/text" in [one["pointer"] for one in caught.value.response["errors"]]
    assert await refused(client.blocks_validate(view={"type": "modal", "blocks": [good]})) == "invalid_view"
    assert await refused(client.blocks_validate()) == "invalid_arguments"


async def test_a_file_of_the_bot_is_deleted_with_its_place_in_messages(start: Start) -> None:
    client = (await start()).client
    place = await client.files_getUploadURLExternal(filename="a.txt", length=1)
    await client.files_delete(file=place["file_id"])
    assert await refused(client.files_delete(file=place["file_id"])) == "file_not_found"
