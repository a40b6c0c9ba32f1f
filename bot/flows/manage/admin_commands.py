"""What admins ask for with `/devin audit`, `/devin audit bot` and `/devin orgs`: mostly the begin of a long job."""

from bot.domain.commands.audit_query import WrongQuery, days_of, parse_query
from bot.domain.commands.parser import Command
from bot.domain.commands.registry import AUDIT, ORGS
from bot.domain.long_job import NewLongJob
from bot.flows.manage.long_jobs.audit_log import audit_log_file
from bot.flows.manage.long_jobs.jobs import Asked, begin
from bot.flows.manage.long_jobs.organisations import organisation_list
from bot.flows.manage.long_jobs.row_sources import bot_audit_cells, bot_audit_file
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store import audit, people
from bot.views import audit_logs
from bot.views import long_jobs as views
from bot.views.message import Message


class AdminCommands:
    """Answers these commands from our own rows, or begins the long job that they ask for."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message:
        """Answer what `user` typed in `channel`. If it is empty, the message of a long job answers."""
        asked = Asked.by_command(workspace.team, user, channel, command.key)
        now = self._services.clock()
        if command.spec is ORGS:
            return await self._begin(asked, organisation_list(now))
        if command.spec is AUDIT:
            return await self._audit_log(asked, workspace, command.argument)
        return await self._begin(asked, bot_audit_file(now)) if command.argument else await self._bot_audit(workspace)

    async def _audit_log(self, asked: Asked, workspace: Workspace, typed: str) -> Message:
        query = parse_query(typed)
        if isinstance(query, WrongQuery):
            return audit_logs.wrong_query(query)
        days = days_of(query, self._services.clock(), workspace.policy.zone)
        if isinstance(days, WrongQuery):
            return audit_logs.wrong_query(days)
        return await self._begin(asked, audit_log_file(query, days))

    async def _begin(self, asked: Asked, new: NewLongJob) -> Message:
        # A crash right after the commit loses only the answer. The same request begins the job no second time.
        async with self._services.unit_of_work(first=True) as uow:
            await begin(uow, asked, new)
        return Message("") if asked.direct else views.BEGUN

    async def _bot_audit(self, workspace: Workspace) -> Message:
        async with self._services.db.read(first=True) as tx:
            found = await audit.below(tx, workspace.team, None, audit_logs.MOST_LISTED)
            names = await people.names(tx, workspace.team, {row.user for _, row in found})
        return audit_logs.bot_audit([bot_audit_cells(row, names.get(row.user, row.user)) for _, row in found])
