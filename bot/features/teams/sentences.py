"""What admins read about teams: the list, confirmations, and what is wrong with what was typed."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.features.teams.rules import LONGEST_NAME, CostCentre, Member, MemberKind, Problem
from bot.views import blocks
from bot.views.answers.wording import code, message_of
from bot.views.dates import weekday_date
from bot.views.message import Message
from bot.views.sentences import mention
from bot.views.text import counted, fitted, listed

NONE_SET: Final = "There are no teams yet. `/devin team add Payments @ann #payments tag:pay` makes one."
HOW_COUNTED: Final = (
    "A session counts toward one team: by its tag, otherwise its channel, otherwise the person who started it."
)
_PICKED: Final = {MemberKind.CHANNEL: "#channel", MemberKind.PERSON: "@person"}
_PROBLEMS: Final = {
    Problem.NAME: "Name the team.",
    Problem.LONG: f"The name of a team can have at most {LONGEST_NAME} characters.",
    Problem.RESERVED: "A team can't have this name, because other rows in the figures use it. Pick another name.",
    Problem.NOBODY: "After the name, list people, channels, or tags such as `tag:pay`.",
    Problem.PICKED: "Pick the channel or person from Slack's list as you type `#` or `@`.",
    Problem.GROUP: "A team has people, channels, and tags. A user group can't be in one: name its people.",
    Problem.DAY: "There's no such day. Write one such as `from 2026-12-01`.",
    Problem.MEMBER: "After the name, write only people, channels, and tags such as `tag:pay`.",
}


def problem(which: Problem, *, removes: bool = False) -> Message:
    """Say what is wrong with what was typed, with an example of how it is written."""
    example = "team remove Payments @ann" if removes else "team add Payments @ann #web tag:pay"
    return message_of("Nothing was changed.", _PROBLEMS[which], f"For example: `/devin {example}`")


def listing(centres: Sequence[CostCentre]) -> Message:
    """Build the list of teams."""
    if not centres:
        return Message(NONE_SET)
    lines = [f"• *{fitted(centre.name)}*: {_members(centre.members)}" for centre in centres]
    names = ", ".join(fitted(centre.name) for centre in centres)
    text = f"{counted(len(centres), 'team')}: {names}"
    return Message(text, [*blocks.sections(lines), *blocks.context([HOW_COUNTED])])


def added(name: str, members: Sequence[Member], since: date, *, is_new: bool) -> Message:
    """Confirm that `members` were added to a team, which may be new, and from which day on they count in it."""
    if is_new:
        return message_of(f"Team {_quoted(name)} was created: {_members(members)}.", _counts(since), HOW_COUNTED)
    return message_of(f"Added to team {_quoted(name)}: {_members(members)}.", _counts(since))


def _counts(since: date) -> str:
    return f"This counts from {weekday_date(since)}; earlier days stay as they are."


def all_there(name: str) -> Message:
    """Report that there was nothing to add."""
    return Message(f"All of them are already in team {_quoted(name)}, so nothing was changed.")


def in_another(member: Member, name: str, other: str, today: date) -> Message:
    """Refuse to put a member of the team `name` into the `other` one too, and say how it is moved."""
    return message_of(
        "Nothing was changed.",
        f"{_member(member)} is already in team {_quoted(name)}, and can only be in one.",
        f"To move it today: {code(f'/devin team add {other} {_typed(member)} from {today}')}.",
    )


def no_such_team(name: str) -> Message:
    """Report that no team has this name."""
    return message_of(f"There's no team {_quoted(name)}, so nothing was removed.", "`/devin team list` shows the rest.")


def not_in(member: Member, name: str) -> Message:
    """Report that a member that was to be taken out of a team is not in it."""
    return Message(f"Nothing was changed. {_member(member)} isn't in team {_quoted(name)}.")


def removed(name: str, members: Sequence[Member], since: date) -> Message:
    """Confirm that a team was removed, with the `members` that it had."""
    return message_of(f"Team {_quoted(name)} was removed: {_members(members)}.", _counts(since))


def taken_out(name: str, members: Sequence[Member], since: date) -> Message:
    """Confirm that `members` were taken out of a team that has others."""
    return message_of(f"Removed from team {_quoted(name)}: {_members(members)}.", _counts(since))


def _quoted(name: str) -> str:
    return f"“{fitted(name)}”"


def _members(members: Sequence[Member]) -> str:
    return listed([*map(_member, members)])


def _member(member: Member) -> str:
    """Name a member in a private answer, in which a mention notifies nobody."""
    if member.kind is MemberKind.TAG:
        return code(f"tag:{member.subject}")
    return f"<#{member.subject}>" if member.kind is MemberKind.CHANNEL else mention(member.subject)


def _typed(member: Member) -> str:
    """Write how a member is typed; a channel and a person are picked in Slack."""
    return f"tag:{member.subject}" if member.kind is MemberKind.TAG else _PICKED[member.kind]
