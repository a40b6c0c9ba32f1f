"""Whom the posts of a session notify: people may choose which ones mention them."""

from collections.abc import Collection

from bot.domain.announcements import AnnouncementKind
from bot.domain.notify_choice import mentions
from bot.domain.session import Session
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import notifications
from bot.store.notifications import Scope
from bot.views.answers import stops as stop_sentences
from bot.views.message import Message


async def mentioned(uow: UnitOfWork, session: Session, people: Collection[str], kind: AnnouncementKind) -> list[str]:
    """Those of `people` whom an end of a turn of this `kind` mentions: all that did not choose otherwise."""
    scope = Scope(session.channel, session.thread_ts or "")
    chosen = await notifications.choices(uow.tx, session.team, people, scope)
    return [user for user in people if user not in chosen or mentions(chosen[user][1], kind)]


async def post_stop(uow: UnitOfWork, key: str, session: Session, by: str | None, message: Message) -> None:
    """Announce the stop of `session`, which mentions its asker if `by`, who stopped it, is somebody else."""
    people = {session.requester} - {"", by}
    users = await mentioned(uow, session, people, AnnouncementKind.ENDED)
    await uow.post(key, session, stop_sentences.mentioning(users, message))
