"""The bot's process: started, stopped and killed at any time, never two at once, never one that stays behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.playground.child import Keeper
from bot.playground.launch import command
from bot.playground.stage import Stage, stage
from bot.playground.trouble import TroubleError
from tests.doctor.sentences import NOT_A_TIME_ZONE
from tests.forked_bot import fork

pytestmark = pytest.mark.edge

PROJECT = Path(__file__).parents[2]


@pytest.fixture
async def on() -> AsyncIterator[Stage]:
    """Slack and Devin."""
    async with stage(0, 0, 1.0) as one:
        yield one


@pytest.fixture
async def keeper(on: Stage, tmp_path: Path) -> AsyncIterator[Keeper]:
    """The keeper of a bot that does not run yet."""
    async with on.bot(tmp_path, 0, fork) as one:
        yield one
    assert bots(tmp_path) == []


@pytest.fixture
async def as_made(on: Stage, tmp_path: Path) -> AsyncIterator[Keeper]:
    """The same, with the product's own command for each process."""
    async with on.bot(tmp_path, 0) as one:
        yield one
    assert bots(tmp_path) == []


def bots(folder: Path) -> list[int]:
    """The processes that log there."""
    return [int(path.parent.parent.name) for path in Path("/proc").glob("[0-9]*/fd/1") if _is_in(path, folder)]


def _is_in(path: Path, folder: Path) -> bool:
    try:
        return path.readlink().is_relative_to(folder)
    except OSError:
        return False  # it ended while we looked, or is not ours to look at


async def until(keeper: Keeper, state: str) -> None:
    """Wait for a state."""
    async with asyncio.timeout(30):
        while keeper.state != state:
            await keeper.changes()


async def test_from_start_to_stop(as_made: Keeper, tmp_path: Path) -> None:
    assert as_made.read() == {"state": "stopped", "pid": None, "port": None, "starts": 0, "said": None}
    states: list[str] = []
    as_made.tell = lambda: states.append(as_made.state)
    assert await as_made.start()
    assert not await as_made.start()
    await as_made.up()
    (pid,) = bots(tmp_path)
    assert as_made.read() == {"state": "running", "pid": pid, "port": as_made.port, "starts": 1, "said": None}
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert command[1:4] == [b"-m", b"bot", b"run"]  # the product itself
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"http://127.0.0.1:{as_made.port}/healthz")).json() == {"ok": True}
    assert await as_made.stop()
    assert not await as_made.stop()
    assert as_made.read() == {"state": "stopped", "pid": None, "port": None, "starts": 1, "said": None}
    assert states == ["starting", "running", "stopping", "stopped"]
    assert bots(tmp_path) == []


async def test_killed_and_started_again_its_log_goes_on(keeper: Keeper) -> None:
    await keeper.start()
    await keeper.up()
    assert await keeper.kill()
    assert not await keeper.kill()
    assert keeper.read() == {"state": "killed", "pid": None, "port": None, "starts": 1, "said": None}
    await keeper.start()
    await keeper.up()
    assert keeper.log.read_text().count('"running"') == 2
    await keeper.restart()
    await keeper.up()
    assert keeper.starts == 3
    assert keeper.log.read_text().count('"running"') == 3


async def test_ended_before_it_is_up(keeper: Keeper) -> None:
    await keeper.start()
    assert await keeper.stop()
    assert (keeper.state, keeper.said) == ("stopped", None)
    await keeper.start()
    assert await keeper.kill()
    assert (keeper.state, keeper.said) == ("killed", None)
    with pytest.raises(TroubleError, match=r"^The bot isn't running\.$"):
        await keeper.up()


async def test_a_kill_does_not_wait_for_a_stop(keeper: Keeper) -> None:
    await keeper.start()
    await keeper.up()
    os.kill(keeper.read()["pid"], signal.SIGSTOP)  # it cannot stop by itself
    stopping = asyncio.create_task(keeper.stop())
    await until(keeper, "stopping")
    assert await keeper.kill()
    assert await stopping
    assert keeper.state == "killed"


async def test_a_stop_that_was_given_up_goes_on_and_is_not_told_twice(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keeper.start()
    await keeper.up()
    told: list[int] = []
    child = keeper._child
    assert child is not None
    send = child.process.send_signal

    def heard(number: int) -> None:
        told.append(number)
        send(number)

    monkeypatch.setattr(child.process, "send_signal", heard)
    stopping = asyncio.create_task(keeper.stop())
    await until(keeper, "stopping")
    stopping.cancel()
    assert await keeper.stop()
    assert (keeper.state, keeper.said) == ("stopped", None)
    assert told == [signal.SIGTERM]


async def test_a_stop_on_top_of_a_kill_is_a_kill(keeper: Keeper) -> None:
    await keeper.start()
    await keeper.up()
    assert await asyncio.gather(keeper.kill(), keeper.stop()) == [True, True]
    assert (keeper.state, keeper.said) == ("killed", None)


async def test_an_end_that_nobody_has_told_yet_is_not_the_end_of_the_next(keeper: Keeper) -> None:
    states: list[str] = []
    await keeper.start()
    await keeper.up()
    keeper.tell = lambda: states.append(keeper.state)
    os.kill(keeper.read()["pid"], signal.SIGKILL)
    while keeper.alive:
        await asyncio.sleep(0)
    await keeper.start()
    await keeper.up()
    assert states == ["stopped", "starting", "running"]


async def test_a_log_that_was_tidied_away_says_nothing_and_stops_nothing(keeper: Keeper) -> None:
    await keeper.start()
    await keeper.up()
    keeper.log.unlink()
    os.kill(keeper.read()["pid"], signal.SIGKILL)
    await until(keeper, "stopped")
    assert keeper.said == "The bot exited unexpectedly (exit code -9).\nThe last lines of its log:\n  (nothing)"
    await keeper.start()
    await keeper.up()


@pytest.mark.long
async def test_everything_at_once_leaves_one_bot_or_none(as_made: Keeper, tmp_path: Path) -> None:
    most = 0
    for _ in range(4):
        acts = [as_made.start(), as_made.restart(), as_made.stop(), as_made.kill(), as_made.start(), as_made.restart()]
        tasks = [asyncio.create_task(act) for act in acts]
        while not all(task.done() for task in tasks):
            most = max(most, len(bots(tmp_path)))
            await asyncio.wait(tasks, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*tasks)
    assert most == 1
    await as_made.up()
    assert bots(tmp_path) == [as_made.read()["pid"]]


async def test_one_that_ends_by_itself_leaves_its_last_lines(keeper: Keeper) -> None:
    await keeper.start()
    await keeper.up()
    os.kill(keeper.read()["pid"], signal.SIGKILL)
    await until(keeper, "stopped")
    assert keeper.said is not None
    first, second, *lines = keeper.said.splitlines()
    assert first == "The bot exited unexpectedly (exit code -9)."
    assert second == "The last lines of its log:"
    assert any('"running"' in line for line in lines)
    with pytest.raises(TroubleError, match="exited unexpectedly"):
        await keeper.died()
    await keeper.start()
    assert keeper.said is None


async def test_one_that_cannot_start_says_why(on: Stage, tmp_path: Path) -> None:
    on.simulated_devin.world.switch({"key_revoked": True})
    async with on.bot(tmp_path, 0) as keeper:
        await keeper.start()
        with pytest.raises(TroubleError, match="Devin rejected the key"):
            await keeper.up()
        assert keeper.said is not None
        assert keeper.said.startswith("The bot exited unexpectedly (exit code 1).")


async def test_one_that_takes_long_to_start_is_told_of_and_goes_on(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.playground.child.START_SECONDS", 1.0)
    await keeper.start()
    pid = keeper.read()["pid"]
    os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(30):
        while keeper.said is None:
            await keeper.changes()
    assert keeper.said == "The bot didn't start within 1 seconds.\nThe last lines of its log:\n  (nothing)"
    assert keeper.state == "starting"
    os.kill(pid, signal.SIGCONT)
    await keeper.up()
    assert keeper.said is None


async def left_while_it_is_frozen(on: Stage, folder: Path) -> None:
    """Start a bot, freeze it, and end the work with it."""
    async with on.bot(folder, 0) as keeper:
        await keeper.start()
        await keeper.up()
        os.kill(keeper.read()["pid"], signal.SIGSTOP)


@pytest.mark.long
async def test_one_that_does_not_stop_is_killed_and_told_of(
    on: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.playground.child.STOP_SECONDS", 0.3)
    with pytest.raises(TroubleError) as trouble:
        await left_while_it_is_frozen(on, tmp_path)
    first, second, *lines = str(trouble.value).splitlines()
    assert first == "The bot didn't stop cleanly (exit code -9)."
    assert second == "The last lines of its log:"
    assert any('"running"' in line for line in lines)
    assert bots(tmp_path) == []


async def test_nothing_begins_once_it_is_closed(on: Stage, tmp_path: Path) -> None:
    async with on.bot(tmp_path, 0) as keeper:
        await keeper.start()
    await keeper.start()
    await keeper.restart()
    assert keeper.state == "stopped"
    assert bots(tmp_path) == []


async def test_after_a_jump_the_bot_runs_ahead(on: Stage, as_made: Keeper) -> None:
    async def jump() -> None:
        assert not as_made.alive
        on.clock.jump_to(on.clock.now() + 3600)

    await as_made.start()
    await as_made.up()
    await as_made.restart(jump)
    await as_made.up()
    command = Path(f"/proc/{as_made.read()['pid']}/cmdline").read_bytes().split(b"\0")
    assert command[1:3] == [b"-m", b"bot.playground.ahead"]
    assert float(command[3]) == on.clock.ahead
    assert command[4] == b"run"


async def test_a_fork_knows_the_settings_given_and_no_others(tmp_path: Path) -> None:
    process = await fork(0.0, {"BOT_TIMEZONE": "Mars/Olympus"}, tmp_path / "bot.log")
    assert await process.wait() == 1
    *missing, wrong = (tmp_path / "bot.log").read_text().splitlines()
    assert missing[0].startswith("SLACK_BOT_TOKEN is missing: ")
    assert wrong == NOT_A_TIME_ZONE
    with pytest.raises(ProcessLookupError):
        process.send_signal(signal.SIGTERM)


async def test_the_next_one_begins_even_if_what_was_done_meanwhile_failed(keeper: Keeper) -> None:
    async def fail() -> None:
        raise RuntimeError("the reset broke")

    await keeper.start()
    await keeper.up()
    with pytest.raises(RuntimeError, match=r"^the reset broke$"):
        await keeper.restart(fail)
    await keeper.up()
    assert (keeper.state, keeper.starts) == ("running", 2)


SOMEBODY_WHO_IS_KILLED = """
import asyncio, sys
from pathlib import Path
from bot.playground.launch import launch
from bot.playground.stage import stage
from tests.forked_bot import fork
async def main():
    how = {"launch": launch, "fork": fork}[sys.argv[2]]
    async with stage(0, 0, 1.0) as on, on.bot(Path(sys.argv[1]), 0, how) as keeper:
        await keeper.start()
        await keeper.up()
        print(keeper.read()["pid"], flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
@pytest.mark.parametrize("how", ["launch", "fork"])
def test_the_bot_does_not_outlive_a_playground_that_is_killed(tmp_path: Path, how: str) -> None:
    command = [sys.executable, "-c", SOMEBODY_WHO_IS_KILLED, str(tmp_path), how]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(bots(tmp_path)) == 1
        process.kill()
    deadline = time.monotonic() + 15
    while bots(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_clock_that_was_never_put_ahead_needs_no_other_command() -> None:
    assert command(0.0) == ["bot", "run"]
    assert command(86_400.25) == ["bot.playground.ahead", "86400.25", "run"]
