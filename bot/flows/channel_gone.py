"""A channel that is gone for us: its sessions go on at Devin, and the people who asked hear of it once, directly."""

from bot.domain.session import Session, Stage
from bot.flows.tools import Job, Step, Tools, finish
from bot.store import outbox, sessions
from bot.store.cards import card_key
from bot.views import answers
from bot.views.message import Message


class ChannelGone:
    """Tells requesters that their thread has fallen silent."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self, job: Job) -> None:
        """Give up what was to be posted there, and tell each requester once."""
        channel = job.row.payload["channel"]
        async with self._tools.step_of(job) as step:
            for session in await sessions.of_channel(step.tx, self._tools.place.team, channel, limit=500):
                await step.mark_session_dead(session.id, "channel gone")
                message = await self._word(step, session, archived="archive" in job.row.payload["type"])
                await step.say(step.row(f"lost:{session.id}:channel", session.requester, None, message))
            await finish(step, job)

    async def _word(self, step: Step, session: Session, *, archived: bool) -> Message:
        if session.thread_ts is not None:
            return answers.posting_lost(session.channel, session)
        # Its card was not posted yet, so nothing was started, and nothing will be.
        await sessions.end(step.tx, session.id, Stage.REFUSED, step.now)
        card = await outbox.by_key(step.tx, card_key(session.id))
        if card is not None:
            await outbox.without_secret(step.tx, card)
        return answers.channel_archived(session.channel) if archived else answers.not_in_channel(session.channel)

    async def give_up(self, step: Step, job: Job, _reason: str, /) -> None:
        """Nothing can be said where nothing can be posted; the log has it."""
