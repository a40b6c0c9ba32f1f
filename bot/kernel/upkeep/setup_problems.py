"""Admins are informed of each problem with the set-up once, by whichever process has found it."""

from typing import Final

from bot.domain.billing import billing_day
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.setup_problems import Kind, SetupProblem
from bot.views.setup_problems import notice

OF_ONE_WORKSPACE: Final = frozenset({Kind.SLACK_ACCESS})
OF_ONE_ORGANISATION: Final = frozenset({Kind.DEVIN_ACCESS, Kind.DEVIN_RIGHTS, Kind.ORGANISATION})


class SetupNotices:
    """Informs the admins of a workspace of what is wrong with the set-up."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._done: set[tuple[str, Kind, str]] = set()

    async def tick(self, workspace: Workspace) -> float:
        """Post a message about each problem, again if it comes back on another day. Returns the seconds to wait."""
        found = {(workspace.team, problem.kind, problem.subject): problem for problem in self._services.setup.found}
        for key, problem in found.items():
            if key not in self._done and self._concerns(workspace, problem):
                await self._post(workspace, problem)
                self._done.add(key)
        self._done -= {key for key in self._done if key[0] == workspace.team and key not in found}
        return self._services.timing.setup_check

    def _concerns(self, workspace: Workspace, problem: SetupProblem) -> bool:
        if problem.kind in OF_ONE_WORKSPACE:
            return problem.subject != workspace.team  # where the token is refused, nothing can be posted
        return problem.kind not in OF_ONE_ORGANISATION or problem.subject == workspace.organisation.id

    async def _post(self, workspace: Workspace, problem: SetupProblem) -> None:
        # A crash after this commit repeats nothing: the key is stored, and is the same on this day in each process.
        async with self._services.unit_of_work() as uow:
            key = f"setup:{problem.kind}:{problem.subject}:{billing_day(uow.now)}"
            await uow.notify_admins(workspace, key, notice(problem))
