"""How fast the bot may speak: never more in any time than Slack allows."""

from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import rate_limits
from bot.store.database.connection import Database
from tests.store.rows import NOW

_names = count()


async def take(db: Database, now: float, interval: float = 1.0, burst: int = 1, name: str = "c") -> float:
    async with db.write() as tx:
        return await rate_limits.take(tx, name, now, interval, burst)


async def ready_at(db: Database, interval: float = 1.0, burst: int = 1, name: str = "c") -> float:
    async with db.read() as tx:
        return await rate_limits.ready_at(tx, name, interval, burst)


async def block(db: Database, until: float) -> None:
    async with db.write() as tx:
        await rate_limits.block(tx, "c", until)


async def test_an_unknown_name_is_ready(db: Database) -> None:
    assert await ready_at(db) <= NOW
    assert await take(db, NOW) == 0


async def test_after_a_token_the_next_comes_an_interval_later(db: Database) -> None:
    assert await take(db, NOW) == 0
    assert await take(db, NOW + 0.25) == 0.75
    assert await ready_at(db) == NOW + 1
    assert await take(db, NOW + 1) == 0


async def test_a_refused_token_costs_nothing(db: Database) -> None:
    await take(db, NOW)
    for _ in range(5):
        assert await take(db, NOW + 0.5) > 0
    assert await take(db, NOW + 1) == 0


async def test_a_burst_may_be_spent_at_once_and_comes_back_slowly(db: Database) -> None:
    assert [await take(db, NOW, burst=3) for _ in range(4)] == [0, 0, 0, 1.0]
    assert await ready_at(db, burst=3) == NOW + 1
    assert [await take(db, NOW + 1, burst=3) for _ in range(2)] == [0, 1.0]
    assert [await take(db, NOW + 9, burst=3) for _ in range(4)] == [0, 0, 0, 1.0]


async def test_names_do_not_share_tokens(db: Database) -> None:
    assert [await take(db, NOW, name=name) for name in ("a", "b", "a")] == [0, 0, 1.0]


async def test_after_a_429_nothing_goes_before_the_wait_is_over_not_even_a_burst(db: Database) -> None:
    await block(db, NOW + 30)
    assert await ready_at(db) == NOW + 30
    assert await take(db, NOW + 10) == 20
    assert await take(db, NOW + 30) == 0


async def test_a_shorter_wait_does_not_lift_a_longer_one(db: Database) -> None:
    await block(db, NOW + 30)
    await block(db, NOW + 5)
    assert await ready_at(db) == NOW + 30


async def test_a_wait_counts_after_tokens_were_taken(db: Database) -> None:
    await take(db, NOW)
    await block(db, NOW + 30)
    assert await take(db, NOW + 29) == 1.0


@given(
    gaps=st.lists(st.floats(0, 3, allow_nan=False).map(lambda gap: round(gap, 3)), min_size=1, max_size=30),
    interval=st.sampled_from([0.5, 1.0, 1.25]),
    burst=st.integers(1, 5),
)
@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_time_ever_holds_more_tokens_than_its_length_and_the_burst_allow(
    db: Database, gaps: list[float], interval: float, burst: int
) -> None:
    name, now, taken = f"n{next(_names)}", NOW, []
    async with db.write() as tx:
        for gap in gaps:
            now += gap
            if await rate_limits.take(tx, name, now, interval, burst) == 0:
                taken.append(now)
    for first, start in enumerate(taken):
        for held, end in enumerate(taken[first:], 1):
            assert held <= (end - start) / interval + burst + 1e-6


@given(waits=st.lists(st.floats(0, 2, allow_nan=False), min_size=1, max_size=12), burst=st.integers(1, 4))
@settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_who_waits_as_long_as_asked_gets_a_token(db: Database, waits: list[float], burst: int) -> None:
    name, now = f"n{next(_names)}", NOW
    async with db.write() as tx:
        for gap in waits:
            now += gap
            wait = await rate_limits.take(tx, name, now, 1.0, burst)
            if wait:
                now += wait + 1e-6
                assert now >= await rate_limits.ready_at(tx, name, 1.0, burst)
                assert await rate_limits.take(tx, name, now, 1.0, burst) == 0
