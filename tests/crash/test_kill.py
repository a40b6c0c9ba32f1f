"""`SIGKILL` at every step of every flow: then the bot is started again and everything has happened exactly once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash.scene import PATIENCE, Nursery, Scene, scene
from tests.scenarios.stage import ANN, BEN, GENERAL

AT_ONCE = 6
ALL = 9  # occurrences of one step


@dataclass(frozen=True)
class Story:
    """What people and Devin do, and what has to be true at the end."""

    name: str
    setting: Callable[[Scene], Awaitable[Any]]
    act: Callable[[Scene, Any], Awaitable[Any]]
    check: Callable[[Scene, Any], Awaitable[None]]
    reactions: bool = False  # they are the same in all stories, so one has their steps
    each: tuple[str, ...] = ()  # steps of which every occurrence is another; of the others the first is enough

    def wants(self, step: str) -> bool:
        """Whether a death at this step tells something new."""
        if step.startswith("react ") and not self.reactions:
            return False
        name, number = step.rsplit(" #", 1)
        return int(number) <= (ALL if self.each and name.startswith(self.each) else 1)


async def told(story: Story, folder: Path, nursery: Nursery, strike: str | None) -> tuple[list[str], int]:
    """Tell one story, with a death at a step; answers the steps and the deaths."""
    async with scene(folder, nursery, strike) as one:
        await one.keep()
        await one.guarded(_whole(story, one))
        return one.steps(), one.deaths


async def _whole(story: Story, one: Scene) -> None:
    set_up = await story.setting(one)
    one.arm()
    facts = await story.act(one, set_up)
    await one.settled()
    await story.check(one, facts)


async def killed_everywhere(story: Story, folder: Path, nursery: Nursery) -> None:
    """Tell a story without a death, then again with one at each of its steps."""
    steps, _ = await told(story, folder / "whole", nursery, None)
    steps = [step for step in dict.fromkeys(steps) if story.wants(step)]
    seats, problems, missed = asyncio.Semaphore(AT_ONCE), [], []

    async def once(number: int, step: str) -> None:
        async with seats:
            try:
                _, deaths = await told(story, folder / str(number), nursery, step)
            except (AssertionError, TimeoutError, ValueError, LookupError) as problem:
                log = (folder / str(number) / "log").read_text()[-3000:]
                problems.append(f"killed at '{step}' ({number}):\n{type(problem).__name__}: {problem}\n{log}")
            else:
                if not deaths:
                    missed.append(step)

    await asyncio.gather(*(once(number, step) for number, step in enumerate(steps)))
    print(f"{story.name}: {len(steps)} steps, not reached again: {missed}")  # noqa: T201
    for _step in steps:
        pass
    assert not problems, f"{len(problems)} of {len(steps)} steps:\n\n" + "\n\n".join(problems)
    assert len(missed) <= len(steps) // 5, missed


# ---------------------------------------------------------------- what is true in every story


async def one_session(one: Scene, text: str = "fix the login test") -> dict[str, Any]:
    """There is exactly one session for the task, and one card for it."""
    made = await one.devin.sessions(text=text)
    assert len(made) == 1, [row["session_id"] for row in made]
    messages = await one.slack.messages(GENERAL)
    cards = [message for message in messages if message["user"] == "U0BOT" and "Asked by" in message["rendered"]]
    assert len(cards) == 1, [card["rendered"] for card in cards]
    return made[0]


async def asked(session: dict[str, Any]) -> list[str]:
    """What people wrote to Devin, without the prompt and the marks."""
    said = [message["message"] for message in session["messages"] if message["source"] == "user"]
    return [text.split("\n", 1)[1] for text in said[1:]]


# ---------------------------------------------------------------- stories


async def nothing(_one: Scene) -> None:
    """No setting."""


async def running(one: Scene) -> tuple[str, str]:
    """A session under a mention, running, with all its work done."""
    ts, devin_id = await one.on.started()
    await one.quiet()
    return ts, devin_id


async def mention(one: Scene, _: None) -> str:
    ts = await one.on.mention("fix the login test")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
    return ts


async def mentioned(one: Scene, ts: str) -> None:
    made = await one_session(one)
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{ts}"]
    assert await one.on.thread(GENERAL, ts) == []
    asked_with = await one.slack.message(GENERAL, ts)
    assert [reaction["name"] for reaction in asked_with["reactions"]] == ["eyes"]


async def slash(one: Scene, _: None) -> bool:
    answer = await one.slack.slash(ANN, GENERAL, "fix the login test")
    return answer["status"] == "acked"


async def ordered(one: Scene, acked: bool) -> None:
    stored = one.rows("SELECT key FROM inbox WHERE kind = 'command'")
    assert stored or not acked, "acknowledged, but not stored"
    if not stored:
        assert await one.devin.sessions() == []
        return
    await one.slack.wait_for_message(GENERAL, "Queued", within=PATIENCE)
    made = await one_session(one)
    card = await one.slack.wait_for_message(GENERAL, "Asked by")
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{card['ts']}"]
    assert await one.on.thread(GENERAL, card["ts"]) == []


async def replies(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    ts, _devin_id = begun
    for _ in range(2):
        await one.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
    await one.devin.wait_for_messages("] ben:\nyes", 2, seconds=PATIENCE)
    return begun


async def replied(one: Scene, begun: tuple[str, str]) -> None:
    assert await asked(await one_session(one)) == ["yes", "yes"]
    assert await one.on.thread(GENERAL, begun[0]) == []


async def reply_under_a_lost_card(one: Scene, _: None) -> None:
    """Slack posts the card of a command, but its answer gets lost; somebody replies before the card is found."""
    await one.slack.fault("chat.postMessage", "commit_then_drop")
    while (await one.slack.slash(ANN, GENERAL, "fix the login test"))["status"] != "acked":
        await one.slack.wait_for_sockets(within=PATIENCE)
    card = await one.slack.wait_for_message(GENERAL, "Asked by", within=PATIENCE)
    await one.slack.say(BEN, GENERAL, "please use pytest", thread_ts=card["ts"])
    await one.devin.wait_for_messages("] ben:\nplease use pytest", seconds=PATIENCE)


async def replied_once(one: Scene, _: None) -> None:
    assert await asked(await one_session(one)) == ["please use pytest"]


async def press(one: Scene, ts: str, action: str, user: str = ANN) -> None:
    """Press a button of the card until it is acknowledged, as a person does."""
    for _ in range(10):
        card = await one.slack.wait_for_message(GENERAL, "Asked by", thread_ts=ts, within=PATIENCE)
        if (await one.slack.click(user, GENERAL, card["ts"], action))["status"] == "acked":
            return
        await one.slack.wait_for_sockets(within=PATIENCE)
    raise AssertionError(f"{action} was never acknowledged")


async def stop(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await press(one, begun[0], "stop")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Stopped by <@U0ANN>. Devin sleeps", thread_ts=begun[0], within=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Stopped by <@U0ANN>. It sleeps", thread_ts=begun[0], within=PATIENCE)
    return begun


STOPPED = (
    ":black_square_for_stop: Stopped by <@U0ANN>. Devin sleeps and nothing is lost; a reply in this thread wakes it."
)
UNSENT = " 1 waiting reply was not sent to Devin, because the stop came first."

UNCERTAIN = (
    ":warning: Devin's answer got lost and Devin cannot be reached, "
    "so we do not know whether the reply “please use pytest” arrived."
)


async def stopped(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert (made["is_archived"], made["status"]) == (True, "suspended")
    assert await one.on.thread(GENERAL, begun[0]) == [STOPPED]


async def waiting_reply(one: Scene) -> tuple[str, str]:
    """A reply waits because Devin takes none."""
    begun = await running(one)
    await one.devin.fault("send_message", "503", times=-1)
    await one.slack.say(BEN, GENERAL, "please use pytest", thread_ts=begun[0])
    await one.devin.wait_for_calls("send_message", seconds=PATIENCE)
    return begun


async def stopped_first(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert made["is_archived"]
    assert await asked(made) == []
    said = await one.on.thread(GENERAL, begun[0])
    if len(said) == 1:
        assert said == [STOPPED + UNSENT]
    else:  # it died in the middle of the reply's call
        assert said[0].startswith(UNCERTAIN)
        assert said[1:] == [STOPPED]


async def devin_works(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    ts, devin_id = begun
    await one.devin.say(devin_id, "I looked at the test.")
    await one.devin.say(devin_id, "Which branch?", status="running", status_detail="waiting_for_user")
    await one.slack.wait_for_message(GENERAL, "waits for your answer", thread_ts=ts, within=PATIENCE)
    await one.devin.set(devin_id, status="running", status_detail="working")
    await one.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=PATIENCE)
    await one.devin.pr(devin_id, "https://github.com/acme/web/pull/7")
    await one.slack.wait_for_message(GENERAL, "New pull request", thread_ts=ts, within=PATIENCE)
    await one.devin.say(devin_id, "All green.", status="running", status_detail="finished")
    await one.slack.wait_for_message(GENERAL, "*Done*", thread_ts=ts, within=PATIENCE)
    return begun


async def devin_worked(one: Scene, begun: tuple[str, str]) -> None:
    await one_session(one)
    *said, end = await one.on.thread(GENERAL, begun[0])
    assert said == [
        "I looked at the test.",
        "Which branch?",
        ":speech_balloon: <@U0ANN>, Devin waits for your answer: reply in this thread and it goes on.",
        ":twisted_rightwards_arrows: New pull request: <https://github.com/acme/web/pull/7|acme/web#7> (open)",
        "All green.",
    ]
    assert end.startswith(":white_check_mark: *Done* · 1 pull request")


async def archive(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(ANN, GENERAL, "!archive", thread_ts=begun[0])
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Archived by", thread_ts=begun[0], within=PATIENCE)
    return begun


async def archived(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert (made["is_archived"], made["status"]) == (True, "suspended")
    assert await one.on.thread(GENERAL, begun[0]) == [
        ":file_cabinet: Archived by <@U0ANN>. Devin sleeps, and replies in this thread are no longer sent to it. "
        "Use `/devin` or mention Devin Bridge to start a new session."
    ]


async def end_for_good(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    ts, _devin_id = begun
    await one.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    for _ in range(10):
        question = await one.slack.wait_for_ephemeral(ANN, "for good?", within=PATIENCE)
        if (await one.slack.click(ANN, GENERAL, question["ts"], "exit_confirmed"))["status"] == "acked":
            break
        await one.slack.wait_for_sockets(within=PATIENCE)
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, status="exit")
    await one.slack.wait_for_message(GENERAL, "Ended for good", thread_ts=ts, within=PATIENCE)
    return begun


async def ended_for_good(one: Scene, begun: tuple[str, str]) -> None:
    assert (await one_session(one))["terminated"]
    assert await one.on.thread(GENERAL, begun[0]) == [
        ":checkered_flag: Ended for good by <@U0ANN>. Replies in this thread no longer reach Devin. "
        "Use `/devin` or mention Devin Bridge to start a new session."
    ]


STORIES = [
    Story("a mention starts a session", nothing, mention, mentioned, reactions=True),
    Story("a slash command starts a session", nothing, slash, ordered),
    Story("two replies that are the same", running, replies, replied, each=("Inbox", "in ")),
    Story("a reply under a card that is found late", nothing, reply_under_a_lost_card, replied_once, each=("in ",)),
    Story("the stop button", running, stop, stopped),
    Story("the stop button while a reply waits", waiting_reply, stop, stopped_first),
    Story(
        "Devin speaks, asks, opens a pull request and ends",
        running,
        devin_works,
        devin_worked,
        each=("Tell.", "Watch.", "out Send._post"),
    ),
    Story("!archive", running, archive, archived),
    Story("EXIT", running, end_for_good, ended_for_good),
]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("story", [pytest.param(story, id=story.name.replace(" ", "-")) for story in STORIES])
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, tmp_path: Path, nursery: Nursery) -> None:
    await killed_everywhere(story, tmp_path, nursery)
