"""A PostgreSQL of its own for tests that do not share the run's."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import named, run, start, stop

__all__ = ["named", "run", "running_server"]


@contextmanager
def running_server() -> Iterator[str]:
    """A server on a socket of its own, gone with all its files at the end; gives the address of its first database."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        yield start(home)
    finally:
        stop(home)
        shutil.rmtree(home, ignore_errors=True)
