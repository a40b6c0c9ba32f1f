"""What is erased about a person and of a workspace, what stays, and that a death in the middle loses nothing of it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert, select

from bot.domain.causes import CommandCause, Hold, MessageCause, StartCause
from bot.domain.erasure import Erased
from bot.domain.lane import person_lane
from bot.domain.session import Lifecycle, Options
from bot.features import TABLES, metadata
from bot.kernel.upkeep import erase
from bot.kernel.upkeep.erase import Erasure
from bot.store import inbox as inbox_rows
from bot.store import lanes as lane_rows
from bot.store import tables
from bot.store.admin_tables import audit
from bot.store.cause_codec import BLANK, encode
from bot.store.database.connection import Database
from bot.store.inbox import InboxRow
from bot.store.lanes import WorkerAliveError
from bot.store.money_tables import DERIVED
from bot.store.table_spec import by_team, nothing
from bot.store.tables import inbox, lanes, outbox, posts, sessions, spend, threads
from tests.flows.conftest import Store
from tests.store.rows import filled

pytestmark = pytest.mark.edge

TEAM, OTHER_TEAM, CHANNEL, THREAD = "T0GONE", "T0STAYS", "C0WORK", "1750000000.000100"
ADA, BEN, ADA2 = "U0ADA", "U0BEN", "U0ADA2"
LEASE = 30.0
MARK = f"what {ADA} wrote"

# The columns that never hold anything about a person, by their names in all tables. Every other column of text or JSON
# is filled with the id of the person, and has to be without it afterwards: a new one fails these tests until somebody
# decides. Where rows go as a whole there is nothing to decide.
NEVER_PERSONAL = (
    "action alert announced bare_id cause_ts channel cost_centre day detail devin_id drawer edited_ts edition ends id "
    "key kind lane last_event_id last_seen_ts lifecycle links loss mark org_id outcome outcome_day page_cursor product "
    "pull_requests reason ref replied_ts reference right session_id share source starts state status stop_ts thread "
    "thread_ts time ts tz unread_from url used_since zone"
)
# What is the person's in all tables, and what a table has of its own.
THEIRS = dict.fromkeys(("user", "subject", "requester", "added_by"), ADA) | {"team": TEAM, "session_id": "hers"}
OWN: dict[str, dict[str, Any]] = {
    "inbox": {"kind": "message", "state": "dead"},
    "outbox": {"kind": "post", "state": "open"},
    "posts": {"key": "op:plain", "subject": "plain", "state": "sent"},
    "sessions": {"id": "hers", "lifecycle": "open", "ended_at": None, "pull_requests": []}
    | {"outcome": "done", "outcome_day": "2026-05-20"},
    "lanes": {"name": person_lane(TEAM, ADA)},
    "threads": {"replied_by": ADA},
    "roles": {"holder": ADA},
    "pauses": {"paused_by": ADA},
    "workers": {"seen_at": 0.0},
    "rate_limits": {"name": f"out:{TEAM}:{ADA}"},
    "due": {"name": "plain"},
    "fan_out_sessions": {"lifecycle": "open"},
}
ABOUT_PEOPLE = {spec.table.name for spec in TABLES if spec.person is not nothing} - {"due"}
OF_NO_WORKSPACE = {spec.table.name for spec in TABLES if not by_team(spec, TEAM)}


def row(table: Table, **values: Any) -> dict[str, Any]:
    """A row of a table in which each column is about the person that may be."""
    known = dict.fromkeys(NEVER_PERSONAL.split(), "plain") | THEIRS | {"owner": None}
    known["payload"] = {"v": 1, "text": MARK, "user": ADA}
    known |= OWN.get(table.name, {}) | values
    return filled(table, MARK, **{name: value for name, value in known.items() if name in table.columns})


def counted(erased: Erased) -> dict[str, int]:
    """How many rows were erased, by their table; `joined` are sessions of others."""
    names = {spec.nouns: spec.table.name for spec in TABLES}
    return {names.get(nouns, "joined"): count for nouns, count in erased.rows.items()}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erase, "BATCH", 2)


@pytest.fixture
def erasure(either_store: Store) -> Erasure:
    return Erasure(either_store.db, TABLES, LEASE)


async def contents(db: Database) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables."""
    found = {}
    async with db.read() as tx:
        for table in metadata.sorted_tables:
            rows = (await tx.execute(select(table).order_by(*table.primary_key))).mappings()
            found[table.name] = [dict(one) for one in rows]
    return found


async def cells_with(db: Database, text: str) -> set[str]:
    """The columns in which `text` stands somewhere."""
    return {
        f"{name}.{column}"
        for name, rows in (await contents(db)).items()
        for one in rows
        for column, value in one.items()
        if text in str(value)
    }


async def values(db: Database, column: Any, *where: Any) -> list[Any]:
    async with db.read() as tx:
        return list(await tx.scalars(select(column).where(*where).order_by(column)))


async def fill(store: Store) -> None:
    """A row of each table that is about the person as far as it can be, and what else there is in a store."""
    async with store.db.write() as tx:
        for table, one in _rows():
            await tx.execute(insert(table), one)


def _rows() -> Iterator[tuple[Table, dict[str, Any]]]:
    yield from ((table, row(table)) for table in metadata.sorted_tables if table not in DERIVED)
    held = CommandCause(ADA, CHANNEL, MARK, hold=Hold("start_again", "cmd:held", 0.0))
    causes = {"msg:open": MessageCause(ADA, MARK, CHANNEL, THREAD), "cmd:held": held, "start:1": StartCause("hers")}
    for key, cause in causes.items():
        yield inbox, row(inbox, key=key, kind=cause.kind, state="open", payload=encode(cause))
    yield inbox, row(inbox, key="cmd:done", state="done", payload=BLANK, lane=person_lane(TEAM, ADA))
    yield outbox, row(outbox, key="card:hers")
    yield outbox, row(outbox, key="announce:hers", state="dead")
    blank: dict[str, Any] = {"state": "sent", "payload": {"v": 1}, "follow": None}
    yield outbox, row(outbox, key="say:sent", **blank)
    nobodys = {"session_id": None, **blank}
    yield outbox, row(outbox, key=f"priv:{TEAM}:{CHANNEL}:{ADA}:welcome", **nobodys)
    yield outbox, row(outbox, key="direct", channel=ADA, lane=f"out:{TEAM}:{ADA}", **nobodys)
    yield outbox, row(outbox, key="priv:open", kind="private", session_id=None)
    yield outbox, row(outbox, key="lost:2", **nobodys | {"state": "dead", "payload": {"v": 1, "text": f"<@{ADA}>"}})
    for key in ("fanout:plain", "fanout:plain:end:1", "op:plain"):
        yield outbox, row(outbox, key=key, session_id=None)
    yield audit, row(audit, user=BEN)
    stopped = {"replied_by": ADA, "stopped_by": ADA, "stopped_by_name": "ada"}
    yield sessions, _session_of(BEN, "his") | stopped


def _session_of(user: str, name: str, **values: Any) -> dict[str, Any]:
    """A session of somebody else."""
    text = {"requester_name": "x", "prompt": "p", "prompt_hash": "h", "title": "t", "renamed": "r", "last_words": "l"}
    text |= {"pending": None, "choices": [], "devin_user": None}
    who = {"requester": user, "stopped_by": None, "stopped_by_name": "", "replied_by": user}
    ids = {"id": name, "reference": name, "bare_id": name, "url": name}
    return row(sessions, **text | who | ids | {"options": asdict(Options())} | values)


async def fill_with_others(store: Store) -> None:
    """What others have stored, and what only looks like the person's."""
    mentions = MessageCause(BEN, f"ask <@{ADA}>", CHANNEL, THREAD)
    for key, user, cause in (("msg:ben", BEN, mentions), ("msg:ada2", ADA2, MessageCause(ADA2, "x", CHANNEL, THREAD))):
        await store.put(inbox, row(inbox, key=key, team=OTHER_TEAM, state="open", payload=encode(cause)))
        await store.put(tables.people, row(tables.people, team=OTHER_TEAM, user=user, name=user))
        await store.put(tables.notifications, row(tables.notifications, team=OTHER_TEAM, user=user))
        await store.put(lanes, row(lanes, name=person_lane(OTHER_TEAM, user)))
    changed = {"user": BEN, "target": ADA2, "before": {"user": ADA2}, "after": None}
    await store.put(audit, row(audit, team=OTHER_TEAM, **changed))
    dead = {"session_id": None, "state": "dead", "payload": {"v": 1, "text": ADA2}, "follow": None}
    await store.put(outbox, row(outbox, team=OTHER_TEAM, **dead))
    await store.put(sessions, _session_of(ADA2, "ada2", team=OTHER_TEAM))
    await store.put(spend, row(spend, session_id="ada2", team=OTHER_TEAM, requester=ADA2))
    await store.put(tables.pull_requests, row(tables.pull_requests, session_id="ada2", team=OTHER_TEAM))


# ---------------------------------------------------------------- a person


async def test_no_column_of_any_table_says_anything_about_the_person(either_store: Store, erasure: Erasure) -> None:
    await fill(either_store)
    assert {column.split(".")[0] for column in await cells_with(either_store.db, ADA)} >= ABOUT_PEOPLE
    erased = await erasure.person(ADA)
    assert await cells_with(either_store.db, ADA) == set()
    assert counted(erased) == dict.fromkeys({*ABOUT_PEOPLE, "joined"}, 1) | {"inbox": 5, "outbox": 10, "audit": 2}
    assert erased.unfollowed == ("plain", "plain")


async def test_what_others_stored_stays_as_it_is(either_store: Store, erasure: Erasure) -> None:
    await fill_with_others(either_store)
    before = await contents(either_store.db)
    erased = await erasure.person(ADA)
    assert (erased.rows, erased.unfollowed) == ({}, ())
    assert await contents(either_store.db) == before


async def test_a_message_of_the_person_acts_no_second_time(either_store: Store, erasure: Erasure) -> None:
    await fill(either_store)
    await erasure.person(ADA)
    again = MessageCause(ADA, MARK, CHANNEL, THREAD)
    async with either_store.db.write() as tx:
        for key in ("msg:open", "plain"):
            await inbox_rows.add(tx, [InboxRow(key, TEAM, "in:x", THREAD, "ref", again, 0.0, 0.0)])
        assert await inbox_rows.count_open(tx) == 0
    assert await cells_with(either_store.db, ADA) == set()


async def test_what_a_session_cost_stays(either_store: Store, erasure: Erasure) -> None:
    await fill(either_store)
    await erasure.person(ADA)
    assert await values(either_store.db, spend.c.session_id) == ["hers"]
    assert await values(either_store.db, spend.c.requester) == [""]  # in the figures of people who were erased
    assert await values(either_store.db, tables.pull_requests.c.bare_id) == [None]  # it is there, and not asked for
    assert await values(either_store.db, sessions.c.acus, sessions.c.id == "hers") == [1.0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("queued", "cancelled"),
        ("creating", "cancelled"),
        ("uncertain", "cancelled"),
        ("open", "ended"),
        ("ended", "ended"),
        ("refused", "refused"),
    ],
)
async def test_a_session_is_followed_no_longer(either_store: Store, erasure: Erasure, before: str, after: str) -> None:
    await either_store.put(sessions, row(sessions, lifecycle=before))
    await erasure.person(ADA)
    assert await values(either_store.db, sessions.c.lifecycle) == [Lifecycle(after)]
    assert await values(either_store.db, sessions.c.ended_at, sessions.c.ended_at.is_(None)) == []


@pytest.mark.parametrize(
    ("lifecycle", "state", "after"),
    [("open", "sent", "open"), ("ended", "sent", "sent"), ("queued", "unposted", "dead")],
)
async def test_the_card_of_a_session_at_work_is_edited_by_the_next_run(
    either_store: Store, erasure: Erasure, lifecycle: str, state: str, after: str
) -> None:
    await either_store.put(sessions, row(sessions, lifecycle=lifecycle))
    await either_store.put(posts, row(posts, state=state, ts=None if state == "unposted" else THREAD))
    await erasure.person(ADA)
    assert await values(either_store.db, posts.c.state) == [after]


async def test_posts_that_were_not_sent_are_not_sent_any_more(either_store: Store, erasure: Erasure) -> None:
    await fill(either_store)
    await erasure.person(ADA)
    assert await values(either_store.db, outbox.c.key, outbox.c.state == "open") == []
    assert await values(either_store.db, outbox.c.key, outbox.c.state == "dead") == [
        "announce:hers",
        "card:hers",
        "lost:2",
        "plain",
    ]


async def test_that_others_changed_something_stays_on_record(either_store: Store, erasure: Erasure) -> None:
    await fill(either_store)
    await erasure.person(ADA)
    (kept,) = (await contents(either_store.db))["audit"]
    assert (kept["user"], kept["action"], kept["outcome"]) == (BEN, "plain", "plain")
    assert (kept["target"], kept["before"], kept["after"]) == ("", None, None)


async def test_the_thread_of_the_session_stays_known(either_store: Store, erasure: Erasure) -> None:
    await fill(either_store)
    await erasure.person(ADA)
    assert await values(either_store.db, threads.c.session_id) == ["hers"]


# ---------------------------------------------------------------- a workspace


async def test_no_row_of_the_workspace_stays(either_store: Store, erasure: Erasure) -> None:
    await fill(either_store)
    await either_store.put(tables.due, row(tables.due, name=f"digest:{TEAM}"))
    erased = await erasure.workspace(TEAM)
    left = {name for name, rows in (await contents(either_store.db)).items() if rows}
    assert left == {"due"} | OF_NO_WORKSPACE - {"workers"}  # the workers that are not there were freed
    assert await cells_with(either_store.db, TEAM) == set()
    assert set(counted(erased)) == {spec.table.name for spec in TABLES} - OF_NO_WORKSPACE
    assert counted(erased)["inbox"] == 5
    assert erased.unfollowed == ("his", "plain", "plain")


async def test_another_workspace_stays_as_it_is(either_store: Store, erasure: Erasure) -> None:
    await fill_with_others(either_store)
    before = await contents(either_store.db)
    assert (await erasure.workspace(TEAM)).rows == {}
    assert await contents(either_store.db) == before


# ---------------------------------------------------------------- deaths, and a bot that runs


class KilledError(Exception):
    """The process ends."""


class Dying(Database):
    """A store whose process ends after so many commits. Right before a commit it leaves what the last one left."""

    commits = 0

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[Any]:
        async with super().write(urgent=urgent) as tx:
            yield tx
        self.commits -= 1
        if self.commits == 0:
            raise KilledError


async def emptied(db: Database) -> None:
    async with db.write() as tx:
        for table in metadata.sorted_tables:
            await tx.execute(table.delete())


def without_instants(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows without when something was done, and without numbers that count on."""
    instants = {"seq", "done_at", "ended_at", "sent_at", "next_at"}
    return {
        name: [{column: one[column] for column in one if column not in instants} for one in rows]
        for name, rows in found.items()
    }


@pytest.mark.parametrize("kind_of", ["person", "workspace"])
async def test_what_dies_in_the_middle_is_finished_when_it_is_repeated(
    either_store: Store, either_url: str, kind_of: str
) -> None:
    named = {"person": ADA, "workspace": TEAM}[kind_of]
    await fill(either_store)
    await getattr(Erasure(either_store.db, TABLES, LEASE), kind_of)(named)
    expected = without_instants(await contents(either_store.db))
    for commits in range(1, 60):
        await emptied(either_store.db)
        await fill(either_store)
        dying = Dying(either_url)
        dying.commits = commits
        with suppress(KilledError):
            await getattr(Erasure(dying, TABLES, LEASE), kind_of)(named)
        await dying.close()
        if dying.commits > 0:  # it came to its end
            return
        await getattr(Erasure(either_store.db, TABLES, LEASE), kind_of)(named)
        assert without_instants(await contents(either_store.db)) == expected, commits
    raise AssertionError("more commits than expected")


@pytest.fixture
async def postgres_only(postgres_store: str) -> AsyncIterator[Store]:
    db = Database(postgres_store)
    yield Store(db)
    await emptied(db)
    await db.close()


async def test_on_postgresql_nothing_is_erased_while_a_worker_is_alive(postgres_only: Store) -> None:
    await fill(postgres_only)
    async with postgres_only.db.write() as tx:
        await lane_rows.beat(tx, postgres_only.db, "host:2", LEASE)
    before = await contents(postgres_only.db)
    with pytest.raises(WorkerAliveError):
        await Erasure(postgres_only.db, TABLES, LEASE).person(ADA)
    assert await contents(postgres_only.db) == before
    await Erasure(postgres_only.db, TABLES, 0.0).person(ADA)  # it was killed, and its lease is over
    assert await cells_with(postgres_only.db, ADA) == set()


async def test_a_frozen_worker_finds_its_claims_gone(either_store: Store, erasure: Erasure) -> None:
    await either_store.put(lanes, row(lanes, name="in:T:C:1", owner="host:1"))
    await either_store.put(outbox, row(outbox, owner="host:1", session_id=None))
    await erasure.person("U0NOBODY")
    assert await values(either_store.db, lanes.c.owner) == [None]
    assert await values(either_store.db, outbox.c.owner) == [None]


# ---------------------------------------------------------------- the file


async def test_the_file_holds_no_trace_of_what_was_erased(store: Store, sqlite_url: str) -> None:
    secret = "a plan that nobody may read"
    for number in range(20):
        payload = encode(MessageCause(ADA, secret * 50, CHANNEL, THREAD))
        await store.put(inbox, row(inbox, key=f"msg:{number}", state="open", payload=payload))
    await Erasure(store.db, TABLES, LEASE).person(ADA)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    files = [file for file in path.parent.iterdir() if file.name.startswith(path.name)]
    assert [file.name for file in files if secret.encode() in file.read_bytes()] == []
