"""`SIGKILL` while a message is edited, deleted or made a task of its own, before Devin has it and afterwards."""

import pytest

from bot.views.answers import replies as reply_sentences
from bot.views.answers import stops as stop_sentences
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, asked, one_session, running, titled
from tests.crash.test_kill_replies import waiting_reply
from tests.said import ASKED_BY
from tests.scenarios.harness import ANN, BEN, GENERAL

pytestmark = pytest.mark.edge

DM, FORM, DOCS = "D0ANN", "build the signup form", "update the docs of the api"
OLD, NEW = "please use pytest", "please use unittest"
TOLD = reply_sentences.deleted(None, muted=False).text
CANCELLED = stop_sentences.cancelled("ann").text


async def ts_of(one: Scene, text: str) -> str:
    """The `ts` of what ben has written."""
    said = await one.slack.messages(GENERAL, user=BEN)
    return str(next(message["ts"] for message in said if message["text"] == text))


async def replied(one: Scene) -> tuple[str, str]:
    """A session that has a reply."""
    begun = await running(one)
    await one.slack.say(BEN, GENERAL, OLD, thread_ts=begun[0])
    await one.devin.wait_for_messages(f"] ben (U0BEN):\n> {OLD}", seconds=PATIENCE)
    await titled(one, begun[1])
    await one.quiet()
    return begun


async def edit(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.edit(BEN, GENERAL, await ts_of(one, OLD), NEW)
    await one.devin.wait_for_messages(f" UTC:\n> {NEW}", seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def corrected_once(one: Scene, begun: tuple[str, str]) -> None:
    assert await asked(await one_session(one)) == [OLD, NEW]
    assert await one.on.thread(GENERAL, begun[0]) == []


async def delete(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.delete(BEN, GENERAL, await ts_of(one, OLD))
    await one.slack.wait_for_ephemeral(BEN, TOLD, within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def told(one: Scene, begun: tuple[str, str]) -> None:
    """A private answer that may have been given is given again."""
    assert await asked(await one_session(one)) == [OLD]
    assert await one.on.thread(GENERAL, begun[0]) == []
    assert {said["rendered"] for said in await one.slack.ephemerals(user=BEN)} == {f"{TOLD}\nStop Devin"}


async def edit_what_waits(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """Edit a reply that Devin does not take yet, which then takes it."""
    await one.slack.edit(BEN, GENERAL, await ts_of(one, OLD), NEW)
    await one.devin.clear_faults()
    await one.devin.wait_for_messages(f":\n> {NEW}", seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def said_once(one: Scene, begun: tuple[str, str]) -> None:
    """Where it died in the middle of the reply's call, the old text may go first, and the new one as a correction."""
    assert await asked(await one_session(one)) in ([NEW], [OLD, NEW])
    assert await one.on.thread(GENERAL, begun[0]) == []


async def waiting_start(one: Scene) -> str:
    """A start that Devin does not take."""
    await one.devin.fault("create_session", "503", times=-1)
    ts = await one.on.mention("fix the login test")
    await one.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts, within=PATIENCE)
    await one.devin.wait_for_calls("create_session")
    return ts


async def delete_the_mention(one: Scene, ts: str) -> str:
    await one.slack.delete(ANN, GENERAL, ts)
    await one.slack.wait_for_message(GENERAL, CANCELLED, thread_ts=ts, within=PATIENCE)
    await one.devin.clear_faults()
    return ts


async def canceled(one: Scene, ts: str) -> None:
    """Nothing was started, and nothing will be."""
    assert await one.devin.sessions() == []
    assert await one.on.thread(GENERAL, ts) == [CANCELLED]


async def second_task(one: Scene) -> str:
    """A line of a direct message that Devin has had as a reply, although it is a task; the `ts` of what says so."""
    await one.slack.say(ANN, "im", FORM)
    await one.devin.wait_for_sessions(FORM, seconds=PATIENCE)
    await one.quiet()
    await one.slack.say(ANN, "im", DOCS)
    added = await one.slack.wait_for_message(DM, "Added to", within=PATIENCE)
    await one.devin.wait_for_messages(DOCS, seconds=PATIENCE)
    await one.quiet()
    return str(added["ts"])


async def make_it_its_own(one: Scene, ts: str) -> None:
    """Press until it is acknowledged, as a person does."""
    for _ in range(10):
        if (await one.slack.click(ANN, DM, ts, "answer:added:own"))["status"] == "acked":
            break
        await one.reachable()
    await one.devin.wait_for_sessions(DOCS, seconds=PATIENCE)


async def its_own_once(one: Scene, _: None) -> None:
    made = await one.devin.sessions()
    assert sorted(session["prompt"].count(DOCS) for session in made) == [0, 1]
    (first,) = [session for session in made if FORM in session["prompt"]]
    assert await asked(first) == [DOCS]


STORIES = [
    Story("an edit of a reply that Devin has", replied, edit, corrected_once),
    Story("a deletion of a reply that Devin has", replied, delete, told),
    Story("an edit of a reply that waits", waiting_reply, edit_what_waits, said_once),
    Story("a second task that becomes a session of its own", second_task, make_it_its_own, its_own_once),
    Story("a deletion of a start that waits", waiting_start, delete_the_mention, canceled),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
