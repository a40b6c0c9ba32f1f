"""Settings with which nothing is wrong, and stores in each state."""

import shutil
from pathlib import Path

import pytest

from bot.features import metadata
from bot.store.database.connection import Database
from bot.store.database.schema import migrate
from tests import postgres
from tests.doctor.sentences import APP_TOKEN, BOT_TOKEN, KEY


async def bring_up(url: str) -> None:
    """Give a store its schema."""
    db = Database(url)
    await migrate(db, metadata)
    await db.close()


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Path:
    """An SQLite store with its schema, of this test alone."""
    return shutil.copy(sqlite_template, tmp_path / "bot.db")


@pytest.fixture
async def fresh_postgres(postgres_server: str) -> str:
    """The address of a PostgreSQL database without anything in it."""
    return await postgres.create(postgres_server, template=None)


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
        "BOT_ADMIN_GROUP": "S0BACKEND",
    }
