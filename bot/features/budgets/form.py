"""The form of `/devin budget set` without anything behind it, and the one for another amount than was asked for.

What is filled in is written as the command is, so that one reader decides what is wrong with it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from bot.domain.billing import billing_day
from bot.domain.causes import ViewCause
from bot.domain.form import Form
from bot.features.budgets import grant_rows as grants
from bot.features.budgets import sentences as views
from bot.features.budgets.grant_rows import GrantState
from bot.features.budgets.requests import close_request, decide, least_of
from bot.features.budgets.rules import USUAL_WARNINGS, ScopeKind, Span
from bot.features.budgets.try_out import BudgetTrials
from bot.features.budgets.words import LEAST_ACUS, SIGNS, Problem, WantedBudget, parse_acus, parse_set
from bot.features.teams import rows as cost_centres
from bot.kernel.forms.forms import FormKind, Opening, answer
from bot.kernel.job import Job, finish
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.views.blocks import section
from bot.views.message import Message
from bot.views.modals.parts import View, channel_field, choice_field, form_view, notice, person_field, text_field

WHOM: Final = "whom"
CHANNEL: Final = "channel"
TEAM: Final = "team"
REPO: Final = "repo"
PERSON: Final = "person"
ACUS: Final = "acus"
SPAN: Final = "span"
WARN: Final = "warn"
MOST_TEAMS: Final = 100  # that a menu of Slack's takes
# What has a field of its own, as a menu of Slack's is not emptied again: the field counts if its kind is chosen. Each
# with what the menu says, and what is said where the field is empty.
_PICKED: Final = {
    ScopeKind.CHANNEL.value: (CHANNEL, "One channel, picked below", "Pick the channel."),
    ScopeKind.PERSON.value: (PERSON, "One person, picked below", "Pick the person."),
    ScopeKind.TEAM.value: (TEAM, "One team, picked below", "Pick the team."),
    ScopeKind.REPO.value: (REPO, "One repository, named below", "Name the repository."),
}


def budget_form(form: Form, teams: Sequence[str]) -> View:
    """The form for a budget, with the `teams` that there are."""
    kinds = (ScopeKind.EACH_PERSON, ScopeKind.EACH_CHANNEL, ScopeKind.EACH_SESSION, ScopeKind.ORG)
    whom = {kind.value: f"{words[:1].upper()}{words[1:]}" for kind in kinds if (words := views.KINDS[kind])}
    whom |= {kind: shown for kind, (field, shown, _) in _PICKED.items() if field != TEAM or teams}
    of_teams = [choice_field(TEAM, "Team", {name: name for name in teams}, teams[0])] if teams else []
    spans = {span.value: f"A {span.value}" for span in Span}
    fields = [
        choice_field(WHOM, "For", whom, ScopeKind.EACH_PERSON),
        channel_field(CHANNEL, "Channel", current=False),
        person_field(PERSON, "Person"),
        *of_teams,
        text_field(REPO, "Repository", hint="Its owner and name, such as acme/web.", most=150, optional=True),
        text_field(ACUS, "ACUs", hint="An ACU (agent compute unit) measures Devin's work.", most=20),
        choice_field(SPAN, "How often", spans, Span.CYCLE, hint="A cycle is Devin's billing cycle."),
        text_field(WARN, "Warn at", ", ".join(map(str, USUAL_WARNINGS)), hint="Percentages, such as 50, 80.", most=40),
    ]
    return form_view(form, BudgetForm.title, "Next", fields)


def grant_form(form: Form, acus: Decimal, said: str) -> View:
    """The form for another amount than the `acus` that were asked for, with what is `said` about the budget."""
    field = text_field(ACUS, "ACUs", f"{acus.normalize():f}", hint="They're added until the budget resets.", most=20)
    return form_view(form, GrantForm.title, "Grant", [section(said), field])


class BudgetForm(FormKind):
    """The form for a budget. What comes of it is the question of `budget set`, in a direct message."""

    title = "Budget"

    def __init__(self, services: Services) -> None:
        self._services = services
        self._trials = BudgetTrials(services)

    async def first(self, workspace: Workspace, opening: Opening) -> View | None:
        """Return the form, with the names of our own teams in it."""
        async with self._services.db.read() as tx:
            centres = await cost_centres.on_day(tx, workspace.team, billing_day(self._services.clock()))
        return budget_form(opening.form, [centre.name for centre in centres[:MOST_TEAMS]])

    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return the form."""
        view = await self.first(workspace, opening)
        assert view is not None
        return view

    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - there is one form
        """Return a sentence for each field that is wrong."""
        picked, _, missing = _PICKED.get(fields.get(WHOM, ""), ("", "", ""))
        errors = {picked: missing} if picked and not fields.get(picked) else {}
        of_org = {WHOM: ScopeKind.ORG.value, ACUS: f"{LEAST_ACUS}"}
        if picked == REPO and _wanted({**of_org, WHOM: REPO, REPO: fields.get(REPO, "")}) is Problem.REPO:
            errors.setdefault(REPO, views.PROBLEMS[Problem.REPO].replace("`", ""))  # Slack shows it as it is
        for name in (ACUS, WARN):  # each with the others as they may be
            wanted = _wanted({**of_org, name: fields.get(name, "")})
            if isinstance(wanted, Problem):
                errors[name] = views.PROBLEMS_OF_FIELDS[wanted]
        return errors

    async def save(self, job: Job[ViewCause]) -> None:
        """Ask whether to set the budget."""
        wanted = _wanted(job.cause.fields)
        if isinstance(wanted, Problem):  # as other rules may hold than when it was sent
            message = views.problem(wanted)
        else:
            tried = await self._trials.tried(job.workspace, job.cause.user, wanted)
            message = tried if isinstance(tried, Message) else views.ask_or_set_already(tried, wanted)
        # A crash before this commit has the row read again; after it, the question is on its way.
        async with self._services.unit_of_work_for(job) as uow:
            await answer(uow, job, message)
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], _reason: str, /) -> None:
        """Announce that no budget was set."""
        await answer(uow, job, views.form_lost(job.row.ref))


class GrantForm(FormKind):
    """The form for another amount than those on the buttons of a request, whose key is the form's target."""

    title = "Grant ACUs"

    def __init__(self, services: Services) -> None:
        self._services = services

    async def first(self, workspace: Workspace, opening: Opening) -> View | None:
        """Return the form with the amount that was asked for, or a notice where nothing is left to decide."""
        async with self._services.db.read() as tx:
            asked = await grants.get(tx, workspace.team, opening.form.target)
            found = asked and await least_of(tx, workspace, self._services.clock(), asked)
        if asked is None or not found or asked.state is not GrantState.ASKED:
            gone = views.BUDGET_GONE if not found else views.ANSWERED_ALREADY
            return notice(self.title, gone.text)
        return grant_form(opening.form, asked.acus, views.grant_hint(*found))

    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return the form."""
        view = await self.first(workspace, opening)
        assert view is not None
        return view

    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - there is one field
        """Return a sentence if that is no amount."""
        acus = parse_acus(fields.get(ACUS, ""))
        return {ACUS: views.PROBLEMS_OF_FIELDS[acus]} if isinstance(acus, Problem) else {}

    async def save(self, job: Job[ViewCause]) -> None:
        """Grant the amount, unless the request was answered meanwhile."""
        key, acus, workspace = job.cause.form.target, parse_acus(job.cause.fields.get(ACUS, "")), job.workspace
        # A crash before this commit has the row read again; after it the state of the request keeps it from two grants.
        async with self._services.unit_of_work_for(job) as uow:
            if isinstance(acus, Problem):  # as other rules may hold than when it was sent
                message = views.problem(acus, "grant")
            else:
                message, replaces = await decide(
                    uow, workspace, key, job.cause.user, job.cause.channel or None, lambda _: acus
                )
                if replaces:
                    await close_request(uow, workspace, key, job.cause.user)
            await answer(uow, job, message)
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], _reason: str, /) -> None:
        """Announce that nothing was granted."""
        await answer(uow, job, views.grant_lost(job.row.ref))


def _wanted(fields: Mapping[str, str]) -> WantedBudget | Problem:
    whom = fields.get(WHOM, "")
    if whom in _PICKED:
        name, *_ = _PICKED[whom]
        picked = fields.get(name, "")
        whom = SIGNS[ScopeKind(whom)].format("".join(picked.split()) if name == REPO else picked)
    warn = fields.get(WARN, "").strip() or ",".join(map(str, USUAL_WARNINGS))
    # One word each, so that nothing in a field is read as another one.
    acus = "".join(fields.get(ACUS, "").split()) or "-"
    return parse_set(f"{whom} {acus} a {fields.get(SPAN, Span.CYCLE)} warn {warn}")
