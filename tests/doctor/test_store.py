"""The checks of the store: each sentence in full, and never a secret."""

import os
import socket
import sys
from pathlib import Path

import pytest

from bot.doctor.store import check_postgres, check_sqlite
from bot.store.database.connection import Database
from tests.doctor.conftest import bring_up
from tests.doctor.sentences import (
    MIGRATE,
    PASSWORD,
    POSTGRES_IS_UP_TO_DATE,
    POSTGRES_NOT_REACHED,
    note,
    ok,
    problem,
    schema_is_old,
    shown,
    store_is_up_to_date,
)
from tests.store.rows import mark_later, mark_other

OTHER_FOLDER = "Give the bot's account write access there, or point DATABASE_URL to a file in another folder."


async def sqlite(path):
    return shown(await check_sqlite(f"sqlite:///{path}"))


async def postgres_at(url):
    return shown(await check_postgres(url))


# ---------------------------------------------------------------- SQLite


async def test_a_store_that_is_up_to_date(store):
    assert await sqlite(store) == store_is_up_to_date(store)


async def test_a_store_that_does_not_exist_yet(tmp_path):
    path = tmp_path / "new" / "bot.db"
    assert await sqlite(path) == note(f"The store {path} doesn't exist yet; its folder is writable.", MIGRATE)
    assert not path.parent.exists()


async def test_a_store_without_its_schema(tmp_path):
    path = tmp_path / "old.db"
    path.touch()
    assert await sqlite(path) == schema_is_old(path)


async def test_a_store_that_is_something_else(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("These are notes and no database. " * 100)
    assert await sqlite(path) == problem(
        f"The store {path} can't be read as an SQLite database.",
        "If another program has the file open, close it. Otherwise point DATABASE_URL to another file.",
    )


async def test_a_store_that_is_a_folder(tmp_path):
    assert await sqlite(tmp_path) == problem(f"The store {tmp_path} is a folder.", "Point DATABASE_URL to a file.")


async def test_a_store_that_cannot_be_written_to(store, monkeypatch):
    # For an account that may do everything no file is closed, so the system's answer is given here.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != store)
    assert await sqlite(store) == problem(f"The store {store} can't be written to.", OTHER_FOLDER)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
async def test_a_folder_that_cannot_be_written_to():
    assert await sqlite("/proc/bot.db") == problem("The folder of the store, /proc, can't be written to.", OTHER_FOLDER)


async def test_a_bot_at_work_does_not_disturb(store):
    db = Database(f"sqlite:///{store}")
    async with db.write():
        assert await sqlite(store) == store_is_up_to_date(store)
    await db.close()


# ---------------------------------------------------------------- PostgreSQL, without a server


async def test_a_postgres_that_nobody_runs():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://bot:{PASSWORD}@127.0.0.1:{free.getsockname()[1]}/bridge"
        assert await postgres_at(url) == POSTGRES_NOT_REACHED


@pytest.mark.parametrize(
    ("server", "error"),
    [("127.0.0.1:not-a-port", "ValueError"), ("127.0.0.1:99999", "OverflowError"), (f"b#{PASSWORD}@:/", "ValueError")],
)
async def test_an_address_that_is_none(server, error):
    assert await postgres_at(f"postgresql://bot:a/{PASSWORD}@{server}/bridge") == problem(
        f"The PostgreSQL store can't be used ({error}).",
        "Check that DATABASE_URL has the form postgresql://user:password@host:5432/name.",
    )


async def test_postgres_without_its_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    assert await postgres_at(f"postgresql://bot:{PASSWORD}@127.0.0.1:1/bridge") == problem(
        "DATABASE_URL is for PostgreSQL, but its driver isn't installed.",
        "Run `pip install -r requirements.txt`.",
    )


# ---------------------------------------------------------------- PostgreSQL itself


async def test_a_real_postgres_before_and_after_its_schema(fresh_postgres):
    assert await postgres_at(fresh_postgres) == problem(
        "The PostgreSQL store can be reached, but its schema is missing or older than this version.", MIGRATE
    )
    await bring_up(fresh_postgres)
    assert await postgres_at(fresh_postgres) == ok(POSTGRES_IS_UP_TO_DATE)


async def test_a_store_that_a_later_version_has_migrated(fresh_postgres, tmp_path):
    for url in (fresh_postgres, f"sqlite:///{tmp_path / 'bot.db'}"):
        await bring_up(url)
        db = Database(url)
        await mark_later(db)
        await db.close()
    later = "its schema is from a newer release."
    advice = "Install that release, or restore the backup from before it."
    assert await postgres_at(fresh_postgres) == problem(f"The PostgreSQL store can be reached, but {later}", advice)
    path = tmp_path / "bot.db"
    assert await sqlite(path) == problem(f"The store {path} can be opened and written to, but {later}", advice)


async def test_a_store_that_other_code_made_with_the_same_revision(fresh_postgres, tmp_path):
    for url in (fresh_postgres, f"sqlite:///{tmp_path / 'bot.db'}"):
        await bring_up(url)
        db = Database(url)
        await mark_other(db)
        await db.close()
    other = "its tables are from an unreleased version."
    advice = "Run the version that created it, or set DATABASE_URL to a new store."
    assert await postgres_at(fresh_postgres) == problem(f"The PostgreSQL store can be reached, but {other}", advice)
    path = tmp_path / "bot.db"
    assert await sqlite(path) == problem(f"The store {path} can be opened and written to, but {other}", advice)


async def test_postgres_refuses_the_user(postgres_server):
    assert await postgres_at(postgres_server.replace("//postgres:@", f"//nobody:{PASSWORD}@")) == problem(
        "PostgreSQL rejected the user in DATABASE_URL, or its kind of connection.",
        "Correct the user, add sslmode=require where the server wants TLS, or let the user in by its pg_hba.conf.",
    )


async def test_postgres_has_no_such_database(postgres_server):
    assert await postgres_at(postgres_server.replace("/postgres?", "/bridge?")) == problem(
        "PostgreSQL has no database with the name in DATABASE_URL.",
        "Create the database with `createdb`, or correct the name at the end of DATABASE_URL.",
    )


async def test_postgres_refuses_for_another_reason(postgres_server):
    db = Database(postgres_server)
    async with db.write() as tx:
        await tx.exec_driver_sql("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    await db.close()
    assert await postgres_at(postgres_server.replace("//postgres:@", "//crowded:@")) == problem(
        "PostgreSQL rejected the bot (53300).",
        "https://www.postgresql.org/docs/current/errcodes-appendix.html explains the code.",
    )
