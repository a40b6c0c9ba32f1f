"""What people chose about being mentioned; on both databases."""

from bot.domain.notify_choice import NotifyChoice
from bot.store import notifications
from bot.store.database.connection import Database
from bot.store.notifications import Scope
from tests.store.rows import CHANNEL, TEAM, THREAD

HERE, ELSEWHERE = Scope(CHANNEL, THREAD), Scope("C2", THREAD)
ALL, QUESTIONS, DONE, OFF = NotifyChoice


async def choose(db: Database, choice: NotifyChoice, scope: Scope, user: str = "U1", team: str = TEAM) -> None:
    async with db.write() as tx:
        await notifications.choose(tx, team, user, scope, choice)


async def choices(db: Database, *users: str, scope: Scope = HERE) -> dict[str, NotifyChoice]:
    async with db.read() as tx:
        return await notifications.choices(tx, TEAM, users, scope)


async def test_nobody_has_chosen_at_first(db: Database) -> None:
    assert await choices(db, "U1") == {}
    assert await choices(db) == {}


async def test_each_thread_has_its_own_choices(db: Database) -> None:
    await choose(db, ALL, HERE)
    await choose(db, OFF, ELSEWHERE)
    assert await choices(db, "U1") == {"U1": ALL}
    assert await choices(db, "U1", scope=ELSEWHERE) == {"U1": OFF}


async def test_the_last_choice_counts_for_its_person_and_workspace(db: Database) -> None:
    await choose(db, OFF, HERE)
    await choose(db, DONE, HERE)
    await choose(db, QUESTIONS, HERE, user="U2")
    await choose(db, OFF, HERE, user="U3")
    await choose(db, OFF, HERE, user="U1", team="T2")
    assert await choices(db, "U1", "U2", "U4") == {"U1": DONE, "U2": QUESTIONS}
