"""The files of an SQLite store belong to the bot's account alone, and its lock does no harm to another file."""

import os
import stat
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.connect import StartError
from bot.opening import alone_on, open_store

OWNER_ALONE = "-rw-------"


@pytest.fixture(autouse=True)
def everybody_may_read_what_is_created() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    return {file.name: stat.filemode(file.lstat().st_mode) for file in folder.iterdir()}


async def written(path: Path) -> dict[str, str]:
    """The modes of all files while a store is open to which something was written."""
    with alone_on(path):
        async with AsyncExitStack() as stack:
            db = await open_store(stack, f"sqlite:///{path}")
            async with db.write() as tx:
                await tx.execute(text("DELETE FROM people"))
            return modes(path.parent)


async def test_store_journal_lock_and_folder_are_created_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "made" / "here" / "bot.db"
    files = ("bot.db", "bot.db-wal", "bot.db-shm", "bot.db.lock")
    assert await written(path) == dict.fromkeys(files, OWNER_ALONE)
    assert stat.filemode(path.parent.stat().st_mode) == "drwx------"


async def test_what_others_could_read_is_taken_from_them_and_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    await written(path)
    (tmp_path / "bot.db.lock").write_text("a note")
    for file in tmp_path.iterdir():
        file.chmod(0o664)
    with capture_logs() as lines:
        assert set((await written(path)).values()) == {OWNER_ALONE}
    assert (tmp_path / "bot.db.lock").read_text() == "a note"
    narrowed = [(line["file"], line["mode"]) for line in lines if line["event"] == "store file made private"]
    assert narrowed == [(f"bot.db{ending}", "664") for ending in (".lock", "", "-wal", "-shm")]


async def test_a_store_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "bot.db").symlink_to(tmp_path / "disk" / "real.db")
    await written(tmp_path / "bot.db")
    assert (tmp_path / "bot.db").is_symlink()
    assert set(modes(tmp_path / "disk").values()) == {OWNER_ALONE}


async def test_a_store_of_a_newer_release_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    await written(path)
    async with AsyncExitStack() as stack:
        db = await open_store(stack, f"sqlite:///{path}")
        async with db.write() as tx:
            await tx.execute(text("UPDATE alembic_version SET version_num = '0031'"))
    async with AsyncExitStack() as stack:
        with pytest.raises(StartError) as ended:
            await open_store(stack, f"sqlite:///{path}")
    assert str(ended.value) == (
        "The store is from a newer release (0031 > 0001). Install that release, or restore the backup from before it."
    )


@pytest.mark.parametrize("kind", ["link", "link to nothing", "pipe"])
def test_a_lock_that_is_no_file_ends_the_start_with_a_sentence_and_changes_nothing(tmp_path: Path, kind: str) -> None:
    target, lock = tmp_path / "precious", tmp_path / "bot.db.lock"
    if kind == "pipe":
        os.mkfifo(lock)
    else:
        lock.symlink_to(target)
    if kind == "link":
        target.write_text("precious")
    with pytest.raises(StartError) as ended, alone_on(tmp_path / "bot.db"):
        pass
    assert str(ended.value) == f"{lock} isn't a regular file. Find out where it came from, remove it, and start again."
    assert target.read_text() == "precious" if kind == "link" else not target.exists()
    assert not (tmp_path / "bot.db").exists()
