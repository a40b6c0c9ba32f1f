"""What is said about a fan-out before it begins: what is wrong with it, its preview, and the answers to its buttons."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.commands.options import Mistyped
from bot.features.fan_out.rules import FanOut
from bot.features.fan_out.specs import START_FAN_OUT
from bot.features.fan_out.words import (
    MOST_ORGANISATIONS,
    FanOutMistake,
    NotChosen,
    OrganisationName,
    WrongFanOut,
    with_organisation,
)
from bot.views import blocks, questions
from bot.views.answers.wording import any_of, code, message_of
from bot.views.message import Message
from bot.views.text import counted, fitted

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
