"""A channel that is gone for us: its sessions go on at Devin, and the people who asked hear of it once, directly."""

from bot.flows.tools import Job, Step, Tools, finish
from bot.store import outbox, sessions
from bot.views import answers


class ChannelGone:
    """Tells requesters that their thread has fallen silent."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self, job: Job) -> None:
        """Give up what was to be posted there, and tell each requester once."""
        channel = job.row.payload["channel"]
        async with self._tools.step_of(job) as step:
            for session in await sessions.of_channel(step.tx, self._tools.place.team, channel, limit=500):
                await outbox.bury_session(step.tx, session.id, "channel gone", step.now)
                message = answers.posting_lost(channel, session)
                await step.say(step.row(f"lost:{session.id}:channel", session.requester, None, message))
            await finish(step, job)

    async def give_up(self, step: Step, job: Job, _reason: str, /) -> None:
        """Nothing can be said where nothing can be posted; the log has it."""
