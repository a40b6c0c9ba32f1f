"""The player: gives each session its story, and runs it by the clock or by hand, as fast as one wishes."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.playground.devin import stories
from bot.playground.devin.course import acus, course_of, follow_up
from bot.playground.devin.life import apply
from bot.playground.devin.session import ENDED, Session, Step
from bot.playground.devin.state import World
from bot.playground.devin.task import chosen, own_reply, quoted

RESTING: Final = frozenset({"waiting_for_user", "waiting_for_approval", "finished"})
_SPENT: Final = 1e-6  # figures are sums of fractions


class Player:
    """Drives the sessions: by the clock where one was given a pace, else step by step.

    A session's own pace is times the speed of all; 0 pauses it.
    """

    def __init__(self, world: World, speed: float | None) -> None:
        self._world = world
        self._plays = speed is not None
        self._speed = speed or 1.0
        self._paces: dict[Session, float] = {}
        self._tasks: dict[Session, asyncio.Task[None]] = {}
        self._told: set[Session] = set()  # those with a story of ours
        self._lifted: set[Session] = set()  # those whose cap was raised after they had reached it
        self._changed = asyncio.Event()
        world.on_created = self.take
        world.on_message = self.heard
        world.pace = lambda: self._speed

    @property
    def speed(self) -> float:
        """How fast all sessions live; 1 is as the stories are written."""
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        self._speed = value
        self._wake()

    def take(self, session: Session) -> None:
        """A session was created: choose its script, by a registered one or by its words."""
        registered = [held for held in self._world.held.scripts if held.contains in session.prompt]
        if registered:
            session.script, pace = list(registered[-1].steps), registered[-1].play
        else:
            session.script, pace = course_of(session, self._world.seed), 1.0 if self._plays else None
            self._told.add(session)
        if pace is not None:
            self.play(session, pace)

    def replace(self, session: Session, steps: Sequence[Step], pace: float | None) -> None:
        """Another script from here on."""
        self._halt(session)
        self._paces.pop(session, None)
        self._told.discard(session)
        session.script, session.paused = list(steps), False
        if pace is not None:
            self.play(session, pace)

    def play(self, session: Session, pace: float = 1.0) -> None:
        """Run its steps by the clock from now on; 0 pauses. What waits for a person goes on waiting."""
        waits = session in self._paces and _rests(session)
        self._paces[session], session.paused = pace, pace == 0
        self._wake()
        if not waits:
            self._start(session)

    def heard(self, session: Session) -> None:
        """A person wrote: what waited for it goes on, and a session whose story is over gets a short new course."""
        if _stopped(session) or session.status == "suspended" or session in self._tasks:
            return
        if session.status_detail == "waiting_for_approval":
            if session not in self._told or stories.APPROVE_ELSEWHERE in session.script:
                return
            session.script.insert(0, stories.APPROVE_ELSEWHERE)
        elif not session.script and session in self._told | self._paces.keys():
            session.script = follow_up(session, self._world.seed)
        if session in self._paces:
            self._start(session)

    def forced(self, session: Session) -> None:
        """Its state was set from outside: a session put to rest stops playing, one put to work goes on."""
        cap = _cap(session)
        if session.status == "running" and cap is not None and session.acus_consumed > cap - _SPENT:
            self._lifted.add(session)
        if session.status_detail != "waiting_for_approval":
            session.script = [step for step in session.script if step is not stories.APPROVE_ELSEWHERE]
        if _stopped(session) or _rests(session):
            self._halt(session)
            if session.status_detail == "finished" and session in self._told:
                session.script.clear()
        elif session in self._paces:
            self._start(session)

    def step(self, session: Session, count: int = 1) -> int:
        """Do the next steps now, whatever their delay; how many there were."""
        done = 0
        while session.script and done < count:
            if self._do(session, session.script.pop(0)):
                self._halt(session)
            done += 1
        self._wake()
        return done

    async def stop(self) -> None:
        """End all playing."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # one that broke off must not keep a reset from healing
        self._tasks.clear()  # one that was canceled before it began has not taken itself out
        self._paces.clear()
        self._told.clear()
        self._lifted.clear()

    # ------------------------------------------------------------ by the clock

    def _start(self, session: Session) -> None:
        if session.script and session not in self._tasks:
            loop = asyncio.get_running_loop()
            self._tasks[session] = loop.create_task(self._run(session), name=f"play {session.number}")

    def _halt(self, session: Session) -> None:
        task = self._tasks.pop(session, None)
        if task is not None:
            task.cancel()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _run(self, session: Session) -> None:
        try:
            await self._steps(session)
        finally:
            # At once, not in a callback: a message in the same turn of the loop must start the next one.
            if self._tasks.get(session) is asyncio.current_task():
                del self._tasks[session]

    async def _steps(self, session: Session) -> None:
        while session.script and not _stopped(session):
            step = session.script[0]
            await self._wait(session, step)
            if _stopped(session):
                return
            if _is_next(session, step) and self._do(session, session.script.pop(0)):
                return

    async def _wait(self, session: Session, step: Step) -> None:
        """Until the step is due, at the speed of each moment; not longer when it was done by hand meanwhile."""
        loop, left = asyncio.get_running_loop(), step.after
        await asyncio.sleep(0)
        while _is_next(session, step):
            pace = self._paces.get(session, 0.0) * self._speed
            if pace and left <= 0:
                return
            began, changed = loop.time(), self._changed
            with suppress(TimeoutError):
                async with asyncio.timeout(left / pace if pace else None):
                    await changed.wait()
            left -= (loop.time() - began) * pace

    # ------------------------------------------------------------ one step

    def _do(self, session: Session, step: Step) -> bool:
        """Do it; answers whether the session rests after it."""
        cap = None if session in self._lifted else _cap(session)
        if cap is not None and step.acus and session.acus_consumed + step.acus > cap + _SPENT:
            self._stop_at(session, cap, step)
            return True
        apply(self._world, session, replace(step, say=_said(session, step)))
        return step.pause

    def _stop_at(self, session: Session, cap: int, step: Step) -> None:
        left = max(0.0, round(cap - session.acus_consumed, 6))
        # What is not paid for is still to be done, should somebody raise the cap.
        session.script.insert(0, replace(step, acus=round(step.acus - left, 6)))
        again = session.status == "suspended"
        say = stories.AT_THE_CAP.format(cap=acus(cap)) if session in self._told and not again else None
        apply(self._world, session, Step(status="suspended", status_detail="usage_limit_exceeded", acus=left, say=say))


def _cap(session: Session) -> int | None:
    cap: int | None = session.request.get("max_acu_limit")
    return cap


def _stopped(session: Session) -> bool:
    asleep = session.status == "suspended" and session.status_detail == "user_request"
    return session.terminated or session.is_archived or asleep or session.status in ENDED


def _rests(session: Session) -> bool:
    return session.status == "suspended" or (session.status == "running" and session.status_detail in RESTING)


def _is_next(session: Session, step: Step) -> bool:
    return bool(session.script) and session.script[0] is step


def _said(session: Session, step: Step) -> str | None:
    """What Devin says in this step: it answers what was written since it last spoke, if there was anything."""
    unread, question = list[str](), ""
    for message in reversed(session.messages[1:]):  # the first is the prompt
        if message.source == "devin":
            question = message.message
            break
        unread.insert(0, own_reply(message.message))
    words = quoted(unread)
    taken = [number for reply in unread if (number := chosen(question, reply)) is not None]
    if taken and taken[-1] <= len(step.choices):
        return step.choices[taken[-1] - 1].replace("{words}", words)
    for sign, answer in step.answers if unread else ():
        if re.search(sign, unread[-1], re.IGNORECASE | re.DOTALL):
            return answer.replace("{words}", words) if words or "{words}" not in answer else step.say
    return step.say
