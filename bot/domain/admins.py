"""Who is an admin of the bot."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admins:
    """Those of the `users` that the settings name who are full members, and the `members` of the user group with the id `group` that they name.

    `group` is None if the settings name none. A group that cannot be read, or has no members, has no `members`.
    """

    users: frozenset[str] = frozenset()
    group: str | None = None
    members: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all admins."""
        return self.users | self.members
