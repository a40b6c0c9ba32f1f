"""Who has the signing secret is let in, once for each request; everybody else is not, whatever they send."""

import asyncio
import hmac
from dataclasses import dataclass

import pytest
from slack_sdk.signature import SignatureVerifier

from bot.server.signatures import Repeats, Signatures
from bot.timing import Timing

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_700_000_000
TIMING = Timing()


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


def made(body: bytes, timestamp: bytes = b"%d" % NOW, secret: str = SECRET) -> bytes:
    return b"v0=" + hmac.digest(secret.encode(), b"v0:" + timestamp + b":" + body, "sha256").hex().encode()


@pytest.fixture
def signatures() -> Signatures:
    return Signatures(SECRET, TIMING, Clock())


# ------------------------------------------------------------ timestamp and signature


def test_a_signature_of_slacks_own_making_fits(signatures: Signatures) -> None:
    body = "text=fix it \u2713"
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=str(NOW), body=body)
    assert signature is not None
    assert signatures.fits(signature.encode(), b"%d" % NOW, body.encode())


@pytest.mark.parametrize("age", [-300, 0, 300])
def test_a_timestamp_of_the_last_and_next_five_minutes_is_current(signatures: Signatures, age: int) -> None:
    assert signatures.is_current(b"%d" % (NOW - age))


@pytest.mark.parametrize(
    "timestamp",
    [
        b"",
        b"%d" % (NOW - 301),
        b"%d" % (NOW + 301),
        b"9" * 5_000,
        b"-%d" % NOW,
        b"+%d" % NOW,
        b" %d" % NOW,
        b"%d\n" % NOW,
        b"%d.0" % NOW,
        b"1_700_000_000",
        "\u00b2".encode("latin-1"),
        "\u0661\u0667".encode(),
        b"\xff\xfe",
    ],
)
def test_any_other_timestamp_is_not(signatures: Signatures, timestamp: bytes) -> None:
    assert not signatures.is_current(timestamp)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"v0=",
        b"v0=00",
        b"v0=" + "\u00e9".encode("latin-1"),
        b"\xff" * 67,
        made(b"{}")[3:],
        made(b"{}").upper(),
        made(b"{}") + b" ",
        made(b"{}", secret="guessed"),
        made(b"{} "),
        made(b"{}", b"%d" % (NOW + 1)),
    ],
)
def test_any_other_signature_does_not_fit(signatures: Signatures, signature: bytes) -> None:
    assert not signatures.fits(signature, b"%d" % NOW, b"{}")


def test_a_body_need_not_be_text(signatures: Signatures) -> None:
    assert signatures.fits(made(b"\xff\x00"), b"%d" % NOW, b"\xff\x00")


# ------------------------------------------------------------ the second time


@dataclass
class Answers:
    """Gives the answers in this order, each after the event that it waits for."""

    answers: list[int]
    wait: asyncio.Event | None = None
    asked: int = 0

    async def __call__(self) -> int:
        self.asked += 1
        number = self.answers[self.asked - 1]
        if self.wait is not None:
            await self.wait.wait()
        return number


def is_final(status: int) -> bool:
    return status == 200


async def test_a_request_has_one_answer() -> None:
    repeats, answers = Repeats(TIMING, Clock()), Answers([200])
    assert [await repeats.once(b"one", answers, is_final) for _ in range(3)] == [200, None, None]
    assert answers.asked == 1


async def test_what_was_refused_is_worked_on_again() -> None:
    repeats, answers = Repeats(TIMING, Clock()), Answers([503, 503, 200])
    assert [await repeats.once(b"one", answers, is_final) for _ in range(4)] == [503, 503, 200, None]


async def test_what_failed_is_worked_on_again() -> None:
    repeats = Repeats(TIMING, Clock())

    async def fail() -> int:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await repeats.once(b"one", fail, is_final)
    assert await repeats.once(b"one", Answers([200]), is_final) == 200


@pytest.mark.parametrize(("first", "second"), [(200, None), (503, 200)])
async def test_a_repeat_waits_for_the_one_before_and_is_worked_on_only_if_that_was_refused(
    first: int, second: int | None
) -> None:
    repeats, done = Repeats(TIMING, Clock()), asyncio.Event()
    answers = Answers([first, 200], done)
    both = [asyncio.create_task(repeats.once(b"one", answers, is_final)) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert answers.asked == 1
    done.set()
    assert await asyncio.gather(*both) == [first, second]


async def test_a_repeat_of_one_that_was_cut_is_worked_on() -> None:
    repeats = Repeats(TIMING, Clock())
    cut = asyncio.create_task(repeats.once(b"one", Answers([200], asyncio.Event()), is_final))
    await asyncio.sleep(0)
    repeat = asyncio.create_task(repeats.once(b"one", Answers([200]), is_final))
    await asyncio.sleep(0)
    cut.cancel()
    assert await repeat == 200


async def test_a_signature_is_remembered_for_as_long_as_it_may_be_valid_and_then_no_longer() -> None:
    clock = Clock()
    repeats = Repeats(TIMING, clock)
    await repeats.once(b"one", Answers([200]), is_final)
    clock.now += 600  # its timestamp may have been five minutes ahead
    assert await repeats.once(b"one", Answers([200]), is_final) is None
    clock.now += 1
    await repeats.once(b"two", Answers([200]), is_final)
    assert list(repeats._answered) == [b"two"]


async def test_what_another_process_has_answered_is_not_answered_again() -> None:
    other = Repeats(TIMING, Clock())
    one = Repeats(TIMING, Clock(), publish=other.learn)
    assert await one.once(b"v0=1", Answers([200]), is_final) == 200
    assert await one.once(b"v0=2", Answers([503]), is_final) == 503
    assert await other.once(b"v0=1", Answers([200]), is_final) is None
    assert await other.once(b"v0=2", Answers([200]), is_final) == 200, "that one was not final"


async def test_only_so_many_are_remembered_and_the_oldest_go_first() -> None:
    repeats = Repeats(TIMING, Clock(), most=3)
    for number in range(1_000):
        await repeats.once(b"%d" % number, Answers([200]), is_final)
    assert list(repeats._answered) == [b"997", b"998", b"999"]
    assert repeats._in_flight == {}
