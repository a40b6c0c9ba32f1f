"""The bench of the page: jumps of the clock, things that go wrong, kills and restarts, and what was counted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.features.digest import digest_root
from bot.playground import bench as the_bench
from bot.playground.bench import TheBench
from bot.playground.books import Books
from bot.playground.child import Keeper
from bot.playground.clock import newest_settled_day, next_end_of_billing_day
from bot.playground.counters import Counters
from bot.playground.devin.journal import Entry
from bot.playground.news import Change
from bot.playground.page.acts import BenchError
from bot.playground.slack.state import Call
from bot.playground.stage import Stage, stage
from tests.forked_bot import fork
from tests.playground.sentences import NOTHING_TO_STOP
from tests.said import ASKED_BY

pytestmark = pytest.mark.edge

ANN, ADA = "U0ANN", "U0ADA"
WEB, GENERAL, OPS = "C0WEB", "C0GENERAL", "C0OPS"
DAY = 86_400
UNDER_WAY = "A jump or reset is in progress. Try again once the bot is up."


@dataclass
class Bench:
    """The bench with everything behind it."""

    on: Stage
    keeper: Keeper
    bench: TheBench
    told: list[str]

    async def do(self, act: str, **order: Any) -> str:
        return await self.bench.do(act, order)

    async def refused(self, act: str, **order: Any) -> str:
        with pytest.raises(BenchError) as refusal:
            await self.bench.do(act, order)
        return str(refusal.value)

    async def digests(self, count: int) -> list[dict[str, Any]]:
        """The digests in #ops, once there are so many."""
        return await self.on.slack.wait_for_messages(OPS, count, text=digest_root.DAY)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Bench]:
    """Everything but the page, with the bot up; Devin's sessions are moved by hand."""
    async with stage(0, 0, 1.0) as on, on.bot(tmp_path, 0, fork) as keeper:
        bench = TheBench(on, keeper, _no_example, 1.0)
        told: list[str] = []
        bench.changes().follow(lambda change: told.append(change.kind))
        await bench.begin(example=False)
        await keeper.up()
        yield Bench(on, keeper, bench, told)
        await bench.end()


async def _no_example(_: TheBench) -> None:
    await asyncio.Event().wait()


def date_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


# ---------------------------------------------------------------- the clock


async def test_each_jump_to_the_digest_brings_one(house: Bench) -> None:
    slack, dates = house.on.slack, []
    before = await slack.say(ANN, WEB, "before")
    for number in range(1, 4):
        due = float(house.bench.clock()["digest_at"])
        said = await house.do("jump", to="digest")
        assert said.startswith("It's ")
        assert said.endswith(", 9:05 AM UTC. The bot is restarting and will post the digest in #ops.")
        found = await house.digests(number)
        assert len(found) == number
        await house.keeper.up()
        posted = float(found[-1]["ts"])
        assert due <= posted < due + 20
        dates.append(date_of(posted))
    assert len(set(dates)) == 3
    wrong = await slack.messages(channel=OPS, text="clock is")
    assert wrong == []  # Slack and Devin date their answers by the same clock
    after = await slack.say(ANN, WEB, "after")
    assert float(after) - float(before) > 2 * DAY
    assert house.on.simulated_devin.world.now() == pytest.approx(house.on.clock.now(), abs=1)
    clock = house.bench.clock()
    assert (clock["now"], clock["ahead"]) == (pytest.approx(house.on.clock.now(), abs=1), house.on.clock.ahead)
    assert house.bench.bot()["starts"] == 4
    assert house.bench.counters()["lost"] == house.bench.counters()["doubled"] == 0
    assert "clock" in house.told


async def test_the_end_of_the_billing_day_settles_what_sessions_spent(house: Bench) -> None:
    slack, world = house.on.slack, house.on.simulated_devin.world
    await slack.say(ANN, WEB, "<@U0BOT> write a changelog")
    session = (await house.on.devin.wait_for_sessions("write a changelog"))[0]["session_id"]
    await house.on.devin.spend(session, 2.5)
    seen = (await house.on.devin.log())[-1]["number"]
    await house.on.devin.wait_for_calls("list_sessions", 2, since=seen)  # the bot has seen it on that day
    spent = world.held.sessions[session.removeprefix("devin-")].acus_consumed
    ends = next_end_of_billing_day(house.on.clock.now())
    day = int(ends) - DAY
    usual = Books(world).usual(day)["devin"]  # another one each day
    said = await house.do("jump", to="billing_day")
    assert said.endswith(", 9:00 AM UTC. The billing day is over and settled, and the bot is restarting.")
    assert house.on.clock.now() == pytest.approx(ends + 3600, abs=5)
    assert world.held.figures[world.org_id, day]["devin"] >= round(usual + spent, 6)
    await house.keeper.up()
    await slack.slash(ADA, OPS, "usage yesterday")
    await slack.wait_for_ephemeral(ADA, "write a changelog")


async def test_a_day_that_passes_without_a_jump_is_billed_too(house: Bench) -> None:
    devin = house.on.simulated_devin
    house.on.clock.ahead += DAY
    async with httpx.AsyncClient(base_url=devin.base_url, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {devin.world.api_key}"}
        path = f"/v3/organizations/{devin.world.org_id}/consumption/daily"
        days = (await client.get(path, headers=headers)).json()["consumption_by_date"]
    assert newest_settled_day(house.on.clock.now()) in [day["date"] for day in days]


async def test_a_second_click_does_not_jump_another_day(house: Bench) -> None:
    due = float(house.bench.clock()["digest_at"])
    said, refusal = await asyncio.gather(house.do("jump", to="digest"), house.refused("jump", to="digest"))
    assert said.startswith("It's ")
    assert refusal == UNDER_WAY
    assert house.bench.bot()["state"] == "starting"
    assert await house.refused("jump", to="billing_day") == UNDER_WAY
    await house.keeper.up()
    assert due <= house.on.clock.now() < due + 20
    await house.do("kill")
    await house.do("jump", to="digest")
    assert await house.refused("jump", to="digest") == UNDER_WAY
    assert due + DAY <= house.on.clock.now() < due + DAY + 20


async def test_a_jump_waits_for_the_end_of_a_reset(house: Bench) -> None:
    said, refusal = await asyncio.gather(house.do("reset"), house.refused("jump", to="digest"))
    assert said.startswith("Everything is reset except the clock, because time never runs backward.")
    assert refusal == UNDER_WAY
    assert house.on.clock.ahead == 0
    await house.do("jump", to="digest")


async def test_the_first_page_that_is_open_begins_the_example_and_no_other(tmp_path: Path) -> None:
    played: list[TheBench] = []

    async def play(bench: TheBench) -> None:
        played.append(bench)

    async with stage(0, 0, 1.0) as on, on.bot(tmp_path, 0, fork) as keeper:
        bench = TheBench(on, keeper, play, 1.0)
        await bench.begin(example=True)
        await keeper.up()
        assert (played, await on.slack.messages(WEB)) == ([], [])
        for _ in range(2):
            bench.opened()
            await asyncio.sleep(0)
        assert played == [bench]
        await bench.end()


async def test_without_an_example_no_page_begins_one(house: Bench) -> None:
    house.bench.opened()
    assert (await house.do("example")) == "The example starts in #web."  # so none is being played


async def test_the_example_jumps_after_a_jump_that_is_under_way(house: Bench) -> None:
    due = float(house.bench.clock()["digest_at"])
    said = await asyncio.gather(house.do("jump", to="digest"), house.bench.to_digest())
    assert [sentence.startswith("It's ") for sentence in said] == [True, True]
    assert due + DAY <= house.on.clock.now() < due + DAY + 20


async def test_a_jump_that_makes_no_sense(house: Bench) -> None:
    assert await house.refused("jump", to="next year") == "The clock can jump to digest or to billing_day."
    assert await house.refused("jump", to=["digest"]) == "The clock can jump to digest or to billing_day."
    assert await house.refused("dance") == (
        "There's no action dance. "
        "It knows jump, fault, clear_faults, kill, stop, start, restart, speed, reset, example."
    )
    assert house.on.clock.ahead == 0


async def test_a_bot_that_was_killed_before_its_first_digest_was_due_still_posts_it(tmp_path: Path) -> None:
    async with stage(0, 0, 1.0) as on, on.bot(tmp_path, 0, fork) as keeper:
        bench = TheBench(on, keeper, _no_example, 1.0)
        await bench.begin(example=False)
        await bench.do("kill", {})
        await bench.do("jump", {"to": "digest"})
        await on.slack.wait_for_message(OPS, digest_root.DAY)
        assert len(await on.slack.messages(OPS, text=digest_root.DAY)) == 1


# ---------------------------------------------------------------- the bot's process


async def test_the_bot_is_killed_in_the_middle_and_nothing_is_lost(house: Bench) -> None:
    slack, devin = house.on.slack, house.on.devin
    ts = await slack.say(ANN, WEB, "<@U0BOT> write a changelog")
    session = (await devin.wait_for_sessions("write a changelog"))[0]["session_id"]
    await slack.wait_for_message(WEB, ASKED_BY, thread_ts=ts)
    assert await house.do("kill") == (
        "The bot was killed in the middle of its work. Start it and see that nothing is lost."
    )
    assert house.bench.bot()["state"] == "killed"
    assert await house.refused("kill") == "The bot isn't running, so there's nothing to kill. Start it first."
    assert await house.refused("stop") == NOTHING_TO_STOP
    assert await house.refused("example") == "The bot isn't running, so there's nothing to see. Start it first."
    await slack.say(ANN, WEB, "Mention the fix of the login test.", thread_ts=ts)
    await devin.say(session, "Which release is it for?")
    assert await house.do("start") == "The bot is starting. It gets the messages sent meanwhile."
    assert await house.refused("start") == "The bot is already running."
    await devin.wait_for_messages("Mention the fix of the login test.")
    await slack.wait_for_message(WEB, "Which release is it for?", thread_ts=ts)
    said = [one["message"] for one in (await devin.session(session))["messages"] if one["source"] == "user"]
    assert sum("Mention the fix" in text for text in said) == 1
    counters = house.bench.counters()
    assert (counters["lost"], counters["doubled"]) == (0, 0)


async def test_stopped_and_restarted(house: Bench) -> None:
    assert await house.do("stop") == "The bot was stopped, as a supervisor would. Messages wait for it."
    assert house.bench.bot() == {"state": "stopped", "pid": None, "port": None, "starts": 1, "said": None}
    assert await house.do("restart") == "The bot is restarting."
    await house.keeper.up()
    assert await house.do("restart") == "The bot is restarting."
    await house.keeper.up()
    assert house.bench.bot()["starts"] == 3
    assert house.told.count("bot") >= 6


# ---------------------------------------------------------------- what goes wrong


async def test_a_burst_of_429_and_500_only_takes_longer(house: Bench) -> None:
    slack = house.on.slack
    assert await house.do("fault", side="slack", kind="429", times=3, where="chat.postMessage") == (
        "The next 3 calls of chat.postMessage to Slack will get a 429 (too many requests)."
    )
    assert await house.do("fault", side="devin", kind="500", times=2, where="create_session") == (
        "The next 2 calls of create_session to Devin will get a 500 (server error)."
    )
    ts = await slack.say(ANN, WEB, "<@U0BOT> write a changelog")
    await house.on.devin.wait_for_sessions("write a changelog")
    await slack.wait_for_message(WEB, ASKED_BY, thread_ts=ts)
    counters = house.bench.counters()
    assert counters["slack"]["failed"] >= 3
    assert counters["slack"]["retried"] >= 3
    assert counters["devin"]["failed"] == 2
    assert counters["devin"]["retried"] >= 1
    assert (counters["lost"], counters["doubled"]) == (0, 0)
    logged = len(await slack.log())  # the bot may call meanwhile
    assert counters["slack"]["made"] <= logged <= house.bench.counters()["slack"]["made"]
    assert "counters" in house.told


async def test_a_lost_answer_doubles_nothing(house: Bench) -> None:
    slack, devin = house.on.slack, house.on.devin
    ts = await slack.say(ANN, WEB, "<@U0BOT> write a changelog")
    await devin.wait_for_sessions("write a changelog")
    await slack.wait_for_message(WEB, ASKED_BY, thread_ts=ts)
    assert await house.do("fault", side="devin", kind="drop", where="send_message") == (
        "The next call of send_message to Devin will take effect, but without an answer."
    )
    await slack.say(ANN, WEB, "And the fix of the login test.", thread_ts=ts)
    await devin.wait_for_calls("list_messages", contains="")
    await slack.wait_for_call("reactions.add")
    assert len(await devin.wait_for_messages("And the fix of the login test.")) == 1
    assert house.bench.counters()["devin"]["failed"] == 1
    assert house.bench.counters()["doubled"] == 0


async def test_what_hangs_is_let_go_when_the_faults_are_cleared(house: Bench) -> None:
    slack, devin = house.on.slack, house.on.devin
    assert await house.do("fault", side="slack", kind="hang", times=1, where="chat.postMessage") == (
        "The next call of chat.postMessage to Slack will hang for 20 seconds."
    )
    await house.do("fault", side="devin", kind="hang", times=1, where="*")
    await slack.say(ANN, WEB, "<@U0BOT> write a changelog")
    await slack.wait("log", method="chat.postMessage", fault="hang")
    await devin.wait_for_calls("*", contains="")
    assert await house.do("clear_faults") == "Slack and Devin answer normally again."
    [call] = await slack.wait_for_call("chat.postMessage", fault="hang")
    assert call["ms"] < 15_000
    assert await devin.faults() == []


async def test_any_call_means_none_that_the_bot_needs_to_start(house: Bench) -> None:
    assert await house.do("fault", side="slack", kind="500", times=1000) == (
        "The next 1000 calls to Slack will get a 500 (server error)."
    )
    await house.do("restart")
    await house.keeper.up()
    await house.do("clear_faults")


async def test_a_fault_that_makes_no_sense_names_what_there_is(house: Bench) -> None:
    assert await house.refused("fault", side="mail", kind="429") == "Choose slack or devin for the fault."
    assert await house.refused("fault", side="slack", kind="418") == ("The fault must be one of 429, 500, hang, drop.")
    for times in (0, 1001, 1.5, True, "2"):
        assert await house.refused("fault", side="slack", kind="429", times=times) == (
            "The number of times must be a whole number from 1 to 1000."
        )
    slack = await house.refused("fault", side="slack", kind="429", where="create_session")
    assert slack.startswith("Slack has no call 'create_session' here. Known: agents.sessions.rename, ")
    assert slack.endswith(", or * for any.")
    devin = await house.refused("fault", side="devin", kind="429", where="chat.postMessage")
    assert devin.startswith("Devin has no call 'chat.postMessage' here. Known: agent_acu_limits, append_tags, ")


# ---------------------------------------------------------------- the rest


async def test_the_speed(house: Bench) -> None:
    assert house.bench.speed() == 1.0
    assert await house.do("speed", value=4) == "Devin works 4 times as fast as scripted."
    assert house.bench.speed() == 4.0
    for value in (0.2, 21, "fast", True, None):
        assert await house.refused("speed", value=value) == "The speed must be a number from 0.25 to 20."
    assert await house.do("speed", value=1) == "Devin works as fast as scripted."
    assert house.told.count("speed") == 2


async def test_reset(house: Bench) -> None:
    slack = house.on.slack
    await slack.say(ANN, WEB, "<@U0BOT> write a changelog")
    await house.on.devin.wait_for_sessions("write a changelog")
    await house.do("jump", to="digest")
    await house.digests(1)
    await house.do("speed", value=4)
    await house.do("fault", side="devin", kind="500", times=1000)
    await house.do("example")
    assert await house.refused("example") == "The example is already playing: watch #web and #general."
    ahead = house.on.clock.ahead
    assert await house.do("reset") == ("Everything is reset except the clock, because time never runs backward.")
    assert house.bench.bot()["state"] == "running"
    assert await house.on.devin.sessions() == []
    assert await house.on.devin.faults() == []
    assert [one["text"] for one in await slack.messages(WEB)] == [
        "The login test failed again on main, the third time this week.",
        "It passes when I run it alone. I haven't looked closer yet.",
    ]
    assert [one["user"] for one in await slack.messages(GENERAL)] == ["U0ADA", "U0BEN"]
    assert await slack.messages(OPS) == []
    assert (house.bench.speed(), house.on.clock.ahead) == (1.0, ahead)
    counters = house.bench.counters()
    assert counters["devin"]["made"] <= 9
    assert (counters["saved"], counters["lost"], counters["doubled"]) == (0, 0, 0)
    await house.do("example")  # the one before was ended
    await house.do("jump", to="digest")
    await house.digests(1)


async def test_a_reset_after_which_the_bot_is_not_up_in_time_says_so(
    house: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(the_bench, "START_SECONDS", 0.01)
    assert await house.refused("reset") == (
        "Messages, sessions, and faults are cleared, but the bot didn't start. It didn't start within 0.01 seconds."
    )
    assert house.bench.bot()["state"] == "starting"


async def test_a_reset_heals_whatever_came_before_it(house: Bench) -> None:
    def fail(_: Change) -> None:
        raise IndexError

    world = house.on.simulated_slack.state.world
    world.people[ANN].real_name = ""
    house.on.simulated_slack.state.news.follow(fail)
    house.on.simulated_devin.world.journal.news.follow(fail)
    assert (await house.do("reset")).startswith("Everything is reset except the clock, because")
    assert house.bench.bot()["state"] == "running"
    assert house.on.simulated_slack.state.world.people[ANN].real_name == "Ann Lee"


async def test_a_reset_in_which_the_bot_ends_says_so(house: Bench) -> None:
    reset = asyncio.create_task(house.refused("reset"))
    while house.bench.bot()["starts"] == 1:
        await house.keeper.changes()
    await house.do("kill")
    assert await reset == "Messages, sessions, and faults are cleared, but the bot didn't start. The bot isn't running."
    await house.do("start")
    await house.keeper.up()


# ---------------------------------------------------------------- counting


def posted(n: int, key: str, *, fault: str | None = None, status: int = 200, ok: bool = True) -> Call:
    """A post with its key, as the simulator logs it."""
    metadata = {"event_type": "devin_bridge", "event_payload": {"key": key}}
    call = Call(n, "chat.postMessage", 0.0, {"channel": WEB, "text": "Hello", "metadata": metadata})
    call.status, call.answer, call.fault, call.done = status, {"ok": ok}, fault, True
    return call


def asked(number: int, route: str, *, body: Any = None, state: str = "answered", status: int | None = 200) -> Entry:
    """A call to Devin, as the simulator logs it."""
    return Entry(number, 0.0, route, "POST", f"/v3/{route}", [], body, state, status)


def test_a_call_that_repeats_a_failed_one_is_a_retry() -> None:
    counters = Counters(lost=lambda: 0, in_work=lambda: 0)
    counters.slack_call(posted(1, "say:1", fault="ratelimited", status=429, ok=False))
    counters.slack_call(posted(2, "say:2"))
    counters.slack_call(posted(3, "say:1"))
    counters.slack_call(posted(4, "say:3"))
    assert counters.read()["slack"] == {"made": 4, "failed": 1, "retried": 1}
    counters.devin_call(asked(1, "archive", status=500))
    counters.devin_call(asked(2, "archive", status=500))
    counters.devin_call(asked(3, "archive"))
    counters.devin_call(asked(4, "archive"))
    counters.devin_call(asked(5, "cycles", status=403))  # the key lacks a right
    counters.devin_call(asked(6, "cycles", status=403))
    assert counters.read()["devin"] == {"made": 6, "failed": 2, "retried": 2}
    assert counters.read()["doubled"] == 0


def test_each_call_is_judged_once() -> None:
    counters = Counters(lost=lambda: 0, in_work=lambda: 0)
    call = posted(1, "say:1")
    call.done, call.answer, call.fault = False, None, None
    counters.slack_call(call)
    assert counters.read()["slack"] == {"made": 1, "failed": 0, "retried": 0}
    call.fault = "hang"
    counters.slack_call(call)
    counters.slack_call(posted(2, "say:1"))  # the bot has given the first one up
    call.done = True
    counters.slack_call(call)
    assert counters.read()["slack"] == {"made": 2, "failed": 1, "retried": 1}
    entry = asked(1, "archive", state="arrived", status=None)
    counters.devin_call(entry)
    entry.state = "held"
    counters.devin_call(entry)
    entry.state = "dropped"
    counters.devin_call(entry)
    assert counters.read()["devin"] == {"made": 1, "failed": 1, "retried": 0}


@pytest.mark.parametrize("metadata", ["5", "[", "[1]", '"x"', '{"event_payload": "x"}', 5, [1]])
def test_metadata_of_another_shape_is_nothing_of_ours(metadata: Any) -> None:
    counters = Counters(lost=lambda: 0, in_work=lambda: 0)
    for n in (1, 2):
        call = posted(n, "say:1")
        call.args["metadata"] = metadata
        counters.slack_call(call)
    assert counters.read()["slack"] == {"made": 2, "failed": 0, "retried": 0}
    assert counters.read()["doubled"] == 0


async def test_counting_goes_on_when_either_side_was_emptied_from_outside(house: Bench) -> None:
    await house.on.devin.reset()
    await house.on.slack.say(ANN, WEB, "<@U0BOT> write a changelog")
    await house.on.devin.wait_for_sessions("write a changelog")
    assert 1 <= house.bench.counters()["devin"]["made"] <= len(await house.on.devin.log())


def test_what_is_there_twice_is_counted() -> None:
    counters = Counters(lost=lambda: 0, in_work=lambda: 0)
    counters.slack_call(posted(1, "say:1", fault="commit_then_drop", status=0))
    assert counters.read()["doubled"] == 0
    counters.slack_call(posted(2, "say:1"))
    assert counters.read()["doubled"] == 1
    message = {"message": "[Slack 1700000000.000100] Ann: yes"}
    lost = asked(1, "send_message", body=message, state="dropped", status=None)
    lost.fault = "commit_then_drop"
    counters.devin_call(lost)
    counters.devin_call(asked(2, "send_message", body=message))
    assert counters.read()["doubled"] == 2
    order = {"prompt": "a task", "tags": ["devin-bridge", "slack-T0PLAY-C0WEB-1700000000.000100"]}
    counters.devin_call(asked(3, "create_session", body=order, status=500))
    counters.devin_call(asked(4, "create_session", body=order))
    assert counters.read()["doubled"] == 2
    counters.devin_call(asked(5, "create_session", body=order))
    assert counters.read()["doubled"] == 3


def test_one_list_saves_a_call_for_each_further_session() -> None:
    in_work = 0
    counters = Counters(lost=lambda: 2, in_work=lambda: in_work)
    for number, in_work in enumerate((0, 1, 5), start=1):  # noqa: B007  read by the counters
        counters.devin_call(asked(number, "list_sessions"))
    counters.devin_call(asked(9, "list_sessions", status=500))
    told = counters.read()
    assert told["saved"] == 4
    assert told["saved_says"] == (
        "Calls saved: the bot reads all running sessions in one list instead of one call for each."
    )
    assert told["lost"] == 2


async def test_only_sessions_of_the_bot_that_are_in_work_are_saved_calls(tmp_path: Path) -> None:
    ours = {"tags": ["devin-bridge"], "status": "running"}
    async with stage(0, 0, 1.0) as on, on.bot(tmp_path, 0) as keeper:
        bench = TheBench(on, keeper, _no_example, 1.0)
        await on.devin.create_sessions(3, prompt="Made behind the bot's back", status="running")
        await on.devin.create_sessions(3, prompt="Asleep", tags=["devin-bridge"], status="suspended")
        for idle in ("waiting_for_user", "waiting_for_approval", "finished"):
            await on.devin.create_sessions(1, prompt="Idle", **ours, status_detail=idle)
        await on.devin.create_sessions(2, prompt="Over", tags=["devin-bridge"], status="exit")
        await on.devin.create_sessions(2, prompt="Put away", **ours, is_archived=True)
        await on.devin.create_sessions(4, prompt="In work", **ours, status_detail="working")
        world = on.simulated_devin.world
        async with httpx.AsyncClient(base_url=on.simulated_devin.base_url, trust_env=False) as client:
            headers = {"Authorization": f"Bearer {world.api_key}"}
            (await client.get(f"/v3/organizations/{world.org_id}/sessions", headers=headers)).raise_for_status()
        assert bench.counters()["saved"] == 3
