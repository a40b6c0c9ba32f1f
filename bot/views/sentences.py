"""A sentence for each state of a session: what it means for the people in the thread, and what they can do next."""

from collections.abc import Mapping
from typing import Final

from bot.domain.dead_ends import OWN_LIMIT, WayOn, way_on
from bot.domain.session import DisplayState, Lifecycle, Session, ended_for_something_new, waits_for_something_new
from bot.domain.settings_values import TurnTaking
from bot.views.plain_text import plain
from bot.views.text import acus, fitted, short_duration
from bot.views.turn_taking import in_turns

# In place of titles that may not be shown, or are no longer stored.
IN_DIRECT_MESSAGE: Final = "A session in a DM"
SOME_SESSION: Final = "A session"  # in a channel of which it is not known whether it is private
IN_PRIVATE_CHANNEL: Final = "A session in a private channel"
PAST_SESSION: Final = "session of {day}, no longer stored"
STATE_SENTENCES: Final[Mapping[DisplayState, str]] = {
    DisplayState.STARTING: "Starting: Devin gets the task in a moment.",
    DisplayState.CHECKING: (
        "Devin didn't answer. Checking whether your session started; no need to resend (about a minute)."
    ),
    DisplayState.QUEUED: "Queued: Devin starts as soon as a machine is free.",
    DisplayState.WORKING: "{working}.",
    DisplayState.WAITING: "Waiting for {asker}'s answer in this thread.",
    DisplayState.ANSWERED: "Devin has answered. Reply here for more.",
    DisplayState.APPROVAL: "Waiting for {asker}'s approval. Approve or deny the next action in Devin.",
    DisplayState.DONE: "Done{took}.{changes}",
    DisplayState.ASLEEP: "Asleep. Reply in the thread to resume.",
    DisplayState.STOPPED: "Stopped{by}. Reply in the thread to resume.",
    DisplayState.LIMIT: "Paused by Devin ({detail}). Open Devin for the reason, then reply to resume.",
    DisplayState.FAILED: "Failed: Devin ended the session with an error.",
    DisplayState.ENDED: "Ended. Replies here no longer reach Devin.",
    DisplayState.ARCHIVED: "Archived{by}. Replies here no longer reach Devin.",
    DisplayState.CANCELLED: "Canceled{by} before it started. No ACUs were used.",
    DisplayState.REFUSED: "Not started. See the thread for the reason.",
    DisplayState.UNCERTAIN: "Devin didn't answer. If your session started, it appears here.",
    DisplayState.UNFOLLOWED: "No longer linked to this thread. To link it again, send `!adopt` and the session link.",
    DisplayState.UNKNOWN: "Devin's status: {status}. Open the session in Devin to see what it means.",
}
SHORTEST: Final = 30  # seconds of work; a shorter time is not worth a word
STEER: Final = "reply in this thread to steer it"
REPLY_FOR_CHANGES: Final = "Reply here for changes."

_RESUME: Final = "Then reply to resume."

# At which limit a session is, and who can raise it, by Devin's word for that.
LIMIT_REASONS: Final[Mapping[str, str]] = {
    OWN_LIMIT: "out of ACUs. Start a new session with a higher `acu=`",
    "out_of_credits": "out of credits. Ask your Devin billing admin to add more",
    "out_of_quota": "your plan's quota is used up. It renews, or your Devin billing admin can raise it",
    "no_quota_allocation": "this session has no quota. A Devin admin can allocate some",
    "payment_declined": "a payment to Devin was declined. Ask your Devin billing admin to update the payment method",
    "org_usage_limit_exceeded": "your Devin organization is at its usage limit. A Devin admin can raise it",
    "user_usage_limit_exceeded": "the user this session runs for is at their usage limit. A Devin admin can raise it",
    "total_session_limit_exceeded": (
        "your Devin organization is at its session limit. Stop one (`/devin list`) or ask a Devin admin to raise it"
    ),
}
DETAIL_SENTENCES: Final[Mapping[str, str]] = {
    **{word: f"Paused: {why}. {_RESUME}" for word, why in LIMIT_REASONS.items() if word != OWN_LIMIT},
    OWN_LIMIT: "Out of ACUs.",
    "error": "Devin paused this session after an error. Reply in the thread to resume.",
}

# Of a session that sleeps and has used up its own limit.
OUT_OF_ACUS: Final[Mapping[DisplayState, str]] = {
    DisplayState.ASLEEP: "Asleep. Out of ACUs.",
    DisplayState.STOPPED: "Stopped{by}. Out of ACUs.",
}

# Of a session that Devin had before, until it is tied to its thread.
ADOPTION_SENTENCES: Final[Mapping[DisplayState, str]] = {
    DisplayState.STARTING: "Reading the session in Devin.",
    DisplayState.REFUSED: "Not linked here. See the thread for the reason.",
}

# In Devin's own words, where there are any.
REASON_SENTENCES: Final[Mapping[DisplayState, str]] = {
    DisplayState.FAILED: "Failed: “{reason}”.",
    DisplayState.REFUSED: "Not started: “{reason}”.",
}
REASON: Final = 200  # characters of Devin's words

STATUS_SENTENCES: Final[Mapping[str, str]] = {
    "resuming": "Waking up: Devin resumes where it stopped.",
}

NEEDS_SOMETHING_NEW: Final = "{asker}, Devin needs your input ({detail}). Reply here or open the session in Devin."
ENDED_FOR_SOMETHING_NEW: Final = "Ended in Devin ({detail}). Open the session there to see why."
STOPPING: Final = "Stopping. Reply to resume later."

STATE_WORDS: Final[Mapping[DisplayState, str]] = {
    DisplayState.STARTING: "starting",
    DisplayState.CHECKING: "checking whether it started",
    DisplayState.QUEUED: "queued",
    DisplayState.WORKING: "working",
    DisplayState.WAITING: "waiting for an answer",
    DisplayState.ANSWERED: "answered",
    DisplayState.APPROVAL: "waiting for an approval",
    DisplayState.DONE: "done",
    DisplayState.ASLEEP: "asleep",
    DisplayState.STOPPED: "stopped",
    DisplayState.LIMIT: "paused",
    DisplayState.FAILED: "failed",
    DisplayState.ENDED: "ended",
    DisplayState.ARCHIVED: "archived",
    DisplayState.CANCELLED: "canceled",
    DisplayState.REFUSED: "not started",
    DisplayState.UNCERTAIN: "start not confirmed; check in Devin",
    DisplayState.UNFOLLOWED: "not linked here",
    DisplayState.UNKNOWN: "unknown status",
}

STATE_EMOJI: Final[Mapping[DisplayState, str]] = {
    DisplayState.STARTING: ":hourglass_flowing_sand:",
    DisplayState.CHECKING: ":mag:",
    DisplayState.QUEUED: ":hourglass_flowing_sand:",
    DisplayState.WORKING: ":gear:",
    DisplayState.WAITING: ":speech_balloon:",
    DisplayState.ANSWERED: ":speech_balloon:",
    DisplayState.APPROVAL: ":raised_hand:",
    DisplayState.DONE: ":white_check_mark:",
    DisplayState.ASLEEP: ":zzz:",
    DisplayState.STOPPED: ":black_square_for_stop:",
    DisplayState.LIMIT: ":no_entry:",
    DisplayState.FAILED: ":x:",
    DisplayState.ENDED: ":checkered_flag:",
    DisplayState.ARCHIVED: ":file_cabinet:",
    DisplayState.CANCELLED: ":black_square_for_stop:",
    DisplayState.REFUSED: ":no_entry:",
    DisplayState.UNCERTAIN: ":grey_question:",
    DisplayState.UNFOLLOWED: ":link:",
    DisplayState.UNKNOWN: ":grey_question:",
}

# The reaction on the message that started a session. In a state that is not listed, the reaction stays as it is.
STATE_MARKS: Final[Mapping[DisplayState, str | None]] = {
    DisplayState.QUEUED: "eyes",
    DisplayState.WORKING: "eyes",
    DisplayState.WAITING: "speech_balloon",
    DisplayState.ANSWERED: "speech_balloon",
    DisplayState.APPROVAL: "hand",
    DisplayState.DONE: "white_check_mark",
    DisplayState.LIMIT: "no_entry",
    DisplayState.FAILED: "x",
    DisplayState.STOPPED: None,
    DisplayState.ENDED: None,
    DisplayState.ARCHIVED: None,
    DisplayState.UNFOLLOWED: None,
}

# States in which a person may stop the session. One that sleeps or has ended has nothing to stop.
STOPPABLE: Final = frozenset(
    {
        DisplayState.STARTING,
        DisplayState.CHECKING,
        DisplayState.QUEUED,
        DisplayState.WORKING,
        DisplayState.WAITING,
        DisplayState.ANSWERED,
        DisplayState.APPROVAL,
        DisplayState.UNKNOWN,
    }
)
_FROM_DETAIL: Final = frozenset({DisplayState.LIMIT, DisplayState.FAILED})


def state_sentence(session: Session, turns: TurnTaking = TurnTaking.ALL) -> str:
    """The sentence about the state of `session`, as `mrkdwn`: what happens, and who has to do what next.

    It asks for what reaches Devin where `turns` holds.
    """
    if session.stop_requested and session.display_state in STOPPABLE:
        return in_turns(STOPPING, turns)
    said = in_turns(_template(session), turns).format(
        asker=asker_name(session),
        by=f" by {fitted(session.stopped_by_name)}" if session.stopped_by_name else "",
        took=took(session),
        # A session that has ended takes no more messages.
        changes="" if session.snapshot.status == "exit" else f" {in_turns(REPLY_FOR_CHANGES, turns)}",
        reason=plain(session.snapshot.last_words, REASON),
        working=working_words(session),
        status=status_words(session),
        detail=quoted(session.snapshot.detail),
    )
    # A quotation that ends as a sentence does needs no full stop behind it.
    return said[:-1] if said.endswith((".”.", "!”.", "?”.", "…”.")) else said


def working_words(session: Session) -> str:
    """What is said about `session` while Devin works: that it does, and Devin's word for it if that is a new one."""
    detail = session.snapshot.detail
    return "Working" if detail in {None, "working"} else f"Working: {fitted(detail or '', 100)}"


def limit_words(session: Session) -> str:
    """What is said about a session at a limit behind its title: which limit it is, in a few words."""
    if session.snapshot.detail == OWN_LIMIT:
        return f"has used its {acus(session.limit)}" if session.limit else "has used up its own limit"
    reason = state_sentence(session).removeprefix("Paused: ").split(". ", 1)[0].removesuffix(".")
    return f"is {reason[:1].lower()}{reason[1:]}" if reason.startswith("Paused") else f"is paused: {reason}"


def asker_name(session: Session) -> str:
    """The name of who asked for `session`; a name and no mention, because a mention would notify them."""
    return fitted(session.requester_name, 80) or "someone"


def took(session: Session) -> str:
    """How long Devin worked on `session`, such as " in 6 min"; empty where nothing is known about that."""
    return f" in {short_duration(session.worked)}" if session.worked >= SHORTEST else ""


def mention(user: str) -> str:
    """A mention of the user with this Slack id, which notifies them."""
    return f"<@{user}>"


def _template(session: Session) -> str:
    state, snapshot = session.display_state, session.snapshot
    if session.adopted_at is not None and state in ADOPTION_SENTENCES:
        return ADOPTION_SENTENCES[state]
    if state is DisplayState.QUEUED:
        return STATUS_SENTENCES.get(snapshot.status, STATE_SENTENCES[state])
    if session.lifecycle is Lifecycle.OPEN and ended_for_something_new(snapshot):
        return ENDED_FOR_SOMETHING_NEW
    if state is DisplayState.WAITING and waits_for_something_new(snapshot):
        return NEEDS_SOMETHING_NEW
    if state in REASON_SENTENCES and plain(snapshot.last_words, REASON):
        return REASON_SENTENCES[state]
    if state in OUT_OF_ACUS and way_on(session) is WayOn.CONTINUE:
        return OUT_OF_ACUS[state]
    if state in _FROM_DETAIL and snapshot.status == "suspended":
        return DETAIL_SENTENCES.get(snapshot.detail or "", STATE_SENTENCES[state])
    return STATE_SENTENCES[state]


def status_words(session: Session) -> str:
    """What Devin itself says about the state of `session`."""
    words = [session.snapshot.status, session.snapshot.detail]
    return " / ".join(quoted(word) for word in words if word) or "nothing yet"


def quoted(word: str | None) -> str:
    """A word of Devin's in quotation marks, prepared for Slack."""
    return f"“{fitted(word or '', 100)}”"
