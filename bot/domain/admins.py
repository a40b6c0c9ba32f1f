"""Who is an admin of the bot."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admins:
    """Who is an admin: `users` whom the settings name, and `members` of the user group `group` that they name.

    All are full members of the workspace, as far as is known. `group` is None if the settings name none. A group that
    cannot be read, or has no members, has no `members`.
    """

    users: frozenset[str] = frozenset()
    group: str | None = None
    members: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all admins."""
        return self.users | self.members
