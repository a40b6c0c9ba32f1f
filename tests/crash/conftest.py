"""One nursery of bots for each process of tests."""

from collections.abc import Iterator

import pytest

from tests.crash.scene import Nursery, opened_nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where the processes come from."""
    with opened_nursery() as opened:
        yield opened
