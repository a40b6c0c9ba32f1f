"""`python -m bot playground`: the bot between a simulated Slack and a simulated Devin, without any account.

There is a page to try it on. Once it is open, a scripted conversation is played, and printed as people see it;
everything stays up.
"""

import asyncio
import logging
import signal
import sys
import webbrowser
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TextIO

from bot.playground.bench import TheBench
from bot.playground.child import Keeper
from bot.playground.launch import Launch, launch
from bot.playground.options import Options
from bot.playground.page import BenchError, PageServer
from bot.playground.plain import printable
from bot.playground.ports import free_from, moved
from bot.playground.screen import Screen
from bot.playground.script import TASK, WEB, Cast, perform
from bot.playground.stage import Stage, stage
from bot.playground.trouble import TroubleError

STOPS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

BEGINNING: Final = """\
Open {page} in a browser: Devin Bridge between a simulated Slack and a simulated Devin, no account needed.

  The simulated Slack   {slack}
  The simulated Devin   {devin}
  The bot's log         {log}
{example}
Ctrl-C stops everything."""
EXAMPLE: Final = "\nThe example starts when the page is first opened.\n"
INTRODUCTION: Final = """\
Devin Bridge between a simulated Slack and a simulated Devin, on this machine: no account needed.
The bot is the real one. This is what people see of it in Slack:"""
AFTERWARDS: Final = """
The example is over, and it's your turn. Everything stays up; everything appears here and on the page, {page}

You can also act in a second terminal. As Ann, mention the bot, type a command, and reply in Ben's thread:
  curl -so /dev/null {slack}say -d user=U0ANN -d channel=C0WEB -d 'text=<@U0BOT> write a changelog for the release'
  curl -so /dev/null {slack}slash -d user=U0ANN -d channel=C0WEB -d 'text=list'
  curl -so /dev/null {slack}say -d user=U0ANN -d channel=C0WEB -d thread_ts={thread} -d 'text=Thank you. Merge it.'

As Devin, say something in that session:
  curl -so /dev/null {devin}/sessions/{session}/say -d '{{"text": "The pull request has two approvals."}}'

People, channels, and all actions: curl {slack} and curl {devin}

Ctrl-C stops everything."""
HALTED: Final = "The example stopped: {}"


@dataclass(frozen=True, slots=True)
class House:
    """A stage with the bot on it, and what of it is printed."""

    on: Stage
    keeper: Keeper
    screen: Screen
    write: Callable[[str], None]

    async def perform(self, bench: TheBench, *, once: bool) -> None:
        """Play the scripted conversation; `once` with nobody on the page, so that the clock may jump to the digest."""
        await self.keeper.up()
        since = f"{self.on.clock.now():.6f}"
        # A visitor's bot stays up, and their clock goes on.
        digest, turn = (bench.to_digest, None) if once else (None, bench.your_turn)
        await perform(Cast(self.on.slack, self.on.devin, self.screen, digest, turn, since))


async def play(options: Options, launch: Launch = launch) -> int:
    """Open the playground, until a signal; answers the exit code. `launch` begins each process of the bot."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what a broken client sent is nothing for the terminal
    stopping = asyncio.Event()
    for number in STOPS:
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        with TemporaryDirectory(prefix="devin-bridge-") as folder:
            await _open(Path(folder), options, stopping, launch)
    except TroubleError as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    _write("\nEverything has stopped.")
    return 0


async def _open(folder: Path, options: Options, stopping: asyncio.Event, launch: Launch) -> None:
    slack_port, devin_port, bot_port = _ports(options)
    write = _silent if options.quiet else _write
    set_up = stage(slack_port, devin_port, options.speed, enterprise=options.enterprise)
    async with set_up as on, on.bot(folder, bot_port, launch) as keeper:
        house = House(on, keeper, Screen(on.simulated_slack.state, write), write)
        if options.once:
            await _play_once(house, options, stopping)
        else:
            await _stay(house, options, stopping)


def _ports(options: Options) -> tuple[int, int, int]:
    """Ports for Slack, Devin and the bot."""
    wanted = {
        "the simulated Slack": options.slack_port,
        "the simulated Devin": options.devin_port,
        "the bot": options.bot_port,
    }
    found: list[int] = []
    for what, port in wanted.items():
        found.append(free_from(port, but=found))
        _note(moved(what, port, found[-1]))
    slack, devin, bot = found
    return slack, devin, bot


# ------------------------------------------------------------ once, without a page


async def _play_once(house: House, options: Options, stopping: asyncio.Event) -> None:
    async def show(bench: TheBench) -> None:
        try:
            await house.perform(bench, once=True)
        except (TimeoutError, BenchError) as error:
            # What was waited for is told to whoever mends it; the script itself knows no failures.
            raise TroubleError(house.keeper.told(HALTED.format(error))) from error

    bench = TheBench(house.on, house.keeper, show, options.speed)
    house.write(INTRODUCTION)
    await bench.begin(example=True)
    await _first_of(house.keeper.died(), show(bench), house.screen.follow(), _wait(stopping))


# ------------------------------------------------------------ with a page


async def _stay(house: House, options: Options, stopping: asyncio.Event) -> None:
    async def show(bench: TheBench) -> None:
        try:
            await house.perform(bench, once=False)
            await _tell_what_can_be_done(house, page.url)
        except Exception as error:  # noqa: BLE001 - whatever people did meanwhile, the page stays up
            _note(house.keeper.told(HALTED.format(error)))

    bench = TheBench(house.on, house.keeper, show, options.speed)
    slack, devin = house.on.simulated_slack, house.on.simulated_devin
    await bench.begin(example=options.example)  # it takes longer to be up than the page, which does not wait for it
    async with PageServer(slack, devin, bench, port=options.port) as page:
        where = {"slack": slack.control_url, "devin": devin.control_url, "log": house.keeper.log}
        _note(moved("the page", options.port, page.port))
        _write(BEGINNING.format(page=page.url, example=EXAMPLE if options.example else "", **where))
        if options.open:
            await asyncio.to_thread(webbrowser.open, page.url)
        try:
            await _first_of(_tell_trouble(house.keeper), house.screen.follow(), _wait(stopping))
        finally:
            await bench.end()


async def _tell_what_can_be_done(house: House, page: str) -> None:
    on = house.on
    session = (await on.devin.sessions(text=TASK))[-1]["session_id"]
    card = (await on.slack.messages(WEB, text="started by"))[-1]
    where = {"slack": on.simulated_slack.control_url, "devin": on.simulated_devin.control_url, "page": page}
    house.write(AFTERWARDS.format(**where, session=session, thread=card["ts"]))


async def _tell_trouble(keeper: Keeper) -> None:
    """Print what is to be said about the bot, when it is."""
    told = None
    while True:
        if keeper.said not in {None, told}:
            _note(keeper.said)
        told = keeper.said
        await keeper.changes()


async def _wait(stopping: asyncio.Event) -> None:
    await stopping.wait()


async def _first_of(*work: Coroutine[Any, Any, None]) -> None:
    """Do all at once until one is done; when several are, the failure of an earlier one counts."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in tasks if task.done()]:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _write(text: str) -> None:
    _print(text, sys.stdout)


def _note(text: str | None) -> None:
    if text is not None:
        _print(text, sys.stderr)


def _print(text: str, to: TextIO) -> None:
    print(printable(text, to.encoding), file=to, flush=True)


def _silent(_: str) -> None:
    """Print nothing."""
