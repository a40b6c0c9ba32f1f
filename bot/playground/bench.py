"""The bench of the page: the bot's process, the clock, things that go wrong, and a fresh start."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from bot.playground.books import Books
from bot.playground.child import START_SECONDS, Keeper
from bot.playground.clock import SETTLING, next_digest, next_end_of_billing_day, spoken
from bot.playground.counters import Counters
from bot.playground.devin.api import ROUTE_NAMES
from bot.playground.devin.session import ENDED, Session
from bot.playground.devin.timeline import RESTING
from bot.playground.news import Change, News
from bot.playground.options import FASTEST, SLOWEST, is_speed
from bot.playground.page.acts import BenchError
from bot.playground.script import small_talk
from bot.playground.slack.methods import METHODS
from bot.playground.stage import Stage
from bot.playground.trouble import TroubleError

Json = dict[str, Any]
Play = Callable[["TheBench"], Coroutine[Any, Any, None]]

BOT_TAG: Final = "devin-bridge"  # what the bot puts on each of its sessions
HANG_SECONDS: Final = 20.0
MOST_TIMES: Final = 1000
TO_START: Final = ["apps.connections.open", "auth.test"]  # the bot cannot start without them, so `*` spares them
AT_SLACK: Final[Mapping[str, Json]] = {
    "429": {"kind": "ratelimited", "retry_after": 1},
    "500": {"kind": "http_500"},
    "hang": {"kind": "hang", "seconds": HANG_SECONDS},
    "drop": {"kind": "commit_then_drop"},
}
AT_DEVIN: Final[Mapping[str, Json]] = {
    "429": {"kind": "429", "retry_after": 1},
    "500": {"kind": "500"},
    "hang": {"kind": "hang", "seconds": HANG_SECONDS},
    "drop": {"kind": "commit_then_drop"},
}
KNOWN: Final = {"slack": frozenset({*METHODS, "response_url"}), "devin": ROUTE_NAMES}
NAMES: Final = {"slack": "Slack", "devin": "Devin"}
SUFFERS: Final = {
    "429": "get a 429 (too many requests)",
    "500": "get a 500 (server error)",
    "hang": f"hang for {HANG_SECONDS:.0f} seconds",
    "drop": "take effect, but without an answer",
}
ENDS: Final[Mapping[str, Callable[[float], float]]] = {
    "digest": next_digest,
    "billing_day": lambda now: next_end_of_billing_day(now) + SETTLING,
}
JUMPED: Final = {
    "digest": "It's {}. The bot is restarting and will post the digest in #ops.",
    "billing_day": "It's {}. The billing day is over and settled, and the bot is restarting.",
}
NOT_RUNNING: Final = "The bot isn't running, so there's nothing to {}. Start it first."
RUNNING: Final = "The bot is already running."
MOVING: Final = "A jump or reset is in progress. Try again once the bot is up."
PLAYING: Final = "The example is already playing: watch #web and #general."
AFRESH: Final = "Everything is reset except the clock, because time never runs backward."
AFRESH_BUT: Final = "Messages, sessions, and faults are cleared, but the bot didn't start. {}"
TOO_LATE: Final = "It didn't start within {:g} seconds."
NO_SPEED: Final = f"The speed must be a number from {SLOWEST} to {FASTEST:.0f}."


class TheBench:
    """What the page's bench does, and what it shows."""

    def __init__(self, stage: Stage, keeper: Keeper, play: Play, speed: float) -> None:
        self._stage = stage
        self._keeper = keeper
        self._play = play
        self._first_speed = speed
        self._news = News()
        self._books = Books(stage.simulated_devin.world)
        self._counters = Counters(lambda: stage.simulated_slack.lost, self._in_work)
        self._example: asyncio.Task[None] | None = None
        self._awaits_a_page = False  # the first page that is open gets to see the example
        self._shown: Json = {"state": "none"}  # of the example
        self._moves = 0  # jumps and resets under way
        self._landing = 0  # the bot's start that the last jump brought
        self._acts: dict[str, Callable[[Json], Awaitable[str]]] = {
            "jump": self._jump,
            "fault": self._fault,
            "clear_faults": self._clear_faults,
            "kill": self._kill,
            "stop": self._stop,
            "start": self._start,
            "restart": self._restart,
            "speed": self._set_speed,
            "reset": self._reset,
            "example": self._begin_example,
        }
        keeper.tell = lambda: self._news.tell(Change("bot"))
        stage.simulated_slack.state.news.follow(self._hear)
        stage.simulated_devin.world.journal.news.follow(self._hear)

    # ------------------------------------------------------------ what the page asks

    async def do(self, act: str, order: Json) -> str:
        """Do one act; answers the sentence for a toast."""
        if act not in self._acts:
            raise BenchError(f"There's no action {act}. It knows {', '.join(self._acts)}.")
        return await self._acts[act](order)

    def bot(self) -> Json:
        """The state of the bot's process."""
        return self._keeper.read()

    def clock(self) -> Json:
        """The simulated time, and what is due when."""
        return self._stage.clock.read()

    def counters(self) -> Json:
        """Calls made, failed and retried, and what was saved."""
        return self._counters.read()

    def speed(self) -> float:
        """How fast the simulated Devin works; 1 is as a story is written."""
        return self._stage.simulated_devin.speed

    def example(self) -> Json:
        """Return the `state` of the example: none, waiting for a page, playing, or over, with the visitor's thread."""
        return self._shown

    def your_turn(self, channel: str, thread_ts: str) -> None:
        """End the example in a thread where the visitor goes on."""
        self._show("over", channel=channel, thread_ts=thread_ts)

    def _after_example(self, _: asyncio.Task[None]) -> None:
        if self._shown["state"] == "playing":  # it came to a halt
            self._show("none")

    def _show(self, state: str, **place: str) -> None:
        self._shown = {"state": state, **place}
        self._news.tell(Change("example"))

    def changes(self) -> News:
        """What of all this has changed."""
        return self._news

    # ------------------------------------------------------------ the beginning and the end

    async def begin(self, *, example: bool) -> None:
        """Fill the books, start the bot, and have something to look at: the example, once a page is open."""
        self._books.write()
        await self._keeper.start()
        self._awaits_a_page = example
        self._show("waiting" if example else "none")
        if not example:  # which says the same itself
            await small_talk(self._stage.slack)

    def opened(self) -> None:
        """A page is open: the first one sees the example from its beginning."""
        if self._awaits_a_page and self._keeper.alive:
            self._begin_to_play()

    async def end(self) -> None:
        """Play nothing any more."""
        self._awaits_a_page = False
        example, self._example = self._example, None
        if example is not None:
            example.cancel()
            await asyncio.gather(example, return_exceptions=True)
        self._show("none")

    # ------------------------------------------------------------ the clock

    async def to_digest(self) -> str:
        """Jump to the time of the next digest, if need be after another jump: this one is no second click."""
        return await self._jump_to("digest")

    async def _jump(self, order: Json) -> str:
        to = str(order.get("to"))
        if to not in ENDS:
            raise BenchError(f"The clock can jump to {' or to '.join(ENDS)}.")
        if self._moves or self._lands():
            raise BenchError(MOVING)
        return await self._jump_to(to)

    async def _jump_to(self, to: str) -> str:
        async def let_time_pass() -> None:
            self._stage.clock.jump_to(ENDS[to](self._stage.clock.now()))
            self._books.write()
            self._news.tell(Change("clock"))

        with self._move():
            # A bot that has never run does not know since when digests are wanted, and would leave this one out.
            if not self._keeper.ran:
                await self._has_run()
            await self._keeper.restart(let_time_pass)
            self._landing = self._keeper.starts
        return JUMPED[to].format(spoken(self._stage.clock.now()))

    async def _has_run(self) -> None:
        await self._keeper.start()
        try:
            await self._keeper.up()
        except TroubleError as trouble:
            raise BenchError(f"The clock didn't change, because the bot didn't start. {trouble}") from trouble

    @contextmanager
    def _move(self) -> Iterator[None]:
        self._moves += 1
        try:
            yield
        finally:
            self._moves -= 1

    def _lands(self) -> bool:
        """Whether the bot still starts after a jump; one that is too late for that, and says so, may jump again."""
        keeper = self._keeper
        return keeper.starts == self._landing and keeper.state == "starting" and keeper.said is None

    # ------------------------------------------------------------ the bot's process

    async def _start(self, _: Json) -> str:
        if not await self._keeper.start():
            raise BenchError(RUNNING)
        return "The bot is starting. It gets the messages sent meanwhile."

    async def _stop(self, _: Json) -> str:
        if not await self._keeper.stop():
            raise BenchError(NOT_RUNNING.format("stop"))
        return "The bot was stopped, as a supervisor would. Messages wait for it."

    async def _kill(self, _: Json) -> str:
        if not await self._keeper.kill():
            raise BenchError(NOT_RUNNING.format("kill"))
        return "The bot was killed in the middle of its work. Start it and see that nothing is lost."

    async def _restart(self, _: Json) -> str:
        await self._keeper.restart()
        return "The bot is restarting."

    # ------------------------------------------------------------ what goes wrong

    async def _fault(self, order: Json) -> str:
        side, kind, where = str(order.get("side")), str(order.get("kind")), str(order.get("where") or "*")
        times = order.get("times", 1)
        _check_fault(side, kind, times, where)
        if side == "slack":
            await self._stage.slack.fault(where, times=times, spare=TO_START if where == "*" else [], **AT_SLACK[kind])
        else:
            await self._stage.devin.fault(where, times=times, **AT_DEVIN[kind])
        calls = "The next call" if times == 1 else f"The next {times} calls"
        of = "" if where == "*" else f" of {where}"
        return f"{calls}{of} to {NAMES[side]} will {SUFFERS[kind]}."

    async def _clear_faults(self, _: Json) -> str:
        await self._stage.slack.clear_faults()
        await self._stage.devin.clear_faults()
        return "Slack and Devin answer normally again."

    # ------------------------------------------------------------ the rest

    async def _set_speed(self, order: Json) -> str:
        value = order.get("value")
        if not is_speed(value):
            raise BenchError(NO_SPEED)
        self._change_speed(float(value))
        return f"Devin works {value:g} times as fast as scripted." if value != 1 else "Devin works as fast as scripted."

    def _change_speed(self, value: float) -> None:
        self._stage.simulated_devin.speed = value
        self._news.tell(Change("speed"))

    async def _reset(self, _: Json) -> str:
        with self._move():
            await self.end()
            await self._keeper.restart(self._fresh)
            # A command that is typed while the bot starts fails, as in Slack: after a reset nobody expects that.
            try:
                async with asyncio.timeout(START_SECONDS):
                    await self._keeper.up()
            except TimeoutError as late:
                raise BenchError(AFRESH_BUT.format(TOO_LATE.format(START_SECONDS))) from late
            except TroubleError as trouble:
                raise BenchError(AFRESH_BUT.format(trouble)) from trouble
        return AFRESH

    async def _fresh(self) -> None:
        self._keeper.forget()
        await self._clear_faults({})
        await self._stage.slack.reset()
        await self._stage.devin.reset()
        self._books = Books(self._stage.simulated_devin.world)
        self._books.write()
        self._change_speed(self._first_speed)
        await small_talk(self._stage.slack)

    async def _begin_example(self, _: Json) -> str:
        if self._example is not None and not self._example.done():
            raise BenchError(PLAYING)
        if not self._keeper.alive:
            raise BenchError(NOT_RUNNING.format("see"))
        self._begin_to_play()
        return "The example starts in #web."

    def _begin_to_play(self) -> None:
        self._awaits_a_page = False
        self._show("playing")
        self._example = asyncio.create_task(self._play(self), name="the example")
        self._example.add_done_callback(self._after_example)

    # ------------------------------------------------------------ listening

    def _hear(self, change: Change) -> None:
        if change.kind == "slack_call":
            self._counters.slack_call(change.thing)
        elif change.kind == "devin_call":
            self._counters.devin_call(change.thing)
            self._books.write()  # a day may have ended without a jump, and this call may ask what it cost
        elif change.kind == "reset":  # each side numbers its calls anew
            self._counters.clear()
        else:
            return
        self._news.tell(Change("counters"))

    def _in_work(self) -> int:
        return sum(map(_is_in_work, self._stage.simulated_devin.world.held.by_age))


def _is_in_work(session: Session) -> bool:
    """Whether Devin works on it, for the bot: those made by others, and those that rest, nobody need ask for."""
    at_rest = session.status in ENDED | {"suspended"} or session.status_detail in RESTING
    return BOT_TAG in session.tags and not (at_rest or session.is_archived or session.terminated)


def _check_fault(side: str, kind: str, times: Any, where: str) -> None:
    if side not in KNOWN:
        raise BenchError("Choose slack or devin for the fault.")
    if kind not in SUFFERS:
        raise BenchError(f"The fault must be one of {', '.join(SUFFERS)}.")
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_TIMES:
        raise BenchError(f"The number of times must be a whole number from 1 to {MOST_TIMES}.")
    if where != "*" and where not in KNOWN[side]:
        raise BenchError(
            f"{NAMES[side]} has no call {where!r} here. Known: {', '.join(sorted(KNOWN[side]))}, or * for any."
        )
