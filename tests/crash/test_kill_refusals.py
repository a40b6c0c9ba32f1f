"""`SIGKILL` while Devin is asked for nothing: a start is canceled, a reply is not sent, a digest is only shown."""

import asyncio
import time
from pathlib import Path
from typing import Final

import pytest

from bot.domain.billing import newest_finished
from bot.domain.session import DisplayState
from bot.views.answers import replies as reply_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.crash.persistent import answered
from tests.crash.scene import PATIENCE, UNSENT, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, asked, nothing, one_session, press, running, titled
from tests.crash.test_kill import archive
from tests.said import ASKED_BY
from tests.scenarios.harness import ANN, BEN, GENERAL

pytestmark = pytest.mark.edge

CREATE: Final = "create_session"


async def waiting_start(one: Scene) -> str:
    """A start that Devin does not take, with its card and its reaction."""
    await one.devin.fault(CREATE, "503", times=-1)
    ts = await one.on.mention("fix the login test")
    await one.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts, within=PATIENCE)
    async with asyncio.timeout(PATIENCE):
        while await one.rows(UNSENT):
            await asyncio.sleep(0.02)  # the store has no event for it
    tries = (await one.devin.counters()).get(CREATE, 0)
    await one.devin.wait_for_calls(CREATE, tries + 1, seconds=PATIENCE)
    return ts


async def cancel_after_another_try(one: Scene, ts: str) -> str:
    """The start is tried again in vain, from its beginning to its end; then its asker presses Stop."""
    await one.tried_in_vain()
    await press(one, ts, "stop")
    await one.slack.wait_for_message(
        GENERAL, "Canceled by ann before it started. No ACUs were used.", thread_ts=ts, within=PATIENCE
    )
    await one.slack.wait_for_message(
        GENERAL, STATE_SENTENCES[DisplayState.CANCELLED].format(by=" by ann"), thread_ts=ts, within=PATIENCE
    )
    return ts


async def canceled_once(one: Scene, ts: str) -> None:
    assert await one.devin.sessions() == []
    assert await one.on.thread(GENERAL, ts) == [stop_sentences.cancelled("ann").text]


async def closed(one: Scene) -> tuple[str, str]:
    """A session that was archived for good, with all of that announced."""
    begun = await archive(one, await running(one))
    await one.quiet()
    return begun


async def reply(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(BEN, GENERAL, "go on", thread_ts=begun[0])
    await one.slack.wait_for_ephemeral(BEN, reply_sentences.SESSION_ARCHIVED.text, within=PATIENCE)
    return begun


async def not_sent(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert (made["is_archived"], await asked(made)) == (True, [])
    assert await one.on.thread(GENERAL, begun[0]) == [stop_sentences.archived("ann").text]


async def mute(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A thread is muted, and then somebody replies in it."""
    await one.slack.say(ANN, GENERAL, "!mute", thread_ts=begun[0])
    await one.slack.wait_for_ephemeral(ANN, "Muted:", within=PATIENCE)
    await one.slack.say(BEN, GENERAL, "lunch?", thread_ts=begun[0])
    async with asyncio.timeout(PATIENCE):
        while len(await one.rows("SELECT key FROM inbox WHERE kind = 'message' AND state = 'done'")) < MESSAGES:
            await asyncio.sleep(0.05)  # the store has no event for it
    await one.slack.wait_for_ephemeral(BEN, "This thread is muted", within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def muted_once(one: Scene, begun: tuple[str, str]) -> None:
    assert await asked(await one_session(one)) == []
    assert await one.on.thread(GENERAL, begun[0]) == []


async def task_that_is_not_allowed(one: Scene, _: None) -> None:
    await one.slack.slash(ANN, GENERAL, "fix the login test repo=acme/api")
    refused = await one.slack.wait_for_ephemeral(ANN, "Not started: `acme/api` isn't allowed here", within=PATIENCE)
    assert "fix the login test repo=acme/api" in refused["rendered"], "it stands nowhere else"


async def refused(one: Scene, _: None) -> None:
    assert await one.devin.sessions() == []
    assert await one.slack.messages(GENERAL, user="U0BOT") == []
    assert await one.rows("SELECT key FROM inbox WHERE state <> 'done'") == []


async def quiet_day(one: Scene) -> None:
    """Nothing was used on the newest day, and Devin's bill says so."""
    await one.devin.consumption(newest_finished(time.time()).isoformat(), 0.0)


async def preview(one: Scene, _: None) -> None:
    await answered(one, "digest now", PREVIEWED)


async def only_shown(one: Scene, _: None) -> None:
    assert await one.rows("SELECT channel FROM subscriptions") == []
    assert await one.slack.messages(GENERAL, user="U0BOT") == []


MESSAGES: Final = 3  # the mention, the mute and the reply
PREVIEWED: Final = "No daily digest would be posted here now"
STORIES = [
    Story("a start that waits is canceled", waiting_start, cancel_after_another_try, canceled_once),
    Story("a reply in a thread that is closed", closed, reply, not_sent),
    Story("a thread is muted", running, mute, muted_once),
    Story(
        "a task for a repository that isn't allowed",
        nothing,
        task_that_is_not_allowed,
        refused,
        settings=lambda: {"BOT_SETTINGS_FILE": str(Path(__file__).with_name("allowed.toml"))},
    ),
    Story("a digest is only shown", quiet_day, preview, only_shown),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
