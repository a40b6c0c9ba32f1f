"""The Home tab of a person: where their sessions stand, and what they cost."""

from collections.abc import Sequence
from typing import ClassVar

from bot.conversation.steer.session_list import paused_here
from bot.conversation.titles import permalink
from bot.domain.list_groups import Grouped, grouped
from bot.domain.roles import Right
from bot.domain.settings_values import Effective, Values
from bot.features.home.figures import of_workspace, own_figures
from bot.features.home.sentences import AtHome, Home, for_guests, home
from bot.kernel.admins import admins_of, has_right
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer
from bot.kernel.workspace import Workspace
from bot.store import people, session_lists
from bot.store.database.connection import Transaction
from bot.views.message import Message


class HomeTab(Drawer):
    """Draws Home tabs. The subject names the workspace and the person."""

    name: ClassVar[str] = "home"

    def __init__(self, services: Services) -> None:
        self._services = services

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return what the person sees; None for somebody of another company, or of whom nothing is stored."""
        del shared  # nobody else sees a Home tab
        team, _, user = subject.partition(":")
        person = await people.get(tx, team, user, read_after=0.0)
        if person is None or person.is_external or person.deleted:
            return None
        if person.is_guest:
            return for_guests()
        workspace = self._services.workspaces[team]
        known_since = self._services.clock() - self._services.timing.admins_known
        found = await own_sessions(self._services, tx, workspace, user)
        figures = await own_figures(self._services, tx, workspace, user, known_since)
        may_start = await has_right(tx, workspace, user, Right.START, known_since)
        held = await self._services.settings.effective(tx, team, None, user)
        mine = at_home(self._services, workspace, found)
        is_admin = user in (await admins_of(tx, workspace, known_since)).ids
        whole = await of_workspace(self._services, tx, workspace, user) if is_admin else None
        paused = await paused_here(tx, team)
        return home(Home(mine, figures, _chosen(held), may_start, whole, paused))


def _chosen(held: Effective) -> Values:
    """The values that somebody has set, and not those that are built in."""
    return {setting: getattr(held, setting.value) for setting in held.sources}


async def own_sessions(services: Services, tx: Transaction, workspace: Workspace, user: str) -> list[Grouped]:
    """Return the sessions of `user` that `/devin list` has."""
    lately = services.clock() - services.timing.list_over
    found = await session_lists.of_person(tx, workspace.team, user, lately)
    return grouped(found, lately, await session_lists.gone_on_from(tx, found))


def at_home(services: Services, workspace: Workspace, found: Sequence[Grouped]) -> tuple[AtHome, ...]:
    """Return a person's own sessions, of which they always see the ACUs, with the addresses of their threads."""
    shown = [(entry.group, services.workspaces.with_code_hosts(entry.session)) for entry in found]
    return tuple(AtHome(group, session, permalink(workspace, session)) for group, session in shown)
