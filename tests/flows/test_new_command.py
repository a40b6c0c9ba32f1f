"""What the ack of a start waits for."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from bot.conversation.prompt import PromptBuilder
from bot.conversation.receive.intake import Intake
from bot.conversation.receive.new_command import NewCommand
from bot.conversation.receive.reactions import Reactions
from bot.conversation.start.from_command import StartFromCommand
from bot.domain.commands.options import parse_request
from bot.domain.person import Person
from bot.features.budgets.check import BudgetCheck
from bot.kernel.access import Access
from bot.kernel.commands.handler import NO_ANSWER
from bot.kernel.gates import Gates
from bot.kernel.sending.file_transfers import FileTransfers
from bot.slack.client import Channel, Slack
from tests.flows.conftest import CHANNEL, TEAM
from tests.store.rows import NOW


class Answering(Slack):
    """A Slack that knows everybody and every channel."""

    async def person(self, user_id):
        return Person(user_id, "ann")

    async def channel(self, channel_id):
        return Channel(channel_id, "work")


@pytest.fixture
async def services(make, store, clock):
    clock.now = NOW
    services = make(store, clock, slack=Answering("xoxb-test"))
    writing = asyncio.create_task(services.writer.run())
    yield services
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing


async def test_where_all_is_known_the_ack_of_a_start_waits_for_one_transaction_that_reads(services, monkeypatch):
    access, workspace = Access(services), services.workspaces[TEAM]
    gates = Gates([BudgetCheck(services)])
    prompts = PromptBuilder(services, access, FileTransfers())
    start_from_command = StartFromCommand(services, access, gates, prompts)
    new_command = NewCommand(services, Intake(services, {}, Reactions(())), access, gates, start_from_command)
    await access.person(workspace, "U0ANN")
    await access.channel(workspace, CHANNEL)
    await access.known_person(workspace, "U0ANN")
    read, opened = services.db.read, []

    @asynccontextmanager
    async def counted():
        opened.append("read")
        async with read() as tx:
            yield tx

    monkeypatch.setattr(services.db, "read", counted)
    body = {"user_id": "U0ANN", "channel_id": CHANNEL, "trigger_id": "1.2", "text": "fix the login test"}
    answer = await new_command.take(workspace, body, parse_request("fix the login test"))
    assert answer == NO_ANSWER
    assert opened == ["read"]
