"""One nursery of bots for each process of tests, and which of a story's forms are played."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.crash.scene import Nursery, opened_nursery

SHORT_FORM: Final = "-each-step]"
LONG_FORM: Final = "-every-step-socket-sqlite]"


@pytest.hookimpl(trylast=True)  # after the markers have chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a story's short form out where its long ones are played: they leave behind all that it does."""
    names = {item.nodeid for item in items}
    contained = {
        item for item in items if SHORT_FORM in item.nodeid and item.nodeid.replace(SHORT_FORM, LONG_FORM) in names
    }
    config.hook.pytest_deselected(items=list(contained))
    items[:] = [item for item in items if item not in contained]


@pytest.fixture(scope="session")
def nursery(sqlite_template: Path, postgres_server: str, shared: Path) -> Iterator[Nursery]:
    """Where the processes come from."""
    with opened_nursery(sqlite_template, postgres_server, shared) as opened:
        yield opened
