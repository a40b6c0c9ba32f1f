"""Where a story is told: once without a death, as its steps are listed, and then again with a death at each of them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest

from tests.crash.recordings import Listed, differences, shared_out
from tests.crash.scene import AT_ONCE, Nursery, Scene, scene
from tests.crash.steps import AFTER, BEFORE, Moment, calls_devin, is_by_the_clock
from tests.crash.story import Story
from tests.sampling import Sample
from tests.scenarios.conftest import STORES
from tests.scenarios.harness import TRANSPORTS

TRIES: Final = 3  # how often a story is told until what differs, or a death that was missed, counts
RECORDINGS: Final = 3


class Extent(Enum):
    """Where a story dies."""

    SHARED = "each-step"  # at its own steps, and at its share of those that many stories have
    EVERY = "every-step"
    ELSEWHERE = "elsewhere"  # at a random part of them, over the other transports and stores


@dataclass(frozen=True)
class Form:
    """How Slack reaches the bot, and where the bot stores."""

    transport: str = TRANSPORTS[0]
    store: str = STORES[0]

    def __str__(self) -> str:
        return f"{self.transport}-{self.store}"


USUAL: Final = Form()
OTHERS: Final = [
    form for form in (Form(transport, store) for transport in TRANSPORTS for store in STORES) if form != USUAL
]


def killed_in(stories: Sequence[Story]) -> pytest.MarkDecorator:
    """Have a test tell each of these stories in each extent, most of them in the long run alone."""
    return pytest.mark.parametrize(
        ("story", "extent"),
        [_parameter(story, extent) for story in stories for extent in Extent],
    )


def _parameter(story: Story, extent: Extent) -> Any:
    # The limits hold a story's turns to wait, too: all stories of a run share the scenes that may play at once.
    marks = [pytest.mark.early, pytest.mark.timeout(900 if extent is Extent.SHARED else 1800)]
    if extent is not Extent.SHARED:
        marks.append(pytest.mark.long)
    return pytest.param(story, extent, marks=marks, id=f"{story.name.replace(' ', '-')}-{extent.value}")


@dataclass(frozen=True)
class Stage:
    """Tells the stories of the test file `file`; `listed` are the steps of all stories."""

    file: str
    extent: Extent
    folder: Path
    nursery: Nursery
    listed: dict[str, Listed]
    sample: Sample
    record: Callable[[str, list[list[Moment]]], None] | None  # takes what several tellings pass, if that is wanted

    async def kill_everywhere(self, story: Story) -> None:
        """Tell a story as it is listed, then again with a death at each moment of its steps."""
        name = f"{self.file}: {story.name}"
        if self.record is not None:
            self.record(name, await self._several(story))
        elif self.extent is Extent.ELSEWHERE:
            for form in OTHERS:
                if form.transport in story.transports:
                    await self._kill_at_some(name, story, form)
        else:
            reached = await self._as_listed(name, story)
            chosen = {moment for moment in self._listed_moments(name) if self._dies_at(name, moment)}
            await self._kill(name, story, USUAL, without_repeats(reached, chosen))

    async def _kill_at_some(self, name: str, story: Story, form: Form) -> None:
        chosen = {moment for moment in self._listed_moments(name) if self.sample.has(f"{name} {form} {moment}")}
        if chosen:
            reached, _ = await self._told(story, self.folder / f"whole-{form}", form)
            await self._kill(name, story, form, [moment for moment in reached if moment in chosen])

    def _listed_moments(self, name: str) -> list[Moment]:
        """All moments of a story at which a death leaves something else behind."""
        return [moment for one in self.listed.get(name, ()) for moment in one.moments(least=1) if moment.is_distinct]

    def _dies_at(self, name: str, moment: Moment) -> bool:
        """Whether the bot dies at this moment here: after a call to Devin in any case."""
        if self.extent is Extent.EVERY or moment.step in shared_out(name, self.listed):
            return True
        return moment.when == AFTER and calls_devin(moment.step)

    async def _several(self, story: Story) -> list[list[Moment]]:
        tellings = (self._told(story, self.folder / str(number), USUAL) for number in range(RECORDINGS))
        return [reached for reached, _ in await asyncio.gather(*tellings)]

    async def _as_listed(self, name: str, story: Story) -> list[Moment]:
        """What a story without a death passes. It has to be as listed in one of a few tellings: some things race."""
        found: list[set[str]] = []
        for number in range(TRIES):
            reached, _ = await self._told(story, self.folder / f"whole-{number}", USUAL)
            found.append(differences(name, self.listed, reached))
            if not set.intersection(*found):
                return reached
        lines = sorted(set.intersection(*found))
        raise AssertionError("\n".join([f"{name}: run `make steps` and review what it changes", *lines]))

    async def _told(
        self, story: Story, folder: Path, form: Form, strike: Moment | None = None
    ) -> tuple[list[Moment], int]:
        """Tell a story, with a death at a moment; answers the moments that were passed and the number of deaths."""
        where = {"transport": form.transport, "store": form.store, "first_start": story.from_the_start}
        async with self.nursery.slots.one(), scene(folder, self.nursery, strike, **where, **story.settings()) as one:
            if story.from_the_start:
                one.arm()
            await one.keep()
            return await one.guarded(_whole(story, one)), one.deaths

    async def _kill(self, name: str, story: Story, form: Form, deaths: Sequence[Moment]) -> None:
        turns, problems, missed = asyncio.Semaphore(AT_ONCE), [], []
        required = {moment for one in self.listed.get(name, ()) for moment in one.moments()}

        async def once(number: int, moment: Moment) -> None:
            folder = self.folder / f"{form}-{number}"
            async with turns:
                try:
                    if not await self._dies(story, folder, form, moment, TRIES if moment in required else 1):
                        missed.append(moment)
                except (AssertionError, TimeoutError, ValueError, LookupError) as problem:
                    logs = "\n".join(log.read_text()[-3000:] for log in folder.glob("*/log"))
                    problems.append(f"killed at '{moment}' ({number}):\n{type(problem).__name__}: {problem}\n{logs}")

        await asyncio.gather(*(once(number, moment) for number, moment in enumerate(deaths)))
        print(f"{story.name}, {form}: {len(deaths)} deaths, not passed again: {[*map(str, missed)]}")  # noqa: T201
        assert not problems, f"{len(problems)} of {len(deaths)} deaths:\n\n" + "\n\n".join(problems)
        assert not required.intersection(missed), f"no death at: {[str(one) for one in missed if one in required]}"

    async def _dies(self, story: Story, folder: Path, form: Form, moment: Moment, tries: int) -> bool:
        """Whether the bot died at the moment in one of so many tellings; another order of things may pass it by."""
        for number in range(tries):
            _, deaths = await self._told(story, folder / str(number), form, moment)
            if deaths:
                return True
        return False


async def _whole(story: Story, one: Scene) -> list[Moment]:
    set_up = await story.setting(one)
    one.arm()
    facts = await story.act(one, set_up)
    await one.settled()
    if one.strike is None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):  # a call without an answer never has its last moment
                while _under_way(one.reached()):
                    await asyncio.sleep(0.02)  # what a commit did can be seen before its last moment is written down
    reached = one.reached()
    await story.check(one, facts)
    return reached


def _under_way(reached: Sequence[Moment]) -> bool:
    """Whether a step has begun and not ended, but for the clock's, which go on."""
    counts = Counter((moment.step, moment.when) for moment in reached if not is_by_the_clock(moment.step))
    return any(counts[step, BEFORE] > counts[step, AFTER] for step, _ in counts)


def without_repeats(reached: Sequence[Moment], chosen: Collection[Moment]) -> list[Moment]:
    """The chosen moments without those before a call that leave the same behind as a chosen one.

    Until a call is made, nothing has changed since the last step that was done: a death after that step is the same.
    """
    kept: list[Moment] = []
    last_done: Moment | None = None
    for moment in reached:
        if moment in chosen and not (moment.is_before_a_call and last_done in chosen):
            kept.append(moment)
        if moment.is_before_a_call:
            last_done = None  # from here on something may have changed outside, also where no answer comes
        elif moment.when == AFTER:
            last_done = moment
    return kept
