"""`SIGKILL` where an answer of Devin's got lost, and where a row is marked dead: what is known is announced once."""

from sqlalchemy import insert

from bot.domain.lane import thread_lane
from bot.store.tables import inbox
from bot.views.answers import failures as failure_sentences
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, nothing, one_session, running, titled
from tests.scenarios.ahead import write
from tests.scenarios.harness import GENERAL

CALL = "create: Devin POST sessions"
BY_A_NEWER_VERSION = {"v": 99, "what": "news"}


async def lost_create(one: Scene, _: None) -> str:
    await one.devin.fault("create_session", "commit_then_drop")
    ts = await one.on.mention("fix the login test")
    (made, *_) = await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
    await titled(one, made["session_id"])
    return ts


async def found_again(one: Scene, ts: str) -> None:
    await one_session(one)
    assert await one.on.thread(GENERAL, ts) == []


UNREADABLE = failure_sentences.not_readable("r-odd", maybe_done=False).text


async def odd_row(one: Scene, begun: tuple[str, str]) -> str:
    ts, devin_id = begun
    row = {"key": "msg:odd", "kind": "message", "payload": BY_A_NEWER_VERSION, "ref": "r-odd", "ts": ts}
    lane = {"team": "T0PLAY", "lane": thread_lane("T0PLAY", GENERAL, ts), "ready_at": 0.0, "created_at": 1.8e9}
    await write(one.on, lambda tx: tx.execute(insert(inbox).values(row | lane)))
    await one.slack.wait_for_message(GENERAL, UNREADABLE, thread_ts=ts, within=PATIENCE)
    await titled(one, devin_id)
    return ts


async def marked_dead_once(one: Scene, ts: str) -> None:
    await one_session(one)
    assert await one.on.thread(GENERAL, ts) == [UNREADABLE]
    assert await one.rows("SELECT state FROM inbox WHERE key = 'msg:odd'") == [("dead",)]


STORIES = [
    Story("the answer to a start gets lost", nothing, lost_create, found_again),
    Story("a row that cannot be read is marked dead", running, odd_row, marked_dead_once),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_announces_what_is_known_once(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
