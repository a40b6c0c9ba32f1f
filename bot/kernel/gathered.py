"""Questions that come together are put as one: to the store a statement costs more than the rows that it is about."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

MOST_TOGETHER: Final = 32  # so that what is written for all of them keeps others from writing only for a moment


class Gathered(Generic[_Asked, _Answer]):
    """Answers what is asked together by one call of `answer`, which gets a list and returns one in the same order.

    While it runs, what is asked meanwhile waits for the next call, so nothing waits for others that may never come.
    """

    def __init__(self, answer: Callable[[Sequence[_Asked]], Awaitable[Sequence[_Answer]]]) -> None:
        self._answer = answer
        self._waiting: deque[tuple[_Asked, asyncio.Future[_Answer]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, asked: _Asked) -> _Answer:
        """Return the answer to `asked`, or raise what `answer` raises about it."""
        answered: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answered))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="gathered")
        return await answered

    async def alone(self, asked: _Asked) -> _Answer:
        """Return the answer to `asked` without waiting for others."""
        (answer,) = await self._answer([asked])
        return answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
                # Without what was cancelled meanwhile: nobody is there to use the answer.
                if asked := [one for one in batch if not one[1].done()]:
                    await self._settle(asked)
        finally:
            self._task = None

    async def _settle(self, batch: Sequence[tuple[_Asked, asyncio.Future[_Answer]]]) -> None:
        try:
            answers = await self._answer([asked for asked, _ in batch])
        except asyncio.CancelledError:
            for _, answered in batch:
                answered.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whoever has asked gets it
            if len(batch) > 1:
                # One by one, so that what is at fault harms no other.
                await asyncio.gather(*(self._settle([one]) for one in batch))
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, answered), answer in zip(batch, answers, strict=True):
            if not answered.done():  # whoever asked may have been cancelled
                answered.set_result(answer)
