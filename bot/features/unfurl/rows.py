"""Which previews are shown outside of the channels of their sessions, and end once such a channel is private."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Column, ColumnElement, Float, Index, String, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.columns import metadata
from bot.store.database.connection import insert
from bot.store.instants import happened
from bot.store.table_spec import TableSpec, kept_for, nothing

previews: Final = Table(
    "previews",
    metadata,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),  # where the link is
    Column("ts", String, primary_key=True),
    Column("source", String, primary_key=True),  # the channel of the sessions that are shown
    Column("links", String, nullable=False),  # with spaces between them
    Column("shown_at", Float, nullable=False),
    Column("asked_at", Float, nullable=False),  # when the source was last known to be public
)
Index("ix_previews_source", previews.c.team, previews.c.source)
Index("ix_previews_shown_at", previews.c.shown_at)

TABLES: Final = (
    TableSpec(
        previews,
        ("preview of a link", "previews of links"),
        kept_for(previews.c.shown_at, lambda kept: kept.retention),
        nothing,
        instants=(happened(previews.c.shown_at), happened(previews.c.asked_at)),
    ),
)


async def put(
    tx: AsyncConnection, team: str, channel: str, ts: str, shown: Mapping[str, Sequence[str]], now: float
) -> None:
    """Store which links in a message are `shown`, by the channels of their sessions."""
    for source, links in shown.items():
        key = {"team": team, "channel": channel, "ts": ts, "source": source}
        values = {"links": " ".join(links), "shown_at": now, "asked_at": now}
        statement = insert(tx.dialect.name, previews).values(key | values)
        await tx.execute(statement.on_conflict_do_update(index_elements=[*key], set_=values))


async def sources(tx: AsyncConnection, team: str, before: float, most: int) -> list[str]:
    """At most `most` channels whose sessions are shown and which were not asked about since `before`."""
    asked = func.min(previews.c.asked_at)
    found = select(previews.c.source).where(previews.c.team == team).group_by(previews.c.source)
    return list(await tx.scalars(found.having(asked < before).order_by(asked).limit(most)))


async def messages(tx: AsyncConnection, team: str, source: str) -> list[tuple[str, str, list[str]]]:
    """The messages with previews of sessions in the channel `source`: channel, `ts` and links of each."""
    of = previews.c
    found = await tx.execute(select(of.channel, of.ts, of.links).where(of.team == team, of.source == source))
    return [(row.channel, row.ts, row.links.split()) for row in found]


async def note_asked(tx: AsyncConnection, team: str, source: str, now: float) -> None:
    """Store that the channel `source` is public `now`."""
    await tx.execute(update(previews).where(*_of(team, source)).values(asked_at=now))


async def remove(tx: AsyncConnection, team: str, source: str, channel: str, ts: str) -> None:
    """Delete what is stored of a preview that was taken back."""
    await tx.execute(delete(previews).where(*_of(team, source), previews.c.channel == channel, previews.c.ts == ts))


def _of(team: str, source: str) -> tuple[ColumnElement[bool], ...]:
    return previews.c.team == team, previews.c.source == source
