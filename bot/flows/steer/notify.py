"""What a person chooses about being mentioned at the ends of turns: in one thread, or in all sessions."""

from bot.domain.notify_choice import NotifyChoice
from bot.flows.job import CommandJob, finish_with
from bot.flows.services import Services
from bot.store import notifications
from bot.store.database.connection import Transaction
from bot.store.notifications import EVERYWHERE, Scope
from bot.store.threads import Thread
from bot.views.answers import notifications as notification_sentences
from bot.views.message import Message


class Notify:
    """Stores what people choose, and says what holds for them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, team: str, user: str, word: str) -> Message:
        """Choose `word` for all sessions and confirm it, or without a word say what holds there; made within the ack.

        A crash right after its commit leaves a choice that was not confirmed; to choose again changes nothing.
        """
        async with self._services.db.write(first=True) if word else self._services.db.read(first=True) as tx:
            return await _choose(tx, team, user, EVERYWHERE, word)

    async def carry_out(self, job: CommandJob, word: str, thread: Thread | None = None) -> None:
        """Choose `word` for the job's person in `thread`, or for all sessions, and confirm it privately."""
        scope = Scope(thread.channel, thread.ts) if thread else EVERYWHERE
        # A crash before this commit chooses and answers nothing, and the row is handled again.
        async with self._services.unit_of_work_for(job) as uow:
            message = await _choose(uow.tx, job.workspace.team, job.cause.user or "", scope, word)
            await finish_with(uow, job, message)


async def _choose(tx: Transaction, team: str, user: str, scope: Scope, word: str) -> Message:
    in_thread = scope != EVERYWHERE
    if word:
        choice = NotifyChoice(word)
        await notifications.choose(tx, team, user, scope, choice)
        return notification_sentences.notify_set(choice, in_thread=in_thread)
    found = await notifications.choices(tx, team, [user], scope)
    holds_for, choice = found.get(user, (scope, NotifyChoice.ALL))
    return notification_sentences.notify_shown(choice, in_thread=in_thread, inherited=holds_for != scope)
