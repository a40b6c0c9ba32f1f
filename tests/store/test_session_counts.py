"""The sessions that may need a person: what the query leaves out needs nobody."""

from dataclasses import replace

from bot.domain.session import LIMIT_DETAILS, DisplayState, Lifecycle, Snapshot
from bot.features.digest.contents import needing_somebody
from bot.features.usage import session_count_rows as session_counts
from bot.store import sessions
from bot.store.database.connection import Database
from tests.store.rows import NOW, ORG, TEAM, session

DETAILS = (None, "working", "waiting_for_user", "waiting_for_approval", "waiting_for_the_moon", "finished", "error")
STATES = [
    *(("running", detail) for detail in DETAILS),
    *(("suspended", detail) for detail in (None, "inactivity", "user_request", "error", "new_word", *LIMIT_DETAILS)),
    *((status, None) for status in ("new", "error", "exit", "resuming")),
]


async def test_no_session_that_needs_somebody_is_left_out(db: Database) -> None:
    """In all states, archived or not, changed lately or not."""
    all_of_them = [
        replace(
            session(f"s{number}", thread_ts=f"{number}", snapshot=Snapshot(status, detail, archived=archived)),
            snapshot=Snapshot(status, detail, archived=archived, updated_at=int(NOW) - back),
            created_at=0.0,
            spoken_at=0.0,
            lifecycle=lifecycle,
        )
        for number, (status, detail, archived, back, lifecycle) in enumerate(
            (*state, archived, back, lifecycle)
            for state in STATES
            for archived in (False, True)
            for back in (0, 1_000)
            for lifecycle in (Lifecycle.OPEN, Lifecycle.ENDED)
        )
    ]
    async with db.write() as tx:
        for one in all_of_them:
            await sessions.add(tx, one)
            await sessions.change(
                tx,
                one.id,
                lifecycle=one.lifecycle,
                status=one.snapshot.status,
                detail=one.snapshot.detail,
                archived=one.snapshot.archived,
                updated_at=one.snapshot.updated_at,
            )
    failed_after = NOW - 500
    async with db.read() as tx:
        found = needing_somebody(await session_counts.resting(tx, TEAM, ORG, failed_after), failed_after)
        assert await session_counts.resting(tx, "T2", ORG, failed_after) == []
        assert await session_counts.resting(tx, TEAM, ORG, failed_after, "C0OTHER") == []
        waiting = await session_counts.waiting_now(tx, TEAM, ORG)
    expected = needing_somebody((one for one in all_of_them if not one.snapshot.archived), failed_after)
    assert [one.id for one in found] == [one.id for one in expected]
    assert len(found) > 20
    assert waiting == sum(one.display_state is not DisplayState.FAILED for one in found)
