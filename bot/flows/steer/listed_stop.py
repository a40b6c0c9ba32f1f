"""The button *Stop* in a list: the list shows the stop at once, and the session is stopped in its own lane."""

from dataclasses import replace

from bot.domain.causes import ActionCause
from bot.domain.session import Session
from bot.flows.job import Job, move, recipient_of
from bot.flows.services import Services
from bot.flows.steer.session_list import SessionList
from bot.views.answers import session_lists as session_list_sentences
from bot.views.sentences import STOPPABLE


async def show_stop_in_list(
    services: Services, session_list: SessionList, job: Job[ActionCause], session: Session
) -> None:
    """Replace the list whose button was pressed, with the numbers of before, and move the row to the session's lane.

    What comes of the stop is then posted in the session's thread. Where there is nothing to stop, a private answer says
    so beside the list.
    """
    stoppable = session.display_state in STOPPABLE
    # A crash before this commit shows and stops nothing, and the row is handled again.
    async with services.unit_of_work_for(job) as uow:
        shown = await session_list.shown_again(
            uow.tx, job.workspace, job.cause.user or "", replace(session, stop_requested=stoppable)
        )
        message = (
            session_list_sentences.list_with_stop(shown, session)
            if stoppable
            else session_list_sentences.session_list(shown)
        )
        # With a key of its own, because the stop may have an answer too.
        await uow.reply_privately(recipient_of(job), message, key=f"{job.row.key}:list")
        await move(uow, job, session.lane, replace(job.cause, pressed=False))
