"""A scenario is played over Socket Mode; those with the marker `both_transports` over signed requests as well.

These are the stories about how messages come in, and one or more of each other file as a sample, which is for the tests
of the edges. The store is an SQLite file. In the long run a random tenth of them is played once more, over signed
requests and on PostgreSQL; not those about one transport or store alone, which name it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.features import metadata
from bot.process import ProcessKind
from bot.timing import Timing
from tests import postgres
from tests.moment import beginning
from tests.scenarios.ahead import Ahead
from tests.scenarios.harness import MANIFEST, QUICK_TIMING, TRANSPORTS, Harness, harness

STORES = ("sqlite", "postgresql")
REPLICAS = "replicas"  # a PostgreSQL with a receiver and two workers, in place of one process
FORMS = {"transport": TRANSPORTS, "store": STORES}  # of each the usual one and the other
# What the core of the conversation is: played by several processes too.
CORE = {
    "test_mention",
    "test_slash",
    "test_launch_form",
    "test_quick_answers",
    "test_dead_ends",
    "test_replies",
    "test_home",
    "test_alert_brake",
}
ABOUT_TRANSPORT = {"test_events", "test_mention", "test_slash"}  # files about how messages come in


@pytest.fixture(autouse=True)
def moment(pytestconfig: pytest.Config) -> Iterator[None]:
    """Begin each scenario at the same moment, by all clocks of this process."""
    with beginning(pytestconfig.getoption("--moment")):
        yield


@pytest.fixture(autouse=True)
def logs_as_in_production(plain_logs: None) -> None:
    """Log as the bot does."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play each scenario over one transport and store, and over the others as the marker says or in the long run."""
    named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    free = tuple(name for name in FORMS if name in metafunc.fixturenames and name not in named)
    if not free:
        return
    usual, other = zip(*(FORMS[name] for name in free), strict=True)
    forms = [usual]
    over_both = "transport" in free and metafunc.definition.get_closest_marker("both_transports") is not None
    if over_both:
        marks = [] if metafunc.module.__name__.rpartition(".")[2] in ABOUT_TRANSPORT else [pytest.mark.edge]
        forms.append(pytest.param(TRANSPORTS[1], *usual[1:], marks=marks))
    if "store" in free or not over_both:
        forms.append(pytest.param(*other, marks=[pytest.mark.long, pytest.mark.sampled]))
    if free == tuple(FORMS):
        marks = [pytest.mark.edge] if _is_core(metafunc) else [pytest.mark.long, pytest.mark.sampled]
        forms.append(pytest.param("http", REPLICAS, marks=marks))
    metafunc.parametrize(free, forms)


def _is_core(metafunc: pytest.Metafunc) -> bool:
    return metafunc.module.__name__.rpartition(".")[2] in CORE


@pytest.fixture
def clock() -> Ahead:
    """The bot's clock where a test puts it ahead."""
    return Ahead()


@pytest.fixture
def timing(request: pytest.FixtureRequest) -> Timing:
    """The bot's waits, with those that the markers `timing` of the test and its file name."""
    asked = [mark.kwargs for mark in request.node.iter_markers("timing")]  # the nearest first
    return replace(QUICK_TIMING, **{name: wait for mark in reversed(asked) for name, wait in mark.items()})


@pytest.fixture
def database(request: pytest.FixtureRequest, store: str, sqlite_template: Path) -> Iterator[dict[str, Any]]:
    """What a stage is told about its store."""
    if store == STORES[0]:
        yield {"empty_store": sqlite_template}
        return
    url: str = request.getfixturevalue("postgres_store")
    replicas = {"process": ProcessKind.WEB, "beside": (ProcessKind.WORKER, ProcessKind.WORKER)}
    yield {"DATABASE_URL": url} | (replicas if store == REPLICAS else {})
    asyncio.run(postgres.run(url, postgres.LEAVE, *(f"DELETE FROM {name}" for name in metadata.tables)))


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """The bot, Slack and Devin, up and running."""
    async with harness(tmp_path, transport, clock=clock, timing=timing, **database) as everything:
        yield everything


@pytest.fixture
async def without_scope(request: pytest.FixtureRequest, tmp_path: Path, timing: Timing) -> AsyncIterator[Harness]:
    """The bot in an app that was installed before the bot needed the scope that the parameter names."""
    scopes = set(MANIFEST["oauth_config"]["scopes"]["bot"]) - {request.param}
    async with harness(tmp_path, timing=timing, workspace={"scopes": scopes}) as everything:
        yield everything
