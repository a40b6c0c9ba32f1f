"""The gate of pauses: where an admin has paused the bot nothing starts or wakes a session, however it is asked for."""

from dataclasses import dataclass

from bot.domain.session import Session
from bot.kernel.gates import Asker, ForAll, ForNow, Limit, Work
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import pauses, people
from bot.store.database.connection import Transaction
from bot.views.answers import pauses as pause_sentences
from bot.views.answers.starts import PAUSED
from bot.views.message import Message


@dataclass(frozen=True, slots=True)
class PauseGate:
    """Asks whether the bot is paused where work is to begin. What is asked for waits, to be tried again."""

    services: Services

    async def start_refusal(self, who: Asker, *, again: bool = False) -> Message | None:  # noqa: ARG002 - all the same
        """Why nothing may start where `who` is; None if it may."""
        async with self.services.db.read() as tx:
            paused = await who_paused(tx, who.workspace.team, who.channel)
        if paused is None:
            return None
        if not who.start:
            return pause_sentences.not_started(paused)
        kept = pause_sentences.start_kept(paused, who.start)
        return ForNow(kept.text, kept.blocks, question=PAUSED)

    async def wake_refusal(self, who: Asker, session: Session, *, kept: bool = False) -> Message | None:
        """Why `session` may not be woken; None if it may. What would wake it is `kept` anyway, or waits."""
        async with self.services.db.read() as tx:
            paused = await who_paused(tx, who.workspace.team, session.channel)
        if paused is None:
            return None
        if kept or not who.start:
            return pause_sentences.not_woken(paused)
        said = pause_sentences.reply_kept(paused, who.start)
        return ForNow(said.text, said.blocks, question=PAUSED)

    async def steer_refusal(self, who: Asker, session: Session) -> Message | None:  # noqa: ARG002 - what runs goes on
        """Nothing: a pause keeps nobody from writing to a session that runs."""
        return None

    async def limit(self, tx: Transaction, who: Asker, work: Work) -> Limit | Message:  # noqa: ARG002 - of no ACUs
        """Ask once more in the transaction that admits the work, which may have waited since it was asked for."""
        paused = await who_paused(tx, who.workspace.team, who.channel)
        return Limit(None) if paused is None else ForAll(pause_sentences.not_started(paused).text)

    async def is_quick(self, tx: Transaction, workspace: Workspace) -> bool:
        """Whether nothing is paused in the workspace, so that there is nothing to say."""
        return not await pauses.of_workspace(tx, workspace.team)


async def who_paused(tx: Transaction, team: str, channel: str) -> str | None:
    """The beginning of a sentence about who paused the bot there, and when; None if it is not paused."""
    pause = await pauses.over(tx, team, channel)
    if pause is None:
        return None
    return pause_sentences.paused_by(await people.name_of(tx, team, pause.user), pause.channel, pause.at)
