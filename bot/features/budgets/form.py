"""The form of `/devin budget set` without anything behind it, and the one for another amount than was asked for.

What is filled in is written as the command is, so that one reader decides what is wrong with it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.domain.causes import ViewCause
from bot.domain.form import Form
from bot.features.budgets import grant_rows as grants
from bot.features.budgets import sentences as views
from bot.features.budgets.grant_rows import GrantState
from bot.features.budgets.requests import close_request, decide
from bot.features.budgets.rules import USUAL_WARNINGS, ScopeKind, Span
from bot.features.budgets.try_out import BudgetTrials
from bot.features.budgets.words import LEAST_ACUS, Problem, WantedBudget, parse_acus, parse_set
from bot.kernel.forms.forms import FormKind, Opening, answer
from bot.kernel.job import Job, finish
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.views.modals.parts import View, channel_field, choice_field, form_view, notice, person_field, text_field

WHOM: Final = "whom"
CHANNEL: Final = "channel"
PERSON: Final = "person"
ACUS: Final = "acus"
SPAN: Final = "span"
WARN: Final = "warn"
# What is picked in a field of its own, as a menu of Slack's is not emptied again: the field counts if it is chosen.
_PICKED: Final = {ScopeKind.CHANNEL.value: (CHANNEL, "#"), ScopeKind.PERSON.value: (PERSON, "@")}


def budget_form(form: Form) -> View:
    """The form for a budget."""
    kinds = (ScopeKind.EACH_PERSON, ScopeKind.EACH_CHANNEL, ScopeKind.EACH_SESSION, ScopeKind.ORG)
    whom = {kind.value: f"{words[:1].upper()}{words[1:]}" for kind in kinds if (words := views.KINDS[kind])}
    whom |= {kind: f"One {kind}, picked below" for kind in _PICKED}
    spans = {span.value: f"A {span.value}" for span in Span}
    fields = [
        choice_field(WHOM, "For", whom, ScopeKind.EACH_PERSON),
        channel_field(CHANNEL, "Channel", current=False),
        person_field(PERSON, "Person"),
        text_field(ACUS, "ACUs", hint="An ACU (agent compute unit) measures Devin's work.", most=20),
        choice_field(SPAN, "How often", spans, Span.CYCLE, hint="A cycle is Devin's billing cycle."),
        text_field(WARN, "Warn at", ", ".join(map(str, USUAL_WARNINGS)), hint="Percentages, such as 50, 80.", most=40),
    ]
    return form_view(form, BudgetForm.title, "Next", fields)


def grant_form(form: Form, acus: Decimal) -> View:
    """The form for another amount than the `acus` that were asked for."""
    field = text_field(ACUS, "ACUs", f"{acus.normalize():f}", hint="They're added until the budget resets.", most=20)
    return form_view(form, GrantForm.title, "Grant", [field])


class BudgetForm(FormKind):
    """The form for a budget. What comes of it is the question of `budget set`, in a direct message."""

    title = "Budget"

    def __init__(self, services: Services) -> None:
        self._services = services
        self._trials = BudgetTrials(services)

    async def first(self, workspace: Workspace, opening: Opening) -> View | None:  # noqa: ARG002 - it is the same for all
        """Return the form, for which nothing has to be read."""
        return budget_form(opening.form)

    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return the form."""
        view = await self.first(workspace, opening)
        assert view is not None
        return view

    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - there is one form
        """Return a sentence for each field that is wrong."""
        picked, _ = _PICKED.get(fields.get(WHOM, ""), ("", ""))
        errors = {picked: f"Pick the {picked}."} if picked and not fields.get(picked) else {}
        for name in (ACUS, WARN):  # each with the others as they may be
            wanted = _wanted({WHOM: ScopeKind.ORG.value, ACUS: f"{LEAST_ACUS}", name: fields.get(name, "")})
            if isinstance(wanted, Problem):
                errors[name] = views.PROBLEMS_OF_FIELDS[wanted]
        return errors

    async def save(self, job: Job[ViewCause]) -> None:
        """Ask whether to set the budget."""
        wanted = _wanted(job.cause.fields)
        if isinstance(wanted, Problem):  # as other rules may hold than when it was sent
            message = views.problem(wanted)
        else:
            message = views.ask_or_set_already(await self._trials.tried(job.workspace, job.cause.user, wanted), wanted)
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
        if asked is None or asked.state is not GrantState.ASKED:
            gone = views.BUDGET_GONE if asked is None else views.ANSWERED_ALREADY
            return notice(self.title, gone.text)
        return grant_form(opening.form, asked.acus)

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
                    await close_request(uow, workspace, key)
            await answer(uow, job, message)
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], _reason: str, /) -> None:
        """Announce that nothing was granted."""
        await answer(uow, job, views.grant_lost(job.row.ref))


def _wanted(fields: Mapping[str, str]) -> WantedBudget | Problem:
    whom = fields.get(WHOM, "")
    if whom in _PICKED:
        name, sign = _PICKED[whom]
        whom = f"{sign}{fields.get(name, '')}"
    warn = fields.get(WARN, "").strip() or ",".join(map(str, USUAL_WARNINGS))
    # One word each, so that nothing in a field is read as another one.
    acus = "".join(fields.get(ACUS, "").split()) or "-"
    return parse_set(f"{whom} {acus} a {fields.get(SPAN, Span.CYCLE)} warn {warn}")
