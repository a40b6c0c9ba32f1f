"""What the kernel itself brings, as a feature does: operations, help, sources of files, and the upkeep of the store."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from bot.domain.commands import registry
from bot.domain.commands.spec import CommandSpec
from bot.kernel.commands.handler import Handler
from bot.kernel.commands.help import help_handlers
from bot.kernel.feature import Per, Tick
from bot.kernel.job import Flow
from bot.kernel.operations.file import OperationFiles
from bot.kernel.operations.message import OperationMessage
from bot.kernel.operations.requests import cancel
from bot.kernel.operations.row_sources import OperationKinds
from bot.kernel.operations.run import RunOperation
from bot.kernel.sending.file_contents import Charts, DevinFiles, Tables
from bot.kernel.sending.file_sources import FileSource
from bot.kernel.tasks import Kernel
from bot.kernel.unit_of_work import Drawer
from bot.kernel.upkeep.clock import ClockWatch
from bot.kernel.upkeep.heartbeat import Heartbeat
from bot.kernel.upkeep.retention import Retention
from bot.kernel.upkeep.setup_problems import SetupNotices
from bot.kernel.upkeep.sweep import Sweep
from bot.kernel.upkeep.user_groups import TICK, UserGroups
from bot.kernel.workspace import Workspace
from bot.store.table_spec import TableSpec


class KernelParts:
    """The parts of the kernel, made with the `kinds` of operations that features bring."""

    def __init__(self, kernel: Kernel, kinds: OperationKinds) -> None:
        self._kernel = kernel
        self._kinds = kinds
        self.heartbeat = Heartbeat(kernel.services)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """Return what help does, and the button that cancels an operation."""
        services = self._kernel.services
        return help_handlers(services, self._kernel.access) | {
            registry.CANCEL_OPERATION: Handler(run=partial(cancel, services))
        }

    async def _learn_private(self, workspace: Workspace) -> float:
        """Ask about some channels whether they are private. Returns the seconds until the next look."""
        timing = self._kernel.services.timing
        await self._kernel.shared_channels.learn_private(workspace, timing.privacy_known)
        return timing.privacy_tick

    def tasks(self) -> dict[str, Flow[Any]]:
        """Return what carries operations on."""
        return {RunOperation.name: RunOperation(self._kernel.services, self._kernel.access, self._kinds)}

    def drawers(self) -> list[Drawer]:
        """Return what draws the messages of operations."""
        return [OperationMessage(self._kernel.services, self._kinds)]

    def file_sources(self) -> list[FileSource]:
        """Return wherever the content of shared files comes from."""
        services = self._kernel.services
        return [DevinFiles(services), Tables(), Charts(), OperationFiles(services, self._kernel.access)]

    def ticks(self, tables: Sequence[TableSpec], card: type[Drawer]) -> list[Tick]:
        """Return what keeps the store, with its `tables`, the engine and who is an admin in order.

        Threads go with their `card`.
        """
        services = self._kernel.services
        clock = ClockWatch(services, tables)
        sweep = Sweep(services, clock)
        return [
            Tick("heartbeat", Per.PROCESS, self.heartbeat.beat, once=False),
            Tick("clock", Per.PROCESS, clock.tick, once=False),
            Tick(clock.sweep, Per.PROCESS, sweep.tick),
            Tick("setup problems", Per.WORKSPACE, SetupNotices(services).tick, once=False),
            Tick("checkpoint", Per.PROCESS, sweep.checkpoint),
            Tick("retention", Per.PROCESS, Retention(services, tables, card).tick),
            Tick("private channels", Per.WORKSPACE, self._learn_private),
            Tick(TICK, Per.WORKSPACE, UserGroups(services, self._kernel.access).tick),
        ]
