"""`python -m bot backup`: what it writes, what it prints, and where it refuses."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.domain.person import Person
from bot.store import people
from bot.store.database.connection import Database
from bot.views import stores as store_sentences
from tests.store.rows import NOW, TEAM


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path, plain_logs: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An SQLite store, and nothing else in the settings."""
    path = tmp_path / "bridge.db"
    shutil.copy(sqlite_template, path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup goes: in a folder of its own."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "monday.db"


def _people(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM people ORDER BY name")]


async def test_a_backup_holds_what_is_committed_while_the_bot_writes(
    path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = Database(f"sqlite:///{path}")
    async with db.write() as tx:
        await people.put(tx, TEAM, Person("U0ADA", "ada"), NOW)
    async with db.write() as tx:
        await people.put(tx, TEAM, Person("U0BO", "bo"), NOW)
        assert main(["backup", str(file)]) == 0
    await db.close()
    assert _people(file) == ["ada"]
    assert _people(path) == ["ada", "bo"]
    size = file.stat().st_size / 1_000_000
    assert capsys.readouterr() == (
        f"Backed up to {file} ({size:.1f} MB, checked). After you restore it, run `python -m bot restored`.\n",
        "",
    )


def test_a_backup_is_one_file_for_its_owner_alone(path: Path, file: Path) -> None:
    assert main(["backup", str(file)]) == 0
    assert list(file.parent.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_replaced_only_if_told(
    path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("last week's")
    assert main(["backup", str(file)]) == 1
    assert capsys.readouterr().err == f"{file} exists already. Name another file, or add --replace.\n"
    assert file.read_text() == "last week's"
    assert main(["backup", str(file), "--replace"]) == 0
    assert _people(file) == []


def test_the_store_itself_is_never_replaced(path: Path) -> None:
    before = path.read_bytes()
    assert main(["backup", str(path), "--replace"]) == 1
    assert path.read_bytes() == before


def test_a_damaged_store_makes_no_backup(path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 12] = b"\xff" * 4096 * 10
    path.write_bytes(content)
    assert main(["backup", str(file)]) == 1
    assert capsys.readouterr().err.startswith("Nothing was backed up: ")
    assert list(file.parent.iterdir()) == []


def test_what_cannot_be_written_or_is_no_store_is_a_sentence(
    path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = file.parent / "missing" / "monday.db"
    assert main(["backup", str(nowhere)]) == 1
    assert capsys.readouterr().err == store_sentences.not_writable(nowhere, "No such file or directory") + "\n"
    path.write_bytes(b"")
    assert main(["backup", str(file)]) == 1
    assert capsys.readouterr().err == f"{path} isn't a store of this bot. Check DATABASE_URL.\n"
    path.unlink()
    assert main(["backup", str(file)]) == 1
    assert capsys.readouterr().err == f"There's no store at {path}. Check DATABASE_URL.\n"
    assert list(file.parent.iterdir()) == []


def test_postgresql_makes_its_own_backups(
    file: Path, plain_logs: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:secret@db.example/bridge")
    assert main(["backup", str(file)]) == 1
    assert capsys.readouterr().err == store_sentences.OF_POSTGRES + "\n"


def test_each_sentence() -> None:
    file, store = Path("monday.db"), Path("bridge.db")
    assert store_sentences.not_writable(file, "No space left on device") == (
        "Nothing was backed up: monday.db can't be written (No space left on device). Name a file in another folder."
    )
    assert store_sentences.damaged(store) == (
        "Nothing was backed up: bridge.db is damaged. Stop the bot and restore the last good backup."
    )
    assert store_sentences.not_read(store, "database is locked") == (
        "Nothing was backed up: bridge.db can't be read (database is locked). Repeat the command."
    )
    assert store_sentences.OF_POSTGRES.splitlines() == [
        "PostgreSQL makes its own backups. Run pg_dump, even while the bot runs:",
        "  pg_dump --format=custom --no-owner --no-privileges --file=FILE --dbname=ADDRESS",
        "ADDRESS is the server itself, not a pooler. To restore, stop the bot and run:",
        "  pg_restore --clean --if-exists --no-owner --no-privileges --single-transaction --dbname=ADDRESS FILE",
        "  python -m bot restored",
    ]
