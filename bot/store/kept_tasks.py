"""The tasks of sessions as people wrote them, kept for a while so that a session can be tried again or continued."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.file import SlackFile
from bot.domain.pick import ThreadRef
from bot.domain.session import Session
from bot.store.cause_codec import decode_files, encode_files
from bot.store.database.connection import insert, storable
from bot.store.tables import kept_tasks


@dataclass(frozen=True, slots=True)
class KeptTask:
    """What somebody asked for, with the files of their message, and the thread that it is `about`."""

    text: str
    files: tuple[SlackFile, ...] = ()
    about: ThreadRef | None = None


async def keep(
    tx: AsyncConnection, session: Session, files: tuple[SlackFile, ...], about: ThreadRef | None, now: float
) -> None:
    """Store the prompt of `session`, which is whole until Devin has it, unless it is stored already."""
    values = {
        "session_id": session.id,
        "team": session.team,
        "user": session.requester,
        "text": session.prompt,
        "files": encode_files(files),
        "about": None if about is None else [about.channel, about.ts],
        "at": now,
    }
    await tx.execute(insert(tx.dialect.name, kept_tasks).values(storable(values)).on_conflict_do_nothing())


async def get(tx: AsyncConnection, session_id: str) -> KeptTask | None:
    """The task of the session with our id `session_id`; None if it is not kept, or no longer."""
    found = await tx.execute(select(kept_tasks).where(kept_tasks.c.session_id == session_id))
    row = found.mappings().one_or_none()
    if row is None:
        return None
    about = None if row["about"] is None else ThreadRef(*row["about"])
    return KeptTask(row["text"], decode_files(row["files"]), about)


async def exists(tx: AsyncConnection, session_id: str) -> bool:
    """Whether the task of the session with our id `session_id` is kept."""
    found = await tx.execute(select(kept_tasks.c.session_id).where(kept_tasks.c.session_id == session_id))
    return found.first() is not None


async def remove(tx: AsyncConnection, session_id: str) -> None:
    """Delete the task of a session that another one goes on with, or that is none."""
    await tx.execute(delete(kept_tasks).where(kept_tasks.c.session_id == session_id))
