"""A line of a direct message that was sent to the last session, although it reads like a task of its own.

Its author reads so privately and may make it a session of its own. The press is carried out in the lane of that
session, so that the line is not on its way meanwhile: a line that Devin has not had yet is taken back and starts a
session in its own thread. One that Devin has had stays, and starts a session as well.
"""

from dataclasses import dataclass, replace

from bot.conversation.steer.held_start import go_on, why_too_late
from bot.conversation.titles import permalink
from bot.domain.causes import CommandCause, Confirmation, MessageCause
from bot.domain.commands.presses import AnswerGiven
from bot.domain.commands.registry import START
from bot.domain.keys import session_id
from bot.domain.lane import person_lane
from bot.domain.session import Session
from bot.kernel.job import CommandJob, finish, finish_with, move, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import inbox, sessions
from bot.views.answers import replies as reply_sentences
from bot.views.answers import starts as start_sentences


@dataclass(frozen=True, slots=True)
class OwnSession:
    """The choice to make a line of a direct message a session of its own."""

    services: Services
    name: str = reply_sentences.ADDED

    async def answered(self, job: CommandJob, given: AnswerGiven) -> None:
        """Start a session with the line, and take it back from the session that it was added to, if that can be."""
        of, key, text = [*given.subject.split("|", 2), "", ""][:3]
        session = await self.services.session(of)
        if session is None or not text or not _is_theirs(session, job):
            await self.services.answer(job, start_sentences.START_EXPIRED)
            return
        async with self.services.unit_of_work_for(job) as uow:
            if session.thread_ts is not None and job.row.lane != session.lane:
                # A crash right here leaves the press where it is, and it is moved again.
                await move(uow, job, session.lane, job.cause)
            else:
                await _begin(uow, job, session, key, text)


async def _begin(uow: UnitOfWork, job: CommandJob, session: Session, key: str, text: str) -> None:
    """Take the line with this `key` back, or start a session with its `text`, once."""
    # All is stored with the end of the press or its move: a crash before that has it carried out anew.
    row = await inbox.get(uow.tx, key)
    stands = await inbox.standing(uow.tx, key)
    cause = row.cause if row is not None and isinstance(row.cause, MessageCause) else None
    if await sessions.get(uow.tx, session_id(key)) is not None or (cause is not None and cause.thread_ts is None):
        said, replaces = await why_too_late(uow, job, key, reply=False)
        await uow.reply_privately(replace(recipient_of(job), replaces=replaces), said)
        await finish(uow, job)
    elif row is not None and cause is not None and row.intent_at is None:
        own = Confirmation(as_task=True)
        taken = replace(cause, thread_ts=None, confirmation=own, hold=None, response_url=job.cause.response_url)
        await go_on(uow, key, job.workspace.team, taken)
        await finish(uow, job)
    elif stands is not None and stands.edited_ts is not None:
        await finish_with(uow, job, reply_sentences.CHANGED_SINCE)
    else:
        if stands is None or stands.sent:
            # With a key of its own: the start answers too.
            to = replace(recipient_of(job), replaces=False)
            had = reply_sentences.had_by(session, permalink(job.workspace, session))
            await uow.reply_privately(to, had, key=f"{job.row.key}:had")
        task, url = f"{START.name} {text}", job.cause.response_url
        command = CommandCause(job.cause.user or "", session.channel, task, url, Confirmation(as_task=True))
        await move(uow, job, person_lane(job.workspace.team, command.user), command)


def _is_theirs(session: Session, job: CommandJob) -> bool:
    cause, team = job.cause, job.workspace.team
    return (session.team, session.channel, session.requester) == (team, cause.channel, cause.user)
