"""One nursery of bots for each process of tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.scene import Nursery, opened_nursery


@pytest.fixture(scope="session")
def nursery(sqlite_template: Path, shared: Path) -> Iterator[Nursery]:
    """Where the processes come from."""
    with opened_nursery(sqlite_template, shared) as opened:
        yield opened
