"""A channel that is gone for us: its sessions go on at Devin, and the people who asked hear of it once, directly."""

from bot.domain.causes import ChannelGoneCause
from bot.domain.session import Lifecycle, Session
from bot.flows.job import Job, finish
from bot.flows.services import Services
from bot.flows.unit_of_work import UnitOfWork
from bot.store import outbox, sessions
from bot.store.cards import card_key
from bot.views import answers
from bot.views.message import Message


class ChannelGone:
    """Tells requesters that their thread has fallen silent."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self, job: Job[ChannelGoneCause]) -> None:
        """Give up what was to be posted there, and tell each requester once."""
        team, channel = self._services.workspace.team, job.cause.channel
        async with self._services.unit_of_work_for(job) as uow:
            for session in await sessions.of_channel(uow.tx, team, channel, limit=500):
                await uow.mark_session_dead(session.id, "channel gone")
                message = await self._word(uow, session, archived=job.cause.archived)
                await uow.add_to_outbox(uow.post_row(f"lost:{session.id}:channel", session.requester, None, message))
            await finish(uow, job)

    async def _word(self, uow: UnitOfWork, session: Session, *, archived: bool) -> Message:
        if session.thread_ts is not None:
            return answers.posting_lost(session.channel, session)
        # Its card was not posted yet, so nothing was started, and nothing will be.
        await sessions.end(uow.tx, session.id, Lifecycle.REFUSED, uow.now)
        card = await outbox.by_key(uow.tx, card_key(session.id))
        if card is not None:
            await outbox.without_secret(uow.tx, card)
        return answers.channel_archived(session.channel) if archived else answers.not_in_channel(session.channel)

    async def on_dead(self, uow: UnitOfWork, job: Job[ChannelGoneCause], _reason: str, /) -> None:
        """Nothing can be said where nothing can be posted; the log has it."""
