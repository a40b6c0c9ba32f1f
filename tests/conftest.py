"""What all workers of a run share: one folder, and in it one PostgreSQL and one empty SQLite store."""

import asyncio
import fcntl
import gc
import logging
import os
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
import structlog

from bot import logs
from bot.features import metadata
from bot.store.database.connection import Database
from bot.store.database.schema import migrate
from tests import done_once, postgres  # noqa: F401  the first works by its import
from tests.moment import USUAL, in_utc
from tests.sampling import Sample

SHARED: Final = pytest.StashKey[Path]()
SAMPLE: Final = pytest.StashKey[Sample]()
MEMORY: Final = Path("/dev/shm")
ROOM: Final = 2 * 2**30  # bytes: all files of a run at once need a part of it

# How long one example takes tells how busy the machine is; a test that hangs ends by its own time limit.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run take the same sample as an earlier one, and play its scenarios at another moment."""
    parser.addoption(
        "--sample-seed", type=int, default=random.randrange(10**6), help="what `make test-long` samples by"
    )
    parser.addoption(
        "--moment", type=in_utc, default=USUAL, help="when each scenario begins in UTC, such as 2027-01-01T00:03"
    )


def pytest_report_header(config: pytest.Config) -> str:
    """Name the seed by which a run takes the same sample again."""
    return f"sample: SEED={config.stash[SAMPLE].seed}"


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder in the process that starts the others; not in pytest's own, which no other user may enter."""
    worker = getattr(config, "workerinput", {})
    config.stash[SAMPLE] = Sample(worker.get("seed", config.getoption("--sample-seed")))
    folder = worker.get("shared")
    if folder is None:
        _keep_files_in_memory()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is told to end takes everything down too
    config.stash[SHARED] = Path(folder or tempfile.mkdtemp(prefix="run-"))
    gc.disable()  # of what is collected nothing can be freed: to look for it took two fifths of the time


def pytest_collection_finish() -> None:
    """Let what was collected stay, and free again what the tests leave behind, in a few large steps."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


def _keep_files_in_memory() -> None:
    """Have all files of this run in memory where there is room: each commit of a store waits for its disk."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the folder is, and by which seed it samples."""
    node.workerinput |= {"shared": str(node.config.stash[SHARED]), "seed": node.config.stash[SAMPLE].seed}


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take everything down when the last worker is gone, however the run ended."""
    if not hasattr(config, "workerinput"):
        postgres.stop(config.stash[SHARED])
        shutil.rmtree(config.stash[SHARED], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is no part of the sample, and deal the tests that take long out to all workers.

    Each worker gets a run of `items` to begin with.
    """
    sample = config.stash[SAMPLE]
    left_out = {item for item in items if item.get_closest_marker("sampled") and not sample.has(item.nodeid)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]
    workers: int = getattr(config, "workerinput", {}).get("workercount", 1)
    early = [item for item in items if item.get_closest_marker("early")]
    others = [item for item in items if not item.get_closest_marker("early")]
    size = -(-len(others) // workers)
    items[:] = [
        item
        for number in range(workers)
        for item in (*early[number::workers], *others[number * size : (number + 1) * size])
    ]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only process of the run in here."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """The folder that all workers of this run share."""
    return pytestconfig.stash[SHARED]


@pytest.fixture
def sample(pytestconfig: pytest.Config) -> Sample:
    """What this run takes of what is sampled."""
    return pytestconfig.stash[SAMPLE]


@pytest.fixture(scope="session")
def postgres_server(shared: Path) -> str:
    """The address of the first database of the one PostgreSQL of this run."""
    address = shared / "address"
    with _alone(shared):
        if not address.exists():
            address.write_text(postgres.start(shared))
    return address.read_text()


@pytest.fixture(scope="session")
def postgres_store(postgres_server: str) -> str:
    """The address of this worker's own PostgreSQL store; who uses it empties it again."""
    return asyncio.run(postgres.create(postgres_server))


@pytest.fixture(scope="session")
def sqlite_template(shared: Path) -> Path:
    """An SQLite store with the schema and nothing in it, to be copied."""
    file = shared / "empty.db"
    with _alone(shared):
        if not file.exists():
            asyncio.run(_make_sqlite_template(file))
    return file


async def _make_sqlite_template(file: Path) -> None:
    unfinished = file.with_suffix(".unfinished")
    db = Database(f"sqlite:///{unfinished}")
    await migrate(db, metadata)
    await db.close()
    unfinished.rename(file)


@pytest.fixture
def plain_logs() -> Iterator[None]:
    """Log as in production: a traceback with all local variables would hold up the bot's own loop for seconds."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure("INFO", "console")
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)
