"""What admins read about roles: the list, confirmations, and what is wrong with what was typed."""

from collections.abc import Sequence
from typing import Final

from bot.domain.admins import Admins
from bot.domain.roles import EVERYONE, Right, Roles, is_group
from bot.features.roles.specs import ROLE_ADD, ROLE_ADD_CONFIRMED, ROLE_UNDO
from bot.features.roles.words import Problem
from bot.views import blocks, questions
from bot.views.answers.access import how_to_name
from bot.views.answers.wording import message_of
from bot.views.message import Message
from bot.views.sentences import mention
from bot.views.text import listed

_CAN: Final = {
    Right.START: "start sessions",
    Right.STEER: "write to other people's sessions",
    Right.STOP: "stop other people's sessions",
    Right.COST: "see the cost of other people's sessions with `!cost`",
    Right.ADMINISTER: "administer Devin Bridge",
}
_ADMINISTERS: Final = "see usage, set budgets, and give roles"
_PROBLEMS: Final = {
    Problem.RIGHT: f"Name one role: {', '.join(f'`{right}`' for right in Right)}.",
    Problem.NOBODY: "Name who gets it: people, user groups, or `everyone`.",
    Problem.PICKED: "Pick the channel, person, or group from Slack's list as you type `#` or `@`.",
    Problem.CHANNELS: "Name one channel, or none for everywhere.",
    Problem.EVERYONE: "For `administer`, name people or groups, not everyone.",
    Problem.WORD: "Write only the role, a channel, people, and user groups.",
}
MOST_NAMED: Final = 20  # admins and their groups
QUESTION: Final = "role"  # the name of the question whether to shut people out
UNCHANGED: Final = Message("OK, nothing was changed.")
ALWAYS: Final = "Admins have every role. You can always steer, stop, and see the cost of sessions you started."
NAMED_BY_SETTINGS: Final = Message(
    "Nothing was changed. The settings name this admin. Your Devin Bridge operator can change `BOT_ADMIN_USERS`."
)
NOT_YOURSELF: Final = Message("You can't take that from yourself. Ask another admin.")


def problem(which: Problem, *, removes: bool = False) -> Message:
    """Say what is wrong with what was typed, with an example of how it is written."""
    example = "role remove start @ann" if removes else "role add start #web @ann"
    return message_of("Nothing was changed.", _PROBLEMS[which], f"For example: `/devin {example}`")


def listing(roles: Roles, of_file: Roles, admins: Admins, here: str | None = None) -> Message:
    """Build the list of all roles, of which the settings file has declared those `of_file`, and name the `admins`.

    Of roles in one channel it has only those in the channel `here`, if one is given.
    """
    lines = []
    for right in Right:
        who = _named(admins) or "no one" if right is Right.ADMINISTER else _names(roles.holders(right) or [EVERYONE])
        can = _ADMINISTERS if right is Right.ADMINISTER else _CAN[right]
        lines.append(f"• *{right}* ({can}): {who}{_source(of_file, right, '')}")
        for (held, channel), holders in sorted(roles.held.items()):
            if held is right and channel and here in {None, channel}:
                lines.append(f"• *{right}* in <#{channel}>: {_names(holders)}{_source(of_file, right, channel)}")
    return Message("Who can do what", [*blocks.sections(lines), *blocks.context([ALWAYS])])


def whom_to_ask(admins: Admins) -> Message:
    """Name the `admins`."""
    if not admins.ids:
        return message_of("" if admins.groups else "Devin Bridge has no admins.", how_to_name(admins))
    return Message(f"Admins of Devin Bridge: {_named(admins)}. Ask one for a role or for more budget.")


def given(right: Right, channel: str, holders: Sequence[str]) -> Message:
    """Confirm that now `holders`, and admins, have a role."""
    who = "everyone" if EVERYONE in holders else f"only {_with_admins(holders)}"
    return Message(f"From now on, {who} can {_CAN[right]}{_where(channel)}.")


def ask_to_give(right: Right, channel: str, holders: Sequence[str], could: Sequence[str] | None) -> Message:
    """Ask whether only `holders` are to have a role; `could` are those who have it now, None for everyone."""
    now = EVERYONE if could is None or EVERYONE in could else _names(could)
    said = (
        f"Let only {_with_admins(holders)} {_CAN[right]}{_where(channel)}? "
        f"Right now, {now} can; the others will lose that right."
    )
    if EVERYONE in holders:
        said = f"Let everyone {_CAN[right]}{_where(channel)}? Right now, only {_with_admins(could or ())} can."
    if right is Right.ADMINISTER:
        can = "pause and resume Devin Bridge and change settings there" if channel else _ADMINISTERS
        said = f"Let {_names(holders)} {_CAN[right]}{_where(channel)}? They can then {can}."
    row = blocks.actions(
        questions.choice("Change it", ROLE_ADD_CONFIRMED, _typed(right, channel, holders), style="danger"),
        questions.no("Cancel", QUESTION, right),
    )
    return Message(said, [blocks.section(said), *row])


def given_undoable(right: Right, channel: str, holders: Sequence[str], now: float) -> Message:
    """Confirm that from `now` on only `holders`, and admins, have a role, which can be undone."""
    said = given(right, channel, holders).text
    if right is Right.ADMINISTER:  # others may, too
        said = f"From now on, {_with_admins(holders)} can {_CAN[right]}{_where(channel)}."
    undo = questions.undo(ROLE_UNDO, _typed(right, channel, holders), now)
    return Message(said, [blocks.section(said), *blocks.actions(undo)])


def _typed(right: Right, channel: str, holders: Sequence[str]) -> str:
    """What gives or takes the role, as it is typed."""
    named = [holder if holder == EVERYONE else f"@{holder}" for holder in holders]
    return " ".join([right, *([f"#{channel}"] if channel else []), *named])


def as_before(right: Right, channel: str, holders: Sequence[str] | None) -> Message:
    """Confirm that nobody has a role of their own there any more: these `holders` have it, or None for the default."""
    if holders is not None:
        return given(right, channel, holders)
    who = "only admins" if right is Right.ADMINISTER else "everyone"
    return Message(f"From now on, {who} can {_CAN[right]}{_where(channel)}.")


def all_have_it(right: Right) -> Message:
    """Report that there was nothing to give."""
    return Message(f"They already have the role `{right}` there. Nothing was changed.")


def open_to_all(right: Right, channel: str) -> Message:
    """Report that everyone has a role there, because no rule limits it, and say how to limit it."""
    can = f"Everyone can {_CAN[right]}{_where(channel)}; no rule limits it."
    return Message(f"{can} To limit it, name who can: `/devin role add {right} @ann`.")


def not_held(right: Right, holders: Sequence[str], channel: str, could: Sequence[str] | None) -> Message:
    """Report that there was nothing to take from `holders`, or from anybody; `could` are those who have the role."""
    if right is Right.ADMINISTER:
        who = "They don't have" if holders else "No one was given"
        return Message(f"{who} the role `{right}`{_where(channel)}. Nothing was changed.")
    if could is None or EVERYONE in could:
        return open_to_all(right, channel)
    said = f"Only {_with_admins(could)} can {_CAN[right]}{_where(channel)}. Nothing was changed."
    if EVERYONE not in holders:
        return Message(said)
    opens = questions.choice("Let everyone", ROLE_ADD, _typed(right, channel, holders))
    return Message(said, [blocks.section(said), *blocks.actions(opens)])


def set_by_file(right: Right) -> Message:
    """Refuse to change what the settings file declares."""
    return message_of(
        "Nothing was changed.", f"The settings file sets the role `{right}`. Your Devin Bridge operator can change it."
    )


def _where(channel: str) -> str:
    return f" in <#{channel}>" if channel else ""


def _named(admins: Admins) -> str:
    """Name the admins and their groups, with how many more there are."""
    all_of_them = [*sorted(admins.users), *admins.groups]
    more = len(all_of_them) - MOST_NAMED
    return _names(all_of_them[:MOST_NAMED]) + (f", and {more} more" if more > 0 else "")


def _names(holders: Sequence[str]) -> str:
    """Name holders in a private answer, in which a mention notifies nobody."""
    return ", ".join(map(_name, holders))


def _with_admins(holders: Sequence[str]) -> str:
    return listed([*map(_name, holders), "admins"])


def _name(holder: str) -> str:
    if holder == EVERYONE:
        return EVERYONE
    return f"<!subteam^{holder}>" if is_group(holder) else mention(holder)


def _source(of_file: Roles, right: Right, channel: str) -> str:
    return " (settings file)" if (right, channel) in of_file.held else ""
