"""What a person chooses about being mentioned at the ends of turns: in one thread, or in all sessions."""

from bot.domain.commands.registry import NOTIFY
from bot.domain.commands.spec import CommandSpec
from bot.domain.notify_choice import NotifyChoice
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.store import notifications, threads
from bot.store.database.connection import Transaction
from bot.store.notifications import EVERYWHERE, Scope
from bot.views.answers import notifications as notification_sentences
from bot.views.message import Message


class Notify:
    """Stores what people choose, and says what holds for them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {NOTIFY: Handler(self._answer, self._run)}

    async def _answer(self, asked: Asked) -> Answer:
        """Choose the word for all sessions and confirm it, or without a word say what holds there.

        A crash right after its commit leaves a choice that was not confirmed; to choose again changes nothing.
        """
        word = asked.argument
        async with self._services.db.write(urgent=True) if word else self._services.db.read(urgent=True) as tx:
            return await _choose(tx, asked.workspace.team, asked.user, EVERYWHERE, word)

    async def _run(self, job: CommandJob) -> None:
        """Choose the word in the thread of a session, if it was written there, or else for all sessions."""
        cause, team = job.cause, job.workspace.team
        async with self._services.unit_of_work_for(job) as uow:
            thread = await threads.get(uow.tx, team, cause.channel or "", cause.thread_ts) if cause.thread_ts else None
            scope = Scope(thread.channel, thread.ts) if thread else EVERYWHERE
            await finish_with(uow, job, await _choose(uow.tx, team, cause.user or "", scope, cause.argument))


async def _choose(tx: Transaction, team: str, user: str, scope: Scope, word: str) -> Message:
    in_thread = scope != EVERYWHERE
    if word:
        choice = NotifyChoice(word)
        await notifications.choose(tx, team, user, scope, choice)
        return notification_sentences.notify_set(choice, in_thread=in_thread)
    found = await notifications.choices(tx, team, [user], scope)
    holds_for, choice = found.get(user, (scope, NotifyChoice.ALL))
    return notification_sentences.notify_shown(choice, in_thread=in_thread, inherited=holds_for != scope)
