"""Scripts: the steps a session lives through, chosen by words in its prompt, and the player that runs them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from bot.playground.devin.life import apply
from bot.playground.devin.session import ENDED, Session, Step
from bot.playground.devin.state import World

TITLE_LENGTH: Final = 60

_WORK: Final = (
    Step(after=4, acus=0.4, say="I found the place. I am writing the change and a test for it now."),
    Step(after=5, acus=0.6, status_detail="working"),
)
_ASK: Final = (
    Step(
        after=4,
        acus=0.3,
        status="running",
        status_detail="waiting_for_user",
        say="There are two ways to do this: a small fix, or a cleaner rewrite of the module. Which one?",
        pause=True,
    ),
)
_LIMIT: Final = (
    Step(after=4, acus=1.5, say="This is larger than it looked. I am still on it."),
    Step(after=4, acus=0.5, status="suspended", status_detail="usage_limit_exceeded", pause=True),
)
_FAIL: Final = (
    Step(after=4, acus=0.2, say="The machine does not come up with this repository."),
    Step(after=3, status="error"),
)
_APPROVE: Final = (
    Step(
        after=4,
        acus=0.2,
        status="running",
        status_detail="waiting_for_approval",
        say="I would like to run a database migration. Please approve it in the Devin app.",
        pause=True,
    ),
)
_SLEEP: Final = (
    Step(after=4, acus=0.1, say="I have what I need for now. Write to me when I should go on."),
    Step(after=6, status="suspended", status_detail="inactivity", pause=True),
)
BY_WORD: Final[dict[str, tuple[Step, ...]]] = {
    "ask": _ASK,
    "limit": _LIMIT,
    "fail": _FAIL,
    "approve": _APPROVE,
    "sleep": _SLEEP,
}


def script_for(session: Session) -> tuple[Step, ...]:
    """The default story of a session: from new to a pull request, with a turn for a word in the prompt."""
    words = {word.strip(".,:;!?\"'()").lower() for word in session.prompt.split()}
    turn = next((steps for word, steps in BY_WORD.items() if word in words), ())
    # After a turn that pauses, the rest is what follows when a person has written.
    return (*_opening(session), *turn, *(() if turn is _FAIL else _ending(session)))


def _opening(session: Session) -> tuple[Step, ...]:
    return (
        Step(after=1, status="claimed"),
        Step(after=2, status="running", status_detail="working", title=session.title or _title(session.prompt)),
        Step(after=2, acus=0.2, say="I have read the task and I am looking at the code."),
    )


def _ending(session: Session) -> tuple[Step, ...]:
    url = f"https://github.com/{(session.repos or ['acme/web'])[0]}/pull/{100 + session.number}"
    return (
        Step(after=2, status="running", status_detail="working"),
        *_WORK,
        Step(after=3, acus=0.3, pull_request={"url": url, "state": "open"}, say=f"I opened {url}."),
        Step(
            after=3,
            acus=0.1,
            status="running",
            status_detail="finished",
            say="Done. The tests pass; the pull request is ready for review.",
            pause=True,
        ),
    )


def follow_up() -> tuple[Step, ...]:
    """What a message brings once the script is over."""
    return (
        Step(after=1, status="running", status_detail="working"),
        Step(after=3, acus=0.2, say="Thanks, I will do that."),
        Step(after=4, acus=0.2, status="running", status_detail="finished", say="Done, as you asked.", pause=True),
    )


def _title(prompt: str) -> str:
    line = next((part.strip() for part in prompt.splitlines() if part.strip()), "Session")
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"


class Player:
    """Gives each new session its script and, where a speed is given, runs it by the clock."""

    def __init__(self, world: World, speed: float | None) -> None:
        self._world = world
        self._speed = speed
        self._speeds: dict[Session, float] = {}
        self._tasks: dict[Session, asyncio.Task[None]] = {}
        world.on_created = self.take
        world.on_message = self.heard

    def take(self, session: Session) -> None:
        """A session was created: choose its script, by a registered one or by its words."""
        registered = [held for held in self._world.held.scripts if held.contains in session.prompt]
        session.script = list(registered[-1].steps if registered else script_for(session))
        speed = registered[-1].play if registered else self._speed
        if speed is not None:
            self.play(session, speed)

    def replace(self, session: Session, steps: Sequence[Step], speed: float | None) -> None:
        """Another story from here on."""
        self._cancel(session)
        session.script = list(steps)
        if speed is not None:
            self.play(session, speed)

    def play(self, session: Session, speed: float) -> None:
        """Run its steps by the clock from now on."""
        self._speeds[session] = speed
        if session not in self._tasks:
            loop = asyncio.get_running_loop()
            self._tasks[session] = loop.create_task(self._run(session), name=f"play {session.number}")

    def heard(self, session: Session) -> None:
        """A person wrote: a played session goes on, with a short answer when its script is over."""
        speed = self._speeds.get(session)
        if speed is None or session in self._tasks or session.status == "suspended":
            return
        if session.status_detail == "waiting_for_approval":
            return
        session.script = session.script or list(follow_up())
        self.play(session, speed)

    def step(self, session: Session, count: int = 1) -> int:
        """Do the next steps now, whatever their delay; how many there were."""
        done = 0
        while session.script and done < count:
            apply(self._world, session, session.script.pop(0))
            done += 1
        return done

    async def stop(self) -> None:
        """End all playing."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._speeds.clear()

    def _cancel(self, session: Session) -> None:
        self._speeds.pop(session, None)
        task = self._tasks.pop(session, None)
        if task is not None:
            task.cancel()

    async def _run(self, session: Session) -> None:
        try:
            await self._steps(session)
        finally:
            # At once, not in a callback: a message in the same turn of the loop must start the next one.
            if self._tasks.get(session) is asyncio.current_task():
                del self._tasks[session]

    async def _steps(self, session: Session) -> None:
        while session.script and not _over(session):
            await asyncio.sleep(session.script[0].after / self._speeds[session])
            if not session.script or _over(session):
                return
            step = session.script.pop(0)
            apply(self._world, session, step)
            if step.pause:
                return


def _over(session: Session) -> bool:
    return session.terminated or session.is_archived or session.status in ENDED
