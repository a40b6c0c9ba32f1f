"""The steps of each story as they were recorded: the list in `steps.txt`, which `make steps` writes to be reviewed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.crash.steps import AFTER, BEFORE, ON_THE_WIRE, Moment, calls_devin, is_by_the_clock

FILE: Final = Path(__file__).with_name("steps.txt")
HEAD: Final = """\
# The steps of each story: `make steps` writes them as they occur, and a change of this list is reviewed.
# `1` occurs in each telling, a call to Devin so often at least as its number says; `?` occurs in some. Behind a step
# stand its moments, if it has others than before and after.
"""
OFTEN: Final = 3  # calls to Devin beyond these are like these; of any other step the first occurrence counts
FEW: Final = 2  # stories, in which a step is died at that more of them have
BESIDE: Final = 0.1  # of the stories: what the clock does in more of them is listed in one alone

USUAL: Final = (BEFORE, AFTER)
WHENS: Final = (BEFORE, ON_THE_WIRE, AFTER)

Tellings = Sequence[Sequence[Moment]]  # the moments of the same story, told again and again


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step of a story: in each telling it occurs so many `times` at least, at these moments; perhaps never with 0."""

    step: str
    times: int
    whens: tuple[str, ...] = USUAL

    def __str__(self) -> str:
        others = "" if self.whens == USUAL else f" ({', '.join(self.whens)})"
        return f"{self.times or '?':>3} {self.step}{others}"

    @classmethod
    def parse(cls, line: str) -> "Recorded":
        """The step that stands in a line of the list."""
        times, step = line.strip().split(" ", 1)
        whens: tuple[str, ...] = USUAL
        if step.endswith(")"):
            step, _, others = step[:-1].rpartition(" (")
            whens = tuple(others.split(", "))
        return cls(step, 0 if times == "?" else int(times), whens)

    def moments(self, *, least: int = 0) -> list[Moment]:
        """The moments that each telling passes; `least` is how often the step counts at least."""
        times = max(self.times, least)
        return [Moment(self.step, when, number) for number in range(1, times + 1) for when in self.whens]


Listed = Sequence[Recorded]  # the steps of one story


def read(text: str) -> dict[str, Listed]:
    """The steps of all stories, by their names, from the text of the list."""
    stories: dict[str, list[Recorded]] = {}
    for line in text.splitlines():
        if line.startswith(" "):
            stories[next(reversed(stories))].append(Recorded.parse(line))
        elif line and not line.startswith("#"):
            stories[line] = []
    return dict(stories)


def written(stories: Mapping[str, Listed]) -> str:
    """The text of the list, in which `read` finds these stories."""
    parts = ["\n".join([name, *map(str, steps)]) for name, steps in sorted(stories.items())]
    return "\n\n".join([HEAD.rstrip(), *parts]) + "\n"


def recorded(told: Mapping[str, Tellings]) -> dict[str, Listed]:
    """The steps of all stories, from what several tellings of each have passed."""
    found = {
        name: sorted({moment.step for telling in tellings for moment in telling}) for name, tellings in told.items()
    }
    counts = Counter(step for steps in found.values() for step in steps)
    beside = [step for step in counts if is_by_the_clock(step) and counts[step] > BESIDE * len(told)]
    only_in = {step: _keeper(step, told) for step in beside}
    return {
        name: [_recorded(step, told[name]) for step in steps if only_in.get(step, name) == name]
        for name, steps in found.items()
    }


def _keeper(step: str, told: Mapping[str, Tellings]) -> str:
    """The story in which a step occurs most often."""
    return max(sorted(told), key=lambda name: _least(step, BEFORE, told[name]))


def _recorded(step: str, tellings: Tellings) -> Recorded:
    times = min(OFTEN if calls_devin(step) else 1, _least(step, BEFORE, tellings))
    each = tuple(when for when in WHENS if _least(step, when, tellings) >= times)
    return Recorded(step, times, each if times else USUAL)


def _least(step: str, when: str, tellings: Tellings) -> int:
    """How often each telling passes a moment of a step at least."""
    return min(sum((moment.step, moment.when) == (step, when) for moment in telling) for telling in tellings)


def differences(name: str, stories: Mapping[str, Listed], reached: Iterable[Moment]) -> set[str]:
    """How a telling without a death differs from the list."""
    passed, listed = set(reached), stories.get(name, ())
    beside = {one.step for steps in stories.values() for one in steps if is_by_the_clock(one.step)}
    known = {one.step for one in listed} | beside
    vanished = {f"vanished: {moment}" for one in listed for moment in one.moments() if moment not in passed}
    return vanished | {f"new: {moment.step}" for moment in passed if moment.step not in known}


def shared_out(name: str, stories: Mapping[str, Listed]) -> set[str]:
    """The steps that a story dies at wherever it is told.

    Those are the ones that few stories have; of a step that more have, it is the first few, those that have to pass it
    before the others.
    """
    have = defaultdict(list)
    for story, steps in sorted(stories.items()):
        for one in steps:
            have[one.step].append((not one.times, story))
    return {step for step, there in have.items() if name in [story for _, story in sorted(there)[:FEW]]}
