"""`SIGKILL` at every step of every flow: then the bot is started again and everything has happened exactly once."""

import asyncio

from bot.views.announcements import PULL_REQUEST, QUESTION
from bot.views.answers import stops as stop_sentences
from tests.crash.scene import PATIENCE, STORED_COMMANDS, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, asked, nothing, one_session, running, stop, stopped, titled
from tests.said import ASKED_BY
from tests.scenarios.harness import ANN, BEN, GENERAL


async def mention(one: Scene, _: None) -> str:
    ts = await one.on.mention("fix the login test")
    (made, *_) = await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
    await titled(one, made["session_id"])
    return ts


async def mentioned(one: Scene, ts: str) -> None:
    made = await one_session(one)
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{ts}"]
    assert await one.on.thread(GENERAL, ts) == []
    asked_with = await one.slack.message(GENERAL, ts)
    assert [reaction["name"] for reaction in asked_with["reactions"]] == ["eyes"]


async def slash(one: Scene, _: None) -> bool:
    answer = await one.slack.slash(ANN, GENERAL, "fix the login test")
    acked = bool(answer["status"] == "acked")
    if acked:
        (made, *_) = await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE)
        await one.slack.wait_for_message(GENERAL, "Queued", within=PATIENCE)
        await titled(one, made["session_id"])
    return acked


async def started_by_command(one: Scene, acked: bool) -> None:
    stored = await one.rows(STORED_COMMANDS)
    assert stored or not acked, "acknowledged, but not stored"
    if not stored:
        assert await one.devin.sessions() == []
        return
    await one.slack.wait_for_message(GENERAL, "Queued", within=PATIENCE)
    made = await one_session(one)
    card = await one.slack.wait_for_message(GENERAL, ASKED_BY)
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{card['ts']}"]
    assert await one.on.thread(GENERAL, card["ts"]) == []


async def replies(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    ts, devin_id = begun
    for _ in range(2):
        await one.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
    await one.devin.wait_for_messages("] ben (U0BEN):\n> yes", 2, seconds=PATIENCE)
    await titled(one, devin_id)
    return begun


async def replied(one: Scene, begun: tuple[str, str]) -> None:
    assert await asked(await one_session(one)) == ["yes", "yes"]
    assert await one.on.thread(GENERAL, begun[0]) == []


async def devin_works(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    ts, devin_id = begun
    await one.devin.say(devin_id, "I looked at the test.")
    await one.devin.say(devin_id, "Which branch?", status="running", status_detail="waiting_for_user")
    await one.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts, within=PATIENCE)
    await one.devin.set(devin_id, status="running", status_detail="working")
    await one.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=PATIENCE)
    await one.devin.pr(devin_id, "https://github.com/acme/web/pull/7")
    await one.slack.wait_for_message(GENERAL, "New pull request", thread_ts=ts, within=PATIENCE)
    await one.devin.say(devin_id, "All green.", status="running", status_detail="finished")
    await one.slack.wait_for_message(GENERAL, ", done", thread_ts=ts, within=PATIENCE)
    return begun


async def devin_worked(one: Scene, begun: tuple[str, str]) -> None:
    await one_session(one)
    pull = "<https://github.com/acme/web/pull/7|acme/web#7> (open)"
    assert await one.on.thread(GENERAL, begun[0]) == [
        "I looked at the test.",
        f"{QUESTION.format(who='<@U0ANN>')}\nWhich branch?",
        PULL_REQUEST.format(pull_request=pull),
        (f":white_check_mark: <@U0ANN>, done. Reply here for changes.\nAll green.\n:twisted_rightwards_arrows: {pull}"),
    ]


async def devin_ends_with_a_pull_request(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    ts, devin_id = begun
    await one.devin.pr(devin_id, "https://github.com/acme/web/pull/7")
    async with asyncio.timeout(PATIENCE):
        while not await one.rows("SELECT url FROM pull_requests"):
            await asyncio.sleep(0.05)  # the store has no event for it
    await one.devin.say(devin_id, "All green.", status="running", status_detail="finished")
    await one.slack.wait_for_message(GENERAL, ", done", thread_ts=ts, within=PATIENCE)
    return begun


async def ended_with_a_pull_request(one: Scene, begun: tuple[str, str]) -> None:
    await one_session(one)
    pull = "<https://github.com/acme/web/pull/7|acme/web#7> (open)"
    assert await one.on.thread(GENERAL, begun[0]) == [
        f":white_check_mark: <@U0ANN>, done. Reply here for changes.\nAll green.\n:twisted_rightwards_arrows: {pull}"
    ]


async def archive(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(ANN, GENERAL, "!archive", thread_ts=begun[0])
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Archived by", thread_ts=begun[0], within=PATIENCE)
    return begun


async def archived(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert (made["is_archived"], made["status"]) == (True, "suspended")
    assert await one.on.thread(GENERAL, begun[0]) == [stop_sentences.archived("ann").text]


async def end_for_good(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    ts, _devin_id = begun
    await one.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    for _ in range(10):
        question = await one.slack.wait_for_ephemeral(ANN, "permanently?", within=PATIENCE)
        if (await one.slack.click(ANN, GENERAL, question["ts"], "choose:exit_confirmed"))["status"] == "acked":
            break
        await one.reachable()
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, status="exit")
    await one.slack.wait_for_message(GENERAL, "Ended permanently", thread_ts=ts, within=PATIENCE)
    return begun


async def ended_for_good(one: Scene, begun: tuple[str, str]) -> None:
    assert (await one_session(one))["terminated"]
    assert await one.on.thread(GENERAL, begun[0]) == [stop_sentences.exited("ann").text]


STORIES = [
    Story("a mention starts a session", nothing, mention, mentioned),
    Story("a slash command starts a session", nothing, slash, started_by_command),
    Story("two replies that are the same", running, replies, replied),
    Story("the stop button", running, stop, stopped),
    Story("Devin speaks, asks, opens a pull request and ends", running, devin_works, devin_worked),
    Story(
        "a pull request is part of the end of a turn",
        running,
        devin_ends_with_a_pull_request,
        ended_with_a_pull_request,
        settings=lambda: {"PULL_REQUEST_SETTLE": "120"},
    ),
    Story("!archive", running, archive, archived),
    Story("EXIT", running, end_for_good, ended_for_good),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
