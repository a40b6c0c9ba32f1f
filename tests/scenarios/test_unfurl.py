"""Links to sessions and their pull requests get a preview, where that is on and all who read the link may see it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.manifest import manifest_for
from bot.timing import Timing
from tests.markup import written
from tests.said import titled
from tests.scenarios.ahead import Ahead, rows
from tests.scenarios.harness import ANN, GENERAL, GUEST, OPS, WEB, Harness, harness
from tests.scenarios.observations import settled, thread_address

APP: Any = {"manifest": manifest_for(unfurls=True)}
PULL = "https://github.com/acme/web/pull/7"
SESSION = "https://app.devin.ai/sessions/{session}"


async def previews(on: Harness, channel: str, url: str, user: str = ANN) -> list[str]:
    """What people read under a message with a link."""
    ts = await on.slack.say(user, channel, f"see <{url}>")
    await settled(on)
    found = (await on.slack.message(channel, ts)).get("attachments", [])
    return [written(one["blocks"]) for one in found]


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_link_to_a_session_shows_where_it_stands(tmp_path: Path, transport: str) -> None:
    async with harness(tmp_path, transport, BOT_UNFURL="on") as on:
        ts, session = await on.started("fix the login test")
        (shown,) = await previews(on, WEB, SESSION.format(session=session))
        title = titled("fix the login test", thread_address(GENERAL, ts), session, "*{}*")
        assert shown.startswith(f"{title}\n")
        assert "Working" in shown


async def test_a_link_to_a_pull_request_shows_the_session_that_it_comes_from(tmp_path: Path) -> None:
    async with harness(tmp_path, BOT_UNFURL="on") as on:
        ts, session = await on.started("fix the login test")
        await on.devin.set(session, pull_requests=[{"pr_url": PULL, "pr_state": "open"}])
        await on.wait_for_post(GENERAL, ts, "acme/web#7")
        await settled(on)
        (shown,) = await previews(on, WEB, PULL)
        title = titled("fix the login test", thread_address(GENERAL, ts), session, "*{}*")
        assert shown.startswith(f"{title}\n")
        assert await previews(on, WEB, "https://github.com/acme/web/pull/8") == []


async def test_what_others_may_not_read_has_no_preview(tmp_path: Path) -> None:
    """Of a direct message nobody else reads the title; in a channel shared with another company stands nothing."""
    async with harness(tmp_path, BOT_UNFURL="on") as on:
        await on.slack.say(ANN, "im", "fix the login test")
        session = (await on.session("fix the login test"))["session_id"]
        _, open_to_all = await on.started("update the docs")
        assert await previews(on, WEB, SESSION.format(session=session)) == []
        await on.slack.put_channel(OPS, is_ext_shared=True)
        assert await previews(on, OPS, SESSION.format(session=open_to_all)) == []


async def test_a_guest_reads_nothing_of_other_channels_by_their_links(tmp_path: Path) -> None:
    """Who knows a repository could try out the numbers of its pull requests."""
    async with harness(tmp_path, BOT_UNFURL="on") as on:
        ts, session = await on.started("fix the login test")
        await on.devin.set(session, pull_requests=[{"pr_url": PULL, "pr_state": "open"}])
        await on.wait_for_post(GENERAL, ts, "acme/web#7")
        await on.slack.invite(WEB, GUEST)
        for link in (PULL, SESSION.format(session=session)):
            assert await previews(on, WEB, link, GUEST) == []
            assert await previews(on, GENERAL, link, GUEST), "in this channel they could read it anyway"
            assert await previews(on, WEB, link)


async def test_by_default_there_is_none(tmp_path: Path) -> None:
    async with harness(tmp_path, workspace=APP) as on:
        _, session = await on.started("fix the login test")
        assert await previews(on, WEB, SESSION.format(session=session)) == []
        assert await on.slack.log("chat.unfurl") == []


async def test_one_that_is_late_is_not_made(tmp_path: Path, timing: Timing, clock: Ahead) -> None:
    async with harness(
        tmp_path, workspace=APP, timing=replace(timing, preview_expires=-1.0), clock=clock, BOT_UNFURL="on"
    ) as on:
        _, session = await on.started("fix the login test")
        assert await previews(on, WEB, SESSION.format(session=session)) == []


async def test_previews_end_within_minutes_where_the_channel_of_their_session_becomes_private(
    tmp_path: Path, timing: Timing
) -> None:
    clock, fast = Ahead(), replace(timing, channel_known=30.0, preview_tick=0.05)
    async with harness(tmp_path, timing=fast, clock=clock, BOT_UNFURL="on") as on:
        _, session = await on.started("fix the login test")
        _, other = await on.started("update the docs", channel=OPS)
        links = [SESSION.format(session=one) for one in (session, other)]
        ts = await on.slack.say(ANN, WEB, f"see <{links[0]}> and <{links[1]}>")
        here = await on.slack.say(ANN, GENERAL, f"see <{links[0]}>")
        await settled(on)
        assert len((await on.slack.message(WEB, ts))["attachments"]) == 2
        await on.slack.put_channel(GENERAL, kind="group")
        clock.put(300.0)
        await on.slack.wait_for_call("chat.unfurl", text="Preview removed")
        shown = {one["from_url"]: written(one["blocks"]) for one in (await on.slack.message(WEB, ts))["attachments"]}
        assert shown[links[0]] == "Preview removed: the session's channel is now private."
        assert "update the docs" in shown[links[1]], "that channel is public"
        assert "fix the login test" in str((await on.slack.message(GENERAL, here))["attachments"]), "they read it there"
        async with asyncio.timeout(10):
            while {one["source"] for one in await rows(on, "previews")} != {OPS}:
                await asyncio.sleep(0.02)  # the store has no event for it


async def test_what_has_become_private_has_no_preview_within_minutes(tmp_path: Path, timing: Timing) -> None:
    """Slack tells nobody outside of a channel that it has become private, and after that the bot may see it no more."""
    clock = Ahead()
    async with harness(tmp_path, timing=replace(timing, channel_known=30.0), clock=clock, BOT_UNFURL="on") as on:
        _, session = await on.started("fix the login test")
        link = SESSION.format(session=session)
        assert len(await previews(on, WEB, link)) == 1
        await on.slack.put_channel(GENERAL, kind="group")
        clock.put(60.0)
        assert await previews(on, WEB, link) == []
        assert len(await previews(on, GENERAL, link)) == 1  # all who read it there may see it
        await on.slack.put_channel(GENERAL, kind="channel")
        clock.put(60.0)
        await on.slack.fault("conversations.info", "error", times=0)
        assert await previews(on, WEB, link) == []  # nobody says whether it still is
