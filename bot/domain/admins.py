"""Who is an admin of the bot."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admins:
    """Who is an admin: `users` who are named, and `members` of the user `groups` that are named.

    All are full members of the workspace, as far as is known. A group that cannot be read, or has no members, has no
    `members`.
    """

    users: frozenset[str] = frozenset()
    groups: tuple[str, ...] = ()
    members: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all admins."""
        return self.users | self.members
