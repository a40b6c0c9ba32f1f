"""A backup that is put back, and what may not be there twice after that."""

from collections import Counter
from pathlib import Path

from tests.scenarios.harness import GENERAL, OPS, WEB, Harness


def store_of(on: Harness) -> Path:
    """The SQLite file that the bot has as its store."""
    return Path(on.environment["DATABASE_URL"].removeprefix("sqlite:///"))


async def lay_back(on: Harness, backup: Path) -> None:
    """Copy a backup to the place of the store, as an operator does, once nobody looks into the store any more."""
    store = store_of(on)
    if on._store is not None:
        await on._store.close()
        on._store = None
    for ending in ("-wal", "-shm"):
        Path(f"{store}{ending}").unlink(missing_ok=True)
    store.write_bytes(backup.read_bytes())


async def all_once(on: Harness) -> None:
    """No session, no message at Devin and no post in Slack is there twice."""
    made = await on.devin.sessions()
    prompts = Counter(session["messages"][0]["message"] for session in made)
    replies = Counter(
        (one["session_id"], said["message"]) for one in made for said in one["messages"] if said["source"] == "user"
    )
    posts: Counter[tuple[str, str]] = Counter()
    for channel in (GENERAL, WEB, OPS):
        for message in await on.slack.messages(channel):
            key = ((message.get("metadata") or {}).get("event_payload") or {}).get("key")
            if key:
                posts[channel, key] += 1
    assert posts
    assert [what for found in (prompts, replies, posts) for what, count in found.items() if count > 1] == []
