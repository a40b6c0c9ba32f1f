"""What people think of a result: the two buttons under the end of a turn. One vote each, which they may change."""

from dataclasses import dataclass

from bot.domain.commands.registry import RATE
from bot.domain.commands.spec import CommandSpec
from bot.domain.session import Session
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.store import turn_ends, votes
from bot.store.votes import Vote
from bot.views import turn_ends as end_views
from bot.views.questions import STALE


@dataclass(frozen=True, slots=True)
class Rate:
    """Stores votes."""

    services: Services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """Return what the buttons do."""
        return {RATE: Handler(on_session=self._rate)}

    async def _rate(self, job: CommandJob, session: Session) -> None:
        """Store the vote of the person, if the post is of a result."""
        (word, _, key), user = job.cause.argument.partition(" "), job.cause.user or ""
        async with self.services.unit_of_work_for(job) as uow:
            end = await turn_ends.get(uow.tx, key)
            good = end_views.VOTES.get(word)
            if end is None or good is None or end.end.kind not in end_views.RATED:
                await finish_with(uow, job, STALE)
                return
            # A crash before this commit has the press carried out again, which stores the same vote.
            await votes.put(uow.tx, Vote(key, user, session.team, session.org_id, good, uow.now))
            await finish_with(uow, job, end_views.THANKS[good], session)
