"""Fan-outs as rows: stored once, answered once, and asked for again only where nothing was started."""

from typing import Any

from bot.domain.session import DisplayState, Lifecycle, Options
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out.rules import FanOut, FanOutSession, FanOutState
from bot.store.database.connection import Database

OPTIONS = Options(acu=5, tags=("a",))
FAN_OUT = FanOut("f1", "T0", "U0ADA", "C0", "fix {org}", FanOutState.ASKED, 10.0, options=OPTIONS)
SESSIONS = [FanOutSession("org-1", "Acme"), FanOutSession("org-2", "Data"), FanOutSession("org-3", "Web")]


async def stored(db: Database) -> None:
    async with db.write() as tx:
        for _ in range(2):  # a command that is handled twice
            await fan_outs.add(tx, FAN_OUT, SESSIONS)


async def changed(db: Database, org_id: str, **values: Any) -> None:
    async with db.write() as tx:
        await fan_outs.change_session(tx, "f1", org_id, **values)


async def lifecycles(db: Database) -> list[Lifecycle]:
    async with db.read() as tx:
        return [one.lifecycle for one in await fan_outs.sessions_of(tx, "f1")]


async def test_it_comes_back_as_it_was_stored(db: Database) -> None:
    await stored(db)
    async with db.read() as tx:
        assert await fan_outs.get(tx, "f1") == FAN_OUT
        assert await fan_outs.sessions_of(tx, "f1") == SESSIONS
        assert await fan_outs.session(tx, "f1", "org-2") == SESSIONS[1]
        assert await fan_outs.get(tx, "f2") is None


async def test_it_begins_once(db: Database) -> None:
    await stored(db)
    running = {"state": FanOutState.RUNNING, "ts": "1.5"}
    async with db.write() as tx:
        assert await fan_outs.change_while(tx, "f1", FanOutState.ASKED, **running)
        assert not await fan_outs.change_while(tx, "f1", FanOutState.ASKED, **running)
        found = await fan_outs.get(tx, "f1")
        assert found is not None
        assert (found.state, found.version) == (FanOutState.RUNNING, 1)


async def test_a_stop_cancels_what_devin_was_not_asked_for(db: Database) -> None:
    await stored(db)
    await changed(db, "org-2", intent_at=5.0)  # Devin may have it
    await changed(db, "org-3", lifecycle=Lifecycle.OPEN, display=DisplayState.WORKING)
    async with db.write() as tx:
        await fan_outs.cancel_unstarted(tx, "f1")
    assert await lifecycles(db) == [Lifecycle.CANCELLED, Lifecycle.QUEUED, Lifecycle.OPEN]


async def test_what_was_not_started_is_asked_for_again_with_what_is_known_of_it(db: Database) -> None:
    await stored(db)
    await changed(db, "org-1", lifecycle=Lifecycle.OPEN)
    await changed(db, "org-2", lifecycle=Lifecycle.REFUSED, reason="no")
    await changed(db, "org-3", lifecycle=Lifecycle.UNCERTAIN, reason="?", intent_at=5.0)
    async with db.write() as tx:
        again = await fan_outs.retry(tx, "f1")
    assert [(one.org_id, one.attempt, one.reason, one.intent_at) for one in again] == [
        ("org-2", 2, None, None),
        ("org-3", 2, None, 5.0),
    ]
    assert {one.failed_before for one in again} == {0}
    assert await lifecycles(db) == [Lifecycle.OPEN, Lifecycle.QUEUED, Lifecycle.QUEUED]


async def test_another_session_takes_the_place_of_one_that_has_failed_and_its_acus_stay_counted(db: Database) -> None:
    await stored(db)
    failed = {"lifecycle": Lifecycle.OPEN, "display": DisplayState.FAILED, "acus": 2.5}
    await changed(db, "org-1", lifecycle=Lifecycle.OPEN, display=DisplayState.DONE)
    await changed(db, "org-2", **failed, devin_id="devin-1", url="https://devin/1")
    async with db.write() as tx:
        (again,) = await fan_outs.retry(tx, "f1")
    assert (again.lifecycle, again.attempt, again.failed_before) == (Lifecycle.QUEUED, 2, 1)
    assert (again.devin_id, again.url, again.acus, again.acus_before) == (None, None, 2.5, 2.5)


async def test_a_session_that_a_fault_suspended_is_not_asked_for_again_because_it_may_be_woken(db: Database) -> None:
    await stored(db)
    for org_id in ("org-1", "org-2", "org-3"):
        await changed(db, org_id, lifecycle=Lifecycle.OPEN, display=DisplayState.FAILED, detail="error")
    async with db.write() as tx:
        assert await fan_outs.retry(tx, "f1") == []


async def test_a_change_of_one_that_was_asked_for_again_comes_too_late(db: Database) -> None:
    await stored(db)
    async with db.write() as tx:
        followed = [Lifecycle.OPEN, Lifecycle.UNCERTAIN]
        assert not await fan_outs.change_session_while(tx, "f1", "org-1", followed, 1, acus=1.0)
        assert not await fan_outs.change_session_while(tx, "f1", "org-1", [Lifecycle.QUEUED], 2, acus=1.0)
        assert await fan_outs.change_session_while(tx, "f1", "org-1", [Lifecycle.QUEUED], 1, acus=1.0)
