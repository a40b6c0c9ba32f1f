"""Settings with which nothing is wrong, and stores in each state."""

import asyncio
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.schema import migrate
from tests.doctor.sentences import APP_TOKEN, BOT_TOKEN, KEY
from tests.store.postgres import named, run, running_server


async def bring_up(url: str) -> None:
    """Give a store its schema."""
    db = Database(url)
    await migrate(db)
    await db.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with its schema, to be copied."""
    path = tmp_path_factory.mktemp("doctor") / "empty.db"
    asyncio.run(bring_up(f"sqlite:///{path}"))
    return path


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Path:
    """An SQLite store with its schema, of this test alone."""
    return shutil.copy(migrated_file, tmp_path / "bot.db")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server that lets everybody in who has a role."""
    with running_server() as url:
        yield url


@pytest.fixture
async def fresh_postgres(postgres: str) -> str:
    """The address of a database of that server without anything in it."""
    name = f"fresh_{uuid.uuid4().hex}"
    await run(postgres, f"CREATE DATABASE {name}")
    return named(postgres, name)


@pytest.fixture
def environ(store: Path) -> dict[str, str]:
    """Settings with which nothing is wrong, for services that are not there."""
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
        "DEVIN_API_KEY": KEY,
        "DEVIN_ORG_ID": "org-play",
        "DEVIN_API_URL": "http://127.0.0.1:9",
        "DATABASE_URL": f"sqlite:///{store}",
        "BOT_ADMIN_CHANNEL": "C0OPS",
        "BOT_ADMIN_USERS": "U0ADA,U0ANN",
    }
