"""A person in Slack, with the facts that decide what they may do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A user of Slack.

    `is_external` marks a person of another company, whose `email` is never passed on. `team` is the workspace that the
    person belongs to, and `tz` the name of their time zone.
    """

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
