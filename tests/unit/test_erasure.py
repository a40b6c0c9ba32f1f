"""`python -m bot forget`: what it prints, and where it refuses."""

import asyncio
import fcntl
import shutil
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.domain.erasure import Erased
from bot.domain.person import Person
from bot.store import people
from bot.store.database.connection import Database
from bot.views import erasure
from tests.store.rows import NOW, TEAM

SESSIONS = ("session", "sessions")
STAYS = (
    "The remaining data doesn't identify the person: a record of handled messages, so none is handled twice, "
    "and session costs."
)
ELSEWHERE = "Data in Slack, Devin, backups, and logs isn't deleted. Delete it there if it has to go."
UNKNOWN = (
    "The store has no data of a person with the ID U0ADA. A person's ID, such as U024BE7LH, is in their profile in "
    "Slack under “Copy member ID”. Check DATABASE_URL, too.\n"
)
RUNS = (
    "The bot is running and could rewrite this data. Stop it, rerun this command, then start it again. It then "
    "fetches replies and mentions sent meanwhile."
)


# ---------------------------------------------------------------- what it prints


def test_what_was_erased_is_counted_and_what_stays_is_said() -> None:
    rows = {
        ("profile", "profiles"): 1,
        SESSIONS: 1,
        ("request", "requests"): 2,
        ("choice about mentions", "choices about mentions"): 1_200,
    }
    assert erasure.report("person", "U0ADA", Erased(rows)).splitlines() == [
        "U0ADA is forgotten. Deleted or blanked in the store: "
        "1 profile, 1 session, 2 requests, and 1,200 choices about mentions.",
        STAYS,
        ELSEWHERE,
    ]


def test_sessions_that_nobody_follows_any_more_are_named() -> None:
    one = erasure.report("person", "U0ADA", Erased({SESSIONS: 1}, ("https://devin/1",))).splitlines()
    assert one[2:4] == [
        "1 session was open, and the bot no longer follows it. It runs in Devin until you end it there:",
        "https://devin/1",
    ]
    two = erasure.report("person", "U0ADA", Erased({SESSIONS: 2}, ("https://devin/1", "https://devin/2"))).splitlines()
    assert two[2:5] == [
        "2 sessions were open, and the bot no longer follows them. They run in Devin until you end them there:",
        "https://devin/1",
        "https://devin/2",
    ]


def test_of_a_workspace_all_is_deleted_but_the_bill() -> None:
    edited = ("edited post", "edited posts")
    assert erasure.report("workspace", "T0ACME", Erased({edited: 3})).splitlines() == [
        "T0ACME is forgotten. Deleted from the store: 3 edited posts.",
        (
            "The remaining data is Devin's bill by day, with its cycles and limits. If the bot still serves this "
            "workspace, it stores data again when it runs."
        ),
        ELSEWHERE,
    ]


def test_where_the_id_of_a_workspace_is_found() -> None:
    assert erasure.unknown("workspace", "acme") == (
        "The store has no data of a workspace with the ID acme. A workspace's ID, such as T024BE7LD, is in Slack's "
        "address in a browser, after /client/. Check DATABASE_URL, too."
    )


def test_on_postgresql_a_killed_process_counts_as_running_for_a_while() -> None:
    assert erasure.bot_runs(30.0) == f"{RUNS} A killed process counts as running for another 30 seconds."


# ---------------------------------------------------------------- the command


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path, plain_logs: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An SQLite store, and nothing else in the settings."""
    path = tmp_path / "bridge.db"
    shutil.copy(sqlite_template, path)
    path.chmod(0o600)  # as the bot makes it
    for name in ("SLACK_BOT_TOKEN", "DEVIN_API_KEY", "BOT_LEASE_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


def test_a_store_that_is_not_there_is_not_made(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.unlink()
    assert main(["forget", "person", "U0ADA"]) == 1
    assert capsys.readouterr() == ("", f"There's no store at {path}. Check DATABASE_URL.\n")
    assert list(path.parent.iterdir()) == []


def test_an_id_that_is_not_known_is_a_sentence(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "person", "U0ADA"]) == 1
    assert capsys.readouterr() == ("", UNKNOWN)


def test_nothing_is_erased_while_the_bot_runs_on_the_file(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = Path(f"{path}.lock")
    held.touch(0o600)
    with held.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["forget", "workspace", "T0ACME"]) == 1
    assert capsys.readouterr() == ("", f"{RUNS}\n")


async def test_it_needs_the_address_of_the_store_alone(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = Database(f"sqlite:///{path}")
    async with db.write() as tx:
        await people.put(tx, TEAM, Person("U0ADA", "ada"), NOW)
    await db.close()
    assert await _in_a_thread("forget", "person", "U0ADA") == 0
    assert capsys.readouterr() == (
        f"U0ADA is forgotten. Deleted or blanked in the store: 1 profile.\n{STAYS}\n{ELSEWHERE}\n",
        "",
    )
    assert await _in_a_thread("forget", "person", "U0ADA") == 1


async def _in_a_thread(*words: str) -> int:
    return await asyncio.to_thread(main, list(words))
