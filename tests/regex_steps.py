"""Counts the steps of a regular expression, and attacks it with texts that its own form suggests.

Python's engine backtracks and does not say how often, and seconds differ from machine to machine. So a small engine of
the same kind runs the parsed expression here and counts: one step for each instruction and each character looked at.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, groupby
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]  # Python's own parser has no types
from typing import Any, Final, NamedTuple

Node = tuple[Any, Any]
# A number that bounds a repetition only bounds the steps for each character, however large it is. A smaller one shows
# with shorter texts that they are bounded.
MOST_REPEATED: Final = 20
_CHARACTERS: Final = {_constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY, _constants.IN}
_REPEATS: Final = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
_ASSERTIONS: Final = {_constants.ASSERT, _constants.ASSERT_NOT}


class TooMuchWorkError(Exception):
    """A text took more steps, or other work, than is allowed."""


class Run(NamedTuple):
    """As many characters as pass `test`, from `least` to `most`. A single character is a run of one."""

    test: Callable[[str], bool]
    least: int = 1
    most: int = 1
    greedy: bool = True


class Split(NamedTuple):
    """Go on at the first of two instructions, and at the second one if the first leads nowhere."""

    first: int
    second: int


class Jump(NamedTuple):
    """Go on at another instruction."""

    to: int


class Assertion(NamedTuple):
    """Go on if `program` fits at this place, or `back` characters before it; where `negated`, if it does not."""

    program: "Program"
    back: int
    negated: bool


class Atomic(NamedTuple):
    """Go on where `program` first ends; no other end of it is tried."""

    program: "Program"


class At(NamedTuple):
    """Go on if this is such a place as the beginning of a line, which the real engine knows."""

    expression: re.Pattern[str]


Program = list[Run | Split | Jump | Assertion | Atomic | At]
# Where a match may go on that has failed: at which instruction, at which place, and up to which other place it is tried
# again, one by one; behind a run that is not greedy only as far as its characters go.
Choice = tuple[int, int, int, Run | None]
_FAILED: Final = -1


class Stepped:
    """An expression that counts its `steps`, over all texts, up to `most`."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.steps = 0
        self.most = float("inf")
        tree = _parser.parse(pattern.pattern, pattern.flags)
        self._program = _Compiler(tree.state).program(tree.data, pattern.flags)

    def scan(self, text: str, start: int = 0, *, once: bool = False) -> None:
        """Search `text` for all matches from `start` on, as `finditer` and `sub` do, or `once` for the first one."""
        found = False
        while start <= len(text) and not (once and found):
            end = self.match(text, start)
            start, found = max(start + 1, end or 0), end is not None

    def match(self, text: str, start: int = 0, *, whole: bool = False) -> int | None:
        """Return where the match ends that begins at `start`, and that is the `whole` text; None if there is none."""
        return self._end(self._program, text, start, whole)

    def _end(self, program: Program, text: str, start: int, whole: bool = False) -> int | None:
        choices: list[Choice] = [(0, start, start, None)]
        last, size = len(program), len(text)
        while choices:
            if self.steps > self.most:
                raise TooMuchWorkError
            at, place = self._next(choices, text)
            while _FAILED < at < last:
                one = program[at]
                self.steps += 1
                if type(one) is not Run:
                    at, place = self._go(one, at + 1, place, text, choices)
                elif one.most == 1 == one.least:  # by far most of them
                    at = at + 1 if place < size and one.test(text[place]) else _FAILED
                    place += 1
                else:
                    at, place = self._run(one, at + 1, place, text, choices)
            if at != _FAILED and (not whole or place == size):
                return place
        return None

    def _next(self, choices: list[Choice], text: str) -> tuple[int, int]:
        """Take the last of `choices`, and leave what is still to be tried of it."""
        at, place, last, run = choices.pop()
        self.steps += 1
        if run is not None:
            if place == last or not run.test(text[place]):
                return _FAILED, place
            place += 1
            choices.append((at, place, last, run))
        elif place != last:
            choices.append((at, place - 1, last, None))
        return at, place

    def _go(self, one: Any, after: int, place: int, text: str, choices: list[Choice]) -> tuple[int, int]:
        """Follow the instruction `one`. Returns the next instruction and place."""
        kind = type(one)
        if kind is Split:
            choices.append((one.second, place, place, None))
            return one.first, place
        if kind is Jump:
            return one.to, place
        if kind is At:
            return after if one.expression.match(text, place) else _FAILED, place
        if kind is Atomic:
            end = self._end(one.program, text, place)
            return (_FAILED, place) if end is None else (after, end)
        back = place - one.back
        fits = back >= 0 and self._end(one.program, text, back) is not None
        return after if fits is not one.negated else _FAILED, place

    def _run(self, run: Run, after: int, place: int, text: str, choices: list[Choice]) -> tuple[int, int]:
        end, most = place, min(len(text), place + run.most)
        wanted = most if run.greedy else min(most, place + run.least)
        test = run.test
        while end < wanted and test(text[end]):
            end += 1
        self.steps += end - place
        if end - place < run.least:
            return _FAILED, place
        if run.greedy and end - place > run.least:
            choices.append((after, end - 1, place + run.least, None))
        elif not run.greedy and end < most:
            choices.append((after, end, most, run))
        return after, end


class _Compiler:
    """Turns parsed expressions into programs."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def program(self, nodes: Iterable[Node], flags: int) -> Program:
        """Return the instructions for `nodes`."""
        program = Program()
        self._nodes(program, nodes, flags)
        return program

    def _nodes(self, into: Program, nodes: Iterable[Node], flags: int) -> None:
        for node in nodes:
            self._node(into, node, flags)

    def _node(self, into: Program, node: Node, flags: int) -> None:
        kind, value = node
        if kind in _CHARACTERS:
            into.append(Run(self._test(node, flags)))
        elif kind in _REPEATS:
            self._repeat(into, kind, value, flags)
        elif kind is _constants.SUBPATTERN:
            _, added, removed, nodes = value
            self._nodes(into, nodes, (flags | added) & ~removed)
        elif kind is _constants.BRANCH:
            self._branch(into, value[1], flags)
        elif kind in _ASSERTIONS:
            direction, nodes = value
            back = nodes.getwidth()[0] if direction < 0 else 0
            into.append(Assertion(self.program(nodes, flags), back, kind is _constants.ASSERT_NOT))
        elif kind is _constants.ATOMIC_GROUP:
            into.append(Atomic(self.program(value, flags)))
        elif kind is _constants.AT:
            into.append(At(self._alone(node, flags)))
        else:
            raise NotImplementedError(f"the steps of {kind} cannot be counted")

    def _repeat(self, into: Program, kind: Any, value: Any, flags: int) -> None:
        least, most, nodes = value
        most = most if most is _constants.MAXREPEAT else min(most, max(least, MOST_REPEATED))
        greedy = kind is not _constants.MIN_REPEAT
        if kind is _constants.POSSESSIVE_REPEAT:
            into.append(Atomic(self.program([(_constants.MAX_REPEAT, value)], flags)))
        elif len(nodes) == 1 and nodes[0][0] in _CHARACTERS:
            into.append(Run(self._test(nodes[0], flags), least, int(most), greedy))
        else:
            self._nodes(into, [*nodes] * least, flags)
            if most is _constants.MAXREPEAT:
                self._endless(into, nodes, greedy, flags)
            else:
                self._optional(into, nodes, most - least, greedy, flags)

    def _endless(self, into: Program, nodes: Any, greedy: bool, flags: int) -> None:
        if nodes.getwidth()[0] == 0:
            raise NotImplementedError("the steps of an endless repetition of what may be empty cannot be counted")
        start = len(into)
        into.append(Jump(0))
        self._nodes(into, nodes, flags)
        into.append(Jump(start))
        into[start] = _choice(start + 1, len(into), greedy)

    def _optional(self, into: Program, nodes: Any, times: int, greedy: bool, flags: int) -> None:
        starts = []
        for _ in range(times):
            starts.append(len(into))
            into.append(Jump(0))
            self._nodes(into, nodes, flags)
        for start in starts:
            into[start] = _choice(start + 1, len(into), greedy)

    def _branch(self, into: Program, branches: Sequence[Iterable[Node]], flags: int) -> None:
        ends = []
        for branch in branches[:-1]:
            start = len(into)
            into.append(Jump(0))
            self._nodes(into, branch, flags)
            ends.append(len(into))
            into.append(Jump(0))
            into[start] = Split(start + 1, len(into))
        self._nodes(into, branches[-1], flags)
        for end in ends:
            into[end] = Jump(len(into))

    def _test(self, node: Node, flags: int) -> Callable[[str], bool]:
        one = self._alone(node, flags)
        return cache(lambda character: one.fullmatch(character) is not None)

    def _alone(self, node: Node, flags: int) -> re.Pattern[str]:
        alone: re.Pattern[str] = _compiler.compile(_parser.SubPattern(self._state, [node]), flags)
        return alone


def _choice(inside: int, behind: int, greedy: bool) -> Split:
    return Split(inside, behind) if greedy else Split(behind, inside)


# ---------------------------------------------------------------- attacks


def attacks(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Return pairs of a beginning and of what is repeated behind it, each made from a part of `pattern`."""
    nodes = _parser.parse(pattern.pattern, pattern.flags).data
    found = dict.fromkeys(_attacks(nodes, ""))
    characters = sorted({*_of_classes(nodes), *"a0 \n-"})
    for beginning in dict.fromkeys(beginning for beginning, _ in found):
        found |= dict.fromkeys((beginning, character) for character in characters)
    return [(beginning, repeated) for beginning, repeated in found if repeated]


def _attacks(nodes: Sequence[Node], beginning: str) -> Iterator[tuple[str, str]]:
    units = _units(nodes)
    for start, unit in enumerate(units):
        before = beginning + _sample(chain(*units[:start]))
        for end in range(start + 1, len(units) + 1):
            yield before, _sample(chain(*units[start:end]))
        for inner in _inner(unit[0]):
            yield from _attacks(inner, before)


def _units(nodes: Sequence[Node]) -> list[list[Node]]:
    """`nodes` in groups: literal characters in a row are one word, every other node stands alone."""
    parts = [(literal, [*part]) for literal, part in groupby(nodes, lambda node: node[0] is _constants.LITERAL)]
    return [unit for literal, part in parts for unit in ([part] if literal else [[one] for one in part])]


def _inner(node: Node) -> list[Sequence[Node]]:
    """The sequences of nodes in a node: the branches, or what is repeated, grouped or looked for."""
    kind, value = node
    if kind is _constants.BRANCH:
        return [branch.data for branch in value[1]]
    if kind in _REPEATS or kind is _constants.SUBPATTERN or kind in _ASSERTIONS:
        return [value[-1].data]
    return [value.data] if kind is _constants.ATOMIC_GROUP else []


def _sample(nodes: Iterable[Node]) -> str:
    """A text that fits `nodes`: what is optional once, and the first of several branches."""
    return "".join(map(_sample_of, nodes))


def _sample_of(node: Node) -> str:
    kind, value = node
    if kind is _constants.LITERAL:
        return chr(value)
    if kind in _CHARACTERS:
        return _sample_of_class(node)
    if kind is _constants.ASSERT_NOT or (kind is _constants.ASSERT and value[0] > 0):
        return ""  # what must not be there, or what follows anyway
    once = _sample(next(iter(_inner(node)), ()))
    return once * max(1, value[0]) if kind in _REPEATS else once


def _sample_of_class(node: Node) -> str:
    one = _compiler.compile(_parser.SubPattern(_parser.State(), [node]), 0)
    return next(filter(one.fullmatch, ["x", "0", " ", *_of_classes([node])]), "")


def _of_classes(nodes: Iterable[Node]) -> Iterator[str]:
    """Each character that is named in a class of `nodes`."""
    for node in nodes:
        kind, value = node
        if kind is _constants.IN:
            yield from (chr(of) for member, of in value if member is _constants.LITERAL)
            yield from (chr(of[0]) for member, of in value if member is _constants.RANGE)
        elif kind is _constants.NOT_LITERAL:
            yield chr(value)
        for inner in _inner(node):
            yield from _of_classes(inner)
