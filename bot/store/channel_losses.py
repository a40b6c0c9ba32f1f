"""Losses of channels: the channel of a session can no longer be posted to, and its asker is informed once of each.

The row of the session's card keeps of which loss the asker was last informed. It is not the row of the session, because
whoever loses a channel has locked the posts in it by then, and others lock a session before its posts.
"""

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.outbox import IS_POST
from bot.store.tables import outbox, posts


async def note(tx: AsyncConnection, session_id: str, card: str, removal: str) -> str | None:
    """Store that the channel of a session is lost; returns a name for the loss, or None if it was announced before.

    `card` is the key of the session's card. `removal` is the key of Slack's event about the channel, or empty if Slack
    refused a post there. All refusals since the last post that was sent are one loss. Each event is a loss of its own,
    but an event right after refusals is the same loss as they, because it says why Slack refused.
    """
    mine: ColumnElement[bool] = posts.c.key == card
    # Locked, so that of two transactions that lose the channel at the same time only one announces it.
    known = await tx.execute(select(posts.c.loss).where(mine).with_for_update())
    stored, last_sent = known.scalar_one_or_none() or "", (await tx.execute(_last_sent(session_id))).scalar_one()
    refused, loss = f"{last_sent}:", f"{last_sent}:{removal}"
    if not removal and stored.startswith(refused):
        return None
    await tx.execute(update(posts).where(mine).values(loss=loss))
    return None if stored in {refused, loss} else loss


def _last_sent(session_id: str) -> Select[tuple[int]]:
    theirs = (outbox.c.session_id == session_id, outbox.c.state == "sent", IS_POST)
    return select(func.coalesce(func.max(outbox.c.seq), 0)).where(*theirs)
