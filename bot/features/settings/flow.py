"""The form of settings: what is set is shown, and what somebody changes is stored."""

from collections.abc import Mapping

from bot.conversation.start.launch_choices import LaunchChoices
from bot.devin.known_defaults import unknown_defaults
from bot.domain.causes import ViewCause
from bot.domain.commands.picked import picked_channel
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.domain.settings_values import Scope, Setting, SettingError, Values, as_json
from bot.features.settings import sentences as views
from bot.features.settings.rules import Group, SettingChange, changes, field_name, mistakes, settings_of
from bot.features.settings.specs import CHANNEL, MINE, SETTINGS, SETTINGS_WHY
from bot.kernel.access import Access
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.forms.forms import FormKind, Opening, answer
from bot.kernel.job import Job, finish
from bot.kernel.services import Services
from bot.kernel.settings import is_direct
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import audit
from bot.store import settings as setting_rows
from bot.store.audit import AuditRow
from bot.views.message import Message
from bot.views.modals.parts import View, notice


class SettingsForm(FormKind):
    """The form of `/devin settings`: a person's own, and those of the channel for who may manage it."""

    title = views.TITLE

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._choices = LaunchChoices(services)

    async def first(self, workspace: Workspace, opening: Opening) -> View | None:  # noqa: ARG002 - all of it is to be read
        """Return None: what is set has to be read, and who may manage the channel asked for."""
        return None

    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return the form with what is set; a notice to who asks for a channel that they may not manage."""
        form, file = opening.form, self._services.settings.file
        person = await self._access.person(workspace, opening.user)
        if (outside := self._access.refusal(person, shared=False)) is not None:
            return notice(self.title, outside.text)
        refusal = await self._channel_refusal(workspace, opening.user, form.channel) if form.target != MINE else None
        if form.target == CHANNEL and refusal is not None:
            return notice(self.title, refusal.text)
        async with self._services.db.read() as tx:
            of_channel, of_people = await setting_rows.chosen(tx, workspace.team, form.channel, [opening.user])
        groups: list[Group] = []
        if form.target != CHANNEL:
            mine = of_people.get(opening.user, {})
            groups.append(_group(Scope.PERSON, mine, file.holding(None, opening.user)))
        if form.target != MINE and refusal is None:
            groups.append(_group(Scope.CHANNEL, of_channel, file.holding(form.channel, None)))
        return views.settings_form(form, groups, file.name)

    async def choices(self, workspace: Workspace, user: str, form: Form, name: str, typed: str) -> Mapping[str, str]:
        """Return the repositories, modes, or playbooks by their titles, that fit what was `typed`."""
        scope, _, setting = name.rpartition(".")
        channel = form.channel if scope == Scope.CHANNEL else ""  # one's own is for all channels
        found = await self._choices.of_field(workspace, user, channel, setting, typed)
        # A default is shown in many places, where an id says nothing.
        titles = await self._choices.playbook_titles(workspace) if setting == Setting.PLAYBOOK else {}
        return {titles.get(value, value): words for value, words in found.items()}

    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:
        """Return a sentence for each field that was changed and is not valid."""
        return mistakes(form.digest, fields)

    async def errors_at_devin(self, workspace: Workspace, form: Form, fields: Mapping[str, str]) -> dict[str, str]:
        """Return a sentence for each changed default that Devin lacks."""
        found: dict[str, str] = {}
        for change in changes(form.digest, fields):
            values = {} if change.value is None else {change.setting: change.value}
            for setting, sentence in (await unknown_defaults(workspace.organisation.devin, values)).items():
                found[field_name(change.scope, setting)] = sentence
        return found

    async def save(self, job: Job[ViewCause]) -> None:
        """Store what was changed, if the person may still manage the channel; the last form that is sent counts.

        A crash before the commit stores nothing, and the row is handled again; after it nothing is left to do.
        """
        form = job.cause.form
        refusal, changed = _read(form, job.cause.fields)
        if any(change.scope is Scope.CHANNEL for change in changed):
            refusal = await self._channel_refusal(job.workspace, job.cause.user, form.channel)
        looser = next((change for change in changed if change.loosens), None)
        # Anybody can create a channel, and would otherwise be without a brake there.
        if refusal is None and looser is not None:
            may = await self._access.manages(job.workspace, job.cause.user, form.channel, as_creator=False)
            refusal = None if may else views.only_admins_loosen(looser)
        async with self._services.unit_of_work_for(job) as uow:
            if refusal is None:
                await self._store(uow, job, changed)
            await answer(uow, job, views.saved(changed, form.channel) if refusal is None else refusal)
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], _reason: str, /) -> None:
        """Announce that the form was not saved."""
        await answer(uow, job, views.lost(job.row.ref))

    async def _channel_refusal(self, workspace: Workspace, user: str, channel: str) -> Message | None:
        """Why the person may not set what holds in the channel; None if they may."""
        if is_direct(channel):
            return views.NO_CHANNEL
        return None if await self._access.manages(workspace, user, channel) else views.NOT_YOURS

    async def _store(self, uow: UnitOfWork, job: Job[ViewCause], changed: list[SettingChange]) -> None:
        team, cause = job.workspace.team, job.cause
        channel = cause.form.channel
        before, _ = await setting_rows.chosen(uow.tx, team, channel, [])
        for change in changed:
            subject = channel if change.scope is Scope.CHANNEL else cause.user
            if change.value is None:
                await setting_rows.remove(uow.tx, team, change.scope, subject, change.setting)
            else:
                of = (team, change.scope, subject, change.setting, change.value)
                await setting_rows.put(uow.tx, *of, cause.user, uow.now)
        await uow.redraw_home(team, cause.user)
        of_channel = {change.setting: change.value for change in changed if change.scope is Scope.CHANNEL}
        if of_channel:
            old = {setting.value: as_json(before[setting]) for setting in of_channel if setting in before}
            new = {setting.value: None if value is None else as_json(value) for setting, value in of_channel.items()}
            row = AuditRow(team, uow.now, cause.user, SETTINGS.name, channel, channel, old or None, new)
            await audit.add(uow.tx, row)


def _read(form: Form, fields: Mapping[str, str]) -> tuple[Message | None, list[SettingChange]]:
    """Return what was changed; or why it cannot be taken, as other rules may hold than when it was sent."""
    try:
        return None, changes(form.digest, fields)
    except SettingError as wrong:
        return views.not_saved(str(wrong)), []


def _group(scope: Scope, chosen: Values, held: Values) -> Group:
    """The fields of a `scope`: what people have `chosen`, and what the file has, which is `held`."""
    return Group(scope, chosen, {setting: held[setting] for setting in settings_of(scope) if setting in held})


# ------------------------------------------------------------ flow
# The commands about settings: the form opens, or what holds is shown with its sources.


class SettingsCommands:
    """Answers the commands about settings."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        return {SETTINGS: Handler(self._form), SETTINGS_WHY: Handler(self._why)}

    async def _form(self, asked: Asked) -> Answer:
        if not asked.argument.startswith("#"):
            return Form(SETTINGS.name, asked.argument, asked.channel)
        channel = picked_channel(asked.argument)
        return Form(SETTINGS.name, CHANNEL, channel) if channel else views.PICK_CHANNEL

    async def _why(self, asked: Asked) -> Answer:
        """Show what holds for the person where they ask, so that no other channel is named."""
        if (refusal := await self._access.refusal_in_ack(asked.workspace, asked.user)) is not None:
            return refusal
        settings = self._services.settings
        async with self._services.db.read() as tx:
            held = await settings.effective(tx, asked.workspace.team, asked.channel, asked.user)
        return views.why(held, settings.file.name, in_channel=not is_direct(asked.channel))
