"""Questions that come together are answered by one call, and one that is at fault harms no other."""

import asyncio

import pytest

from bot.kernel.gathered import MOST_TOGETHER, Gathered


class Doubler:
    """Doubles numbers and notes which came together; refuses 13, and answers only once it is let."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.let = asyncio.Event()
        self.let.set()

    async def __call__(self, numbers):
        self.calls.append(list(numbers))
        await self.let.wait()
        if 13 in numbers:
            raise ValueError("thirteen")
        return [2 * number for number in numbers]


@pytest.fixture
def doubler():
    return Doubler()


async def test_what_is_asked_together_is_one_call_and_each_gets_its_own_answer(doubler):
    double = Gathered(doubler)
    assert await asyncio.gather(*(double(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert doubler.calls == [[0, 1, 2, 3, 4]]


async def test_what_is_asked_during_a_call_waits_for_the_next_one(doubler):
    double = Gathered(doubler)
    doubler.let.clear()
    first = asyncio.create_task(double(1))
    while not doubler.calls:
        await asyncio.sleep(0)
    others = [asyncio.create_task(double(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    doubler.let.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6]
    assert doubler.calls == [[1], [2, 3]]
    assert await double(4) == 8, "after a rest it answers too"


async def test_a_call_has_only_so_many_questions(doubler):
    double = Gathered(doubler)
    await asyncio.gather(*(double(number) for number in range(20, 21 + MOST_TOGETHER)))
    assert [len(call) for call in doubler.calls] == [MOST_TOGETHER, 1]


async def test_a_question_that_is_at_fault_harms_no_other(doubler):
    double = Gathered(doubler)
    answers = await asyncio.gather(*(double(number) for number in (12, 13, 14)), return_exceptions=True)
    assert [repr(answer) for answer in answers] == ["24", "ValueError('thirteen')", "28"]
    assert doubler.calls == [[12, 13, 14], [12], [13], [14]]


async def test_who_was_canceled_is_not_asked_about_and_harms_no_other(doubler):
    double = Gathered(doubler)
    gone, here = (asyncio.create_task(double(number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await here == 4
    assert doubler.calls == [[2]]


async def test_alone_waits_for_nobody(doubler):
    double = Gathered(doubler)
    doubler.let.clear()
    waiting = asyncio.create_task(double(1))
    while not doubler.calls:
        await asyncio.sleep(0)
    doubler.let.set()
    assert await double.alone(2) == 4
    assert await waiting == 2
    assert doubler.calls == [[1], [2]]


async def test_nobody_waits_for_ever_where_what_answers_is_canceled():
    async def canceled(numbers):
        raise asyncio.CancelledError

    double = Gathered(canceled)
    answers = await asyncio.gather(*(double(number) for number in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError] * 3
