"""The form for a start: submitted, it is the same start as `/devin` with a task and options.

A form leaves no place for an answer, so what comes of it is said in the direct messages of who filled it in, with what
was written where nothing starts. The session itself has its card in the channel that was picked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.conversation.start.launch_choices import LaunchChoices
from bot.conversation.titles import ShownTitles
from bot.domain.causes import Cause, CommandCause, Confirmation, MessageCause, ViewCause
from bot.domain.commands.registry import LAUNCH
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.domain.lane import person_lane, thread_lane
from bot.domain.launch import TASK, Launch, mistakes_of, read_launch
from bot.domain.pick import OnMessage, Pick, ThreadRef
from bot.domain.readers import Readers
from bot.domain.roles import Right
from bot.domain.session import Options, Session
from bot.domain.settings_values import Setting
from bot.kernel.access import Access
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.forms.forms import FormKind, Opening, answer
from bot.kernel.job import Job, finish, move
from bot.kernel.readable import Readable
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import sessions
from bot.store.database.connection import Transaction
from bot.views.answers import access as access_sentences
from bot.views.answers import starts as start_sentences
from bot.views.given_back import given_back
from bot.views.message import Message
from bot.views.modals import launch as views
from bot.views.modals.parts import View
from bot.views.text import escape

_MEANT: Final = Confirmation(again=True)  # nobody sends a form twice by mistake


class LaunchForm(FormKind):
    """The form that asks for a session."""

    title = views.FORM_TITLE
    task = TASK

    def __init__(self, services: Services, access: Access, choices: LaunchChoices) -> None:
        self._services = services
        self._access = access
        self._choices = choices
        self._readable = Readable(access)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What `/devin` with nothing after it does: the form opens, unless the person may start nothing."""
        return {LAUNCH: Handler(self._asked)}

    async def _asked(self, asked: Asked) -> Answer:
        # Slack is asked about nobody before the form stands: who is not known yet is looked up when they send it.
        person = await self._access.known_person(asked.workspace, asked.user)
        refusal = self._access.refusal(person, shared=False) if person is not None else None
        if refusal is not None:
            return access_sentences.GUESTS if refusal is access_sentences.GUEST_REFUSED else refusal
        return Form(LAUNCH.name, channel=asked.channel)

    async def first(self, workspace: Workspace, opening: Opening) -> View | None:
        """Return the form, unless names in a message are to be read, or a title is for somebody who isn't known."""
        known = not opening.form.target or await self._access.known_person(workspace, opening.user) is not None
        return await self._form(workspace, opening, "") if known and not opening.text else None

    async def _earlier(self, tx: Transaction, workspace: Workspace, opening: Opening) -> Session | None:
        """The session that the form is to be about, as far as the person may read of it where they pressed."""
        session = await sessions.get(tx, opening.form.target) if opening.form.target else None
        if session is None or session.team != workspace.team:
            return None
        titles = await ShownTitles.read(tx, workspace, Readers(opening.form.channel, opening.user))
        return session if titles.replacement(session.channel, session.requester) is None else None

    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return the form with the text of the message on which it was opened; of an outsider's it is context alone."""
        if opening.author and await self._readable.is_outsider(workspace, opening.author):
            return await self._form(workspace, opening, "")
        return await self._form(workspace, opening, await self._readable.text(workspace, opening.text))

    async def _form(self, workspace: Workspace, opening: Opening, task: str) -> View:
        """The form with the channel in which it was asked for, and with what is set for that and the person."""
        channel = opening.form.opened_in
        async with self._services.db.read() as tx:
            known = await self._services.settings.effective(tx, workspace.team, channel or None, opening.user)
            earlier = await self._earlier(tx, workspace, opening)
        task = views.about(earlier) if earlier else task
        repos = earlier.options.repos if earlier else ()
        repos = tuple(repo for repo in repos if known.allows(Setting.REPOS, repo)) or known.repos
        options = Options(repos[0] if repos else None, known.playbook, known.mode, known.limit, known.tags)
        # Kept with the form is where its task comes from: the message, or the earlier session that may be read here.
        target = opening.on.kept() if opening.on else earlier.id if earlier else ""
        form = replace(opening.form, target=target)
        return views.launch_form(form, Launch(task, replace(options, also=repos[1:]), channel))

    async def choices(self, workspace: Workspace, user: str, form: Form, name: str, typed: str) -> Mapping[str, str]:
        """Return the repositories, playbooks or modes that fit what was `typed`."""
        return await self._choices.of_field(workspace, user, form.channel, name, typed)

    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - the same for all of them
        """Return a sentence for each field that cannot be taken."""
        return views.sentences_of(mistakes_of(fields))

    async def save(self, job: Job[ViewCause]) -> None:
        """Turn the row into the command that starts the session, or say why nothing starts."""
        cause, launch = job.cause, read_launch(job.cause.fields)
        direct = await job.workspace.slack.direct(cause.user)
        channel = launch.channel or direct
        if channel != direct:
            why = await self._access.why_not_posted(job.workspace, cause.user, channel)
            refusal = Message(f"Nothing was started: {why}") if why else None
            refusal = refusal or await self._access.right_refusal(job.workspace, cause.user, Right.START, channel)
            refusal = refusal or await self._stays(job, channel)
            if refusal is not None:
                await self._refuse(job, refusal)
                return
        asked = _Start(channel, direct, launch, OnMessage.read(cause.form.target))
        lane, start = _in_thread(job, asked) if asked.stays(cause.form) else _under_card(job, asked)
        # A crash before this commit has the form read again, and after it the row is that of the start.
        async with self._services.unit_of_work_for(job) as uow:
            await move(uow, job, lane, start)

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], _reason: str, /) -> None:
        """Say that nothing was started, and give the task back."""
        await answer(uow, job, *_with_task(start_sentences.start_failed(job.row.ref), job))

    async def _refuse(self, job: Job[ViewCause], refusal: Message) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await answer(uow, job, *_with_task(refusal, job))
            await finish(uow, job)

    async def _stays(self, job: Job[ViewCause], channel: str) -> Message | None:
        """Why nothing starts in `channel`: the form is about a private channel or a DM, which its task came from."""
        form, source = job.cause.form, ""
        if OnMessage.read(form.target) is not None:
            source = form.channel
        elif (earlier := await self._services.session(form.target)) is not None:
            source = earlier.channel
        may = not source or await self._access.may_go_on(job.workspace, source, channel)
        return None if may else views.stays_private(source)


@dataclass(frozen=True, slots=True)
class _Start:
    """What a form asks for: a start in a channel, answers in a direct message, perhaps on a message."""

    channel: str
    direct: str
    launch: Launch
    on: OnMessage | None

    def stays(self, form: Form) -> bool:
        """Whether the session is to be in the thread of the message, and not in a channel that was picked instead."""
        return self.on is not None and self.channel == form.channel


def _in_thread(job: Job[ViewCause], asked: _Start) -> tuple[str, Cause]:
    """The start in the thread of the message, with its lane."""
    assert asked.on is not None
    pick, team = Pick(asked.on.ts), job.workspace.team
    message = MessageCause(
        job.cause.user,
        escape(asked.launch.task),
        asked.channel,
        pick.asked_ts(job.row.ts),
        asked.on.thread_ts,
        shared=False,
        confirmation=_MEANT,
        pick=pick,
        options=asked.launch.options,
        answer_in=asked.direct,
        opened_in=job.cause.form.opened_in,
        with_secret=job.cause.with_secret,
    )
    return thread_lane(team, asked.channel, asked.on.thread_ts), message


def _under_card(job: Job[ViewCause], asked: _Start) -> tuple[str, Cause]:
    """The start under a card of its own, with its lane."""
    command = CommandCause(
        job.cause.user,
        asked.channel,
        escape(asked.launch.task),
        confirmation=_MEANT,
        options=asked.launch.options,
        answer_in=asked.direct,
        opened_in=job.cause.form.opened_in,
        about=ThreadRef(job.cause.form.channel, asked.on.thread_ts) if asked.on else None,
        with_secret=job.cause.with_secret,
    )
    return person_lane(job.workspace.team, job.cause.user), command


def _with_task(message: Message, job: Job[ViewCause]) -> list[Message]:
    return given_back(message.text, message.text, {"Your task": read_launch(job.cause.fields).task})
