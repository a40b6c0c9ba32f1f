"""What is announced in the thread of a reply whose row is marked dead."""

from typing import Final

from bot.devin.errors import DevinOutcomeUnknown, DevinServerError, DevinUnexpectedAnswer, DevinUnreachable
from bot.domain.causes import MessageCause
from bot.domain.text import plain
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.job import RefusedForNow
from bot.kernel.organisation import OrganisationNotConnectedError
from bot.kernel.unit_of_work import UnitOfWork
from bot.store.inbox import InboxRow
from bot.views.answers import replies as reply_sentences

_OUTAGES: Final = (
    *(DevinUnreachable, DevinServerError, DevinOutcomeUnknown, DevinUnexpectedAnswer),
    OrganisationNotConnectedError,
)
_WHY_DEAD: Final = {
    **{error.__name__: "Devin couldn't be reached for too long" for error in _OUTAGES},
    RefusedForNow.__name__: "Devin couldn't take messages in this session for too long",
}


async def reply_is_dead(
    uow: UnitOfWork, row: InboxRow[MessageCause], session_id: str | None = None, reason: str = ""
) -> None:
    """Announce that the reply of `row` was not sent, for this `reason`, or that nobody knows whether it arrived."""
    cause, why = row.cause, _WHY_DEAD.get(reason, "something went wrong in Devin Bridge")
    said = reply_sentences.reply_not_sent(why, row.ref, plain(cause.text))
    if is_unknown(row):
        said = reply_sentences.reply_uncertain(row.ref, plain(cause.text))
    of = (f"lost:{row.key}", row.team, cause.channel, cause.root_ts)
    await uow.add_to_outbox(uow.post_row(*of, said, session_id=session_id))
