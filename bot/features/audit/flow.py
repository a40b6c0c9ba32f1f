"""What admins ask for with `/devin audit` and `/devin audit bot`: mostly the begin of an operation."""

from bot.domain.commands.spec import CommandSpec
from bot.domain.readers import Readers
from bot.features.audit import sentences as audit_logs
from bot.features.audit.bot_audit import bot_audit_cells, bot_audit_file, shown_rows
from bot.features.audit.source import audit_log_file
from bot.features.audit.specs import AUDIT, AUDIT_BOT
from bot.features.audit.words import WrongQuery, days_of, parse_query
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.operations.requests import begin_for
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import audit, people
from bot.views.message import Message


class AuditCommands:
    """Answers these commands from our own rows, or begins the operation that they ask for."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        return {
            AUDIT: Handler(self._audit_log, elsewhere=audit_logs.ONLY_IN_PRIVATE),
            AUDIT_BOT: Handler(self._bot_audit, elsewhere=audit_logs.ONLY_IN_PRIVATE),
        }

    async def _audit_log(self, asked: Asked) -> Message:
        query = parse_query(asked.argument)
        if isinstance(query, WrongQuery):
            return audit_logs.wrong_query(query)
        days = days_of(query, self._services.clock(), asked.workspace.policy.zone)
        if isinstance(days, WrongQuery):
            return audit_logs.wrong_query(days)
        begun = await begin_for(self._services, asked, audit_log_file(query, days))
        if asked.argument:
            return begun
        # Whether the key can see Devin's shows only later, and the bot's own are there anyway.
        own = await self._newest(asked.workspace, asked.readers)
        return begun if own is audit_logs.NOTHING_CHANGED else audit_logs.with_devins(own)

    async def _bot_audit(self, asked: Asked) -> Message:
        if asked.argument:
            return await begin_for(self._services, asked, bot_audit_file(self._services.clock()))
        return await self._newest(asked.workspace, asked.readers)

    async def _newest(self, workspace: Workspace, readers: Readers) -> Message:
        async with self._services.db.read() as tx:
            found = await audit.below(tx, workspace.team, None, audit_logs.MOST_LISTED, but=audit.WORK)
            names = await people.names(tx, workspace.team, {row.user for _, row in found})
            shown = await shown_rows(tx, workspace, found, readers)
        return audit_logs.bot_audit([bot_audit_cells(row, names.get(row.user, row.user)) for _, row in shown])
