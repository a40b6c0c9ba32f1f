"""The answers about subscriptions to digests, and what admins read when a channel gets none any more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.clock import clock_time
from bot.domain.questions import CSV_WORD
from bot.features.digest.rules import (
    DigestAction,
    DigestMistake,
    Edition,
    MissedBecause,
    MistakeKind,
    Schedule,
    Share,
    Subscription,
)
from bot.features.digest.specs import DIGEST_ADD_CONFIRMED, DIGEST_UNDO
from bot.views import blocks, questions
from bot.views.answers.wording import any_of, code
from bot.views.message import Message
from bot.views.sentences import mention
from bot.views.text import notified, when

_ADD: Final = "`/devin digest add [daily|weekly|cycle] [#channel] [HH:MM] [zone] [all|here] [csv]`"
_UNCHANGED: Final = "so nothing was changed"
_COMES: Final[Mapping[Edition, str]] = {
    Edition.DAILY: "every day",
    Edition.WEEKLY: "on Mondays",
    Edition.CYCLE: "after each billing cycle, with a warning three days before its end,",
}
_COUNTS: Final[Mapping[Share, str]] = {
    Share.ALL: "everything your Devin organization uses",
    Share.HERE: "that channel's sessions",
}
_WHY_LOST: Final[Mapping[MissedBecause, str]] = {
    MissedBecause.SHARED: "it's shared with another company, and a digest shows what you spend",
    MissedBecause.ARCHIVED: "it's archived",
    MissedBecause.NOT_IN_CHANNEL: "Devin Bridge is no longer in it",
    MissedBecause.RESTRICTED: "only some people can post there, and Devin Bridge isn't one of them",
}
_REFUSED: Final = "Slack rejects the post"
_CSV: Final = "With `csv`, a file in its thread has a row for each session."
_HAS_FILE: Final = "A CSV file in its thread has a row for each session."
_TITLES: Final = "It lists sessions of all channels. Those in DMs and private channels have no title."
QUESTION: Final = "digest"  # the name of the question whether a channel is to see all figures
UNCHANGED: Final = Message("OK, nothing was changed.")
ALREADY_REMOVED: Final = Message("That digest was already removed.")
DIGEST_NEEDS_CHANNEL: Final = Message(
    f"A digest goes to a channel, {_UNCHANGED}. Name one, for example `/devin digest add weekly #general`."
)
DIGEST_UNSEEN: Final = Message("Those numbers have expired. Run `/devin digest list`, then try again.")
DIGEST_NOT_ADDED: Final = Message(
    "Devin Bridge couldn't find out whether it can post there. Nothing was changed; try again in a minute."
)


def digest_forms(schedule: Schedule) -> Message:
    """Say what can be typed behind `/devin digest`; `schedule` is what is taken where somebody names no other."""
    left_out = f"`daily`, this channel, `{schedule.at:%H:%M}`, `{schedule.zone}`, and `all`"
    weekly, cycle = _COMES[Edition.WEEKLY], _COMES[Edition.CYCLE].rstrip(",")
    lines = [
        "A digest posts spending and results to a channel.",
        "• `/devin digest list` shows which channels get digests",
        f"• {_ADD} adds one; the defaults are {left_out}. A time without a zone is in yours",
        "• `/devin digest remove N` removes number N of your last list",
        "• `/devin digest now` shows you what would be posted here",
        f"`weekly` is posted {weekly}, for the Sunday to Saturday before. `cycle` is posted {cycle}.",
        "Sunday isn't over everywhere by Monday; `/devin usage last week` is Monday to Sunday.",
        f"`all` counts {_COUNTS[Share.ALL]}, `here` {_COUNTS[Share.HERE]}. {_CSV}",
    ]
    return Message("\n".join(lines))


def digest_list(entries: Sequence[tuple[Subscription, MissedBecause | None]]) -> Message:
    """List subscriptions with their numbers, and for each why its channel gets no digest any more, if that is so."""
    if not entries:
        return Message("No channel gets a digest. `/devin digest add #general` adds one.")
    lines = [f"{number}. {_entry(subscription, lost)}" for number, (subscription, lost) in enumerate(entries, start=1)]
    removable = (at for at, (subscription, _) in enumerate(entries, start=1) if not subscription.is_from_settings)
    hint = [f"`/devin digest remove {at}` removes number {at} of this list." for at in removable][:1]
    return Message("\n".join(["Digests:", *lines, *hint]))


def ask_to_add(wanted: Subscription) -> Message:
    """Ask whether the channel of a `wanted` subscription is to see what the whole organisation uses."""
    said = (
        f"Post your whole organization's figures in <#{wanted.channel}>? "
        "Everyone there sees what it spends, with the titles of sessions."
    )
    here = replace(wanted, share=Share.HERE)
    row = blocks.actions(
        questions.choice("Post all figures", DIGEST_ADD_CONFIRMED, typed(wanted), style="danger"),
        questions.choice("Only that channel's", DIGEST_ADD_CONFIRMED, typed(here), beside=Share.HERE),
        questions.no("Cancel", QUESTION, wanted.channel),
    )
    return Message(said, [blocks.section(said), *row])


def digest_added_undoable(
    subscription: Subscription, before: Subscription | None, first_at: float | None, now: float
) -> Message:
    """Confirm a subscription that was added `now`, with a button that has the one `before` again, or none."""
    said = digest_added(subscription, before, first_at).text
    # What `list` stands before is removed: there was none.
    undoes = typed(before) if before else f"{DigestAction.LIST}{typed(subscription).removeprefix(DigestAction.ADD)}"
    return Message(notified(said), [blocks.section(said), *blocks.actions(questions.undo(DIGEST_UNDO, undoes, now))])


def typed(subscription: Subscription) -> str:
    """What adds `subscription`, as it is typed behind `digest`."""
    schedule, file = subscription.schedule, [CSV_WORD] if subscription.with_file else []
    words = (subscription.edition, f"#{subscription.channel}", f"{schedule.at:%H:%M}", str(schedule.zone))
    return " ".join([DigestAction.ADD, *words, subscription.share, *file])


def digest_added(subscription: Subscription, before: Subscription | None, first_at: float | None) -> Message:
    """Confirm a subscription that was added, in place of the one `before`; its first digest comes at `first_at`."""
    edition = subscription.edition
    named = f"<#{subscription.channel}> gets the {edition} digest {_COMES[edition]} at {_time(subscription)}."
    counts = f"It counts {_COUNTS[subscription.share]}."
    if subscription.share is Share.ALL:
        counts += f" {_TITLES}"
    if subscription.with_file:
        counts += f" {_HAS_FILE}"
    first = f"The first one is posted {when(first_at)}." if first_at is not None else ""
    replaced = f"It replaces the one at {_time(before)}, {_what(before)}." if before else ""
    return Message(" ".join(part for part in (named, counts, first, replaced) if part))


def digest_removed(subscription: Subscription) -> Message:
    """Confirm that a subscription was removed."""
    return Message(f"Removed: <#{subscription.channel}> no longer gets the {subscription.edition} digest.")


def digest_gone(number: int) -> Message:
    """Report that number `number` of the list was removed by somebody else meanwhile."""
    return Message(f"Number {number} was already removed. `/devin digest list` shows the rest.")


def digest_no_number(number: int) -> Message:
    """Report that the list that the person was shown last has no such number."""
    return Message(f"Your last list has no number {number}, {_UNCHANGED}. `/devin digest list` shows it again.")


def digest_from_settings(channel: str) -> Message:
    """Report that no command changes the digest that the settings ask for."""
    return Message(
        f"The daily digest in <#{channel}> comes from the settings, {_UNCHANGED}. Your Devin Bridge operator "
        "can change it with `BOT_ADMIN_CHANNEL`, `BOT_DIGEST_TIME`, and `BOT_TIMEZONE`."
    )


def digest_refused(channel: str, because: MissedBecause) -> Message:
    """Report why a channel can get no digest, and what to do about it."""
    if because is MissedBecause.NOT_IN_CHANNEL:
        return Message(
            f"Devin Bridge isn't a member of <#{channel}>, {_UNCHANGED}. Type `/invite @Devin Bridge` "
            "there, then try again."
        )
    if because is MissedBecause.ARCHIVED:
        return Message(f"<#{channel}> is archived, {_UNCHANGED}. Name another channel, or unarchive that one.")
    return Message(
        f"<#{channel}> is shared with another company, and a digest shows what you spend, {_UNCHANGED}. "
        "Name a channel that isn't shared."
    )


def digest_mistake(mistake: DigestMistake) -> Message:
    """Report which word behind `/devin digest` cannot be used, and what to write instead."""
    typed = code(mistake.typed)
    sentence = {
        MistakeKind.TWICE: f"Only one of {typed} can apply, {_UNCHANGED}. Leave the other out.",
        MistakeKind.CHANNEL: (
            f"Slack has no channel {typed} that you can see, {_UNCHANGED}. Pick it from Slack's list as you type `#`."
        ),
        MistakeKind.TIME: f"{typed} isn't a time of day, {_UNCHANGED}. Write it as HH:MM, for example `09:00`.",
        MistakeKind.OFFSET: (
            f"Nothing was changed: {typed} is an offset, and offsets don't follow daylight saving. "
            "Use a zone name such as `America/New_York`."
        ),
        MistakeKind.ZONE: f"{typed} isn't a time zone, {_UNCHANGED}. {_instead(mistake.near)}",
        MistakeKind.NUMBER: (
            f"`/devin digest remove` takes the number of a digest, {_UNCHANGED}. `/devin digest list` shows it."
        ),
    }[mistake.kind]
    return Message(sentence)


def digest_lost(subscription: Subscription, because: MissedBecause) -> Message:
    """Inform the admins that a channel cannot get its digest."""
    why = _WHY_LOST.get(because, _REFUSED)
    return Message(
        f"The {subscription.edition} digest couldn't be posted in <#{subscription.channel}>: "
        f"{why}. It stays in `/devin digest list` and is tried again each time; `/devin digest "
        "remove` stops that."
    )


def _instead(near: Sequence[str]) -> str:
    if not near:
        return "Write a name such as `Europe/Berlin` or `UTC`."
    return f"Did you mean {any_of([f'`{zone}`' for zone in near])}?"


def _entry(subscription: Subscription, lost: MissedBecause | None) -> str:
    who = f"added by {mention(subscription.added_by)}" if subscription.added_by else ""
    origin = "set in the settings, and changed only there" if subscription.is_from_settings else who
    note = f":warning: not posted: {_WHY_LOST.get(lost, _REFUSED)}" if lost else ""
    parts = (
        f"{subscription.edition} in <#{subscription.channel}>",
        _time(subscription),
        _what(subscription),
        origin,
        note,
    )
    return " · ".join(part for part in parts if part)


def _what(subscription: Subscription) -> str:
    """Whose sessions count, and whether there is a file, in the words that one types."""
    return f"`{subscription.share} {CSV_WORD}`" if subscription.with_file else f"`{subscription.share}`"


def _time(subscription: Subscription) -> str:
    return f"{clock_time(subscription.schedule.at)} ({subscription.schedule.zone})"
