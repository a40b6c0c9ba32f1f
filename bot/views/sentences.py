"""What a state means for the people in the thread, one sentence each, with the next step."""

from collections.abc import Mapping
from typing import Final

from bot.domain.session import Phase, Session
from bot.views.text import fitted

PHASE_SENTENCES: Final[Mapping[Phase, str]] = {
    Phase.STARTING: "Starting: Devin gets the task in a moment.",
    Phase.CHECKING: (
        "Checking: Devin's answer got lost, so we are looking whether the session exists. "
        "Please don't start it again: within about a minute it is found, or the task is tried once more."
    ),
    Phase.QUEUED: "Queued: Devin has the task and begins as soon as a machine is free.",
    Phase.WORKING: "Working. Reply in this thread to steer it.",
    Phase.WAITING: "Waiting for {asker}: answer Devin in this thread and it goes on.",
    Phase.APPROVAL: (
        "Waiting for an approval: {asker}, open the session in Devin and allow or refuse the next action. "
        "That cannot be done from Slack."
    ),
    Phase.DONE: "Done. If something is missing, reply in this thread and Devin goes on.",
    Phase.ASLEEP: "Asleep after a while without activity; nothing is lost. Reply in this thread to wake Devin.",
    Phase.STOPPED: "Stopped{by}. It sleeps and nothing is lost: reply in this thread and Devin goes on.",
    Phase.LIMIT: "Paused at a limit. Open the session in Devin to see which one and who can raise it.",
    Phase.FAILED: "Failed. Open the session in Devin to see what happened, then start a new one if it is still needed.",
    Phase.ENDED: (
        "Ended. Replies in this thread no longer reach Devin; "
        "use `/devin` or mention Devin Bridge to start a new session."
    ),
    Phase.CANCELLED: "Cancelled{by} before it began. Nothing was started and nothing was spent.",
    Phase.REFUSED: "Not started; the reason stands in this thread. Nothing is running.",
    Phase.UNCERTAIN: (
        "Not known: Devin's answer got lost and it could not be reached to look. "
        "If the session exists, it appears here as soon as it is seen."
    ),
    Phase.UNKNOWN: "Devin says: {said}. Open the session in Devin to see what that means.",
}

_GO_ON: Final = "then reply in this thread and Devin goes on."

DETAIL_SENTENCES: Final[Mapping[str, str]] = {
    "working": PHASE_SENTENCES[Phase.WORKING],
    "waiting_for_user": PHASE_SENTENCES[Phase.WAITING],
    "waiting_for_approval": PHASE_SENTENCES[Phase.APPROVAL],
    "finished": PHASE_SENTENCES[Phase.DONE],
    "inactivity": PHASE_SENTENCES[Phase.ASLEEP],
    "user_request": PHASE_SENTENCES[Phase.STOPPED],
    "usage_limit_exceeded": (
        "Paused: the session has used up its own limit{cap}. Whoever asked for it can raise it in Devin, "
        "or start a new session with a higher `acu=`."
    ),
    "out_of_credits": (
        "Paused: there are no credits left. Somebody who manages billing can buy more in Devin; " + _GO_ON
    ),
    "out_of_quota": (
        "Paused: the quota of your plan is used up. Wait until it renews, "
        "or ask somebody who manages billing to raise it in Devin; " + _GO_ON
    ),
    "no_quota_allocation": (
        "Paused: no quota is allocated for this session. An admin of your Devin organisation can allocate some; "
        + _GO_ON
    ),
    "payment_declined": (
        "Paused: a payment to Devin was declined. "
        "Somebody who manages billing has to update the payment method in Devin; " + _GO_ON
    ),
    "org_usage_limit_exceeded": (
        "Paused: your Devin organisation has reached its usage limit. An admin of the organisation can raise it; "
        + _GO_ON
    ),
    "user_usage_limit_exceeded": (
        "Paused: the person or service user this session runs for has reached their usage limit. "
        "An admin of your Devin organisation can raise it; " + _GO_ON
    ),
    "total_session_limit_exceeded": (
        "Paused: your Devin organisation runs as many sessions as it may. Stop one that is not needed "
        "(`/devin list` shows yours) or ask an admin to raise the limit; " + _GO_ON
    ),
    "error": (
        "Suspended by a fault at Devin. Reply in this thread to try to wake it; "
        "if that does not help, open the session in Devin or start a new one."
    ),
}

STATUS_SENTENCES: Final[Mapping[str, str]] = {
    "resuming": "Waking up: Devin goes on where it stopped.",
    "error": (
        "Failed: Devin ended the session with an error. Open it in Devin to see what happened, "
        "then start a new one if it is still needed."
    ),
}

STOPPING: Final = "Stopping: Devin is being put to sleep; nothing is lost."

PHASE_WORDS: Final[Mapping[Phase, str]] = {
    Phase.STARTING: "starting",
    Phase.CHECKING: "being looked up",
    Phase.QUEUED: "queued",
    Phase.WORKING: "working",
    Phase.WAITING: "waiting for an answer",
    Phase.APPROVAL: "waiting for an approval",
    Phase.DONE: "done",
    Phase.ASLEEP: "asleep",
    Phase.STOPPED: "stopped",
    Phase.LIMIT: "paused at a limit",
    Phase.FAILED: "failed",
    Phase.ENDED: "ended",
    Phase.CANCELLED: "cancelled",
    Phase.REFUSED: "not started",
    Phase.UNCERTAIN: "not known",
    Phase.UNKNOWN: "in a state of its own",
}

PHASE_EMOJI: Final[Mapping[Phase, str]] = {
    Phase.STARTING: ":hourglass_flowing_sand:",
    Phase.CHECKING: ":mag:",
    Phase.QUEUED: ":hourglass_flowing_sand:",
    Phase.WORKING: ":gear:",
    Phase.WAITING: ":speech_balloon:",
    Phase.APPROVAL: ":raised_hand:",
    Phase.DONE: ":white_check_mark:",
    Phase.ASLEEP: ":zzz:",
    Phase.STOPPED: ":black_square_for_stop:",
    Phase.LIMIT: ":no_entry:",
    Phase.FAILED: ":x:",
    Phase.ENDED: ":checkered_flag:",
    Phase.CANCELLED: ":black_square_for_stop:",
    Phase.REFUSED: ":no_entry:",
    Phase.UNCERTAIN: ":grey_question:",
    Phase.UNKNOWN: ":grey_question:",
}

# Phases in which a person may stop the session; while it sleeps or has ended there is nothing to stop.
STOPPABLE: Final = frozenset(
    {
        Phase.STARTING,
        Phase.CHECKING,
        Phase.QUEUED,
        Phase.WORKING,
        Phase.WAITING,
        Phase.APPROVAL,
        Phase.UNKNOWN,
    }
)
_FROM_DETAIL: Final = frozenset({Phase.LIMIT, Phase.FAILED})


def state_sentence(session: Session) -> str:
    """Say in words where a session stands and who does what next, as `mrkdwn`."""
    if session.stop_requested and session.phase in STOPPABLE:
        return STOPPING
    return _template(session).format(
        asker=mention(session.requester),
        by=f" by {mention(session.stopped_by)}" if session.stopped_by else "",
        cap=f" of {session.options.acu} ACUs" if session.options.acu else "",
        said=_said(session),
    )


def mention(user: str) -> str:
    """Call a person by their Slack id."""
    return f"<@{user}>"


def _template(session: Session) -> str:
    phase, seen = session.phase, session.seen
    if phase is Phase.QUEUED or (phase is Phase.FAILED and seen.status in STATUS_SENTENCES):
        return STATUS_SENTENCES.get(seen.status, PHASE_SENTENCES[phase])
    if phase in _FROM_DETAIL:
        return DETAIL_SENTENCES.get(seen.detail or "", PHASE_SENTENCES[phase])
    return PHASE_SENTENCES[phase]


def _said(session: Session) -> str:
    words = [session.seen.status, session.seen.detail]
    return " / ".join(f"“{fitted(word, 100)}”" for word in words if word) or "nothing yet"
