"""Every outcome of a creation and a death at every step: what was asked for is there once, or people are informed.

The kind of thing is made up; the store is real, and so are the lane's claim and what a failure does to the row.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest

from bot.devin import errors
from bot.kernel.exactly_once.creation import Creation, Found, LookupResult, Missing
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.timing import PRODUCTION
from bot.views.message import Message
from tests.flows.conftest import CHANNEL, Make, SetClock, Store
from tests.flows.mortal import STEPS, UNANSWERED, Fate, World
from tests.store.rows import NOW, TEAM

REQUEST_LIMIT, UNKNOWN_AFTER = 20.0, 30.0
LONG = 10_000  # look-ups
LATER = 24  # steps behind the first ones: from there on tries repeat themselves, until the last
# What was created, what was said, what the row came to.
ENDS = {
    "created": (1, ["created 1"], "done"),
    "refused": (0, ["refused"], "done"),
    "unknown": (1, ["unknown"], "dead"),
    "held": (0, ["not created"], "dead"),
}
NOT_FOUND, UNREADABLE = Missing.NOT_FOUND, Missing.UNREADABLE


# ---------------------------------------------------------------- the other side


@dataclass(frozen=True)
class Outcome:
    """What becomes of the first call; every later one is answered with 2xx, unless the end is refused or held."""

    error: Exception | None = None
    created: bool = True
    seconds: float = 0.0  # from the call to its answer, or until nobody waits for it any more
    listed_after: float = 0.0  # seconds after the call
    lookups: Sequence[Missing | Exception] = ()  # what the first look-ups for it come to
    end: str = "created"  # or one of the other `ENDS`
    again: bool = False  # whether the other form is taken
    final: bool = True  # whether a refusal is the last word


CREATED_UNREADABLE = errors.DevinCreatedUnreadable("No readable id.", status=200)
SERVER_ERROR = errors.DevinServerError("Unexpected error", status=500)
NO_ANSWER = errors.DevinOutcomeUnknown("No answer.")
AWAY = errors.DevinUnreachable("No answer.")

OUTCOMES = {
    "2xx": Outcome(),
    "2xx without a readable id": Outcome(CREATED_UNREADABLE),
    "2xx without a readable id, listed late": Outcome(CREATED_UNREADABLE, lookups=[UNREADABLE] * 2),
    "2xx without a readable id, never readable": Outcome(
        CREATED_UNREADABLE, lookups=[UNREADABLE] * LONG, end="unknown"
    ),
    "refused": Outcome(errors.DevinForbidden("Missing permission", status=403), created=False, end="refused"),
    "refused, taken in another form": Outcome(errors.DevinInvalid("No tags", status=422), created=False, again=True),
    "refused for now": Outcome(errors.DevinConflict("Busy", status=409), created=False, final=False),
    "refused for now, and never taken": Outcome(
        errors.DevinConflict("Busy", status=409), created=False, final=False, end="held"
    ),
    "429": Outcome(errors.DevinRateLimited("Slow down", status=429, retry_after=1), created=False),
    "no connection": Outcome(AWAY, created=False),
    "5xx, created": Outcome(SERVER_ERROR),
    "5xx, not created": Outcome(SERVER_ERROR, created=False),
    "5xx, created, unreadable for a while": Outcome(SERVER_ERROR, lookups=[UNREADABLE] * 2),
    "5xx, created, never readable": Outcome(SERVER_ERROR, lookups=[UNREADABLE] * LONG, end="unknown"),
    "no answer, created": Outcome(NO_ANSWER, seconds=REQUEST_LIMIT),
    "no answer, created as late as can be": Outcome(NO_ANSWER, seconds=REQUEST_LIMIT, listed_after=UNKNOWN_AFTER - 1),
    "no answer, not created": Outcome(NO_ANSWER, created=False, seconds=REQUEST_LIMIT),
    "never an answer, and never created": Outcome(NO_ANSWER, created=False, seconds=REQUEST_LIMIT, end="held"),
    "no answer, unreadable for a while": Outcome(NO_ANSWER, seconds=REQUEST_LIMIT, lookups=[UNREADABLE] * 2),
    "no answer, never readable": Outcome(NO_ANSWER, seconds=REQUEST_LIMIT, lookups=[UNREADABLE] * LONG, end="unknown"),
    "no answer, no look-up for a while": Outcome(NO_ANSWER, seconds=REQUEST_LIMIT, lookups=[AWAY] * 2),
    "no answer, no look-up": Outcome(NO_ANSWER, seconds=REQUEST_LIMIT, lookups=[AWAY] * LONG, end="unknown"),
}


@dataclass
class Devin:
    """Creates things for money, and lists them."""

    clock: SetClock
    outcome: Outcome
    listed_at: list[float] = field(default_factory=list)  # for each thing that it created
    calls: list[float] = field(default_factory=list)
    lookups: int = 0

    def create(self) -> int:
        """Create a thing, if the outcome says so; what the answer is comes after that."""
        self.calls.append(self.clock())
        first = len(self.calls) == 1
        if self.outcome.created or not (first or self.outcome.end in {"refused", "held"}):
            self.listed_at.append(self.clock() + (self.outcome.listed_after if first else 0.0))
        return len(self.listed_at)

    def answer(self) -> None:
        """Answer the call that was made last."""
        if len(self.calls) == 1 or self.outcome.end in {"refused", "held"}:
            self.clock.now += self.outcome.seconds
            if self.outcome.error is not None:
                raise self.outcome.error

    def lookup(self) -> LookupResult[int]:
        """List what is there."""
        there = [number for number, at in enumerate(self.listed_at, 1) if at <= self.clock()]
        if not there:
            return NOT_FOUND
        self.lookups += 1
        if self.lookups > len(self.outcome.lookups):
            return Found(there[0])
        seen = self.outcome.lookups[self.lookups - 1]
        if isinstance(seen, Exception):
            raise seen
        return seen


# ---------------------------------------------------------------- a kind of thing


@dataclass
class NewThing(Creation[int]):
    """The creation of a thing; what becomes of it is written into the outbox, each time under another key."""

    kind: ClassVar[str] = "thing"
    devin: Devin
    fate: Fate
    numbers: Any

    async def call(self) -> int:
        thing = self.devin.create()
        self.fate.reach("call, under way")
        try:
            self.devin.answer()
        finally:
            self.fate.reach("call, after")
        return thing

    async def lookup(self) -> LookupResult[int]:
        return self.devin.lookup()

    async def other_form(self, _refused: errors.DevinRefused, /) -> bool:
        return self.devin.outcome.again and len(self.devin.calls) == 1

    async def is_final(self, _refused: errors.DevinRefused, /) -> bool:
        return self.devin.outcome.final

    async def write_created(self, uow: UnitOfWork, thing: int) -> None:
        await self.say(uow, f"created {thing}")

    async def write_refused(self, uow: UnitOfWork, refused: errors.DevinRefused) -> None:
        del refused
        await self.say(uow, "refused")

    async def write_late(self, uow: UnitOfWork, _error: Exception | None) -> None:
        await self.say(uow, "late")

    async def say(self, uow: UnitOfWork, text: str) -> None:
        await uow.add_to_outbox(uow.post_row(f"{next(self.numbers)}", TEAM, CHANNEL, None, Message(text)))


@dataclass
class Things:
    """The flow of the made-up kind."""

    once: ExactlyOnce
    new: Callable[[], NewThing]

    async def run(self, job: Job) -> None:
        await self.once.create(job, self.new())

    async def on_dead(self, uow: UnitOfWork, job: Job, _reason: str, /) -> None:
        await self.new().say(uow, "unknown" if is_unknown(job.row) else "not created")


@pytest.fixture
async def world(make: Make, either_store: Store, clock: SetClock) -> Any:
    timing = replace(PRODUCTION, unknown_after=UNKNOWN_AFTER, row_outage=300.0)

    async def begun(outcome: Outcome, strike_at: str | None = None) -> World:
        clock.now = NOW
        services = make(either_store, clock, timing=timing, team=TEAM)
        devin, fate, numbers = Devin(clock, outcome), Fate(strike_at), itertools.count()

        def flow(mortal: Services) -> Things:
            return Things(ExactlyOnce(mortal), lambda: NewThing(devin, fate, numbers))

        one = World(either_store, clock, services, devin, fate, flow)
        await one.begin()
        return one

    return begun


# ---------------------------------------------------------------- every outcome, every step


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.edge)], indirect=True)
@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
async def test_what_was_asked_for_is_created_once_or_people_are_informed(world: Any, outcome: Outcome) -> None:
    for step in (None, *STEPS.values()):
        one = await world(outcome, step)
        await one.live()
        assert step is None or step in one.fate.reached, step
        came_of_it = (len(one.devin.listed_at), await one.said(), (await one.row())["state"])
        assert came_of_it == ENDS[outcome.end], step


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
async def test_nor_does_a_death_at_a_later_step_lose_or_double_it(world: Any, outcome: Outcome) -> None:
    """The steps of later tries too: look-ups, other forms, what is put back, the row's end."""
    undisturbed = await world(outcome)
    await undisturbed.live()
    later = [step for step in undisturbed.fate.reached if step not in STEPS.values()]
    for step in (*later[:LATER], *later[-4:]):
        one = await world(outcome, step)
        await one.live()
        assert step in one.fate.reached, step
        came_of_it = (len(one.devin.listed_at), await one.said(), (await one.row())["state"])
        assert came_of_it == ENDS[outcome.end], step


@pytest.mark.parametrize("name", ["no answer, not created", "2xx"])
async def test_what_may_be_under_way_is_not_asked_for_again_before_its_time_is_over(world: Any, name: str) -> None:
    for step in (None, *STEPS.values()):
        one = await world(OUTCOMES[name], step)
        await one.live()
        waits = [after - before for before, after in itertools.pairwise(one.devin.calls)]
        assert all(wait > UNKNOWN_AFTER - 0.001 for wait in waits), step


@pytest.mark.parametrize(
    "name", ["429", "no connection", "5xx, not created", "refused, taken in another form", "refused for now"]
)
async def test_what_is_certainly_not_created_is_asked_for_again_without_waiting_for_a_request(
    world: Any, name: str
) -> None:
    one = await world(OUTCOMES[name])
    await one.live()
    first, second = one.devin.calls
    assert second - first < UNKNOWN_AFTER / 2


# ---------------------------------------------------------------- after a 2xx


async def test_what_devin_accepted_is_not_asked_for_again_although_no_list_ever_shows_it(world: Any) -> None:
    for name, step in STEPS.items():
        if name in UNANSWERED:
            continue  # nobody knows of the 2xx then
        one = await world(Outcome(CREATED_UNREADABLE, listed_after=float("inf")), step)
        await one.live()
        came_of_it = (len(one.devin.listed_at), await one.said(), (await one.row())["state"])
        assert came_of_it == ENDS["unknown"], step
        assert len(one.devin.calls) == 1, step


async def test_a_redirect_is_no_sign_that_something_was_created(world: Any) -> None:
    one = await world(Outcome(errors.DevinUnexpectedAnswer("Moved", status=302), created=False))
    await one.live()
    assert len(one.devin.calls) == 2
    assert await one.said() == ["created 1"]


# ---------------------------------------------------------------- the epoch


async def test_a_worker_whose_lane_was_taken_over_after_its_intent_asks_for_nothing(world: Any) -> None:
    one = await world(Outcome(), "commit, after 1")
    await one.work_and_lose_the_lane()
    assert one.devin.calls == []
    assert (await one.row())["intent_at"] == NOW
    await one.live()  # the other has not been seen for a lease
    assert (len(one.devin.calls), await one.said()) == (1, ["created 1"])
