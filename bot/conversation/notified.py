"""Whom the posts of a session notify: people may choose which ones mention them, and when none does."""

from collections.abc import Collection
from datetime import UTC

from bot.domain.announcements import AnnouncementKind
from bot.domain.dead_ends import is_over, way_on
from bot.domain.notify_choice import mentions
from bot.domain.session import Session
from bot.domain.settings_values import QuietHours
from bot.domain.zones import zone_or
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import channels, kept_tasks, notifications, people, sessions
from bot.store.notifications import Scope
from bot.views.answers import stops as stop_sentences
from bot.views.dead_ends import with_way_on
from bot.views.message import Message


async def mentioned(uow: UnitOfWork, session: Session, users: Collection[str], kind: AnnouncementKind) -> list[str]:
    """Those of `users` whom an end of a turn of this `kind` mentions: by what they set, and not in quiet hours.

    What a person chose for the thread goes before their setting.
    """
    if not users:
        return []
    in_thread = await notifications.choices(uow.tx, session.team, users, _thread(session))
    held = await uow.settings.of_people(uow.tx, session.team, session.channel, users)
    wanted = [user for user in users if mentions(in_thread.get(user, held[user].notify), kind)]
    return [user for user in wanted if not await _is_quiet(uow, session.team, user, held[user].quiet)]


async def following(uow: UnitOfWork, session: Session) -> list[str]:
    """Who else wants to be mentioned in the thread of `session`."""
    return await notifications.following(uow.tx, session.team, _thread(session))


def _thread(session: Session) -> Scope:
    return Scope(session.channel, session.thread_ts or "")


async def _is_quiet(uow: UnitOfWork, team: str, user: str, quiet: QuietHours | None) -> bool:
    if quiet is None:
        return False
    person = await people.get(uow.tx, team, user, read_after=0.0)
    return quiet.hold(uow.now, zone_or(person.tz if person else None, UTC))


async def post_stop(uow: UnitOfWork, key: str, session: Session, by: str | None, message: Message) -> None:
    """Announce the stop of `session`, which mentions its asker and who follows it, but not `by`, who stopped it.

    Where it gets no further now, the post has a button for another one, unless another company reads it.
    """
    others = await following(uow, session)
    asker = [user for user in dict.fromkeys((session.requester, *others)) if user not in {"", by}]
    users = await mentioned(uow, session, asker, AnnouncementKind.ENDED)
    said, known = stop_sentences.mentioning(users, message), await channels.get(uow.tx, session.team, session.channel)
    if known is None or not known.is_shared:
        now = await sessions.get(uow.tx, session.id) or session
        if is_over(now) or way_on(now) is not None:
            said = with_way_on(said, now, kept=await kept_tasks.exists(uow.tx, session.id))
    await uow.post(key, session, said)
