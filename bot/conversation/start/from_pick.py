"""A message that somebody picked starts a session in its thread, in the name of who picked it.

The row has the lane of the thread, so of two picks the second one finds the session of the first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.conversation.start.from_message import StartFromMessage
from bot.devin.secrets import SECRETS_PAGE
from bot.domain.causes import CommandCause, MessageCause
from bot.domain.lane import person_lane, thread_lane
from bot.domain.pick import Pick, PickedBy, ThreadRef
from bot.domain.redaction import redact
from bot.domain.secrets import has_secret
from bot.domain.text import as_typed
from bot.kernel.access import Access
from bot.kernel.job import Job, move
from bot.kernel.readable import Readable
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.slack.errors import SlackRefused
from bot.slack.threads import ThreadMessage
from bot.store import sessions, threads
from bot.store.threads import Thread
from bot.views.answers import secrets as secret_sentences
from bot.views.answers import starts as start_sentences


class StartFromPick:
    """Starts the sessions of picked messages; `is_live` says whether the session of a thread goes on."""

    def __init__(
        self,
        services: Services,
        access: Access,
        start_from_message: StartFromMessage,
        is_live: Callable[[Thread], Awaitable[bool]],
    ) -> None:
        self._services = services
        self._access = access
        self._readable = Readable(access)
        self._start_from_message = start_from_message
        self._is_live = is_live

    async def run(self, job: Job[MessageCause], pick: Pick) -> None:
        """Start the session, in a thread of its own where the message's has one that goes on.

        What nobody has asked for with a form starts once, and only where no session goes on.
        """
        cause = job.cause
        if pick.by is PickedBy.REACTION and cause.thread_ts is None:
            await self._read(job, pick)
            return
        if pick.author and not await self._is_a_bot(job.workspace, pick.author):
            await self._services.close(job)  # a person's words, which the app posted with that person's token
            return
        refusal = await self._access.start_refusal(job.workspace, cause.user, cause.channel)
        if refusal is not None:
            await self._services.answer(job, refusal)
            return
        place = (job.workspace.team, cause.channel)
        async with self._services.db.read() as tx:
            thread = await threads.get(tx, *place, cause.root_ts)
            again = pick.by is not PickedBy.FORM and await sessions.was_started_by(tx, *place, pick.ts)
        goes_on = thread is not None and await self._is_live(thread)
        if goes_on and pick.by is PickedBy.FORM:
            await self._start_elsewhere(job)
        elif goes_on or again:
            await self._services.close(job)
        else:
            text = await self._readable.text(job.workspace, cause.text)
            await self._start_from_message.start(job, text)

    async def _read(self, job: Job[MessageCause], pick: Pick) -> None:
        """Read the message that has the reaction, and go on in its thread.

        Nothing comes of the reaction of a guest, of somebody of another company or of a bot, and nobody is answered.
        """
        cause = job.cause
        person = await self._access.checked_person(job.workspace, cause.user)
        shared = await self._access.is_shared(job.workspace, cause.channel)
        if person.is_bot or self._access.refusal(person, shared=shared) is not None:
            await self._services.close(job)
            return
        try:
            message = await job.workspace.slack.message_at(cause.channel, pick.ts)
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            message = None  # the bot is not there
        if message is None or _is_ours(job.workspace, message) or not (message.text or message.quoted):
            await self._services.close(job)
        elif await self._is_of_outsiders(job.workspace, message):
            await self._services.answer(job, start_sentences.OUTSIDERS_WORDS)
        elif has_secret(as_typed(redact(message.text))) or has_secret(redact(message.quoted)):
            await self._services.answer(job, secret_sentences.not_taken(SECRETS_PAGE, written=False))
        else:
            await self._go_on_in_thread(job, message)

    async def _is_a_bot(self, workspace: Workspace, author: str) -> bool:
        if await self._readable.is_outsider(workspace, author):
            return False
        return (await self._access.person(workspace, author)).is_bot

    async def _is_of_outsiders(self, workspace: Workspace, message: ThreadMessage) -> bool:
        """Whether a guest or somebody of another company wrote the message, or all that it says."""
        if message.user is not None and await self._readable.is_outsider(workspace, message.user):
            return True
        return not message.text and await self._readable.is_of_outsiders(workspace, message.quoted)

    async def _go_on_in_thread(self, job: Job[MessageCause], message: ThreadMessage) -> None:
        """Make the message the request; of a bot that isn't trusted to ask in the channel it is context alone."""
        root, channel = message.thread_ts or message.ts, job.cause.channel
        is_request = not message.bot_id or job.workspace.policy.owner_of_alerts(channel, message.bot_id) is not None
        text, quoted = (message.text, message.quoted) if is_request else ("", "")
        read = replace(job.cause, text=text, quoted=quoted, thread_ts=root)
        cause = replace(read.without_secret(), with_secret=read.without_secret() != read)
        # A crash before this commit reads the message again, and after it the row is that of the start.
        async with self._services.unit_of_work_for(job) as uow:
            await move(uow, job, thread_lane(job.workspace.team, cause.channel, root), cause)

    async def _start_elsewhere(self, job: Job[MessageCause]) -> None:
        cause = job.cause
        command = CommandCause(
            cause.user,
            cause.channel,
            cause.text,
            confirmation=replace(cause.confirmation, again=True),
            options=cause.options,
            answer_in=cause.answer_in,
            opened_in=cause.opened_in,
            about=ThreadRef(cause.channel, cause.root_ts),
            with_secret=cause.with_secret,
        )
        # A crash before this commit has the thread read again, and after it the row is that of the command.
        async with self._services.unit_of_work_for(job) as uow:
            await move(uow, job, person_lane(job.workspace.team, cause.user), command)


def _is_ours(workspace: Workspace, message: ThreadMessage) -> bool:
    return message.user == workspace.bot_user or (message.bot_id is not None and message.bot_id == workspace.bot_id)
