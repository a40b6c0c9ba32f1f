"""What `python -m bot forget` prints: what was deleted, what stays, and what is left to do elsewhere."""

from collections.abc import Mapping
from typing import Final

from bot.domain.erasure import Erased, Nouns
from bot.views.text import listed

_STAYS: Final = {
    "person": "The remaining data doesn't identify the person: a record of handled messages, so none is handled twice, "
    "and session costs.",
    "workspace": "The remaining data is Devin's bill by day, with its cycles and limits. If the bot still serves this "
    "workspace, it stores data again when it runs.",
}
_ELSEWHERE: Final = "Data in Slack, Devin, backups, and logs isn't deleted. Delete it there if it has to go."
_WHERE_IDS_ARE: Final = {
    "person": "A person's ID, such as U024BE7LH, is in their profile in Slack under “Copy member ID”.",
    "workspace": "A workspace's ID, such as T024BE7LD, is in Slack's address in a browser, after /client/.",
}


def report(kind: str, named: str, erased: Erased) -> str:
    """Say what was erased of the person or workspace `named`, what stays, and which sessions nobody follows now."""
    done = "Deleted or blanked in the store" if kind == "person" else "Deleted from the store"
    lines = [f"{named} is forgotten. {done}: {_counts(erased.rows)}.", _STAYS[kind]]
    if erased.unfollowed:
        lines += [_unfollowed(len(erased.unfollowed)), *erased.unfollowed]
    return "\n".join([*lines, _ELSEWHERE])


def unknown(kind: str, named: str) -> str:
    """Say that the store holds nothing of the person or workspace `named`, and where its id is found."""
    return f"The store has no data of a {kind} with the ID {named}. {_WHERE_IDS_ARE[kind]} Check DATABASE_URL, too."


def no_store(path: str) -> str:
    """Say that there is no store at `path`."""
    return f"There's no store at {path}. Check DATABASE_URL."


def bot_runs(lease: float | None = None) -> str:
    """Say that the bot has to be stopped first; one that was killed counts as running for `lease` seconds."""
    killed = f" A killed process counts as running for another {lease:.0f} seconds." if lease else ""
    return (
        "The bot is running and could rewrite this data. Stop it, rerun this command, then start it again. It then "
        f"fetches replies and mentions sent meanwhile.{killed}"
    )


def _counts(rows: Mapping[Nouns, int]) -> str:
    words = [f"{count:,} {singular if count == 1 else plural}" for (singular, plural), count in rows.items()]
    return listed(words)


def _unfollowed(number: int) -> str:
    if number == 1:
        return "1 session was open, and the bot no longer follows it. It runs in Devin until you end it there:"
    return (
        f"{number:,} sessions were open, and the bot no longer follows them. "
        "They run in Devin until you end them there:"
    )
