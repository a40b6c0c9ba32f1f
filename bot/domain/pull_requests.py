"""The states of pull requests, in Devin's words.

Seen were open, closed, merged and draft. The state may also be missing or another word: then the pull request is open.
"""

from bot.domain.session import PullRequest, Snapshot


def is_merged(state: str | None) -> bool:
    """Whether a pull request in this `state` is merged."""
    return state is not None and state.casefold() == "merged"


def is_closed(state: str | None) -> bool:
    """Whether a pull request in this `state` is closed without being merged."""
    return state is not None and state.casefold() == "closed"


def changed_pull_requests(old: Snapshot, new: Snapshot) -> tuple[PullRequest, ...]:
    """The pull requests that `new` has and `old` has not, or has in another state."""
    known = set(old.pull_requests)
    return tuple(request for request in new.pull_requests if request not in known)
