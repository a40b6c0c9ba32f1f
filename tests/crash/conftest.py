"""One nursery of bots for each process of tests, the stage on which they die, and the recording of their steps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.crash.recordings import FILE, read, recorded, written
from tests.crash.scene import Nursery, opened_nursery
from tests.crash.stage import Extent, Stage
from tests.crash.steps import Moment
from tests.crash.story import all_stories
from tests.moment import beginning
from tests.sampling import Sample

RECORD: Final = "--record-steps"
RECORDED: Final = "recorded steps"  # the name under which a test hands them to the process that writes them


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have the steps of all stories recorded: `make steps`."""
    parser.addoption(RECORD, action="store_true", help="record the steps of the stories in place of dying at them")


@pytest.hookimpl(trylast=True)  # after the markers have chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a story's short form out where its long one is told: that leaves behind all that it does."""
    short, long = f"-{Extent.SHARED.value}]", f"-{Extent.EVERY.value}]"
    names = {item.nodeid for item in items}
    contained = {item for item in items if short in item.nodeid and item.nodeid.replace(short, long) in names}
    config.hook.pytest_deselected(items=list(contained))
    items[:] = [item for item in items if item not in contained]


@pytest.fixture(autouse=True)
def moment(pytestconfig: pytest.Config) -> Iterator[None]:
    """Begin each story at the same moment, also by the clock of a bot that is begun in it."""
    with beginning(pytestconfig.getoption("--moment")):
        yield


@pytest.fixture(scope="session")
def nursery(sqlite_template: Path, postgres_server: str, shared: Path) -> Iterator[Nursery]:
    """Where the processes come from."""
    with opened_nursery(sqlite_template, postgres_server, shared) as opened:
        yield opened


@pytest.fixture
def stage(request: pytest.FixtureRequest, extent: Extent, sample: Sample, tmp_path: Path, nursery: Nursery) -> Stage:
    """Where the stories of a file are told."""

    def record(name: str, tellings: list[list[Moment]]) -> None:
        request.node.user_properties.append((RECORDED, (name, [[*map(str, told)] for told in tellings])))

    listed, wanted = read(FILE.read_text()), request.config.getoption(RECORD)
    return Stage(request.path.stem, extent, tmp_path, nursery, listed, sample, record if wanted else None)


class Recorder:
    """Writes the list, in the process that hears of all tests."""

    def __init__(self) -> None:
        self._told: dict[str, list[list[Moment]]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test has recorded."""
        for name, value in report.user_properties if report.when == "call" else ():
            if name == RECORDED:
                story, tellings = value
                self._told[story] = [[*map(Moment.parse, told)] for told in tellings]

    def pytest_sessionfinish(self) -> None:
        """Write the list. A story that failed keeps its steps."""
        kept = {name: steps for name, steps in read(FILE.read_text()).items() if name in all_stories()}
        FILE.write_text(written(kept | recorded(self._told)))


def pytest_configure(config: pytest.Config) -> None:
    """Write the list at the end of a run that records it."""
    if config.getoption(RECORD) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder())
