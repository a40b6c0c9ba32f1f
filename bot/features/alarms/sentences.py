"""The post of an alarm, as it stands: open, decided about by somebody, or over."""

from typing import Any, Final

from bot.domain.amounts import Money
from bot.domain.session import Session
from bot.features.alarms.rules import Alarm, AlarmKind, AlarmState, spends
from bot.features.alarms.specs import ALARM_FINE, ALARM_SNOOZE, ALARM_STOP
from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.sentences import STATE_WORDS
from bot.views.text import fitted, linked_title, tenths, tenths_of_acus, total_acus, when

WITHHELD: Final = Message("There was an alarm here. It isn't shown in a channel shared with another company.")
SETTLED: Final = Message("That alarm was already answered; see its post.")
OVER: Final = Message("This alarm is over or too old. Nothing was changed. Use the buttons on the session's card.")
GO_ON: Final = Message("OK. No more alarms about this session until this one is over.")
SNOOZED: Final = Message("Snoozed for 4 hours. You'll get an update in this thread.")
_SOMEBODY: Final = "someone"  # who is erased, or where figures name nobody


def alarm_post(
    alarm: Alarm,
    session: Session | None = None,
    by: str = "",
    thread: str | None = None,
    cost: Money | None = None,
    stand_in: str | None = None,
    *,
    names: bool = True,
) -> Message:
    """Show `alarm`. One of a `session` has its `cost`, links to its `thread` and to Devin, and names `by` who decided.

    With `names` it names who started the session.

    Outside of its thread a `stand_in` takes the place of title and links, where not all readers may see them.
    """
    if alarm.kind is AlarmKind.UNREAD:
        return _unread(alarm)
    title, url = (session.title, session.url) if session else ("A session", None)
    if alarm.thread_ts is not None:
        title, thread = "This session", None  # the post is in its thread
    elif stand_in is not None:
        title, url, thread = stand_in, None, None
    found = _found(alarm.facts)
    title_in_bold = linked_title(title, thread, url, 150, "*{}*")
    lines = [f"{_sign(alarm)} {title_in_bold} {found}.", _decision(alarm, session, fitted(by, 80))]
    facts = [f"{total_acus(alarm.facts['acus'], cost)} in all", *_whose(alarm, session, stand_in, names=names)]
    body = [
        blocks.section("\n".join(line for line in lines if line)),
        *blocks.context(facts),
        *_buttons(alarm, session),
    ]
    resolved = "Resolved: " if alarm.over_at is not None else ""
    return Message(f"{resolved}{fitted(title)} {found}.", body)


def reminder(alarm: Alarm) -> Message:
    """Say under the post of `alarm` that the time for which it was snoozed is over, and that it is still so."""
    return Message(f"The snooze is over, and the session {_found(alarm.facts)}.")


def _found(facts: dict[str, Any]) -> str:
    if facts["silent"] is not None:
        return f"has spent {tenths_of_acus(facts['silent'])} since its last message or pull request"
    return f"has spent {tenths_of_acus(facts['hour'])} in the last hour (usually up to {tenths(facts['limit'])})"


def _whose(alarm: Alarm, session: Session | None, stand_in: str | None, *, names: bool) -> list[str]:
    """Who started the session, and where, outside of its thread, which says both."""
    if session is None or alarm.thread_ts is not None:
        return []
    asker = session.requester_name if names else ""
    place = "" if stand_in or session.channel.startswith("D") else f"<#{session.channel}>"
    return [f"started by {fitted(asker, 80)}" if asker else "", place]


def _sign(alarm: Alarm) -> str:
    return ":checkered_flag:" if alarm.over_at is not None else ":rotating_light:"


def _decision(alarm: Alarm, session: Session | None, by: str) -> str:
    if alarm.over_at is not None:
        if session is not None and spends(session):
            return "Resolved: Devin is still working, at its usual rate."
        return f"Resolved: session {'gone' if session is None else STATE_WORDS[session.display_state]}."
    if alarm.state is AlarmState.SNOOZED and alarm.snoozed_until is not None:
        return f":zzz: Snoozed by {by or _SOMEBODY} until {when(alarm.snoozed_until)}."
    who = by or _SOMEBODY.capitalize()
    words = {
        AlarmState.ACKNOWLEDGED: f":white_check_mark: {who} says this is fine.",
        AlarmState.STOPPED: f":black_square_for_stop: Stopped by {who}.",
    }
    return words.get(alarm.state, "")


def _buttons(alarm: Alarm, session: Session | None) -> list[Block]:
    """The buttons for what may still be decided: nothing where the `session` is gone or spends no more."""
    if alarm.over_at is not None or alarm.state is AlarmState.STOPPED or session is None or not spends(session):
        return []
    is_open, snoozed = alarm.state is AlarmState.OPEN, alarm.state is AlarmState.SNOOZED
    return blocks.actions(
        blocks.button("Stop", ALARM_STOP.action_id, alarm.key, style="danger"),
        blocks.button("Keep running", ALARM_FINE.action_id, alarm.key) if is_open or snoozed else None,
        blocks.button("Snooze 4 h", ALARM_SNOOZE.action_id, alarm.key) if is_open else None,
    )


def _unread(alarm: Alarm) -> Message:
    since = when(alarm.facts["since"])
    if alarm.over_at is not None:
        text = f":white_check_mark: Usage data is back. It was missing from {since} to {when(alarm.over_at)}."
        return Message("Usage data is back.", [blocks.section(text)])
    text = f":warning: No usage data from Devin since {since}. Until it's back, there are no alarms about sessions."
    return Message("No usage data from Devin for an hour.", [blocks.section(text)])
