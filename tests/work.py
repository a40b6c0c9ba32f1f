"""Counts the work that a function does, the same on every machine: lines, characters copied, steps of expressions."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from math import inf
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from tests.regex_steps import Stepped, TooMuchWorkError

BOT: Final = str(Path(__file__).parents[1] / "bot")
METHODS: Final = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")
_COPIED: Final = (str, bytes, list, tuple)
stepped: Final = cache(Stepped)


class Work:
    """Counts the work of the code in `where`: one for each line, and one for each character or item that a line copies.

    What a variable holds for the first time was copied, unless another variable held it before. More than `most` raises
    TooMuchWorkError, so that a test of what takes too much need not wait for all of it.
    """

    def __init__(self, where: str = BOT) -> None:
        self.done = 0
        self.most = inf
        self._where = where
        self._known: dict[int, object] = {}  # by id, and kept, so that no id is given twice

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what is done in the block."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(before)
            self._known.clear()

    def add(self, work: int) -> None:
        """Count `work` more."""
        self.done += work
        if self.done > self.most:
            raise TooMuchWorkError

    def _trace(self, frame: FrameType, event: str, _value: object) -> Any:
        if not frame.f_code.co_filename.startswith(self._where):
            return None
        self.add(1)
        for value in frame.f_locals.values():
            if isinstance(value, _COPIED) and id(value) not in self._known:
                self._known[id(value)] = value
                self.add(len(value))
        return self._trace


class CountedPattern:
    """A compiled expression that adds the steps of each call to a Work."""

    def __init__(self, pattern: re.Pattern[str], work: Work) -> None:
        self._pattern = pattern
        self._work = work

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._pattern, name)
        return self._counting(name, method) if callable(method) else method

    def _counting(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            text, *places = arguments[1:] if name in {"sub", "subn"} else arguments
            self._count(name, text, *(places if name not in {"sub", "subn", "split"} else ()))
            return method(*arguments, **named)

        return call

    def _count(self, name: str, text: str, start: int = 0, end: int = sys.maxsize) -> None:
        steps = stepped(self._pattern)
        text = text[:end]
        steps.steps, steps.most = 0, self._work.most - self._work.done
        if name in {"match", "fullmatch"}:
            steps.match(text, start, whole=name == "fullmatch")
        else:
            steps.scan(text, start, once=name == "search")
        self._work.add(steps.steps)


def count_expressions(work: Work, modules: list[ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the expressions of `modules` add their steps to `work`: their constants, and the calls of `re`."""
    counting = _counting_re(work)
    for module in modules:
        for name, value in vars(module).copy().items():
            if value is re:
                monkeypatch.setattr(module, name, counting)
            elif isinstance(value, re.Pattern | tuple):
                monkeypatch.setattr(module, name, _counting(value, work))


def _counting(value: Any, work: Work) -> Any:
    if isinstance(value, re.Pattern):
        return CountedPattern(value, work)
    return tuple(_counting(part, work) for part in value) if type(value) is tuple else value


def _counting_re(work: Work) -> SimpleNamespace:
    def compiled(pattern: str, flags: int = 0) -> CountedPattern:
        return CountedPattern(re.compile(pattern, flags), work)

    def calling(name: str) -> Callable[..., Any]:
        return lambda pattern, *rest, flags=0, **named: getattr(compiled(pattern, flags), name)(*rest, **named)

    return SimpleNamespace(**{**vars(re), "compile": compiled, **{name: calling(name) for name in METHODS}})


def grows_too_fast(work: Callable[[int], float], sizes: Sequence[int]) -> bool:
    """Whether the `work` for four times the size is more than four times as much, at all `sizes`.

    A bounded search behind each character looks so at first, and linear once the text is longer than the bound. Work
    that is linear but for a small part looks linear at first; then four times is already a little too much.
    """
    before = work(sizes[0])
    for size in sizes[1:]:
        now, most = work(size), (4.05 if size < sizes[-1] else 4.6) * before
        if now < inf and now <= most:
            return False
        before = now
    return True
