"""A channel in which the bot cannot be any more: its sessions go on at Devin, and their askers get a direct message."""

from typing import ClassVar

from bot.conversation.session_card import announce_channel_lost, card_key
from bot.domain.causes import EventCause
from bot.domain.commands.spec import Source
from bot.domain.session import Lifecycle, Session
from bot.kernel.job import Job, finish
from bot.kernel.tasks import Kernel, SlackEvent
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import outbox, sessions
from bot.views.answers import access as access_sentences
from bot.views.answers import failures as failure_sentences
from bot.views.message import Message


class ChannelGone:
    """Ends what was to be posted in such a channel, and informs the people who asked there."""

    event: ClassVar[SlackEvent] = SlackEvent(
        ("channel_archive", "group_archive", "channel_left", "group_left"), {"channel": "channel"}, Source.NOTHING
    )

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services

    async def run(self, job: Job[EventCause]) -> None:
        """Mark dead what was to be posted in the channel, and send one direct message for each session in it."""
        team, channel = job.workspace.team, job.cause.fields["channel"]
        async with self._services.unit_of_work_for(job) as uow:
            for session in await sessions.of_channel(uow.tx, team, channel, limit=500):
                await uow.mark_session_dead(session.id, "channel gone")
                message = await self._end_unposted_or_announce(uow, session, archived="archive" in job.cause.event)
                await announce_channel_lost(uow, session, message, job.row.key)
            await finish(uow, job)

    async def _end_unposted_or_announce(self, uow: UnitOfWork, session: Session, *, archived: bool) -> Message:
        if session.thread_ts is not None:
            return failure_sentences.posting_lost(session.channel, session)
        # The card of the session was not posted yet, so nothing was started at Devin, and nothing will be.
        await sessions.end(uow.tx, session.id, Lifecycle.REFUSED, uow.now)
        card = await outbox.by_key(uow.tx, card_key(session.id))
        if card is not None:
            await outbox.without_secret(uow.tx, card)
        return (
            access_sentences.channel_archived(session.channel)
            if archived
            else access_sentences.not_in_channel(session.channel)
        )

    async def on_dead(self, uow: UnitOfWork, job: Job[EventCause], _reason: str, /) -> None:
        """Announce nothing, because nothing can be posted in the channel. The log has the reason."""
