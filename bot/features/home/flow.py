"""The figures of the Home tab: a person's own in this cycle and, for admins, how the workspace stands."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar, Final

from bot.conversation.steer.session_list import paused_here
from bot.conversation.titles import ShownTitles, permalink
from bot.domain.amounts import cost
from bot.domain.billing import billing_day
from bot.domain.causes import EventCause, ViewCause
from bot.domain.commands.spec import Source
from bot.domain.form import Form
from bot.domain.list_groups import Grouped, ListGroup, grouped
from bot.domain.readers import Readers
from bot.domain.roles import Right
from bot.domain.settings_values import Effective, Values
from bot.features.alarms import rows as alarms
from bot.features.alarms.flow import alarm_key, notice
from bot.features.alarms.rules import AlarmKind
from bot.features.budgets import rows as budgets
from bot.features.budgets.check import own_budgets
from bot.features.budgets.rules import ScopeKind
from bot.features.budgets.sentences import days_about, own_line
from bot.features.budgets.standings import standings
from bot.features.consumption.cycles import cycle_of
from bot.features.consumption.sentences import counted_through
from bot.features.cost import rows as person_spend
from bot.features.cost.rows import SpentByPerson
from bot.features.home.sentences import (
    DONE_TITLE,
    MOST_OF_ALL,
    AtHome,
    Home,
    HomeFigures,
    for_guests,
    home,
    recently_done,
)
from bot.features.home.sentences import Workspace as Whole
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.admins import admins_of, has_right
from bot.kernel.commands.handler import Asked
from bot.kernel.forms.forms import FormKind, Opening
from bot.kernel.job import Job, finish
from bot.kernel.services import Services
from bot.kernel.tasks import Kernel, SlackEvent
from bot.kernel.unit_of_work import Drawer, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import people, posts, session_lists, sessions
from bot.store.database.connection import Transaction
from bot.views.doubts import why_about
from bot.views.message import Message
from bot.views.modals.parts import View

_DIRECT = "D"  # a direct message is no channel, so that only the budgets of the person and of the organisation hold


async def of_workspace(services: Services, tx: Transaction, workspace: Workspace, user: str) -> Whole:
    """Return what runs in the workspace, which budgets are near their end, and which alarms are open, for an admin."""
    running, number, own = await session_lists.running(tx, workspace.team, user, MOST_OF_ALL)
    titles = await ShownTitles.read(tx, workspace, Readers(person=user))
    names = workspace.policy.shows_names
    return Whole(
        [
            AtHome(
                ListGroup.WORKING,
                services.workspaces.with_code_hosts(session),
                permalink(workspace, session),
                session.requester_name if names else "",
                titles.replacement(session.channel, session.requester),
            )
            for session in running
        ],
        number,
        own,
        await _near_their_end(tx, workspace, user, services.clock()),
        await _open_alarms(tx, workspace, services.clock()),
    )


async def _near_their_end(tx: Transaction, workspace: Workspace, user: str, now: float) -> list[str]:
    """Return a line for each budget that has reached a warning level, the most used first."""
    stand = await standings(tx, workspace, now)
    found = [
        standing
        for budget in await budgets.of_workspace(tx, workspace.team)
        if budget.scope.kind is not ScopeKind.EACH_SESSION
        for standing in await stand.of_all(budget, min(budget.levels))
        if standing.crossed()
    ]
    first = sorted(found, key=lambda standing: -standing.percent)[:MOST_OF_ALL]
    named = [await stand.named(standing, user) for standing in first]
    lines = [own_line(one) for one in named if not one.is_hidden]
    more = len(found) - len(lines)
    return [*lines, *([f"and {more:,} more: `/devin budget list`"] if more else [])]


async def _open_alarms(tx: Transaction, workspace: Workspace, now: float) -> list[tuple[str, str | None]]:
    lines: list[tuple[str, str | None]] = []
    for alarm in reversed(await alarms.current(tx, workspace.organisation.id, now)):
        if alarm.team == workspace.team and alarm.over_at is None and len(lines) < MOST_OF_ALL:
            session = await sessions.get(tx, alarm.subject) if alarm.kind is AlarmKind.RUNAWAY else None
            post = await posts.get(tx, alarm_key(alarm))
            address = workspace.slack.permalink(alarm.channel, post.ts) if post is not None and post.ts else None
            shown = await notice(tx, workspace, replace(alarm, thread_ts=None), session, None)
            lines.append((shown.blocks[0]["text"]["text"], address))
    return lines


async def own_figures(
    services: Services, tx: Transaction, workspace: Workspace, user: str, admins_read_after: float
) -> HomeFigures:
    """Return what `user` sees of this cycle. Admins, known since an instant, also see what the organisation used."""
    now = services.clock()
    cycle, today = await cycle_of(tx, workspace.organisation.id, now), billing_day(now)
    spent = await person_spend.of_person(tx, workspace.team, user, cycle.first, today)
    about = await person_spend.about(tx, workspace.team, user, cycle.first, today)
    holding = await own_budgets(tx, workspace, user, _DIRECT, now)
    is_admin = user in (await admins_of(tx, workspace, admins_read_after)).ids
    return HomeFigures(
        cycle=cycle,
        acus=sum(expense.acus for expense in spent),
        sessions=len(spent),
        cost=cost(workspace.policy.acu_price, _by_day(spent)),
        about=about,
        in_others=person_spend.in_others(spent, workspace.organisation.id),
        organisation=await UsageLedger(services).of_cycle(tx, workspace, cycle, today) if is_admin else None,
        budgets=tuple(own_line(named) for named in holding),
        notes=(counted_through(today), *why_about(sorted({*about, *days_about(holding)}))),
    )


def _by_day(spent: Sequence[SpentByPerson]) -> dict[date, float]:
    sums: dict[date, float] = defaultdict(float)
    for expense in spent:
        for day, acus in expense.by_day.items():
            sums[day] += acus
    return sums


# ------------------------------------------------------------ drawer
# The Home tab of a person: where their sessions stand, and what they cost.


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


# ------------------------------------------------------------ done
# The window with all of a person's sessions that are done, of which the Home tab shows the first ones.


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


# ------------------------------------------------------------ opened
# A person has opened the app's Home tab (https://docs.slack.dev/reference/events/app_home_opened).


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
