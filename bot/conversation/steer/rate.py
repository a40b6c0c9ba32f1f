"""What people think of a result: the two buttons under the end of a turn. One vote each, which they may change."""

from dataclasses import dataclass

from bot.domain.commands.registry import RATE
from bot.domain.commands.spec import CommandSpec
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.store import sessions, turn_ends, votes
from bot.store.votes import Vote
from bot.views import turn_ends as end_views
from bot.views.questions import STALE


@dataclass(frozen=True, slots=True)
class Rate:
    """Stores votes."""

    services: Services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """Return what the buttons do."""
        return {RATE: Handler(run=self._run)}

    async def _run(self, job: CommandJob) -> None:
        """Store the vote of the person, if the post is of a result in the channel of the press."""
        word, _, key = job.cause.argument.partition(" ")
        user, here = job.cause.user or "", (job.workspace.team, job.cause.channel)
        async with self.services.unit_of_work_for(job) as uow:
            end = await turn_ends.get(uow.tx, key)
            session = await sessions.get(uow.tx, end.session_id) if end is not None else None
            good = end_views.VOTES.get(word)
            rated = end is not None and end.end.kind in end_views.RATED
            # A button's value is no authorisation.
            if session is None or good is None or not rated or (session.team, session.channel) != here:
                await finish_with(uow, job, STALE)
                return
            # A crash before this commit has the press carried out again, which stores the same vote.
            await votes.put(uow.tx, Vote(key, user, session.team, session.org_id, good, uow.now))
            await finish_with(uow, job, end_views.THANKS[good], session)
