"""Recognises, before anything is worked on, that the store is an older copy of itself, which was put back.

`python -m bot restored` says so. Otherwise a start after a kill asks Slack for the posts that came after the last
heartbeat in the store, in a few threads and channels. A post is stored before it is made, so one of ours whose key is
not stored was made by a process that this store knows nothing of.
"""

import asyncio
from typing import Final

from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError
from bot.store import outbox, threads
from bot.store.threads import Thread
from bot.views.answers import failures as failure_sentences

log = get_logger(__name__)

_MOST_THREADS: Final = 3  # in each workspace, those in which people wrote last: a start waits for this


async def recognise(services: Services) -> None:
    """Find out whether a backup was put back as the store, and have all that may have been done since looked up."""
    since = services.restoration.unbegun_since or await _since_seen_in_slack(services)
    if since is None:
        return
    # A crash before this commit has done nothing yet: the next start finds the same.
    async with services.unit_of_work() as uow:
        await services.restoration.begin(uow.tx, since, uow.now)
        for workspace in services.workspaces:
            await uow.notify_admins(workspace, f"restored:{int(since)}", failure_sentences.store_restored(since))
    log.warning("store restored from a backup", since=since)


async def _since_seen_in_slack(services: Services) -> float | None:
    """From when the store is, if Slack has posts of ours that it does not know; None if it has not."""
    restoration, now = services.restoration, services.clock()
    at = restoration.abandoned_at
    # Where another worker is alive, it has seen the same store at work all the time.
    others = not services.db.is_sqlite and at is not None and now - at < services.timing.lease
    if at is None or others or restoration.is_recent(now):
        return None
    for workspace in services.workspaces:
        if await _has_unknown_posts(services, workspace, at):
            return at
    return None


async def _has_unknown_posts(services: Services, workspace: Workspace, since: float) -> bool:
    async with services.db.read() as tx:
        newest = await threads.newest(tx, workspace.team, _MOST_THREADS)
    try:
        async with asyncio.timeout(services.timing.restored_check):
            keys = await _keys_after(workspace, newest, since)
    except (SlackError, TimeoutError) as error:
        log.warning("store age unknown", error=type(error).__name__)
        return False
    async with services.db.read() as tx:
        return any([await outbox.by_key(tx, key) is None for key in keys])


async def _keys_after(workspace: Workspace, newest: list[Thread], since: float) -> list[str]:
    """The keys of our posts in these threads, and in their channels, where the cards of commands stand."""
    places = {(thread.channel, thread.ts) for thread in newest} | {(thread.channel, None) for thread in newest}
    found = [await workspace.slack.own_keys(channel, ts, f"{since:.6f}") for channel, ts in places]
    return [key for keys in found for key in keys]
