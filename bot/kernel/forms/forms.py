"""Forms: one is opened after a press, a slash command or a shortcut, checked when it comes back, and carried out.

A command has a form when a feature declares a `FormKind` under its name. That it may be used is checked when the form
opens, again when it comes back, and once more before anything is changed.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.devin.errors import DevinError
from bot.devin.secrets import SECRETS_PAGE
from bot.domain.causes import ViewCause
from bot.domain.commands.spec import Source
from bot.domain.form import Form
from bot.domain.pick import OnMessage
from bot.domain.redaction import redact
from bot.domain.secrets import has_secret
from bot.kernel.access import Access
from bot.kernel.job import Job, finish
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import ContentRefused, SlackError, SlackRefused
from bot.slack.forms import entered
from bot.slack.rendering import text_of
from bot.views.answers import access as access_sentences
from bot.views.answers import secrets as secret_sentences
from bot.views.answers.wording import answered_in_dm
from bot.views.message import Message
from bot.views.modals import parts
from bot.views.modals.parts import View

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Opening:
    """Who asks for which form, by a request of Slack's whose `trigger_id` opens one view within three seconds.

    `text` is that of the message on which a shortcut was used, still in Slack's notation, `on` says which it is, and
    `author` who wrote it, if that was a person.
    """

    user: str
    form: Form
    trigger_id: str
    response_url: str | None = field(default=None, repr=False)
    text: str = ""
    on: OnMessage | None = None
    author: str = ""
    answers: bool = False  # the button stood under a question, whose place is taken by one that opens the form again


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A submitted form that is not taken: what is wrong with its fields, by their names, or a view in its place."""

    errors: Mapping[str, str] = field(default_factory=dict)
    view: View | None = None


class FormKind(ABC):
    """What the form of one command looks like, when it is filled in well, and what is done with it."""

    title: str  # of the form, and of the views that stand in its place
    task: str = ""  # the field about which is asked, once the form is closed, whether it is meant without a secret

    @abstractmethod
    async def first(self, workspace: Workspace, opening: Opening) -> View | None:
        """Return the form as it opens, from our own rows at most; None if something has to be asked for it."""

    @abstractmethod
    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return the form, or a notice in its place, with what was read for it. May raise a DevinError."""

    async def choices(self, workspace: Workspace, user: str, form: Form, name: str, typed: str) -> Mapping[str, str]:  # noqa: ARG002 - few have any
        """Return the choices of the menu called `name` that fit what was `typed`: values and their words."""
        return {}

    @abstractmethod
    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:
        """Return a sentence for each field that cannot be taken; Slack waits for this, so nothing may be called."""

    async def errors_at_devin(self, workspace: Workspace, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - few have any
        """Return a sentence for each field whose value Devin lacks; none count if that takes too long for Slack."""
        return {}

    @abstractmethod
    async def save(self, job: Job[ViewCause]) -> None:
        """Carry out the form that was submitted, and close its row."""

    @abstractmethod
    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], reason: str, /) -> None:
        """Announce that nothing came of the form, or that nobody knows, to who has submitted it."""


def opening_from_message(command: str, body: Mapping[str, Any]) -> Opening:
    """Return the opening of the form of `command` with the message on which Slack's `body` reports a shortcut."""
    form, message = Form(command, channel=body["channel"]["id"]), body.get("message") or {}
    ts = str(message.get("ts") or body.get("message_ts") or "")
    on = OnMessage(ts, str(message.get("thread_ts") or ts)) if ts else None
    said, author = text_of(message), str(message.get("user") or "")
    return Opening(body["user"]["id"], form, body["trigger_id"], body.get("response_url"), said, on, author)


class Forms:
    """Opens forms, takes them back and has them carried out; `kinds` has the kind of form of each command."""

    def __init__(self, services: Services, access: Access, kinds: Mapping[str, FormKind]) -> None:
        self._services = services
        self._access = access
        self._kinds = kinds

    @property
    def commands(self) -> frozenset[str]:
        """The names of the commands that have a form."""
        return frozenset(self._kinds)

    async def open(self, workspace: Workspace, opening: Opening) -> None:
        """Show the form, or in its place why not; if Slack does not show it, say that privately.

        A crash on the way leaves no form, or one that says "Loading…", and has changed nothing.
        """
        try:
            await self._open(workspace, opening)
            if opening.answers:
                # A crash before this leaves the question, whose buttons still do what they say.
                async with self._services.unit_of_work() as uow:
                    key, url = f"form:{opening.trigger_id}", opening.response_url
                    where = (workspace.team, key, opening.user, opening.form.channel)
                    to = Recipient(*where, response_url=url, replaces=True)
                    await uow.reply_privately(to, parts.open_button(opening.form, parts.OPENED))
        except SlackError as error:
            log.warning("form not opened", form=opening.form.command, error=str(error))
            async with self._services.unit_of_work() as uow:
                key, url = f"form:{opening.trigger_id}", opening.response_url
                to = Recipient(workspace.team, key, opening.user, opening.form.channel, response_url=url)
                await uow.reply_privately(to, parts.NOT_OPENED)

    async def _open(self, workspace: Workspace, opening: Opening) -> None:
        kind = self._kinds[opening.form.command]
        refusal = await self._refusal(workspace, opening.form, opening.user)
        if self._services.commands.named(opening.form.command).source is not Source.PICKED:
            opening = replace(opening, text="", on=None)  # no form gets a message's words that doesn't say so
        opening = replace(opening, text=redact(opening.text))  # so they see what is left out before they send it
        if has_secret(opening.text):
            refusal = refusal or secret_sentences.not_taken(SECRETS_PAGE, written=False)
        first = parts.notice(kind.title, refusal.text) if refusal else await kind.first(workspace, opening)
        # Before anything is read: the trigger lives for three seconds.
        view_id = await workspace.slack.open_view(opening.trigger_id, first or parts.loading(kind.title))
        if first is None:
            await self._load(workspace, opening, kind, view_id)

    async def _load(self, workspace: Workspace, opening: Opening, kind: FormKind, view_id: str) -> None:
        try:
            # Of whom nothing was known, Slack is asked now: what is loaded may be words of others.
            refusal = await self._access.refusal_in_ack(workspace, opening.user)
            view = parts.notice(kind.title, refusal.text) if refusal else await kind.loaded(workspace, opening)
        except (DevinError, SlackError) as error:
            log.warning("form not loaded", form=opening.form.command, error=type(error).__name__)
            of_slack = isinstance(error, SlackError)
            view = parts.notice(kind.title, access_sentences.ROLE_UNKNOWN.text if of_slack else parts.NOT_LOADED)
        try:
            await workspace.slack.update_view(view_id, view)
        except ContentRefused as refused:
            log.warning("form not drawn", form=opening.form.command, error=str(refused), details=refused.details)
            # Without it the view would say "Loading…" for ever.
            await workspace.slack.update_view(view_id, parts.notice(kind.title, parts.NOT_DRAWN))
        except SlackRefused as refused:
            log.info("form closed meanwhile", form=opening.form.command, error=str(refused))

    async def choices(self, workspace: Workspace, body: Mapping[str, Any]) -> Mapping[str, str]:
        """Return what a menu of a form offers, which Slack's `body` asks for.

        Nothing where no such form is known, and to who may not use it.
        """
        view = body.get("view") or {}
        kind = self._kinds.get(view.get("callback_id") or "")
        form = Form.read(view["callback_id"], view.get("private_metadata") or "") if kind else None
        if kind is None or form is None:
            return {}
        user = body["user"]["id"]
        if await self._access.refusal_in_ack(workspace, user) or await self._refusal(workspace, form, user):
            return {}
        return await kind.choices(workspace, user, form, body["block_id"], redact(body.get("value") or ""))

    async def take(self, workspace: Workspace, body: Mapping[str, Any]) -> ViewCause | NotTaken:
        """Read the form that Slack's `body` submits, and check the right of the person and the fields.

        Slack waits for this, so it is decided from our own rows, and only what Devin has is asked for, for a moment.
        """
        view, user = body["view"], body["user"]["id"]
        kind = self._kinds[view["callback_id"]]
        form = Form.read(view["callback_id"], view.get("private_metadata") or "")
        if form is None:
            return NotTaken(view=parts.notice(kind.title, parts.OTHER_VERSION))
        if (refusal := await self._refusal(workspace, form, user)) is not None:
            return NotTaken(view=parts.notice(kind.title, refusal.text))
        typed = entered(view)
        fields = {name: redact(text) if name == kind.task else text for name, text in typed.items()}
        secrets = {name: secret_sentences.in_field(SECRETS_PAGE) for name, text in fields.items() if has_secret(text)}
        errors = kind.errors(form, fields) | secrets or await self._errors_at_devin(kind, workspace, form, fields)
        return NotTaken(errors=errors) if errors else ViewCause(form, user, fields, with_secret=fields != typed)

    async def _errors_at_devin(
        self, kind: FormKind, workspace: Workspace, form: Form, fields: Mapping[str, str]
    ) -> dict[str, str]:
        try:
            async with asyncio.timeout(self._services.timing.choices_asked):
                return await kind.errors_at_devin(workspace, form, fields)
        except TimeoutError:
            return {}

    async def run(self, job: Job[ViewCause]) -> None:
        """Carry out the form that was submitted, if its person still may."""
        form, user = job.cause.form, job.cause.user
        person = await self._access.checked_person(job.workspace, user)
        refusal = self._access.refusal(person, shared=False) or await self._refusal(job.workspace, form, user)
        if refusal is None:
            await self._kinds[form.command].save(job)
            return
        async with self._services.unit_of_work_for(job) as uow:
            await answer(uow, job, refusal)
            await finish(uow, job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], reason: str, /) -> None:
        """Announce to who submitted the form what was lost."""
        await self._kinds[job.cause.form.command].on_dead(uow, job, reason)

    async def _refusal(self, workspace: Workspace, form: Form, user: str) -> Message | None:
        """Why the person may not use the command of `form`, as far as our rows know."""
        person = await self._access.known_person(workspace, user)
        refusal = self._access.refusal(person, shared=False) if person else None
        return refusal or await self._access.role_refusal(workspace, self._services.commands.named(form.command), user)


async def answer(uow: UnitOfWork, job: Job[ViewCause], *messages: Message, late: bool = False) -> None:
    """Answer who submitted the form, in direct messages, which get through, and in short where it was opened.

    What came of the form is said once. With `late` it is still to come.
    """
    first = f"form:{job.row.key}" + (":late" if late else "")
    keys = [first, *(f"{first}:{number}" for number in range(2, len(messages) + 1))]
    team, user = job.workspace.team, job.cause.user
    rows = [uow.post_row(key, team, user, None, message) for key, message in zip(keys, messages, strict=True)]
    await uow.add_to_outbox(*rows)
    if here := job.cause.form.opened_in:
        said = answered_in_dm(messages[0], more=len(messages) > 1)
        await uow.reply_privately(Recipient(team, job.row.key, user, here), said, key=f"{first}:here")
