"""The answers that refuse a person or a channel, and name the people or the channel to use instead."""

from collections.abc import Sequence
from typing import Final

from bot.domain.admins import Admins
from bot.domain.commands.spec import CommandSpec
from bot.domain.roles import Right, is_group
from bot.views import blocks, questions
from bot.views.answers.wording import any_of, message_of
from bot.views.message import Message
from bot.views.sentences import mention

MOST_NAMED: Final = 5  # admins, beside their group

GUESTS: Final = Message("Guests can't use Devin here.")  # in place of the help
GUEST_REFUSED: Final = Message(f"{GUESTS.text} Nothing was started.")
DEACTIVATED_REFUSED: Final = Message(
    "This Slack account is deactivated. Nothing was started. A workspace admin can reactivate it."
)
OTHER_COMPANY_REFUSED: Final = Message(
    "Only members of this workspace can use Devin here. Nothing was started. Ask one of them."
)
ROLE_UNKNOWN: Final = Message(
    "Slack didn't confirm in time that you're still a member here. Nothing was done; try again."
)
SHARED_CHANNEL_REFUSED: Final = Message(
    "Devin can't be used in channels shared with other companies. Nothing was started."
)
CHANNEL_ARCHIVED: Final = Message(
    "This channel is archived. Nothing was started. Unarchive it, or use another channel."
)

CHANNEL_RESTRICTED: Final = Message(
    "Not started: Devin Bridge can't post in this channel. Ask the channel's manager to allow it."
)
BETWEEN_PEOPLE: Final = Message("Not started: Devin Bridge can't post in this DM. Use a channel, or DM Devin Bridge.")

# Why nothing is posted in a channel that somebody picked in a form.
NOT_THERE: Final = "you aren't in <#{channel}>. Join it, then try again."
ARCHIVED: Final = "<#{channel}> is archived. Pick another channel."
SHARED: Final = "<#{channel}> is shared with another company. Pick another channel."
WITHOUT_BOT: Final = "Devin Bridge isn't in <#{channel}>. Type `/invite @Devin Bridge` there."

# In public, where nobody is to be mentioned.
MAY_NOT_START: Final = Message(
    "Not started: the person who asked can no longer start sessions here. Someone else can send the task."
)
_MISSING: Final = {
    Right.START: "You can't start sessions here. Nothing was started.",
    Right.STEER: "You can't write to Devin here. Nothing was sent.",
    Right.STOP: "You can't stop other people's sessions here.",
    Right.COST: "You can't see what other people's sessions cost here.",
    Right.ADMINISTER: "You can't administer Devin Bridge here.",
}


def channel_archived(channel: str) -> Message:
    """Report, outside of `channel`, that it was archived before anything was started in it."""
    return Message(f"<#{channel}> is archived. Nothing was started. Unarchive it, or use another channel.")


def not_in_channel(channel: str | None = None) -> Message:
    """Ask for the bot to be invited to `channel`, or without one to the channel in which this is shown."""
    where, there = (f"<#{channel}>", "there") if channel else ("this channel", "here")
    return Message(
        f"Devin Bridge isn't in {where}. Nothing was started. Type `/invite @Devin Bridge` {there}, then try again."
    )


def not_yours(requester: str, admins: Admins) -> Message:
    """Refuse a command that only the asker of the session, `requester`, or one of `admins` may use, and name them.

    `requester` is empty where the asker was erased from the store.
    """
    asker = f"{mention(requester)}, who started this session, or " if requester else ""
    refusal = f"Only {asker}an admin can do that. Nothing was changed."
    to_ask = [mention(requester)] if requester else []
    to_ask += [who for who in _mentions(admins) if who not in to_ask]
    return message_of(refusal, f"Ask {any_of(to_ask)}." if to_ask else how_to_name(admins))


def admins_only(deed: str, admins: Admins, instead: str = "") -> Message:
    """Refuse a command for admins, and name them; `deed` is what it does, such as "see usage figures".

    `instead` is a sentence about what others may use.
    """
    to_ask = _mentions(admins)
    if not to_ask:
        since = "right now" if admins.groups else "yet"
        return message_of(f"No one can {deed} {since}.", how_to_name(admins), instead)
    return message_of(f"Only admins can {deed}.", f"Ask {any_of(to_ask)}.", instead)


def with_own(refusal: Message, own: CommandSpec) -> Message:
    """Offer below a `refusal` the command that shows everybody their `own` part of what is for admins."""
    shows = questions.choice(f"Show {own.name}", own, "")
    return Message(refusal.text, [blocks.section(refusal.text), *blocks.actions(shows)])


def role_missing(right: Right, holders: Sequence[str], admins: Admins) -> Message:
    """Refuse what takes the role `right`, and name its `holders` and `admins`, who have every role."""
    held = [_member_of(holder) if is_group(holder) else mention(holder) for holder in holders[:MOST_NAMED]]
    to_ask = [*held, *(who for who in _mentions(admins) if who not in held)]
    return message_of(_MISSING[right], f"Ask {any_of(to_ask)}." if to_ask else how_to_name(admins))


def _mentions(admins: Admins) -> list[str]:
    """Mentions of some admins and of their group, if it has members; they notify nobody in a private answer."""
    users = [mention(user) for user in sorted(admins.users)[:MOST_NAMED]]
    return [*users, *map(_member_of, admins.groups)] if admins.members else users


def _member_of(group: str) -> str:
    return f"someone in <!subteam^{group}>"


def how_to_name(admins: Admins) -> str:
    """What to do where nobody is an admin."""
    if admins.groups:
        return "No admins found: the admin user group is empty or unavailable. Tell your Devin Bridge operator."
    return "Your Devin Bridge operator can name admins in `BOT_ADMIN_USERS` or `BOT_ADMIN_GROUP`."
