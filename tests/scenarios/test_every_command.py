"""Every command, by everybody, everywhere, and with each permission missing: the table is in `every_command.py`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.commands.spec import Role as Needed
from bot.domain.commands.spec import Surface
from bot.features import COMMANDS
from bot.playground.devin.permissions import ALL_PERMISSIONS, allows
from bot.slack import rate_limits
from bot.timing import Timing
from tests.scenarios import walk
from tests.scenarios.ahead import rows, running, until
from tests.scenarios.every_command import ROWS
from tests.scenarios.harness import ADA, Harness, harness
from tests.scenarios.observations import settled
from tests.scenarios.walk import CHANNEL, GROUP, Case, Role, Row

pytestmark = pytest.mark.timing(operation_message=0.05, progress_interval=0.3, review_poll=0.3)


@pytest.fixture(autouse=True)
def as_often_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bot call Slack without the pauses that Slack's limits ask for, which are switched off here too."""
    for method in rate_limits.METHODS:
        monkeypatch.setitem(rate_limits.METHODS, method, rate_limits.ONE)


def test_every_command_that_can_be_typed_has_one_row() -> None:
    typed = [spec.name for spec in COMMANDS.specs if spec.ways_on(*walk.ROLES)]
    assert sorted(row.command for row in ROWS) == sorted(typed), "add a row to tests/scenarios/every_command.py"


def test_what_only_some_may_do_has_its_refusal() -> None:
    assert [row.command for row in ROWS if bool(row.refused) != (row.spec.role is not Needed.EVERYBODY)] == []


@asynccontextmanager
async def bot_for(folder: Path, made: list[Case], **how: Any) -> AsyncIterator[tuple[Harness, list[Case]]]:
    """A bot among the people of these cases, with a session for each case in a thread; its key may do everything."""
    async with harness(folder, start=False, BOT_ADMIN_GROUP=GROUP, **how) as on:
        walk.put_people(on, made)
        threads = [case for case in made if case.surface is Surface.THREAD]
        sessions = await running(on, max(len(threads), 1), [CHANNEL])  # so that there is something to stop
        await on.devin.permissions(only=sorted(ALL_PERMISSIONS))
        await up(on)
        yield on, walk.in_threads(made, sessions)


async def up(on: Harness) -> None:
    """Start the bot, and wait until it knows who is in the user group of the admins."""

    async def group_is_read() -> bool:
        return bool(await rows(on, "user_group_members"))

    await on.slack.limits(enabled=False)
    await on.start()
    await until(group_is_read)
    await settled(on, within=60)


async def walked(folder: Path, made: list[Case], **how: Any) -> None:
    """Everybody reads what the table says, and nothing is asked of Devin for those who are refused."""
    async with bot_for(folder, made, **how) as (on, placed):
        before = await walk.newest_call(on)
        wrong = await walk.walk(on, [case for case in placed if case.phase == 0])
        await settled(on, within=60)
        assert await walk.asked_of_devin(on, before) == []
        for phase in (1, 2):
            wrong += await walk.walk(on, [case for case in placed if case.phase == phase])
        await done(on)
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=[pytest.mark.long, pytest.mark.early])])
async def test_everybody_reads_what_the_table_says(
    everything: bool, tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    made = [case for case in walk.cases(ROWS) if everything or walk.is_usual(case)]
    await walked(tmp_path, made, transport=transport, timing=timing, **database)


# By whom somebody is found at Devin: without it the bot's own name stands, and nothing is missing.
LOOKED_UP = {"ViewOrgMembership"}


async def done(on: Harness) -> None:
    """Wait until all that was asked for is done, operations and reviews too."""

    async def operations_are_over() -> bool:
        walk.end_reviews(on)
        return all(operation["ended_at"] for operation in await rows(on, "operations"))

    await until(operations_are_over)
    await settled(on, within=60)


@pytest.mark.edge
async def test_each_permission_that_is_needed_is_in_the_table_and_named_where_it_is_missing(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    behind_slash = [case for case in walk.cases(ROWS) if (case.surface, case.role) == (Surface.SLASH, Role.MEMBER)]
    users = {case.row.command: case.user for case in behind_slash}
    wrong: list[str] = []
    async with bot_for(tmp_path, behind_slash, transport=transport, timing=timing, **database) as (on, _):
        for case in sorted(behind_slash, key=lambda case: case.row.later):
            before = await walk.newest_call(on)
            wrong += await walk.walk(on, [replace(case, user=ADA)])
            await done(on)
            needed = {permission for _, permission in await walk.asked_of_devin(on, before)}
            needed -= LOOKED_UP - set(case.row.without)
            assert needed == set(case.row.without), f"`without` in the row of {case.row.command}"
        assert not wrong, "\n".join(["", *wrong])
        for missing in sorted({permission for row in ROWS for permission in row.without}):
            lacking = [row for row in ROWS if missing in row.without]
            await named_as_missing(on, missing, [(row, users[row.command]) for row in lacking])


async def named_as_missing(on: Harness, missing: str, typed: list[tuple[Row, str]]) -> None:
    """Each of these commands says its line where the key lacks a permission and those that stand in for it."""
    await on.devin.permissions(only=sorted(one for one in ALL_PERMISSIONS if not allows({one}, missing)))
    await asyncio.gather(*(walk.type_slash(on, row.typed, user) for row, user in typed))
    await done(on)
    for row, user in typed:
        assert await walk.reads(on, user, row.without[missing]), f"{row.command} without {missing}"
