"""Every outcome of a change and a death at every step: it is made and recorded once, or people are informed.

The kind of thing is made up: it says "old", and is to say "new" or to be deleted. The store is real, and so are the
lane's claim and what a failure does to the row.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, ClassVar

import pytest

from bot.devin import errors
from bot.domain.causes import ActionCause
from bot.kernel.exactly_once.change import Change, Record
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.job import Job
from bot.kernel.unit_of_work import UnitOfWork
from bot.timing import PRODUCTION
from bot.views.message import Message
from tests.flows.conftest import CHANNEL, Make, SetClock, Store
from tests.flows.mortal import STEPS, Fate, World
from tests.store.rows import NOW, TEAM

OLD, NEW, ANOTHER = "old", "new", "somebody else's"
LONG = 10_000  # calls
LATER = 16  # steps behind the first ones: from there on tries repeat themselves, until the last
MINUTES = 120.0

FORBIDDEN = errors.DevinForbidden("Missing permission", status=403)
GONE = errors.DevinNotFound("No such thing", status=404)
BUSY = errors.DevinRateLimited("Slow down", status=429, retry_after=1)
AWAY = errors.DevinUnreachable("No connection.")
SERVER_ERROR = errors.DevinServerError("Unexpected error", status=500)
NO_ANSWER = errors.DevinOutcomeUnknown("No answer.")
ODD = errors.DevinUnexpectedAnswer("Moved", status=302)


@dataclass(frozen=True)
class Outcome:
    """What the thing is at first, what becomes of the first calls, and how it ends: what is there, said, and the row.

    Each call makes the change but those that are `unmade`.
    """

    there: str | None
    said: str
    row: str = "done"
    first: str | None = OLD
    wanted: str | None = NEW
    answers: Sequence[Exception] = ()  # of the first calls
    unmade: int = 0  # so many of the first calls change nothing
    late: float = 0.0  # seconds from the first call until it changes something
    meanwhile: str | None = ""  # what somebody else makes of the thing when it is called for first
    unread: Sequence[Exception] = ()  # what the first readings come to
    unread_later: Sequence[Exception] = ()  # what the first readings after a call come to
    patience: tuple[float, float] = (inf, inf)  # before a try, and after one


def edited(**more: Any) -> Outcome:
    return Outcome(NEW, f"changed from {OLD}", **more)


def deleted(**more: Any) -> Outcome:
    return Outcome(None, f"changed from {OLD}", wanted=None, **more)


def left(there: str | None, **more: Any) -> Outcome:
    return Outcome(there, f"left alone as {there}", **more)


OUTCOMES = {
    "2xx": edited(),
    "deleted": deleted(),
    "as it is wanted already": left(NEW, first=NEW),
    "somebody else's": left(ANOTHER, first=ANOTHER),
    "gone": left(None, first=None),
    "gone, and to be deleted": left(None, first=None, wanted=None),
    "gone meanwhile": left(None, meanwhile=None, answers=[GONE] * LONG, unmade=LONG),
    "deleted by somebody else meanwhile": deleted(meanwhile=None, answers=[GONE] * LONG, unmade=LONG),
    "refused": Outcome(OLD, "refused", answers=[FORBIDDEN] * LONG, unmade=LONG),
    "not to be read": Outcome(OLD, "refused", unread=[FORBIDDEN] * LONG),
    "429": edited(answers=[BUSY], unmade=1),
    "no connection": edited(answers=[AWAY], unmade=1),
    "5xx, made": edited(answers=[SERVER_ERROR]),
    "5xx, not made": edited(answers=[SERVER_ERROR], unmade=1),
    "no answer, made": edited(answers=[NO_ANSWER]),
    "no answer, not made": edited(answers=[NO_ANSWER], unmade=1),
    "no answer, made late": edited(answers=[NO_ANSWER], late=7.0),
    "no answer, deleted": deleted(answers=[NO_ANSWER]),
    "no answer, not deleted": deleted(answers=[NO_ANSWER], unmade=1),
    "an odd answer": edited(answers=[ODD]),
    "no answer, and changed by somebody else": left(ANOTHER, meanwhile=ANOTHER, answers=[NO_ANSWER], unmade=LONG),
    "no answer, and deleted by somebody else": left(None, meanwhile=None, answers=[NO_ANSWER], unmade=LONG),
    "no answer, unreadable for a while": edited(answers=[NO_ANSWER], unread_later=[AWAY, ODD]),
    "no answer, unreadable for minutes": edited(
        answers=[NO_ANSWER], unread_later=[AWAY], patience=(0.0, MINUTES), unmade=1
    ),
    "never an answer": Outcome(OLD, "unknown", "dead", answers=[NO_ANSWER] * LONG, unmade=LONG),
    "never an answer, and little patience": Outcome(
        OLD, "unknown", answers=[NO_ANSWER] * LONG, unmade=LONG, patience=(0.0, MINUTES)
    ),
    "away for a while": edited(unread=[AWAY, SERVER_ERROR]),
    "away": Outcome(OLD, "not done", "dead", unread=[AWAY] * LONG),
    "away, and no patience": Outcome(OLD, "unreachable", unread=[AWAY] * LONG, patience=(0.0, MINUTES)),
}


@dataclass
class Devin:
    """Has one thing, and changes it."""

    clock: SetClock
    outcome: Outcome
    now: str | None
    calls: int = 0
    readings: int = 0
    readings_later: int = 0
    made_at: float = inf  # when a call changes something that nobody has seen yet

    def read(self) -> str:
        """Say how the thing is."""
        if self.clock() >= self.made_at:
            self.now, self.made_at = self.outcome.wanted, inf
        if self.calls:
            self.readings_later += 1
            errors_left = self.outcome.unread_later[self.readings_later - 1 :]
        else:
            self.readings += 1
            errors_left = self.outcome.unread[self.readings - 1 :]
        if errors_left:
            raise errors_left[0]
        if self.now is None:
            raise GONE
        return self.now

    def change(self) -> None:
        """Change the thing, if the outcome says so; what the answer is comes after that."""
        self.calls += 1
        if self.calls == 1 and self.outcome.meanwhile != "":
            self.now = self.outcome.meanwhile
        if self.calls == 1 and self.outcome.late:
            self.made_at = self.clock() + self.outcome.late
        elif self.calls > self.outcome.unmade:
            self.now = self.outcome.wanted

    def answer(self) -> None:
        """Answer the call that was made last."""
        if self.calls <= len(self.outcome.answers):
            raise self.outcome.answers[self.calls - 1]


@dataclass
class EditThing(Change[str]):
    """The change of the thing; what becomes of it is written into the outbox, each time under another key."""

    kind: ClassVar[str] = "thing"
    devin: Devin
    fate: Fate
    numbers: Any = field(default_factory=itertools.count)

    async def read(self) -> str:
        return self.devin.read()

    def record(self, thing: str) -> Record:
        return {"was": thing}

    def is_done(self, now: str | None) -> bool:
        return now == self.devin.outcome.wanted

    def may_begin(self, now: str) -> bool:
        return now == OLD

    async def call(self, now: str) -> None:
        assert now == OLD
        self.devin.change()
        self.fate.reach("call, under way")
        try:
            self.devin.answer()
        finally:
            self.fate.reach("call, after")

    def patience(self, *, tried: bool) -> float:
        return self.devin.outcome.patience[tried]

    async def write_unreachable(self, uow: UnitOfWork, error: errors.DevinError, /) -> None:
        del error
        await self.say(uow, "unreachable")

    async def write_unknown(self, uow: UnitOfWork) -> None:
        await self.say(uow, "unknown")

    async def write_changed(self, uow: UnitOfWork, before: Record, read: str | None, /) -> None:
        del read
        await self.say(uow, f"changed from {before['was']}")

    async def write_left_alone(self, uow: UnitOfWork, now: str | None, /) -> None:
        await self.say(uow, f"left alone as {now}")

    async def write_refused(self, uow: UnitOfWork, refused: errors.DevinRefused) -> None:
        del refused
        await self.say(uow, "refused")

    async def say(self, uow: UnitOfWork, text: str) -> None:
        await uow.add_to_outbox(uow.post_row(f"{next(self.numbers)}", TEAM, CHANNEL, None, Message(text)))


@dataclass
class Edits:
    """The flow of the made-up kind."""

    once: ExactlyOnce
    edit: EditThing

    async def run(self, job: Job) -> None:
        await self.once.change(job, self.edit)

    async def on_dead(self, uow: UnitOfWork, job: Job, _reason: str, /) -> None:
        await self.edit.say(uow, "unknown" if is_unknown(job.row) else "not done")


@pytest.fixture
async def world(make: Make, either_store: Store, clock: SetClock) -> Any:
    timing = replace(PRODUCTION, row_outage=300.0)

    async def begun(outcome: Outcome, strike_at: str | None = None) -> World:
        clock.now = NOW
        services = make(either_store, clock, timing=timing, team=TEAM)
        devin, fate = Devin(clock, outcome, outcome.first), Fate(strike_at)
        edit = EditThing(devin, fate)
        asked = ActionCause("edit", "thing", user="U1", channel=CHANNEL)
        one = World(either_store, clock, services, devin, fate, lambda mortal: Edits(ExactlyOnce(mortal), edit), asked)
        await one.begin()
        return one

    return begun


async def came_of(one: World) -> tuple[str | None, list[str], str]:
    """What is there, what was said, and what became of the row."""
    return one.devin.now, await one.said(), (await one.row())["state"]


async def holds(world: Any, outcome: Outcome, steps: Sequence[str | None]) -> None:
    """Check that the outcome is the same with a death at each of these steps."""
    for step in steps:
        one = await world(outcome, step)
        await one.live()
        assert step is None or step in one.fate.reached, step
        assert await came_of(one) == (outcome.there, [outcome.said], outcome.row), step


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.edge)], indirect=True)
@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
async def test_a_change_is_made_and_recorded_once_or_people_are_informed(world: Any, outcome: Outcome) -> None:
    undisturbed = await world(outcome)
    await undisturbed.live()
    await holds(world, outcome, [None, *(step for step in STEPS.values() if step in undisturbed.fate.reached)])


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
async def test_nor_does_a_death_at_a_later_step_of_a_change_lose_or_double_it(world: Any, outcome: Outcome) -> None:
    undisturbed = await world(outcome)
    await undisturbed.live()
    later = [step for step in undisturbed.fate.reached if step not in STEPS.values()]
    await holds(world, outcome, [*later[:LATER], *later[-4:]])


async def test_devin_is_asked_for_nothing_that_is_not_to_be_changed(world: Any) -> None:
    for name in ("as it is wanted already", "somebody else's", "gone", "not to be read", "away, and no patience"):
        one = await world(OUTCOMES[name])
        await one.live()
        assert one.devin.calls == 0, name


async def test_a_worker_whose_lane_was_taken_over_after_its_intent_asks_for_no_change(world: Any) -> None:
    one = await world(OUTCOMES["2xx"], "commit, after 1")
    await one.work_and_lose_the_lane()
    assert one.devin.calls == 0
    assert (await one.row())["intent_at"] == NOW
    await one.live()  # the other has not been seen for a lease
    assert (one.devin.calls, await one.said()) == (1, [f"changed from {OLD}"])
