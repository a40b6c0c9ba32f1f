"""The rows of pull requests: how a state replaces another, which are asked for, and what is counted."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.session import PullRequest, Snapshot
from bot.store import due, pull_requests, spend, tables
from bot.store.database.connection import Database
from bot.store.pull_requests import LONGEST_ADDRESS, UNWATCHED, FollowedSession
from tests.store.rows import NOW, ORG, TEAM, session

URL, OTHER = "https://github.com/acme/web/pull/1", "https://github.com/acme/web/pull/2"
HERE = FollowedSession("s", TEAM, ORG, "s")


async def put(db: Database, state: str | None, at: float, url: str = URL, session: FollowedSession = HERE) -> None:
    async with db.write() as tx:
        await pull_requests.put(tx, [(session, [PullRequest(url, state)])], at)


async def stored(db: Database, *names: str) -> list[tuple[Any, ...]]:
    columns = (tables.pull_requests.c[name] for name in names)
    async with db.read() as tx:
        return [tuple(row) for row in await tx.execute(select(*columns).order_by(tables.pull_requests.c.url))]


@pytest.mark.parametrize(
    ("states", "state", "merged_at", "closed_at", "checked_at"),
    [
        (["open"], "open", None, None, 0),
        ([None], None, None, None, 0),
        (["merged"], "merged", 0, None, 0),
        (["open", "Merged"], "Merged", 1, None, 1),
        (["open", "merged", "closed"], "merged", 1, None, 1),  # at some hosts a merged one is closed, too
        (["open", "closed", "closed"], "closed", None, 1, 2),
        (["closed", "open"], "open", None, None, 1),
        (["closed", None], "closed", None, 0, 1),
        (["closed", "merged"], "merged", 1, None, 1),
        (["draft", "in_review"], "in_review", None, None, 1),
    ],
)
async def test_a_state_replaces_the_one_before(
    db: Database,
    states: list[str | None],
    state: str | None,
    merged_at: int | None,
    closed_at: int | None,
    checked_at: int,
) -> None:
    for number, one in enumerate(states):
        await put(db, one, float(number))
    columns = ("state", "first_seen", "merged_at", "closed_at", "checked_at")
    assert await stored(db, *columns) == [(state, 0.0, merged_at, closed_at, checked_at)]


async def test_a_merge_that_is_found_after_a_long_absence_counts_for_the_day_of_the_check_before(db: Database) -> None:
    await put(db, "open", 5.0)
    await put(db, "merged", UNWATCHED + 6)
    assert await stored(db, "merged_at", "checked_at") == [(5.0, UNWATCHED + 6)]


async def test_a_poll_stores_what_is_new_or_changed(db: Database) -> None:
    before = session("s", snapshot=Snapshot("running", pull_requests=(PullRequest(URL, "open"),)))
    async with db.write() as tx:
        same, erased = (before, before.snapshot), session("erased", requester="")
        await pull_requests.record_polled(tx, [same, (erased, before.snapshot)], NOW)
    assert await stored(db, "url") == []
    found = Snapshot("running", pull_requests=(PullRequest(URL, "merged"), PullRequest(OTHER)))
    async with db.write() as tx:
        await pull_requests.record_polled(tx, [(before, found)], NOW)
    columns = ("session_id", "url", "team", "org_id", "bare_id", "state")
    assert await stored(db, *columns) == [("s", URL, TEAM, ORG, "s", "merged"), ("s", OTHER, TEAM, ORG, "s", None)]


async def test_an_odd_address_stops_nothing(db: Database) -> None:
    requests = [PullRequest("https://x/" + "é" * LONGEST_ADDRESS, "open"), PullRequest("https://x/\x00\ud800", "\x00")]
    async with db.write() as tx:
        await pull_requests.put(tx, [(HERE, [*requests, PullRequest(URL, "open"), PullRequest(URL, "merged")])], NOW)
    assert await stored(db, "url", "state") == [(URL, "merged"), ("https://x/\ufffd\ufffd", "\ufffd")]


async def test_open_ones_are_asked_for_until_they_are_too_old(db: Database) -> None:
    for number, state in enumerate(["open", "merged", "closed", None, "open"]):
        await put(db, state, NOW + number, f"{URL}{number}", FollowedSession(f"s{number}", TEAM, ORG, f"s{number}"))
    await put(db, "open", NOW, OTHER, FollowedSession("s4", TEAM, ORG, "s4"))
    await put(db, "open", NOW, OTHER, FollowedSession("elsewhere", TEAM, "org-2", "elsewhere"))
    async with db.write() as tx:

        async def to_check(seen_after: float, checked_before: float) -> list[str]:
            return [one.session_id for one in await pull_requests.to_check(tx, ORG, seen_after, checked_before)]

        assert await to_check(NOW - 1, NOW + 9) == ["s0", "s4", "s3"]  # checked longest ago first
        assert await to_check(NOW, NOW + 9) == ["s3", "s4"]  # one that is as old is too old
        assert await to_check(NOW - 1, NOW + 3) == ["s0", "s4"]
        await pull_requests.mark_checked(tx, ["s0", "s1", "s2"], NOW + 9)
        assert await to_check(NOW - 1, NOW + 9) == ["s4", "s3"]
    assert [row[0] for row in await stored(db, "checked_at")][:3] == [NOW + 9, NOW + 1, NOW + 2]


async def test_one_that_several_sessions_worked_on_counts_once_on_its_first_day(db: Database) -> None:
    again, theirs = FollowedSession("again", TEAM, ORG, "again"), FollowedSession("theirs", "T2", ORG, "theirs")
    await put(db, "open", NOW)
    await put(db, "open", NOW + 10, OTHER)
    await put(db, "open", NOW + 100, session=again)
    await put(db, "merged", NOW + 10)
    await put(db, "merged", NOW + 110, session=again)
    await put(db, "merged", NOW + 100, session=theirs)
    async with db.read() as tx:

        async def counts(after: float, before: float, team: str = TEAM, org: str = ORG) -> tuple[int, int]:
            return await pull_requests.counts_between(tx, team, org, NOW + after, NOW + before)

        assert await counts(0, 100) == (2, 1)
        assert await counts(100, 200) == (0, 0)
        assert await counts(0, 10) == (1, 0)
        assert await counts(0, 200, team="T2") == (1, 1)
        assert await counts(0, 200, org="org-2") == (0, 0)


async def test_those_opened_in_a_time_are_counted_with_what_became_of_them_and_what_their_sessions_spent(
    db: Database,
) -> None:
    """One of two sessions, one seen before, one merged too late, and one of another workspace."""
    again, elsewhere = FollowedSession("again", TEAM, ORG, "again"), FollowedSession("e", "T2", ORG, "e")
    await put(db, "open", NOW - 1, URL + "0")
    for url, one in ((URL, HERE), (URL, again), (OTHER, HERE), (URL + "0", HERE), (URL + "9", elsewhere)):
        await put(db, "open", NOW, url, one)
    await put(db, "merged", NOW + 10, URL)
    await put(db, "merged", NOW + 100, OTHER)
    day = date(2025, 6, 15)
    async with db.write() as tx:
        for key in ("s", "again", "e", "none"):
            row = {"session_id": key, "day": day.isoformat(), "team": TEAM, "org_id": ORG}
            await tx.execute(tables.spend.insert(), row)
        await spend.add(tx, ORG, day, {"s": 2.5, "again": 1.25, "e": 50.0, "none": 70.0})
    async with db.read() as tx:
        assert await pull_requests.opened_between(tx, TEAM, ORG, NOW, NOW + 100) == (2, 1, 3.75, 120.0)
        assert await pull_requests.opened_between(tx, TEAM, ORG, NOW, NOW + 101) == (2, 2, 3.75, 120.0)
        assert await pull_requests.opened_between(tx, TEAM, ORG, NOW + 1, NOW + 100) == (0, 0, 0.0, 123.75)


async def test_a_due_job_is_claimed_by_one_worker(db: Database, other: Database) -> None:
    claimed = []
    for store in (db, other):
        async with store.write() as tx:
            claimed.append(await due.claim(tx, "pull_requests:org-1", NOW, NOW + 60))
    async with db.write() as tx:
        claimed.append(await due.claim(tx, "pull_requests:org-1", NOW + 59, NOW + 120))
        claimed.append(await due.claim(tx, "pull_requests:org-1", NOW + 60, NOW + 120))
        known = await due.read(tx, "pull_requests:org-1")
    assert claimed == [True, False, False, True]
    assert known == due.Due(NOW + 120, {"v": 1})
