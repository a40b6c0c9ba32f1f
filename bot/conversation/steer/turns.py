"""Whose turn it is in a session's thread: whether a reply is for Devin, or people's talk with each other.

The decision is made from the reply and from stored rows alone, and stored: one that catch-up has read gets the same
decision, and so does one that is worked on again after a crash.
"""

from bot.domain.causes import MessageCause
from bot.domain.session import Session
from bot.domain.settings_values import TurnTaking
from bot.domain.turn_taking import LastReply, NotForDevin, Written, is_talk, not_for_devin
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.store import outbox, threads
from bot.store.threads import Thread


class Turns:
    """Decides which replies in a channel are for Devin."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def reason(self, job: Job[MessageCause], thread: Thread, session: Session) -> NotForDevin | None:
        """Why the reply is not sent to Devin; None if it is, or if its author has said so.

        In a direct message nobody else is addressed.
        """
        cause = job.cause
        chosen = cause.was_held or cause.confirmation.as_reply or job.row.intent_at is not None
        if cause.direct or chosen or cause.revision is not None:
            return None
        written = Written(cause.user, cause.ts, cause.text, cause.mention)
        async with self._services.db.read() as tx:
            turns = await self._services.settings.turns(tx, job.workspace.team, job.cause.channel)
        bot_user = job.workspace.bot_user
        if turns is not TurnTaking.TWO_PEOPLE:
            return not_for_devin(written, bot_user, turns, talk=False)
        # A crash right after this commit decides again, and finds the decision stored.
        async with self._services.db.write() as tx:
            known = await threads.get(tx, thread.team, thread.channel, thread.ts) or thread
            devin_ts = await outbox.devin_wrote(tx, session.id, before=cause.ts)
            last = LastReply(known.replied_by, known.replied_ts, known.is_talk) if known.replied_ts else None
            talk = is_talk(written, last, devin_ts, self._services.timing.talk_lasts)
            found = not_for_devin(written, bot_user, turns, talk)
            await threads.note_reply(tx, thread, "" if cause.mention else cause.user, cause.ts, found is not None)
        return found
