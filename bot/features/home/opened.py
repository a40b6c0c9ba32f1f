"""A person has opened the app's Home tab (https://docs.slack.dev/reference/events/app_home_opened)."""

from typing import ClassVar, Final

from bot.domain.causes import EventCause
from bot.domain.commands.spec import Source
from bot.features.home.drawer import HomeTab
from bot.kernel.job import Job, finish
from bot.kernel.tasks import Kernel, SlackEvent
from bot.kernel.unit_of_work import UnitOfWork

_HOME: Final = "home"  # the other tab has the messages, and shows nothing of ours


class HomeOpened:
    """Has the tab drawn as it is now, and again for a while whenever what it lists changes."""

    event: ClassVar[SlackEvent] = SlackEvent(("app_home_opened",), {"user": "user", "tab": "tab"}, Source.LISTED)

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services
        self._access = kernel.access

    async def run(self, job: Job[EventCause]) -> None:
        """Have the tab drawn, unless its person is of another company, and close the row."""
        user = job.cause.fields["user"]
        shows = job.cause.fields["tab"] == _HOME and await self._may_see(job, user)
        # A crash before this commit has the row worked on again. After it, the sweep wakes the lane of the drawing,
        # and to show the same twice changes nothing.
        async with self._services.unit_of_work_for(job) as uow:
            if shows:
                await uow.open_home(HomeTab, job.workspace.team, user)
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job[EventCause], _reason: str, /) -> None:
        """Announce nothing: the tab shows what it did before, and is drawn when it is opened again."""

    async def _may_see(self, job: Job[EventCause], user: str) -> bool:
        # The drawer goes by what is stored about the person.
        person = await self._access.checked_person(job.workspace, user)
        return not (person.is_external or person.deleted)
