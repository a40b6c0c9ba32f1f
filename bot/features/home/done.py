"""The window with all of a person's sessions that are done, of which the Home tab shows the first ones."""

from collections.abc import Mapping

from bot.domain.causes import ViewCause
from bot.domain.form import Form
from bot.domain.list_groups import ListGroup
from bot.features.home.drawer import at_home, own_sessions
from bot.features.home.sentences import DONE_TITLE, recently_done
from bot.kernel.commands.handler import Asked
from bot.kernel.forms.forms import FormKind, Opening
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.views.modals.parts import View


async def open_window(asked: Asked) -> Form:
    """Answer the command of the button with its window."""
    return Form(asked.spec.name, channel=asked.channel)


class DoneLately(FormKind):
    """A window that only shows something, so that nothing of it ever comes back."""

    title = DONE_TITLE

    def __init__(self, services: Services) -> None:
        self._services = services

    async def first(self, workspace: Workspace, opening: Opening) -> View | None:  # noqa: ARG002 - the rows have to be read
        """Return nothing: the sessions have to be read."""
        return None

    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return the window with the sessions as they are now."""
        async with self._services.db.read() as tx:
            found = await own_sessions(self._services, tx, workspace, opening.user)
        done = [entry for entry in found if entry.group is ListGroup.RECENTLY_DONE]
        return recently_done(at_home(self._services, workspace, done))

    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - it has no fields
        """Return nothing, as there are no fields."""
        return {}

    async def save(self, job: Job[ViewCause]) -> None:
        """Close the row of a view that somebody has made up."""
        await self._services.close(job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], reason: str, /) -> None:
        """Announce nothing, as nothing was asked for."""
