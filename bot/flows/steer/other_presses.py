"""The buttons that are about no session: each has a flow of its own, and all others go on as before."""

from collections.abc import Mapping

from bot.domain.causes import ActionCause
from bot.flows.job import Flow, Job
from bot.flows.unit_of_work import UnitOfWork


class OtherPresses:
    """Gives a press to the flow in `flows` that is named like its command, or else to `others`."""

    def __init__(self, others: Flow[ActionCause], flows: Mapping[str, Flow[ActionCause]]) -> None:
        self._others = others
        self._flows = flows

    async def run(self, job: Job[ActionCause]) -> None:
        """Have the press carried out."""
        await self._flow(job).run(job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ActionCause], reason: str, /) -> None:
        """Have it announced what was lost."""
        await self._flow(job).on_dead(uow, job, reason)

    def _flow(self, job: Job[ActionCause]) -> Flow[ActionCause]:
        return self._flows.get(job.cause.verb, self._others)
