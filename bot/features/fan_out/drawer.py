"""The message with the table of a fan-out: its sessions are asked for once it stands, and it shows how they stand."""

from typing import ClassVar

from bot.domain.session import Lifecycle
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out import sentences as views
from bot.features.fan_out import table_sentences as fan_out_table
from bot.features.fan_out.fan_outs import audited, carry_on, enqueue_session
from bot.features.fan_out.rules import FanOut, FanOutSession, FanOutState
from bot.kernel.unit_of_work import Drawer, Location, UnitOfWork
from bot.slack.errors import SlackError
from bot.store import audit, people
from bot.store.database.connection import Transaction
from bot.store.outbox import OutboxRow
from bot.store.posts import subject_of
from bot.views.message import Message


class FanOutTable(Drawer):
    """Draws the tables of fan-outs, and has their sessions started."""

    name: ClassVar[str] = "fanout"
    no_replies: ClassVar[Message | None] = views.NO_REPLIES

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return the table of a fan-out. None if the fan-out is gone, or is yet to be posted in a `shared` channel."""
        fan_out = await fan_outs.get(tx, subject)
        if fan_out is None or (shared and fan_out.ts is None):
            return None
        if shared:
            return fan_out_table.in_shared_channel(fan_out)
        asker = await people.name_of(tx, fan_out.team, fan_out.user)
        return fan_out_table.table(fan_out, await fan_outs.sessions_of(tx, fan_out.id), asker)

    async def posted(self, uow: UnitOfWork, row: OutboxRow, ts: str) -> None:
        """Ask for the sessions of the fan-out, one after the other."""
        await fan_outs.touch(uow.tx, subject_of(row.key))
        fan_out = await fan_outs.get(uow.tx, subject_of(row.key))
        if fan_out is None:
            return
        await fan_outs.change(uow.tx, fan_out.id, ts=ts)
        sessions = await fan_outs.sessions_of(uow.tx, fan_out.id)
        waiting = [session for session in sessions if session.lifecycle is Lifecycle.QUEUED]
        for number, session in enumerate(waiting):
            await enqueue_session(uow, fan_out, session, number * uow.timing.fan_out_pause)
        await carry_on(uow, fan_out, "begin")

    async def not_posted(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:  # noqa: ARG002
        """End the fan-out, and inform who asked that nothing was started."""
        fan_out = await fan_outs.get(uow.tx, subject_of(row.key))
        if fan_out is None:
            return
        await fan_outs.change_while(uow.tx, fan_out.id, FanOutState.RUNNING, state=FanOutState.OVER)
        await fan_outs.cancel_unstarted(uow.tx, fan_out.id)
        lost = views.not_posted(fan_out.channel)
        await uow.add_to_outbox(uow.post_row(f"{fan_out.message_key}:lost", fan_out.team, fan_out.user, None, lost))
        await audit.add(uow.tx, audited(fan_out, uow.now, "unposted", {}))


async def post_table(uow: UnitOfWork, fan_out: FanOut) -> None:
    """Have the table of `fan_out` posted, after which its sessions are started."""
    await uow.show(FanOutTable, fan_out.id, Location(fan_out.team, fan_out.channel))


async def touch(uow: UnitOfWork, fan_out_id: str) -> None:
    """Count up the version of a fan-out, and have its table show what is about to change. Edits of cards go first."""
    await fan_outs.touch(uow.tx, fan_out_id)
    await uow.redraw(FanOutTable, fan_out_id, gives_way=True)


async def change_session(
    uow: UnitOfWork, fan_out: FanOut, session: FanOutSession, cause: str, **values: object
) -> None:
    """Store `values` about a session, have the table show them, and carry the fan-out on.

    `cause` is a part of the key of the row that does so, such as the key of the row that is being worked on.
    """
    await touch(uow, fan_out.id)
    await fan_outs.change_session(uow.tx, fan_out.id, session.org_id, **values)
    await carry_on(uow, fan_out, cause)
