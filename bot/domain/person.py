"""A person in Slack, as far as it matters who may do what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A member of Slack. A stranger belongs to another company; a stranger's e-mail is never given out."""

    id: str
    name: str
    email: str | None = None
    team: str = ""
    is_guest: bool = False
    is_external: bool = False
    is_bot: bool = False
    is_admin: bool = False
    tz: str | None = None
    deleted: bool = False
