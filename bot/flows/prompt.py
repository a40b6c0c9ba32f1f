"""What is sent to Devin: a prompt with its context, a reply with its sender, and the files of both."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from bot.devin.errors import DevinError, DevinForbidden, DevinRefused
from bot.domain.causes import SessionCause
from bot.domain.commands.options import is_playbook_id
from bot.domain.commands.parser import parse_verb
from bot.domain.file import SlackFile
from bot.domain.session import Session
from bot.domain.text import mentioned_users, plain, without_mention
from bot.flows.access import Access
from bot.flows.job import Job
from bot.flows.organisation import Organisation
from bot.flows.playbooks import playbooks_by_name
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackRefused
from bot.slack.files import DOWNLOAD_LIMIT_BYTES, FileNotReadable, Reason
from bot.slack.threads import ThreadMessage
from bot.views import answers
from bot.views.message import Message

log = get_logger(__name__)

CONTEXT_MESSAGES: Final = 50
CONTEXT_CHARACTERS: Final = 8_000
MOST_FILES: Final = 10
FILE_TRIES: Final = 3
LOOK_AT_THREAD: Final = "Look at this Slack thread and do what it asks for."
LOOK_AT_FILES: Final = "Look at the attached files and do what they ask for."

_SessionCause = TypeVar("_SessionCause", bound=SessionCause)


@dataclass(frozen=True, slots=True)
class Files:
    """What became of a message's files: the URLs of those that Devin has, and a sentence for each that was left out."""

    urls: tuple[str, ...] = ()
    left_out: tuple[Message, ...] = ()


def with_left_out(cause: _SessionCause, left_out: Sequence[Message]) -> _SessionCause:
    """Return `cause` with the sentences about files that were left out, so that a later try can post them."""
    return replace(cause, left_out=tuple(message.text for message in left_out))


def left_out_of(cause: SessionCause) -> tuple[Message, ...]:
    """Return the sentences about files that an earlier try left out, as `with_left_out` stored them in `cause`."""
    return tuple(Message(text) for text in cause.left_out)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the create call is made from. With a `refusal` no call is made."""

    text: str = ""
    playbook_id: str | None = None
    attachments: Sequence[str] = ()
    left_out: tuple[Message, ...] = ()
    refusal: Message | None = field(default=None)


class PromptBuilder:
    """Builds the texts that Devin reads, and hands files on."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    async def build(self, job: Job[SessionCause], session: Session) -> Prompt:
        """Return the prompt for `session`: what was asked, what its thread says before, who asked, the reference."""
        workspace, organisation = job.workspace, self._services.organisations.of(session)
        playbook, refusal = await _playbook(organisation, session.options.playbook)
        if refusal is not None:
            return Prompt(refusal=refusal)
        context = await self._context(workspace, session) if job.cause.in_thread else ""
        files = await self.files(job, organisation)
        if session.prompt == LOOK_AT_FILES and not files.urls:
            return Prompt(refusal=answers.files_lost(files.left_out, "started"))
        asker = await self.name(workspace, session.requester)
        parts = [
            session.prompt,
            f"Earlier messages in the Slack thread, oldest first:\n{context}" if context else "",
            f"Asked in Slack by {asker}. Reference: {session.reference}",
        ]
        prompt = "\n\n".join(part for part in parts if part)
        return Prompt(prompt, playbook, files.urls, files.left_out)

    async def readable(self, workspace: Workspace, text: str) -> str:
        """Return Slack's `text` as a person reads it: names instead of ids, plain links, no mention of the bot."""
        text = without_mention(text, workspace.bot_user)
        return plain(text, await self._access.names(workspace, mentioned_users(text))).strip()

    async def name(self, workspace: Workspace, user: str) -> str:
        """Return the name of the person with the id `user`, or the id if Slack does not show that person."""
        return (await self._access.names(workspace, [user]))[user]

    async def files(self, job: Job[SessionCause], organisation: Organisation) -> Files:
        """Upload the files of the job's message to Devin.

        A crash repeats the uploads; an attachment that nobody refers to does no harm. After FILE_TRIES attempts of the
        row a file that fails is left out, because it must not hold up what was written.
        """
        urls: list[str] = []
        left_out: list[Message] = []
        for file in [await _with_details(job.workspace, one) for one in job.cause.files]:
            if len(urls) >= MOST_FILES:
                left_out.append(answers.one_file_too_many(file.name, MOST_FILES))
                continue
            try:
                urls.append(await self._upload(job.workspace, organisation, file))
            except FileNotReadable as error:
                left_out.append(_left_out_sentence(file, error.reason))
            except SlackRefused as error:
                log.warning("file not handed on", reason=type(error).__name__)
                left_out.append(answers.file_unreadable(file.name))
            except DevinError as error:
                if job.row.attempts < FILE_TRIES and not isinstance(error, DevinRefused):
                    raise
                log.warning("file not handed on", reason=type(error).__name__)
                left_out.append(answers.file_refused(file.name))
        return Files(tuple(urls), tuple(left_out))

    async def _upload(self, workspace: Workspace, organisation: Organisation, file: SlackFile) -> str:
        content = await workspace.slack.download(file)
        kind = file.mimetype or "application/octet-stream"
        return (await organisation.devin.upload_attachment(file.name, content, kind)).url

    async def _context(self, workspace: Workspace, session: Session) -> str:
        assert session.thread_ts is not None
        earlier = await workspace.slack.replies(session.channel, session.thread_ts, CONTEXT_MESSAGES)
        lines = [await self._context_line(workspace, one) for one in earlier if _is_context(workspace, session, one)]
        text = "\n".join(line for line in lines if line)
        return text if len(text) <= CONTEXT_CHARACTERS else "…" + text[-CONTEXT_CHARACTERS:]

    async def _context_line(self, workspace: Workspace, message: ThreadMessage) -> str:
        text = await self.readable(workspace, message.text)
        if parse_verb(text) is not None:
            return ""  # a verb for the bot or an aside, neither of which is for Devin
        if message.user is None or message.bot_id:
            return f"(an app): {text}" if text else ""
        return f"{await self.name(workspace, message.user)}: {text}" if text else ""


async def _with_details(workspace: Workspace, file: SlackFile) -> SlackFile:
    """Return `file` with its details if Slack sent only its id; unchanged where Slack does not give them."""
    if not file.is_stub:
        return file
    try:
        return await workspace.slack.file(file.id)
    except SlackRefused:
        return file


def _is_context(workspace: Workspace, session: Session, message: ThreadMessage) -> bool:
    # What was written after the mention comes as a reply of its own.
    earlier = session.cause_ts is None or message.ts < session.cause_ts
    return earlier and message.user != workspace.bot_user


async def _playbook(organisation: Organisation, wanted: str | None) -> tuple[str | None, Message | None]:
    if wanted is None or is_playbook_id(wanted):
        return wanted, None
    try:
        known = await playbooks_by_name(organisation)
    except DevinForbidden as forbidden:
        return None, answers.start_forbidden(forbidden.needed)
    if (playbook := known.get(wanted.lower())) is not None:
        return playbook.playbook_id, None
    return None, answers.no_such_playbook(wanted, list(dict.fromkeys(one.title for one in known.values())))


def _left_out_sentence(file: SlackFile, reason: Reason) -> Message:
    if reason is Reason.SIZE:
        return answers.file_too_large(file.name, file.size, DOWNLOAD_LIMIT_BYTES)
    return answers.file_not_allowed(file.name) if reason is Reason.HOST else answers.file_unreadable(file.name)
