"""A reply under a card that nobody knows yet is not lost when the card is found at the very same time."""

import pytest

from bot.conversation.lookup import SessionLookup
from bot.conversation.prompt import PromptBuilder
from bot.conversation.receive.conversation import Conversation
from bot.conversation.start.create import Create
from bot.conversation.start.from_command import StartFromCommand
from bot.conversation.start.from_message import StartFromMessage
from bot.conversation.steer.reply import Reply
from bot.conversation.steer.session_commands import SessionCommands
from bot.conversation.steer.session_list import SessionList
from bot.domain.causes import MessageCause
from bot.kernel.access import Access
from bot.kernel.commands.table import CommandTable
from bot.kernel.gates import Gates
from bot.kernel.identities import Identities
from bot.kernel.job import Job, Reschedule
from bot.kernel.sending.file_transfers import FileTransfers
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.tasks import Kernel
from bot.store import inbox, lanes, threads
from bot.store.threads import Thread
from bot.timing import PRODUCTION
from tests.flows.conftest import CHANNEL, TEAM
from tests.store.rows import LEASE, NOW, THREAD, asked

LANE = f"in:{TEAM}:{CHANNEL}:{THREAD}"
WRITTEN = MessageCause("U0ANN", "use pytest", CHANNEL, "1750000001.000100", THREAD, under_us=True)


def conversation(services):
    """The flow with everything it hands on to."""
    access, gates, lookup = Access(services), Gates(), SessionLookup(services)
    prompts = PromptBuilder(services, access, FileTransfers())
    identities = Identities(services)
    create = Create(services, gates, prompts, lookup, identities)
    session_list = SessionList(services, access)
    reply = Reply(services, gates, prompts, lookup, identities, session_list)
    return Conversation(
        Kernel(services, access, gates, SharedChannels(services)),
        reply,
        SessionCommands(services, session_list, []),
        StartFromCommand(services, access, gates, prompts),
        StartFromMessage(services, gates, prompts, create),
        CommandTable(services, access, {}),
        no_replies={},
    )


# SQLite has one writer, so there nothing can come between.
@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_reply_that_catch_up_brings_while_it_is_being_dropped_is_kept(make, either_store, clock, monkeypatch):
    clock.now, db = NOW, either_store.db
    row = asked(lane=LANE, cause=WRITTEN)
    async with db.write() as tx:
        await inbox.add(tx, [row])
        claim = await lanes.claim(tx, db, LANE, "worker", LEASE)
    drop = inbox.drop

    async def drop_late(tx, key):
        async with db.write() as other:
            await threads.put(other, Thread(TEAM, CHANNEL, THREAD, "s", closed=False, last_seen_ts=THREAD), NOW)
            await inbox.add(other, [row])  # its key is still taken
        await drop(tx, key)

    monkeypatch.setattr(inbox, "drop", drop_late)
    clock.now += PRODUCTION.unknown_thread + 1
    services = make(either_store, clock)
    with pytest.raises(Reschedule):
        await conversation(services).run(Job(row, claim, services.workspaces[TEAM]))
    async with db.read() as tx:
        kept = await inbox.get(tx, row.key)
    assert kept is not None
    assert kept.cause.text == "use pytest"
