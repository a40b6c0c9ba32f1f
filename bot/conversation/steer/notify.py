"""What a person chooses about being mentioned at the ends of turns: in one thread, or in all sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain.commands.registry import FOLLOW, NOTIFY, UNFOLLOW
from bot.domain.commands.spec import CommandSpec
from bot.domain.notify_choice import NotifyChoice
from bot.domain.settings_values import Scope as Scopes
from bot.domain.settings_values import Setting, Source
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.kernel.settings import Settings
from bot.store import notifications, threads
from bot.store import settings as setting_rows
from bot.store.database.connection import Transaction
from bot.store.notifications import Scope
from bot.views.answers import notifications as notification_sentences
from bot.views.answers.sessions import NO_SESSION_HERE
from bot.views.message import Message

_WORDS: Final[Mapping[str, NotifyChoice]] = {FOLLOW.name: NotifyChoice.ALL, UNFOLLOW.name: NotifyChoice.OFF}


class Notify:
    """Stores what people choose, and says what holds for them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        in_thread = dict.fromkeys((FOLLOW, UNFOLLOW), Handler(run=self._run))
        return {NOTIFY: Handler(self._answer, self._run), **in_thread}

    async def _answer(self, asked: Asked) -> Answer:
        """Choose the word for all sessions and confirm it, or without a word say what holds there.

        A crash right after its commit leaves a choice that was not confirmed; to choose again changes nothing.
        """
        word = asked.argument
        async with self._services.db.write(urgent=True) if word else self._services.db.read() as tx:
            chooser = _Chooser(tx, self._services.settings, asked.workspace.team, asked.user, self._services.clock())
            return await chooser.everywhere(word)

    async def _run(self, job: CommandJob) -> None:
        """Choose the word in the thread of a session, if it was written there, or else for all sessions."""
        cause, team = job.cause, job.workspace.team
        async with self._services.unit_of_work_for(job) as uow:
            thread = await threads.get(uow.tx, team, cause.channel or "", cause.thread_ts) if cause.thread_ts else None
            chooser = _Chooser(uow.tx, uow.settings, team, cause.user or "", uow.now)
            word = _WORDS.get(cause.command, cause.argument)
            if thread is not None:
                message = await chooser.in_thread(word, Scope(thread.channel, thread.ts))
            else:
                message = NO_SESSION_HERE if cause.command in _WORDS else await chooser.everywhere(word)
            await finish_with(uow, job, message)


@dataclass(frozen=True, slots=True)
class _Chooser:
    """What `user` chooses at the instant `now`, in one transaction."""

    tx: Transaction
    settings: Settings
    team: str
    user: str
    now: float

    async def everywhere(self, word: str) -> Message:
        """Store the word as the person's setting, or say what holds."""
        fixed = self.settings.file.holding(None, self.user)
        if word and Setting.NOTIFY in fixed:
            return notification_sentences.set_by_file(self.settings.file.name)
        if word:
            choice = NotifyChoice(word)
            of = (self.team, Scopes.PERSON, self.user, Setting.NOTIFY, choice)
            await setting_rows.put(self.tx, *of, self.user, self.now)
            return notification_sentences.notify_set(choice, in_thread=False)
        usual = await self.settings.effective(self.tx, self.team, None, self.user)
        return notification_sentences.notify_shown(usual.notify, in_thread=False)

    async def in_thread(self, word: str, scope: Scope) -> Message:
        """Store the word for the thread, or say what holds there."""
        if word:
            choice = NotifyChoice(word)
            await notifications.choose(self.tx, self.team, self.user, scope, choice)
            return notification_sentences.notify_set(choice, in_thread=True)
        chosen = await notifications.choices(self.tx, self.team, [self.user], scope)
        if self.user in chosen:
            return notification_sentences.notify_shown(chosen[self.user], in_thread=True)
        usual = await self.settings.effective(self.tx, self.team, scope.channel, self.user)
        inherited = usual.source(Setting.NOTIFY) is Source.MINE
        return notification_sentences.notify_shown(usual.notify, in_thread=True, inherited=inherited)
