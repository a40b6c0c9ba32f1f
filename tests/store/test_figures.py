"""What operators watch is found in the store, and by indexes."""

import re
from datetime import date

import pytest
from sqlalchemy import text

from bot.domain.session import Lifecycle, Snapshot
from bot.store import figures, inbox, outbox, rate_limits, sessions, spend
from tests.store.rows import NOW, ORG, OUT, asked, held, said, session

DAY = date(2025, 6, 15)


async def test_the_oldest_request_is_one_that_could_be_worked_on(db):
    async with db.write() as tx:
        await inbox.add(tx, [asked("a", lane="in:1", ready_at=NOW - 40), asked("b", lane="in:1", ready_at=NOW - 50)])
        await inbox.add(tx, [asked("c", lane="in:2", ready_at=NOW - 90)])
        await inbox.add(
            tx, [asked("d", lane="in:3", ready_at=NOW + 500), asked("e", lane="in:3", ts="9", ready_at=NOW - 900)]
        )
        await inbox.add(tx, [asked("f", lane="in:4", ready_at=NOW - 70)])
        await inbox.reschedule(tx, "c", NOW - 20, "DevinUnreachable")
        await inbox.reschedule(tx, "f", NOW - 10, "rate limited")
        assert await figures.oldest_requests(tx, NOW) == {
            figures.NEW: NOW - 50,
            figures.RETRIED: NOW - 20,
            figures.RATE_LIMITED: NOW - 10,
        }


async def test_the_oldest_post_is_one_that_could_be_sent(db):
    async with db.write() as tx:
        await outbox.add(tx, [said("a", thread="t1", next_at=NOW - 40), said("b", thread="t1", next_at=NOW - 900)])
        await outbox.add(tx, [said("c", thread="t2", lane=f"{OUT}2", next_at=NOW - 60)])
        await outbox.add(tx, [said("d", thread="t3", next_at=NOW - 20)])
        await outbox.add(
            tx, [said(kind, thread=kind, kind=kind, next_at=NOW - 900) for kind in ("reaction", "private")]
        )
        await rate_limits.take(tx, f"{OUT}2", NOW, 1.0)
        await outbox.start(tx, await held(tx, db, "d"), NOW - 20)
        assert await figures.oldest_posts(tx, NOW) == {
            figures.NEW: NOW - 40,
            figures.RATE_LIMITED: NOW - 60,
            figures.UNCONFIRMED: NOW - 20,
        }


async def test_open_sessions_are_counted_by_the_state_of_their_cards(db):
    states = [
        ("running", "working"),
        ("running", "working"),
        ("running", "waiting_for_user"),
        ("suspended", "inactivity"),
    ]
    async with db.write() as tx:
        for number, (status, detail) in enumerate(states):
            one = session(f"s{number}", thread_ts=f"{number}", snapshot=Snapshot(status=status, detail=detail))
            await sessions.add(tx, one)
            await sessions.change(tx, one.id, status=status, detail=detail)
        await sessions.add(tx, session("over", thread_ts="9", lifecycle=Lifecycle.ENDED))
        assert await figures.open_sessions(tx) == {"working": 2, "waiting": 1, figures.AT_REST: 1}


async def test_acus_of_a_day_are_those_of_sessions_and_those_that_devin_billed(db):
    async with db.write() as tx:
        assert await figures.acus_on(tx, DAY, [ORG]) == {"sessions": 0.0, "billed": 0.0}
        await sessions.add(tx, session())
        await tx.execute(
            spend.spend.insert().values(session_id="s", day=DAY.isoformat(), team="T1", org_id=ORG, acus=2.5)
        )
        await spend.put_consumption(tx, ORG, {DAY: {"devin": 3, "search": 1}}, NOW)
        assert await figures.acus_on(tx, DAY, [ORG, "org-2"]) == {"sessions": 2.5, "billed": 4.0}


QUERIES = {
    "inbox": figures.oldest_requests_query(NOW),
    "outbox": figures.oldest_posts_query(NOW),
    "busy": figures.busy_query(),
    "known": figures.known_query(),
    "acus": figures.acus_query(DAY),
}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_a_figure_reads_an_index(db, query):
    statement = query.compile(dialect=db._reading.dialect, compile_kwargs={"literal_binds": True})
    async with db.read() as tx:
        plan = [row.detail for row in await tx.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
    assert not [step for step in plan if re.fullmatch(r"SCAN (?:inbox|outbox|sessions|spend)", step)], plan
