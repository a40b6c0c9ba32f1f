"""What the commands about the whole store print: `backup`, `restored` and `copy`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_MEGABYTE: Final = 1_000_000


def backed_up(target: Path, size: int) -> str:
    """Say that the backup stands in the file `target`, which has `size` bytes."""
    return f"Backed up to {target} ({size / _MEGABYTE:,.1f} MB, checked). After you restore it, run `{RESTORED}`."


def exists(target: Path) -> str:
    """Say that the file `target` is there already."""
    return f"{target} exists already. Name another file, or add --replace."


def not_writable(target: Path, why: str) -> str:
    """Say that nothing could be written to `target`, because of `why`."""
    return f"Nothing was backed up: {target} can't be written ({why}). Name a file in another folder."


def no_store(path: Path) -> str:
    """Say that the file `path` is no store."""
    return f"{path} isn't a store of this bot. Check DATABASE_URL."


def damaged(store: Path) -> str:
    """Say that the backup did not pass its check."""
    return f"Nothing was backed up: {store} is damaged. Stop the bot and restore the last good backup."


def not_read(store: Path, why: str) -> str:
    """Say that the store could not be read, because of `why`."""
    return f"Nothing was backed up: {store} can't be read ({why}). Repeat the command."


def restored(since: float) -> str:
    """Say what follows from it that the store was restored, which is from the instant `since`."""
    at = datetime.fromtimestamp(since, UTC)
    return f"The store is from {at:%Y-%m-%d %H:%M:%S} UTC. Start the bot: it looks up what was done since then."


def running(lease: float | None = None) -> str:
    """Say that the bot has to be stopped first; one that was killed counts as running for `lease` seconds."""
    killed = f" A killed process counts as running for {lease:.0f} seconds." if lease else ""
    return f"The bot is running on this store. Stop it, then repeat this command.{killed}"


def copied(rows: int, tables: int, resumed_after: int) -> str:
    """Say that so many `rows` are the same in both stores, and what to do next; some may have been there before."""
    resumed = f"Resumed after {resumed_after:,} rows. " if resumed_after else ""
    return (
        f"{resumed}Copied {rows:,} rows in {tables} tables; counts and checksums match. "
        "Set DATABASE_URL to the new store, and move the old one away."
    )


def different(tables: Sequence[str]) -> str:
    """Say that the copy holds something else in `tables`."""
    return f"The copy differs in {', '.join(tables)}. Empty the target, then copy again."


TARGET_NOT_EMPTY: Final = "The target already has rows. Name an empty store."
SAME_STORE: Final = "Both addresses name the same store. Name another target."
EMPTY: Final = "The store is empty, so there's nothing to look up. Start the bot."
RESTORED: Final = "python -m bot restored"
OF_POSTGRES: Final = (
    "PostgreSQL makes its own backups. Run pg_dump, even while the bot runs:\n"
    "  pg_dump --format=custom --no-owner --no-privileges --file=FILE --dbname=ADDRESS\n"
    "ADDRESS is the server itself, not a pooler. To restore, stop the bot and run:\n"
    "  pg_restore --clean --if-exists --no-owner --no-privileges --single-transaction --dbname=ADDRESS FILE\n"
    f"  {RESTORED}"
)
