"""The schema comes up in one piece or not at all, and is the one the code was written for."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, insert, inspect, select, table, text

from bot.domain.consumption import by_product
from bot.domain.lane import private_lane
from bot.domain.person import Person
from bot.store import due, ownership, people, spend
from bot.store.database import schema
from bot.store.database.connection import Database
from bot.store.database.schema import alembic_config, is_current, migrate
from bot.store.specs import SPECS
from bot.store.tables import cards, consumption, inbox, metadata, outbox, pull_requests, sessions, threads
from bot.store.tables import due as due_table
from bot.store.tables import spend as spend_table

NEWEST = ScriptDirectory.from_config(alembic_config()).get_current_head() or ""
BROKEN = '''
"""a migration that breaks half way"""

import sqlalchemy as sa
from alembic import op

revision = "broken"
down_revision = "NEWEST"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("half", sa.Column("done", sa.Integer()))
    op.add_column("inbox", sa.Column("half", sa.Integer()))
    op.execute("INSERT INTO half (done) VALUES (1)")
    raise RuntimeError("broken half way")
'''


async def inspected(db: Database, question: Any) -> Any:
    found: list[Any] = []
    async with db.read() as tx:
        await tx.run_sync(lambda connection: found.append(question(connection)))
    return found[0]


async def go_back(db: Database, revision: str) -> None:
    """Take the schema down to an earlier revision."""
    config = alembic_config()

    def down(connection: Any) -> None:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)

    await db.run_sync(down)


async def test_a_store_without_schema_is_not_current(bare: Database) -> None:
    assert not await is_current(bare)


async def test_migrating_brings_the_newest_schema_and_a_second_time_changes_nothing(bare: Database) -> None:
    await migrate(bare)
    assert await is_current(bare)
    tables = await inspected(bare, lambda connection: inspect(connection).get_table_names())
    await migrate(bare)
    assert await is_current(bare)
    assert tables == await inspected(bare, lambda connection: inspect(connection).get_table_names())
    assert set(tables) == {*metadata.tables, "alembic_version"}


async def test_the_migrated_schema_is_the_one_of_the_models(db: Database) -> None:
    def differences(connection: Any) -> Any:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert await inspected(db, differences) == []


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)  # an SQLite file has one process only
async def test_processes_that_start_together_may_all_migrate(bare: Database, bare_url: str, opened: Any) -> None:
    others = [opened(bare_url) for _ in range(3)]
    await asyncio.gather(*(migrate(one) for one in (bare, *others)))
    assert await is_current(bare)


@pytest.mark.edge
async def test_going_back_and_up_again_leaves_the_same_tables(db: Database) -> None:
    await go_back(db, "base")
    assert await inspected(db, lambda connection: inspect(connection).get_table_names()) == ["alembic_version"]
    await migrate(db)
    assert await is_current(db)


@pytest.mark.edge
async def test_a_thread_that_had_to_be_read_is_unread_from_what_began_its_session(db: Database) -> None:
    await go_back(db, "0003")
    async with db.write() as tx:
        await tx.execute(
            text(
                "INSERT INTO sessions (id, team, channel, requester, prompt, options, pull_requests, stage, cause_ts,"
                " created_at) VALUES ('s', 'T1', 'C1', 'U1', '', '{}', '[]', 'open', '1750000003.000000', 0)"
            )
        )
        for ts, session_id, unread in (("1", "s", True), ("2", "gone", True), ("3", "s", False)):
            values = {"ts": ts, "session_id": session_id, "unread": unread}
            await tx.execute(
                text(
                    "INSERT INTO threads (team, channel, ts, session_id, last_seen_ts, created_at, unread)"
                    " VALUES ('T1', 'C1', :ts, :session_id, '9', 0, :unread)"
                ),
                values,
            )
    await migrate(db)
    async with db.read() as tx:
        found = await tx.execute(select(threads.c.ts, threads.c.unread_from).order_by(threads.c.ts))
        assert [tuple(row) for row in found] == [("1", "1750000003.000000"), ("2", "2"), ("3", None)]


CARD = ("state", "ts", "version", "sent_version", "figures_only", "drawn", "plain", "attempts", "next_at", "reason")
# session, state, rank, version, sent_version, ts, attempts, next_at, sending_at, reason, payload, follow, owner
OLD_CARDS = [
    ("new", "open", 0, 2, 0, None, 1, 20.0, None, "busy", {"v": 1, "response_url": "https://…"}, {"cause": "c"}, None),
    ("on its way", "sending", 0, 2, 0, None, 1, 5.0, 6.0, None, {"v": 1}, None, "w"),
    ("never stood", "dead", 0, 1, 0, None, 1, 5.0, None, "is_archived", {"v": 1}, {"cause": "d"}, None),
    ("wanted", "open", 1, 4, 3, "7.1", 2, 30.0, None, "rate limited", {"v": 1, "drawn": "abc"}, None, "w"),
    ("figures", "open", 2, 2, 1, "7.2", 0, 8.0, None, None, {"v": 1, "drawn": "abc"}, None, None),
    ("plain", "open", 1, 2, 1, "7.3", 1, 8.0, None, "blocks refused", {"v": 1, "plain": True}, None, None),
    ("shown", "sent", 2, 5, 5, "7.4", 0, 8.0, None, None, {"v": 1, "drawn": "def"}, None, None),
    ("died", "dead", 1, 3, 2, "7.5", 1, 8.0, None, "message_not_found", {"v": 1}, None, None),
    ("purged", "sent", 2, 1, 1, "7.6", 0, 8.0, None, None, {"v": 1, "drawn": "abc"}, None, None),
]
_NAMES = (
    *("session_id", "state", "rank", "version", "sent_version", "ts", "attempts", "next_at", "sending_at", "reason"),
    *("payload", "follow", "owner"),
)


async def old_cards(db: Database) -> None:
    """Cards and one post as the schema of 0005 has them; all sessions but one are still recorded."""
    fixed = {"lane": "out:T1:C1", "kind": "card", "team": "T1", "channel": "C1", "ref": "r"}
    async with db.write() as tx:
        for row in OLD_CARDS:
            values = dict(zip(_NAMES, row, strict=True)) | fixed
            key = f"card:{row[0]}"
            more = {"key": key, "thread": key, "created_at": 1.0, "sent_at": 9.0, "epoch": 3}
            await _insert(tx, values | more)
            if row[0] != "purged":
                await tx.execute(_SESSION, {"id": row[0]})
        post = {"session_id": "shown", "state": "open", "rank": 1, "version": 1, "next_at": 5.0, "payload": {"v": 1}}
        more = {"key": "say:1", "kind": "post", "thread": "7.0", "created_at": 1.0}
        await _insert(tx, fixed | post | more)


_SESSION = text(
    "INSERT INTO sessions (id, team, channel, requester, prompt, options, pull_requests, stage, created_at)"
    " VALUES (:id, 'T1', 'C1', 'U1', '', '{}', '[]', 'open', 0)"
)


async def _insert(tx: Any, values: dict[str, Any]) -> None:
    """Into the outbox of the schema of 0005."""
    columns = [column(name, outbox.c[name].type if name in {"payload", "follow"} else None) for name in values]
    await tx.execute(insert(table("outbox", *columns)), values)


@pytest.mark.edge
async def test_cards_of_the_outbox_go_on_in_a_table_of_their_own_and_none_is_lost(db: Database) -> None:
    await go_back(db, "0005")
    await old_cards(db)
    await migrate(db)
    async with db.read() as tx:
        found = {row["session_id"]: dict(row) for row in (await tx.execute(select(cards))).mappings()}
    common = {"team": "T1", "channel": "C1", "ref": "r", "created_at": 1.0, "epoch": 3, "owner": None}
    assert all(row.items() >= common.items() for row in found.values())
    assert {session_id: tuple(row[name] for name in CARD) for session_id, row in found.items()} == {
        "new": ("unposted", None, 2, 0, False, None, False, 1, 20.0, "busy"),
        "on its way": ("unposted", None, 2, 0, False, None, False, 1, 5.0, None),
        "never stood": ("dead", None, 1, 0, False, None, False, 1, 5.0, "is_archived"),
        "wanted": ("open", "7.1", 4, 3, False, "abc", False, 2, 30.0, "rate limited"),
        "figures": ("open", "7.2", 2, 1, True, "abc", False, 0, 8.0, None),
        "plain": ("open", "7.3", 2, 1, False, None, True, 1, 8.0, "blocks refused"),
        "shown": ("sent", "7.4", 5, 5, False, "def", False, 0, 8.0, None),
        "died": ("dead", "7.5", 3, 2, False, None, False, 1, 8.0, "message_not_found"),
    }


@pytest.mark.edge
async def test_the_outbox_keeps_the_first_post_of_each_card_with_what_follows_it(db: Database) -> None:
    await go_back(db, "0005")
    await old_cards(db)
    await migrate(db)
    names = ("state", "ts", "sending_at", "reason", "payload", "follow", "owner")
    async with db.read() as tx:
        rows = (await tx.execute(select(outbox))).mappings()
        found = {row["key"]: tuple(row[name] for name in names) for row in rows}
    blank = {"v": 1}
    posted = {
        f"card:{name}": ("sent", ts, None, None, blank, None, None)
        for name, ts in (
            *(("wanted", "7.1"), ("figures", "7.2"), ("plain", "7.3")),
            *(("shown", "7.4"), ("died", "7.5"), ("purged", "7.6")),
        )
    }
    assert found == posted | {
        "card:new": ("open", None, None, "busy", {"v": 1, "response_url": "https://…"}, {"cause": "c"}, None),
        "card:on its way": ("sending", None, 6.0, None, blank, None, "w"),
        "card:never stood": ("dead", None, None, "is_archived", blank, {"cause": "d"}, None),
        "say:1": ("open", None, None, None, blank, None, None),
    }


@pytest.mark.edge
async def test_going_back_puts_the_cards_into_the_outbox_again(db: Database) -> None:
    await go_back(db, "0005")
    await old_cards(db)
    await migrate(db)
    await go_back(db, "0005")
    names = ("session_id", "state", "rank", "version", "sent_version", "ts", "attempts", "next_at", "reason")
    async with db.read() as tx:
        wanted = select(*(column(name) for name in names)).select_from(table("outbox")).where(column("kind") == "card")
        found = {row[0]: tuple(row) for row in await tx.execute(wanted)}
    old = {row[0]: dict(zip(_NAMES, row, strict=True)) for row in OLD_CARDS}
    before = {session_id: tuple(row[name] for name in names) for session_id, row in old.items()}
    for session_id in ("new", "on its way"):  # there is but one version as long as nobody has seen any
        before[session_id] = (*before[session_id][:3], 1, *before[session_id][4:])
    before["shown"] = (*before["shown"][:2], 1, *before["shown"][3:])  # its rank is that of the next redraw
    await migrate(db)
    assert found == before


async def rows_without_owner(db: Database) -> None:
    """Rows as the schema of 0008 has them, of the one workspace and the one organisation there was."""
    async with db.write() as tx:
        for statement in (
            "INSERT INTO inbox (key, lane, kind, ts, ready_at, ref, payload, created_at)"
            " VALUES ('cmd:1', 'in:cmd:1', 'command', '1.0', 0, 'r', '{\"v\": 1}', 0)",
            "INSERT INTO sessions (id, team, channel, requester, prompt, options, pull_requests, lifecycle, created_at)"
            " VALUES ('s', 'T1', 'C1', 'U1', '', '{}', '[]', 'open', 0)",
            "INSERT INTO spend (session_id, day, acus) VALUES ('s', '2026-05-19', 1.5)",
            "INSERT INTO consumption (day, acus, read_at) VALUES ('2026-05-19', 2.5, 7), ('2026-05-20', 3.5, 8)",
        ):
            await tx.exec_driver_sql(statement)
        for name in ("poll", "devin", "consumption", "digest"):
            await due.write(tx, name, 5.0, {"v": 1, "of": name})
        for key, kind, lane in (("priv:cmd:1", "private", "priv:priv:cmd:1"), ("say:1", "post", "out:T1:C1")):
            values = {"key": key, "kind": kind, "lane": lane, "team": "T1", "channel": "C1", "thread": key, "ref": "r"}
            await tx.execute(insert(outbox), values | {"next_at": 5.0, "created_at": 1.0, "payload": {"v": 1}})


async def owners(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """What is stored of each table that had no owner."""
    asked = {
        "inbox": select(inbox.c.key, inbox.c.team),
        "sessions": select(sessions.c.id, sessions.c.team, sessions.c.org_id),
        "spend": select(spend_table.c.session_id, spend_table.c.day, spend_table.c.org_id, spend_table.c.acus),
        "consumption": select(consumption).order_by(consumption.c.day),
        "due": select(due_table.c.name, due_table.c.at, due_table.c.state["of"].as_string()).order_by(due_table.c.name),
    }
    async with db.read() as tx:
        return {name: [tuple(row) for row in await tx.execute(question)] for name, question in asked.items()}


OWNED = {
    "inbox": [("cmd:1", "T1")],
    "sessions": [("s", "T1", "org-1")],
    "spend": [("s", "2026-05-19", "org-1", 1.5)],
    "consumption": [
        ("org-1", "2026-05-19", "other", Decimal("2.5"), 7.0),
        ("org-1", "2026-05-20", "other", Decimal("3.5"), 8.0),
    ],
    "due": [
        ("capabilities:org-1", 5.0, "devin"),
        ("consumption:org-1", 5.0, "consumption"),
        ("digest:T1", 5.0, "digest"),
        ("poll:org-1", 5.0, "poll"),
    ],
}


@pytest.mark.edge
async def test_rows_without_an_owner_belong_to_the_first_workspace_and_organisation_that_start(db: Database) -> None:
    await go_back(db, "0008")
    await rows_without_owner(db)
    await migrate(db)
    for team, org_id in (("T1", "org-1"), ("T2", "org-2")):  # the second start finds nothing without an owner
        async with db.write() as tx:
            await ownership.assign_unowned(tx, SPECS, team, org_id)
        assert await owners(db) == OWNED


@pytest.mark.edge
async def test_private_answers_that_wait_stand_in_lanes_that_name_their_workspace(db: Database) -> None:
    await go_back(db, "0008")
    await rows_without_owner(db)
    await migrate(db)
    wanted = select(outbox.c.key, outbox.c.lane).order_by(outbox.c.key)
    async with db.read() as tx:
        rows = [tuple(row) for row in await tx.execute(wanted)]
    assert rows == [("priv:cmd:1", private_lane("T1", "priv:cmd:1")), ("say:1", "out:T1:C1")]
    await go_back(db, "0008")
    async with db.read() as tx:
        rows = [tuple(row) for row in await tx.execute(wanted)]
    await migrate(db)
    assert rows == [("priv:cmd:1", "priv:priv:cmd:1"), ("say:1", "out:T1:C1")]


@pytest.mark.edge
async def test_going_back_keeps_the_figures_of_the_only_organisation(db: Database) -> None:
    await go_back(db, "0008")
    await rows_without_owner(db)
    await migrate(db)
    await go_back(db, "0008")
    async with db.read() as tx:
        found = [
            tuple(row) for row in await tx.exec_driver_sql("SELECT day, acus, read_at FROM consumption ORDER BY day")
        ]
    await migrate(db)
    assert found == [("2026-05-19", 2.5, 7.0), ("2026-05-20", 3.5, 8.0)]


@pytest.mark.edge
async def test_people_who_were_known_before_are_not_deactivated(db: Database) -> None:
    await go_back(db, "0015")
    async with db.write() as tx:
        known = "INSERT INTO people (team, \"user\", name, read_at) VALUES ('T1', 'U1', 'ann', 5)"
        await tx.exec_driver_sql(known)
    await migrate(db)
    async with db.read() as tx:
        assert await people.get(tx, "T1", "U1", read_after=5) == Person("U1", "ann")


@pytest.mark.edge
async def test_what_was_billed_keeps_its_last_digit_when_it_gets_products_and_when_it_loses_them(db: Database) -> None:
    monday, tuesday, acus = date(2026, 5, 18), date(2026, 5, 19), 1234.1000000000001  # 17 digits
    await go_back(db, "0016")
    async with db.write() as tx:
        row = (
            "INSERT INTO consumption (org_id, day, acus, read_at) VALUES ('org-1', '2026-05-18', 1234.1000000000001, 7)"
        )
        await tx.exec_driver_sql(row)
    await migrate(db)
    async with db.write() as tx:
        assert await spend.billed(tx, "org-1", monday, monday) == {monday: spend.Billed(acus, 7.0)}
        await spend.put_consumption(tx, "org-1", {tuesday: by_product(acus, {"devin": 0.1, "review": 0.2})}, 8.0)
    await go_back(db, "0016")
    async with db.read() as tx:
        found = [tuple(row) for row in await tx.exec_driver_sql("SELECT * FROM consumption ORDER BY day")]
    await migrate(db)
    assert found == [("org-1", "2026-05-18", acus, 7.0), ("org-1", "2026-05-19", acus, 8.0)]


def old_session(name: str) -> dict[str, Any]:
    """A session as the schema before 0020 has it."""
    plain = {"prompt": "", "options": {}, "pull_requests": [], "lifecycle": "open", "created_at": 5.0}
    return {"id": name, "bare_id": name, "team": "T1", "org_id": "o", "channel": "C1", "requester": "U1", **plain}


@pytest.mark.edge
async def test_what_came_of_sessions_before_is_taken_from_what_they_are_now(db: Database) -> None:
    await go_back(db, "0020-1")
    states = {
        "done": {"announced": "done", "status": "suspended", "archived": True},
        "asks": {"announced": "question", "status": "running"},
        "stopped": {"announced": "question", "status": "suspended", "stopped_by": "U1"},
        "limit": {"announced": "limit:out_of_credits", "status": "suspended"},
        "failed": {"announced": "failed:error", "status": "error"},
        "asleep": {"status": "suspended"},
        "works": {"status": "running"},
        "never": {"status": "new", "bare_id": None},
    }
    async with db.write() as tx:
        for name, values in states.items():
            await tx.execute(insert(sessions), old_session(name) | values)
            for day in ("2026-05-19", "2026-05-20"):
                await tx.execute(insert(spend_table), {"session_id": name, "day": day, "org_id": "o", "acus": 1.0})
        await tx.execute(insert(spend_table), {"session_id": "gone", "day": "2026-05-20", "org_id": "o", "acus": 1.0})
    await migrate(db)
    async with db.read() as tx:
        found = {(row.session_id, row.day): (row.team, row.outcome) for row in await tx.execute(select(spend_table))}
        last = {row.id: (row.outcome, row.outcome_day) for row in await tx.execute(select(sessions))}
    now = ["done", "waiting", "stopped", "limited", "failed", "stopped", "running"]
    assert last == {name: (now[at], "2026-05-20") if at < 7 else (None, None) for at, name in enumerate(states)}
    assert found == {
        **{(name, "2026-05-20"): ("T1", (*now, "running")[at]) for at, name in enumerate(states)},
        **{(name, "2026-05-19"): ("T1", "running") for name in states},
        ("gone", "2026-05-20"): ("", "running"),
    }


@pytest.mark.edge
async def test_the_rows_of_what_was_spent_learn_whose_sessions_they_are(db: Database) -> None:
    await go_back(db, "0029-1")
    async with db.write() as tx:
        await tx.execute(insert(sessions), [old_session("a"), old_session("b") | {"channel": "D0ANN", "requester": ""}])
        for name in ("a", "b", "gone"):
            day = {"day": "2026-05-19", "acus": 1.5}
            await tx.execute(insert(spend_table), {"session_id": name, "team": "T1", "org_id": "o"} | day)
    await migrate(db)
    names = (spend_table.c.session_id, spend_table.c.requester, spend_table.c.channel, spend_table.c.acus)
    async with db.read() as tx:
        found = [tuple(row) for row in await tx.execute(select(*names).order_by(spend_table.c.session_id))]
    assert found == [("a", "U1", "C1", 1.5), ("b", "", "D", 1.5), ("gone", None, None, 1.5)]


@pytest.mark.edge
async def test_pull_requests_become_rows_as_old_as_their_sessions(db: Database) -> None:
    await go_back(db, "0020-1")
    requests = [
        *({"url": f"u{at}", "state": state} for at, state in enumerate(("open", "merged", "closed", None))),
        {"url": "u0", "state": "draft"},
        {"url": "x" * 2_001, "state": "open"},
    ]
    async with db.write() as tx:
        for name, requester in {"a": "U1", "erased": ""}.items():
            more = {"requester": requester, "updated_at": 9, "pull_requests": requests}
            await tx.execute(insert(sessions), old_session(name) | more)
    await migrate(db)
    columns = ("url", "state", "bare_id", "first_seen", "merged_at", "closed_at", "checked_at")
    async with db.read() as tx:
        for name, bare in {"a": "a", "erased": None}.items():
            theirs = select(*(pull_requests.c[column] for column in columns)).where(pull_requests.c.session_id == name)
            assert [tuple(row) for row in await tx.execute(theirs.order_by(pull_requests.c.url))] == [
                ("u0", "draft", bare, 5.0, None, None, 9.0),
                ("u1", "merged", bare, 5.0, 9.0, None, 9.0),
                ("u2", "closed", bare, 5.0, None, 9.0, 9.0),
                ("u3", None, bare, 5.0, None, None, 9.0),
            ]


@pytest.fixture
def broken(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The migrations of this project, which made `db`, followed by one that breaks half way."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(schema.__file__).parents[1] / "migrations", folder)
    (folder / "versions" / "broken.py").write_text(BROKEN.replace("NEWEST", NEWEST))

    def config() -> Config:
        made = Config()
        made.set_main_option("script_location", str(folder))
        return made

    with monkeypatch.context() as patched:
        patched.setattr(schema, "alembic_config", config)
        schema.newest_revision.cache_clear()
        yield
    schema.newest_revision.cache_clear()


@pytest.mark.edge
@pytest.mark.usefixtures("broken")
async def test_a_broken_migration_leaves_nothing_half_done(db: Database) -> None:
    before = await inspected(db, lambda connection: inspect(connection).get_columns("inbox"))
    with pytest.raises(RuntimeError, match="broken half way"):
        await migrate(db)
    assert not await inspected(db, lambda connection: inspect(connection).has_table("half"))
    after = await inspected(db, lambda connection: inspect(connection).get_columns("inbox"))
    assert [column["name"] for column in after] == [column["name"] for column in before]
    revision = await inspected(db, lambda one: MigrationContext.configure(one).get_current_revision())
    assert revision == NEWEST
    assert not await is_current(db)
