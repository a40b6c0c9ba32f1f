"""The options of a task are checked before it starts: what is wrong with them is asked about, and costs nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.conversation.allowed import why_not
from bot.conversation.playbooks import playbooks_by_name
from bot.conversation.refusals import refusal_sentence
from bot.conversation.start.launch_choices import LaunchChoices
from bot.conversation.steer.held_start import hold
from bot.devin.errors import DevinError, DevinLater, DevinRefused, DevinUnauthorized, DevinUncertain
from bot.domain.causes import AskingCause, MessageCause
from bot.domain.commands.intent import is_bare_reference, names_work
from bot.domain.commands.option_words import PLAYBOOK, REPO
from bot.domain.commands.options import (
    NONE,
    Known,
    Request,
    is_playbook_id,
    nearest_playbook,
    parse_request,
    repos_by_name,
)
from bot.domain.defaults import OPTION_OF, Gone, with_defaults
from bot.domain.launch import with_options
from bot.domain.session import Options
from bot.domain.settings_values import Effective, Setting
from bot.kernel.exactly_once.loss import is_late
from bot.kernel.job import Job, answers_in, finish, recipient_of
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import sessions
from bot.views.answers import starts as start_sentences
from bot.views.answers.starts import MOST_OFFERED
from bot.views.given_back import given_back
from bot.views.text import escape

MOST_LOOKED_UP: Final = 3  # names of repositories, of one task


async def lacks_tracker(services: Services, workspace: Workspace, channel: str, user: str, text: str) -> bool:
    """Whether `text` says hardly more than the name of a ticket, and nobody has shown yet what has such tickets.

    Earlier sessions show it, or a default repository. Whoever starts one such text is not asked again.
    """
    if not is_bare_reference(text) or parse_request(text).options.repos:
        return False
    async with services.db.read() as tx:
        if (await services.settings.effective(tx, workspace.team, channel, user)).repos:
            return False
        latest = await sessions.latest(tx, workspace.team, user)
    return not any(
        session.options.repos or session.snapshot.pull_requests or names_work(session.prompt) for session in latest
    )


class OptionsCheck:
    """Reads the tasks of starts. A start with options that are not valid is held, and its person asked about them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._choices = LaunchChoices(services)

    async def checked(self, job: Job[AskingCause], text: str, *, behind: str = "") -> Request | None:
        """Read the task in `text`. Returns None if the job's row was held or closed instead: nothing starts now.

        `behind` is the word by which a command begins whose task `text` is, such as `!new`.
        """
        if isinstance(job.cause, MessageCause) and job.cause.is_literal:
            return await self._with_defaults(job, Request(text, task=text), text, behind)
        try:
            request = await self._read(job, text)
        except DevinRefused as refused:
            await self._services.answer(job, refusal_sentence(refused))
            return None
        except (DevinLater, DevinUncertain) as error:
            await self._answer_if_late(job, error)
            raise
        if not request.mistyped or job.cause.confirmation.as_written:
            return await self._with_defaults(job, request, text, behind)
        async with self._services.unit_of_work_for(job) as uow:
            question = start_sentences.ask_about_options(job.row.key, request)
            await hold(uow, job, start_sentences.OPTIONS, question, suggestions(request, behind))
        return None

    async def _with_defaults(self, job: Job[AskingCause], request: Request, text: str, behind: str) -> Request | None:
        """Return `request` with what is set for its person and channel; None if that is not there any more."""
        cause = job.cause
        literal = isinstance(cause, MessageCause) and cause.is_literal  # of a bot, which nobody can ask
        async with self._services.db.read() as tx:
            held = await self._services.settings.effective(tx, job.workspace.team, cause.channel, cause.user)
        filled = replace(request, options=with_defaults(request.options, held, request.without))
        if answers_in(cause):
            filled = request  # from a form, which has shown them: whatever is empty in it was emptied
        if not await self._is_allowed(job, filled.options, text):
            return None
        if answers_in(cause):
            return filled
        if not literal and not request.options.repos and (gone := await self._gone_repository(job, filled.options)):
            await self._ask_about(job, held, Setting.REPOS, gone, text, behind)
            return None
        wanted = filled.options.playbook
        if wanted is None or wanted == request.options.playbook or is_playbook_id(wanted) or literal:
            return filled
        titles = await self._titles(job)
        if wanted.lower() in titles:
            return filled
        near = nearest_playbook(wanted, titles)
        await self._ask_about(
            job, held, Setting.PLAYBOOK, Gone("playbook", wanted, (near,) if near else ()), text, behind
        )
        return None

    async def _is_allowed(self, job: Job[AskingCause], options: Options, text: str) -> bool:
        """Whether the channel allows these `options`. If not, the row is closed with the reason.

        A `text` that stands nowhere else is given back.
        """
        workspace, cause = job.workspace, job.cause
        try:
            why = await why_not(self._services, workspace.team, cause.channel, workspace.organisation, options)
        except (DevinLater, DevinUncertain) as error:
            await self._answer_if_late(job, error)
            raise
        if not why:
            return True
        refusal = start_sentences.not_allowed(why)
        stands = isinstance(cause, MessageCause) and not answers_in(cause)
        messages = [refusal] if stands else given_back(refusal.text, refusal.text, {"Your text": text})
        to = recipient_of(job)
        async with self._services.unit_of_work_for(job) as uow:
            for number, message in enumerate(messages):
                further = {"key": f"{to.cause}:{number}"} if number else {}
                await uow.reply_privately(replace(to, replaces=to.replaces and not number), message, **further)
            await finish(uow, job)
        return False

    async def _gone_repository(self, job: Job[AskingCause], options: Options) -> Gone | None:
        """The first of the default repositories that Devin does not list; None too where it lists none."""
        for repo in options.repos:
            near = await self._choices.near_unlisted(job.workspace.organisation, repo)
            if near is not None:
                return Gone("repository", repo, tuple(f"repo={name}" for name in near))
        return None

    async def _ask_about(
        self, job: Job[AskingCause], held: Effective, setting: Setting, gone: Gone, text: str, behind: str
    ) -> None:
        """Hold the start, and ask its person what to take in place of the default that is `gone`."""
        offered = [f"{OPTION_OF[setting]}={NONE}", *gone.near][:MOST_OFFERED]
        file = self._services.settings.file.name
        async with self._services.unit_of_work_for(job) as uow:
            question = start_sentences.ask_about_default(job.row.key, gone, held.source(setting), file)
            texts = tuple(escape(f"{behind} {option} {text}".strip()) for option in offered)
            await hold(uow, job, start_sentences.OPTIONS, question, texts)

    async def _titles(self, job: Job[AskingCause]) -> dict[str, str]:
        """The titles of the playbooks that there are, by all their names; none where they may not be read."""
        try:
            return await self._playbooks(job, needed=False)
        except (DevinLater, DevinUncertain) as error:
            await self._answer_if_late(job, error)
            raise

    async def _read(self, job: Job[AskingCause], text: str) -> Request:
        read = await self._read_text(job, text)
        return replace(read, options=with_options(read.options, job.cause.options))

    async def _read_text(self, job: Job[AskingCause], text: str) -> Request:
        known = Known(as_written=job.cause.confirmation.as_written)
        request = parse_request(text, known)
        if REPO in request.asks:
            known = await self._with_repositories(job, known, request.asks[REPO])
        if PLAYBOOK in request.asks and not is_playbook_id(request.options.playbook or ""):
            known = replace(known, playbooks=await self._playbooks(job, needed=request.options.playbook is not None))
        return parse_request(text, known) if request.asks else request

    async def _with_repositories(self, job: Job[AskingCause], known: Known, named: Sequence[str]) -> Known:
        """What is known, with the repositories that were used before, and those that Devin lists.

        Where they fill a page, Devin is asked for those that are called as the ones that are `named`.
        """
        async with self._services.db.read() as tx:
            used = await sessions.repositories(tx, job.workspace.team, job.cause.user, job.cause.channel)
        organisation = job.workspace.organisation
        found = [await self._choices.listed_repositories(organisation)]
        complete = found[0].is_whole and bool(found[0].names)
        if not found[0].is_whole:
            found += [await self._choices.listed_repositories(organisation, name) for name in named[:MOST_LOOKED_UP]]
            complete = len(named) <= MOST_LOOKED_UP and all(one.is_whole for one in found[1:])
        repos = repos_by_name([*used, *(name for one in found for name in one.names)])
        return replace(known, repos=repos, complete=complete and not any(one.refused for one in found))

    async def _playbooks(self, job: Job[AskingCause], *, needed: bool) -> dict[str, str]:
        """The titles of the playbooks by all their names. Where none is `needed`, it is no matter if none are shown."""
        try:
            known = await playbooks_by_name(job.workspace.organisation)
        except DevinRefused:
            if needed:
                raise
            return {}
        return {name: playbook.title for name, playbook in known.items()}

    async def _answer_if_late(self, job: Job[AskingCause], error: DevinError) -> None:
        """Inform the person, once, that the start waits because Devin cannot be reached."""
        if is_late(job.row, self._services.clock(), self._services.timing.late_notice):
            async with self._services.unit_of_work_for(job) as uow:
                key_refused = isinstance(error, DevinUnauthorized)
                late = start_sentences.start_retrying(job.row.ref, key_refused=key_refused)
                await uow.reply_privately(recipient_of(job), late, key=f"{job.row.key}:late")


def suggestions(request: Request, behind: str) -> tuple[str, ...]:
    """The whole text with valid options, in each way that is offered, as a row has it."""
    return tuple(escape(f"{behind} {text}".strip()) for _, text in request.offered)
