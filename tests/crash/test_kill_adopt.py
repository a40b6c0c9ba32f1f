"""`SIGKILL` while a session that Devin has already is tied to a thread, and untied: one thread has it, once."""

import pytest

from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, running, sessions_with_cards, typed
from tests.scenarios.harness import ANN, BEN, GENERAL

pytestmark = pytest.mark.edge

TASK = "migrate the billing job"
BEFORE, AFTER = "I've read the job.", "The migration is done."
UNFOLLOWED = "Unlinked by ann"


async def at_devin(one: Scene) -> str:
    """A session that Ann has begun in Devin's web app, at work; answers its id."""
    await one.slack.put_person(ANN, email="ann@acme.test")
    await one.devin.add_member("user-ann", "ann@acme.test", "ann")
    await one.quiet()
    facts = {"prompt": TASK, "tags": [], "service_user_id": None, "user_id": "user-ann"}
    (made,) = await one.devin.create_sessions(**facts)
    await one.devin.say(made, BEFORE, status="running", status_detail="working")
    await one.devin.spend(made, 4.0)
    return made


async def adopt(one: Scene, made: str) -> tuple[str, str]:
    await typed(one, f"adopt {made}")
    card = await one.slack.wait_for_message(GENERAL, "Working", within=PATIENCE)
    await one.devin.say(made, AFTER)
    await one.on.wait_for_post(GENERAL, card["ts"], AFTER, within=PATIENCE)
    return card["ts"], made


async def adopt_in_thread(one: Scene, made: str) -> tuple[str, str]:
    root = await one.slack.say(BEN, GENERAL, "Devin is at the billing job")
    await one.slack.say(ANN, GENERAL, f"<@U0BOT> adopt {made}", thread_ts=root)
    await one.slack.wait_for_message(GENERAL, "Working", thread_ts=root, within=PATIENCE)
    await one.devin.say(made, AFTER)
    await one.on.wait_for_post(GENERAL, root, AFTER, within=PATIENCE)
    return root, made


async def followed_once(one: Scene, begun: tuple[str, str]) -> None:
    (made,) = await sessions_with_cards(one, 1, TASK)
    assert made["tags"] == ["devin-bridge"]
    said = [post["rendered"] for post in await one.slack.messages(GENERAL, thread_ts=begun[0])]
    assert sum(text.startswith(AFTER) for text in said) == 1
    assert not any(text.startswith(BEFORE) for text in said)
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'adopt'") == [(1,)]
    assert await one.rows("SELECT coalesce(sum(acus), 0) FROM spend") == [(0,)]


async def untie(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(ANN, GENERAL, "!unsync", thread_ts=begun[0])
    await one.slack.wait_for_message(GENERAL, UNFOLLOWED, thread_ts=begun[0], within=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "To link it again, send", thread_ts=begun[0], within=PATIENCE)
    await one.devin.say(begun[1], AFTER)
    return begun


async def untied_once(one: Scene, begun: tuple[str, str]) -> None:
    (made,) = await sessions_with_cards(one, 1)
    assert made["status"] == "running", "it goes on"
    said = [post["rendered"] for post in await one.slack.messages(GENERAL, thread_ts=begun[0])]
    assert sum(UNFOLLOWED in text for text in said) == 1
    assert not any(text.startswith(AFTER) for text in said)


async def linked(one: Scene) -> tuple[str, str]:
    return await adopt(one, await at_devin(one))


async def spend_the_most(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.devin.spend(begun[1], 8.5)
    await one.on.wait_for_post(GENERAL, begun[0], "Stopped", within=PATIENCE)
    return begun


async def stopped_once(one: Scene, begun: tuple[str, str]) -> None:
    made = await one.devin.session(begun[1])
    assert made["is_archived"]
    said = [post["rendered"] for post in await one.slack.messages(GENERAL, thread_ts=begun[0], user="U0BOT")]
    assert sum("Stopped. Out of ACUs." in text for text in said[1:]) == 1, "the card says it too"
    assert await one.rows("SELECT acu_limit FROM sessions") == [(12,)]


STORIES = [
    Story("a session of the web app is tied to a thread of its own", at_devin, adopt, followed_once),
    Story("a session of the web app is tied to a thread", at_devin, adopt_in_thread, followed_once),
    Story("a session is untied from its thread", running, untie, untied_once),
    Story(
        "a session that was linked uses all that any may",
        linked,
        spend_the_most,
        stopped_once,
        settings=lambda: {"BOT_SESSION_ACUS_MAX": "12"},
    ),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_ties_and_unties_once(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
