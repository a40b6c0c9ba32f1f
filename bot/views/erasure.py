"""What `python -m bot forget` prints: what was deleted, what stays, and what is left to do elsewhere."""

from collections.abc import Mapping
from typing import Final

from bot.domain.erasure import Erased, Nouns

_STAYS: Final = {
    "person": "What stays says nothing about the person: which messages were handled, so that none acts twice, and "
    "what sessions cost.",
    "workspace": "What stays is what Devin billed by day, with its cycles and limits: that belongs to the "
    "organization. If the bot still serves this workspace, it begins to store again when it runs.",
}
_ELSEWHERE: Final = (
    "What is in Slack and Devin stays there. So do backups of the store and lines of "
    "the log: delete them there if they have to go."
)
_WHERE_IDS_ARE: Final = {
    "person": "A person's id, such as U024BE7LH, is in their profile in Slack under “Copy member ID”.",
    "workspace": "A workspace's id, such as T024BE7LD, is in the address of Slack in a browser, after /client/.",
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
    return f"The store holds nothing of a {kind} with the id {named}. {_WHERE_IDS_ARE[kind]} Check DATABASE_URL, too."


def no_store(path: str) -> str:
    """Say that there is no store at `path`."""
    return f"There's no store at {path}. Check DATABASE_URL."


def bot_runs(lease: float | None = None) -> str:
    """Say that the bot has to be stopped first; one that was killed counts as running for `lease` seconds."""
    killed = f" A process that was killed counts as running for another {lease:.0f} seconds." if lease else ""
    return (
        "The bot runs on this store, and would store again what is deleted beside it. Stop it, repeat this command and "
        f"start it again: the replies and mentions of that time are fetched then.{killed}"
    )


def _counts(rows: Mapping[Nouns, int]) -> str:
    words = [f"{count:,} {singular if count == 1 else plural}" for (singular, plural), count in rows.items()]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _unfollowed(number: int) -> str:
    if number == 1:
        return "1 session was open, and the bot no longer follows it. It runs in Devin until you end it there:"
    return (
        f"{number:,} sessions were open, and the bot no longer follows them. "
        "They run in Devin until you end them there:"
    )
