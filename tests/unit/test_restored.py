"""`python -m bot restored`: what it stores, what it prints, and where it refuses."""

import fcntl
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.views import stores as store_sentences

AT = 1_750_000_000.0
PRINTED = "The store is from 2025-06-15 15:06:40 UTC. Start the bot: it looks up what was done since then.\n"


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path, plain_logs: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An SQLite store, and nothing else in the settings."""
    path = tmp_path / "bridge.db"
    shutil.copy(sqlite_template, path)
    path.chmod(0o600)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


def _beat(path: Path, at: float) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("INSERT OR REPLACE INTO workers (id, started_at, seen_at) VALUES ('w', ?, ?)", (at, at))


def _stored(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as store:
        return store.execute("SELECT name, state FROM due").fetchall()


def test_it_notes_from_when_the_store_is(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _beat(path, AT)
    assert main(["restored"]) == 0
    assert capsys.readouterr() == (PRINTED, "")
    assert _stored(path) == [("restored", '{"v": 1, "since": 1750000000.0, "until": null}')]


def test_a_second_call_is_about_the_same_backup(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _beat(path, AT)
    assert main(["restored"]) == 0
    _beat(path, AT + 3600)
    assert main(["restored"]) == 0
    assert capsys.readouterr().out == PRINTED * 2


def test_an_empty_store_has_nothing_to_look_up(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restored"]) == 0
    assert capsys.readouterr().out == "The store is empty, so there's nothing to look up. Start the bot.\n"
    assert _stored(path) == []


def test_it_refuses_while_the_bot_runs(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = Path(f"{path}.lock")
    held.touch(0o600)
    with held.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["restored"]) == 1
    assert capsys.readouterr().err == "The bot is running on this store. Stop it, then repeat this command.\n"


def test_no_store_is_a_sentence(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.unlink()
    assert main(["restored"]) == 1
    assert capsys.readouterr().err == f"There's no store at {path}. Check DATABASE_URL.\n"


def test_on_postgresql_a_killed_process_counts_as_running_for_a_while() -> None:
    assert store_sentences.running(30.0) == (
        "The bot is running on this store. Stop it, then repeat this command. "
        "A killed process counts as running for 30 seconds."
    )
