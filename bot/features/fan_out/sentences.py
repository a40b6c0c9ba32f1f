"""What is said about a fan-out before it begins: what is wrong with it, its preview, and the answers to its buttons."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.amounts import exact_sum, half_up
from bot.domain.commands.options import Mistyped
from bot.domain.session import DisplayState, Lifecycle, first_line
from bot.domain.shares import Share, column, together
from bot.features.fan_out.rules import (
    EXPLAINED,
    MOST_ORGANISATIONS,
    FanOut,
    FanOutMistake,
    FanOutSession,
    FanOutState,
    NotChosen,
    OrganisationName,
    WrongFanOut,
    may_be_retried,
    seconds_to_start,
    with_organisation,
)
from bot.features.fan_out.specs import RETRY_FAN_OUT, START_FAN_OUT, STOP_FAN_OUT
from bot.views import blocks, questions
from bot.views.answers import failures as failure_sentences
from bot.views.answers.wording import any_of, code, message_of
from bot.views.figure_tables import Cell, FigureTable, table_message
from bot.views.message import Block, Message
from bot.views.sentences import LIMIT_REASONS, STATE_WORDS, mention, quoted
from bot.views.text import OPEN_IN_DEVIN, counted, fitted, link, listed, share_of, short_duration, with_unit

QUESTION: Final = "fan_out"  # the name of the question whether to start one
NAME_SHOWN: Final = 40  # characters, of an organisation
PROMPT_SHOWN: Final = 600
NAMES_SHOWN: Final = 5  # of organisations that are not known
NOTHING_STARTED: Final = "Nothing was started."
_WHERE: Final = "`/devin orgs` shows the names and IDs."

ONLY_IN_PRIVATE: Final = Message(
    f"A mention can't start a fan-out. Type `/devin fanout …`, or DM `fanout …` to Devin Bridge. {NOTHING_STARTED}"
)
NO_ORGANISATIONS: Final = Message(f"Devin Bridge's key can't see any organization. {NOTHING_STARTED}")
CANCELLED: Final = Message("OK, nothing was started.")
EXPIRED: Final = Message("That preview has expired. Send the fan-out again.")
STARTED_BEFORE: Final = Message("This fan-out has already started. *Stop all* in its table stops it.")
GONE: Final = Message("This fan-out is too old. Nothing was changed. Open its sessions in Devin.")
NOT_RUNNING: Final = Message("This fan-out is over. There was nothing to stop.")
BEING_STOPPED: Final = Message("This fan-out is already being stopped.")
NOTHING_TO_RETRY: Final = Message("Nothing to try again: no session has failed, or the fan-out was stopped.")
NO_REPLIES: Final = Message("Replies here don't reach Devin. Open a session in the table to write to it.")
UNREACHABLE: Final = Message(
    f":warning: Devin can't list the organizations right now. {NOTHING_STARTED} Try again in a minute."
)
_WRONG: Final[Mapping[FanOutMistake, str]] = {
    FanOutMistake.NO_ORGANISATIONS: (
        f"In which organizations? Add `orgs=all`, or names or IDs such as `orgs=acme,web`. {_WHERE}"
    ),
    FanOutMistake.TWICE: "`orgs=` appears twice. Write it once, with commas: `orgs=acme,web`.",
    FanOutMistake.NO_TASK: (
        "What should Devin do? For example: `/devin fanout upgrade the dependencies of {org} orgs=all`."
    ),
    FanOutMistake.PLAYBOOK: (
        "In a fan-out, name a playbook by its ID, such as `playbook=playbook-1a2b`. Titles "
        "differ between organizations."
    ),
}


def wrong(found: WrongFanOut) -> Message:
    """Say what is wrong with a fan-out, and that nothing was started."""
    if found.mistyped is not None:
        return message_of(_wrong_option(found.mistyped), NOTHING_STARTED)
    return message_of(_WRONG[found.mistake], NOTHING_STARTED)


def _wrong_option(mistyped: Mistyped) -> str:
    if mistyped.reason:
        return f"{code(mistyped.word)} {mistyped.reason}."
    return f"{code(mistyped.word)} isn't an option. Did you mean {code(mistyped.nearest)}?"


def not_chosen(found: NotChosen) -> Message:
    """Say which names stand for no organisation, and which for several."""
    unknown, ambiguous = ([code(name) for name in names[:NAMES_SHOWN]] for names in (found.unknown, found.ambiguous))
    return message_of(
        f"Devin Bridge's key sees no organization {any_of(unknown)}." if unknown else "",
        f"Several organizations are called {any_of(ambiguous)}: use the ID of one." if ambiguous else "",
        f"{_WHERE} Put a name with spaces in quotation marks. For one with a comma, use its ID.",
        NOTHING_STARTED,
    )


def too_many(count: int) -> Message:
    """Say that so many organisations are more than a fan-out takes."""
    return Message(
        f"That's {counted(count, 'organization')}, and a fan-out starts at most {MOST_ORGANISATIONS} sessions at "
        f"once. Name up to {MOST_ORGANISATIONS} of them with `orgs=`. {NOTHING_STARTED}"
    )


def own_alone(own: str, why: str, *, started: bool) -> str:
    """Say that only the bot's own organisation can be reached, and `why`.

    Without `started` others were asked for, so that nothing was started.
    """
    sentence = f"Devin Bridge can start sessions only in its own organization, {code(own)}: {why}"
    return sentence if started else f"{sentence} {NOTHING_STARTED}"


def preview(fan_out: FanOut, organisations: Sequence[OrganisationName], note: str = "") -> Message:
    """Show what would be started: how many sessions, where, for how much at most, and the prompt of the first one.

    The limit of `fan_out` is what each session may use. A `note` says what is missing.
    """
    count = len(organisations)
    names = ", ".join(fitted(organisation.name, NAME_SHOWN) for organisation in organisations)
    first = fitted(with_organisation(fan_out.prompt, organisations[0].name), PROMPT_SHOWN)
    sessions = counted(count, "session")
    lines = [
        f"*Start {sessions}?* {'In' if count == 1 else 'One each in'} {names}.",
        _cap(fan_out, count),
        *([note] if note else []),
        f"The {'prompt' if count == 1 else 'first prompt'}:\n> {first}",
    ]
    row = blocks.actions(
        questions.choice(f"Start {sessions}", START_FAN_OUT, fan_out.id, style="primary"),
        questions.no("Cancel", QUESTION, fan_out.id),
    )
    return Message(f"Start {sessions}? {NOTHING_STARTED}", [*blocks.sections(lines), *row])


def _cap(fan_out: FanOut, count: int) -> str:
    limit, wanted = fan_out.limit, fan_out.options.acu
    if limit is None:
        return "No ACU limit is set; `acu=5` sets one for each session."
    less = ", all that a budget has left" if wanted is not None and limit < wanted else ""
    each = f"Up to {counted(limit, 'ACU')}"
    return f"{each}{less}." if count == 1 else f"{each} each, {limit * count:,} in total{less}."


def begun(count: int) -> Message:
    """Confirm that a fan-out begins, and where it is shown."""
    return Message(f"OK, {counted(count, 'session')} will start. Their table appears here in a moment.")


def not_posted(channel: str) -> Message:
    """Report to who asked that the table could not be posted in `channel`, so that nothing was started."""
    if channel.startswith("D"):
        return Message(
            "Your fan-out's table couldn't be posted there. Nothing was started. Use a channel, or DM Devin Bridge."
        )
    return Message(
        f"Your fan-out's table couldn't be posted in <#{channel}>. Nothing was started. Type "
        "`/invite @Devin Bridge` there, then try again. Channels shared with another company don't work."
    )


# ------------------------------------------------------------ table sentences
# The message with the living table of a fan-out, what is posted at its end, and why a session was not started.


COLUMNS: Final = ("Organization", "State", "Session", "ACUs", "Reason")
REASON_SHOWN: Final = 400  # characters, below the table
MOST_REASONS: Final = 5
LOST: Final = "Devin couldn't be reached."
NOT_STOPPED: Final = "Devin didn't stop it. Open it in Devin to stop it."
NO_LONGER_ALLOWED: Final = "The person who started it can no longer start sessions."
UNKNOWN: Final = (
    f"{failure_sentences.lost_answer('it was started')} “Retry failed” looks first, and "
    "starts it only if it isn't there."
)
NOT_REACHED: Final = (
    "Devin Bridge's key has no access to this organization. An enterprise admin can give the service user access."
)
FAILED: Final = "Devin ended the session with an error. Open it in Devin to see what happened."
SUSPENDED: Final = "Devin paused the session after an error. Reply in Devin to resume."
_FAULT: Final = "error"  # Devin's word for a fault of its own
# What differs in the reasons of cards where a session is in another organisation and has no thread.
_ELSEWHERE: Final = (("your Devin organization", "this organization"), (" (`/devin list`)", ""))
_STOPPING: Final = "Stopping. Nothing is lost."
_UNFOLLOWED: Final = "This table is no longer updated."


def forbidden(permission: str | None) -> str:
    """Say that a permission is missing in an organisation, and who can grant it."""
    return (
        f"Devin Bridge's key lacks the permission {code(permission or 'ManageOrgSessions')} "
        "there. A Devin admin there can grant it."
    )


def limited(words: str) -> str:
    """Say that an organisation is at a limit, in Devin's `words`."""
    return f"Devin says “{fitted(words, 150)}”. A Devin admin there can raise the limit."


def refused(words: str) -> str:
    """Say that Devin refuses a session, in its own `words`."""
    return f"Devin says “{fitted(words, 150)}”."


def table(fan_out: FanOut, sessions: Sequence[FanOutSession], asker: str) -> Message:
    """Show how the sessions of `fan_out` stand, which a person called `asker` has asked for."""
    line = _line(fan_out, sessions, asker)
    head = blocks.section(f"*{_title(fan_out)}*\n{line}")
    amounts = _amounts(sessions)
    rows = [_row(session, acus) for session, acus in zip(sessions, amounts, strict=True)]
    data, plain, _ = table_message(FigureTable("Sessions", COLUMNS, rows)).forms()
    end = [*blocks.sections(_reasons(sessions)), *_buttons(fan_out, sessions)]
    words = f"{_title(fan_out)}: {line}".replace("`", "").replace("\n", ". ")
    listed = blocks.sections(map(_listed, sessions, amounts))
    forms = (data.blocks, plain.blocks[1:], listed)
    *others, plainest = (Message(words, [head, *body, *end]) for body in forms)
    for other in reversed(others):
        plainest = replace(other, plainer=plainest)
    return plainest


def in_shared_channel(fan_out: FanOut) -> Message:
    """Take the place of the table while another company shares the channel."""
    going_on = " Its sessions keep running." if fan_out.state is FanOutState.RUNNING else ""
    return Message(f":lock: This channel is shared with another company, so the fan-out isn't shown here.{going_on}")


def ended(fan_out: FanOut, sessions: Sequence[FanOutSession]) -> Message:
    """Say in the thread, to who asked, what became of the sessions."""
    failed = " *Retry failed* tries the failed ones again." if may_be_retried(fan_out, sessions) else ""
    return Message(f"{mention(fan_out.user)} {_ended(sessions)}: {_states(sessions)}. {_in_all(sessions)}.{failed}")


def _ended(sessions: Sequence[FanOutSession]) -> str:
    """Say how many of `sessions` have ended; one that was not started has not."""
    count, over = len(sessions), sum(session.is_finished for session in sessions)
    if over == count:
        return "The session has ended" if over == 1 else f"All {over} sessions have ended"
    some = f"{over} of {counted(count, 'session')} {'has' if over == 1 else 'have'} ended"
    if not all(session.is_over for session in sessions):
        return f"{_UNFOLLOWED} {some}"
    if over:
        return some
    return "The session wasn't started" if count == 1 else f"None of the {count} sessions was started"


def _title(fan_out: FanOut) -> str:
    return f"Fan-out: “{fitted(first_line(fan_out.options.title or fan_out.prompt))}”"


def _line(fan_out: FanOut, sessions: Sequence[FanOutSession], asker: str) -> str:
    parts = [
        f"{sum(session.is_finished for session in sessions)} of {len(sessions)} finished",
        _states(sessions),
        _in_all(sessions),
        f"started by {fitted(asker, 80) or 'someone'}",
    ]
    return "\n".join([" · ".join(parts), *_remarks(fan_out, sessions)])


def _remarks(fan_out: FanOut, sessions: Sequence[FanOutSession]) -> Iterator[str]:
    if all(session.is_over for session in sessions):
        return
    if fan_out.state is FanOutState.OVER:
        yield _UNFOLLOWED
    elif fan_out.stopped_at is not None:
        yield _STOPPING
    elif left := sum(session.is_being_started for session in sessions):
        yield _starting(left, len(sessions), seconds_to_start(fan_out, sessions))


def _starting(left: int, count: int, seconds: float | None) -> str:
    """Say how many sessions are still to be started, and about how long that takes if it is known."""
    sessions = counted(count, "session") if left == count else f"{left} more"
    return f"Starting {sessions}{'' if seconds is None else f', about {short_duration(max(seconds, 1.0))} left'}."


def _states(sessions: Sequence[FanOutSession]) -> str:
    counts = Counter(session.state for session in sessions)
    return ", ".join(f"{counts[state]} {_word(state)}" for state in DisplayState if counts[state])


def _word(state: DisplayState) -> str:
    return "unknown" if state is DisplayState.UNCERTAIN else STATE_WORDS[state]


def _in_all(sessions: Sequence[FanOutSession]) -> str:
    return with_unit(share_of(together(_amounts(sessions))))


def _amounts(sessions: Sequence[FanOutSession]) -> list[Share]:
    """What the sessions used, so that the rows of the table add up to the sum above it."""
    exact = [half_up(session.acus, 6) for session in sessions]
    return column(exact, half_up(exact_sum(exact), 1))


def _row(session: FanOutSession, acus: Share) -> tuple[Cell, ...]:
    return (
        Cell(fitted_name(session.name)),
        Cell(_word(session.state)),
        Cell(OPEN_IN_DEVIN if session.url else "", url=session.url),
        Cell(share_of(acus), value=float(acus.shown)),
        Cell((_reason(session) or "").replace("`", "")),
    )


def fitted_name(name: str) -> str:
    """Cut the name of an organisation so that the cells of all rows fit into a table."""
    return name if len(name) <= NAME_SHOWN else name[: NAME_SHOWN - 1] + "…"


def _listed(session: FanOutSession, acus: Share) -> str:
    facts = [_word(session.state), with_unit(share_of(acus)) if session.acus else ""]
    return f"• {link(session.url, session.name, NAME_SHOWN)}: {' · '.join(fact for fact in facts if fact)}"


def _reason(session: FanOutSession) -> str | None:
    """Why a session was not started or not stopped, else why it has failed or is at a limit."""
    if session.reason is not None or session.lifecycle is not Lifecycle.OPEN or session.display not in EXPLAINED:
        return session.reason
    word = session.detail
    if word is None:
        return FAILED if session.is_broken else None
    if word in LIMIT_REASONS:
        return _limit_reason(word)
    return (
        SUSPENDED
        if word == _FAULT
        else f"Devin's status: {quoted(word)}. Open the session in Devin to see what it means."
    )


def _limit_reason(word: str) -> str:
    why = LIMIT_REASONS[word]
    for on_card, elsewhere in _ELSEWHERE:
        why = why.replace(on_card, elsewhere)
    return f"{why[:1].upper()}{why[1:]}."


def _reasons(sessions: Sequence[FanOutSession]) -> list[str]:
    """The reasons in full, each once, with the organisations that it is about."""
    about: dict[str, list[str]] = {}
    for session in sessions:
        if reason := _reason(session):
            about.setdefault(reason, []).append(fitted(session.name, NAME_SHOWN))
    return [f"*{_some(names)}*: {reason[:REASON_SHOWN]}" for reason, names in [*about.items()][:MOST_REASONS]]


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_REASONS
    return listed([*names[:MOST_REASONS], f"{more} more"]) if more > 0 else ", ".join(names)


def _buttons(fan_out: FanOut, sessions: Sequence[FanOutSession]) -> list[Block]:
    stoppable = fan_out.stopped_at is None and any(not session.is_over for session in sessions)
    return blocks.actions(
        blocks.button("Stop all", STOP_FAN_OUT.action_id, fan_out.id, style="danger") if stoppable else None,
        blocks.button("Retry failed", RETRY_FAN_OUT.action_id, fan_out.id)
        if may_be_retried(fan_out, sessions)
        else None,
    )
