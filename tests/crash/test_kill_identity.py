"""`SIGKILL` while Devin refuses a start or a reply in a person's name: it is asked for once in the bot's."""

import pytest

from bot.domain.identity import LinkState
from bot.views.answers.identities import EXPLANATIONS
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, one_session, titled
from tests.scenarios.harness import ANN, GENERAL

pytestmark = pytest.mark.edge

NO_LONGER = EXPLANATIONS[LinkState.INVALID].text


async def not_to_be_named(one: Scene) -> None:
    """Ann is a member at Devin who may not use it."""
    await one.slack.put_person(ANN, email="ann@acme.test")
    await one.devin.add_member("email|ann", "ann@acme.test", "Ann", can_use_devin=False)


async def start(one: Scene, _: None) -> str:
    ts = await one.on.mention("fix the login test")
    (made, *_) = await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE)
    await titled(one, made["session_id"])
    return ts


async def the_bots_own(one: Scene, ts: str) -> None:
    made = await one_session(one)
    assert (made["user_id"], bool(made["service_user_id"])) == (None, True)
    assert await one.on.thread(GENERAL, ts) == []
    # A session that is only found does not say in whose name it was refused: the next start is refused again, and does.
    informed = {said["rendered"] for said in await one.slack.ephemerals(user=ANN)}
    (link,) = await one.rows("SELECT state, explained FROM identities")
    assert (link, informed) in [(("invalid", "invalid"), {NO_LONGER}), (("linked", None), set())]


async def not_to_reply(one: Scene) -> tuple[str, str]:
    """A running session of Ann, who since may not use Devin in her own name."""
    begun = await one.on.started(user=ANN)
    await not_to_be_named(one)
    await one.quiet()
    return begun


async def reply(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(ANN, GENERAL, "and run mypy", thread_ts=begun[0])
    await one.devin.wait_for_messages("and run mypy", seconds=PATIENCE)
    return begun


async def sent_once_as_the_bot(one: Scene, begun: tuple[str, str]) -> None:
    (sent,) = [said for said in (await one_session(one))["messages"] if "and run mypy" in said["message"]]
    assert sent["source"] == "user"
    assert await one.on.thread(GENERAL, begun[0]) == []
    informed = {said["rendered"] for said in await one.slack.ephemerals(user=ANN)}
    (link,) = await one.rows(f"SELECT state, explained FROM identities WHERE user = '{ANN}'")
    assert (link, informed) in [(("invalid", "invalid"), {NO_LONGER}), (("linked", None), set())]


STORIES = [
    Story("a start is refused in its asker's name", not_to_be_named, start, the_bots_own),
    Story("a reply is refused in its author's name", not_to_reply, reply, sent_once_as_the_bot),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_starts_one_session_and_sends_one_message(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
