"""Draws the Home tab that the bot would show to a person, from its store, which is only read."""

import time
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from tempfile import TemporaryDirectory

from bot.config import Settings
from bot.connect import policy_of, read_settings_file, timed
from bot.devin.client import Devin
from bot.domain.settings_file import FileSettings
from bot.engine.local import LocalEngine
from bot.features import COMMANDS, metadata
from bot.features.home.flow import HomeTab
from bot.kernel.organisation import Organisation, Organisations
from bot.kernel.services import Services
from bot.kernel.settings import Settings as ChannelSettings
from bot.kernel.settled_clock import SettledClock
from bot.kernel.workspace import Workspace, Workspaces
from bot.metrics import Metrics
from bot.setup_problems import SetupProblems
from bot.slack.client import Slack
from bot.store import people, posts
from bot.store.database.connection import Database, sqlite_path
from bot.store.database.schema import check_current, migrate
from bot.store.inbox_writer import InboxWriter
from bot.timing import PRODUCTION
from bot.views.message import Message


async def home_tab(settings: Settings, slack: Slack, devin: Devin, user: str) -> Message | None:
    """Draw the Home tab of `user`: by the store, or as on a first day if it has nothing about them or can't be read.

    None is for somebody of another company. Raises StartError if the settings file can't be read.
    """
    who, file = await slack.auth_test(), read_settings_file(settings)
    policy = replace(policy_of(settings), roles=file.roles)

    async def drawn(db: Database) -> Message | None:
        workspace = Workspace(who.team, who.user_id, who.bot_id, slack, policy, Organisation(devin, db))
        async with db.read() as tx:
            drawer = HomeTab(_services(db, workspace, settings, file))
            return await drawer.draw(tx, posts.home_subject(who.team, user), shared=False)

    url = settings.database_url.get_secret_value()
    async with AsyncExitStack() as stack:
        if (path := sqlite_path(url)) is None or path.exists():
            db = Database(url)
            stack.push_async_callback(db.close)
            # What is wrong with the store, `python -m bot doctor` says; each driver raises errors of its own.
            with suppress(Exception):
                await check_current(db, metadata)
                if (shown := await drawn(db)) is not None:
                    return shown
        folder = stack.enter_context(TemporaryDirectory())
        empty = Database(f"sqlite:///{folder}/empty.db")
        stack.push_async_callback(empty.close)
        await migrate(empty, metadata)
        person = await slack.person(user)
        async with empty.write() as tx:
            await people.put(tx, who.team, person, time.time())
        return await drawn(empty)


def _services(db: Database, workspace: Workspace, settings: Settings, file: FileSettings) -> Services:
    return Services(
        db=db,
        engine=LocalEngine(),
        writer=InboxWriter(db),
        workspaces=Workspaces(workspace),
        organisations=Organisations(workspace.organisation),
        timing=timed(settings, PRODUCTION),
        clock=SettledClock(time.time, time.monotonic),
        worker="doctor",
        metrics=Metrics(),
        commands=COMMANDS,
        setup=SetupProblems(Metrics()),
        settings=ChannelSettings(file),
    )
