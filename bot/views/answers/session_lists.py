"""The list of a person's sessions, and the answers about its numbers and ids."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.commands.registry import GIVE, LIST_ALL, LIST_PAGE, STOP, STOP_LISTED
from bot.domain.list_groups import ListGroup
from bot.domain.list_pages import FIRST_PAGE, OWN, PAGE, ListPage, Which
from bot.domain.person import Person
from bot.domain.session import Session, bare_id
from bot.views import blocks, questions
from bot.views.answers import stops as stop_sentences
from bot.views.answers.wording import code
from bot.views.card import spent
from bot.views.message import Block, Message
from bot.views.sentences import STATE_EMOJI, STATE_WORDS, STOPPABLE, mention
from bot.views.text import ago, counted, fitted, linked_title, notified, short_duration

NO_SESSIONS: Final = Message("You have no open sessions. `/devin fix the flaky login test` starts one.")
NOTHING_WAITS: Final = Message("None of your sessions needs you. `/devin list` shows them all.")
NONE_IN_CHANNEL: Final = Message("There are no sessions in this channel.")
NONE_AT_ALL: Final = Message("There are no sessions in this workspace.")
PICK_PERSON: Final = Message("Whose sessions? Type `@` and pick the person from Slack's list.")
STOP_IN_THREAD: Final = "To stop one session, write `stop` in its thread."
_NOTHING: Final[Mapping[Which, Message]] = {
    Which.MINE: NO_SESSIONS,
    Which.WAITING: NOTHING_WAITS,
    Which.CHANNEL: NONE_IN_CHANNEL,
    Which.ALL: NONE_AT_ALL,
}
_HEADS: Final[Mapping[Which, str]] = {
    Which.MINE: "You have {sessions}:",
    Which.WAITING: "Waiting for you: {sessions}.",
    Which.CHANNEL: "{sessions} in this channel:",
    Which.ALL: "{sessions} in this workspace:",
}
SHOWN_ID: Final = 8  # characters of an id in the list
LONGER_ID: Final = 16  # the same where several ids begin alike
STOPPING: Final = "stopping"
HINT: Final = "Use a number from this list, for example `/devin status 1`."
HEADINGS: Final[Mapping[ListGroup, str]] = {
    ListGroup.NEEDS_YOU: "Needs you",
    ListGroup.WORKING: "Working",
    ListGroup.ASLEEP: "Asleep",
    ListGroup.RECENTLY_DONE: "Recently done",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a list: its number there, its group, and the address of its Slack thread where that is known.

    In a list with the sessions of others it has no number, and `stand_in` is what its reader sees of one whose title is
    not for them.
    """

    number: int | None
    group: ListGroup
    session: Session
    permalink: str | None = None
    stand_in: str | None = None
    asker: str | None = None  # None in a list of one's own, and where names are not shown
    silent: float | None = None  # for how many seconds nothing came, if Devin works and that is long
    button: Block | None = None  # in place of the one that stops it


@dataclass(frozen=True, slots=True)
class ShownList:
    """The page of a list that a person is shown: its entries, the page behind it, and what is not shown.

    `total` is of all sessions, and `folded` of those that are done and not shown on any page.
    """

    # Each takes at most two of the fifty blocks that Slack allows; headings, notes and buttons take nine more.
    entries: tuple[Listed, ...]
    total: int
    page: ListPage = FIRST_PAGE
    next: ListPage | None = None
    folded: int = 0

    @property
    def left_out(self) -> int:
        """How many sessions are not on this page."""
        return self.total - len(self.entries)


def session_list(shown: ShownList) -> Message:
    """List the sessions of `shown` in their groups, with buttons, and the numbers and ids that commands accept."""
    if not shown.entries:
        return _NOTHING[shown.page.which]
    return _list(_HEADS[shown.page.which].format(sessions=counted(shown.total, "session")), shown)


def persons_sessions(person: str, shown: ShownList) -> Message:
    """List what runs for a `person`, with the buttons of the entries."""
    if not shown.entries:
        return Message(f"None of {mention(person)}'s sessions is running. `/devin list all` shows all sessions.")
    return _list(f"{mention(person)} has {counted(shown.total, 'running session')}:", shown, hint="")


def stop_button(session: Session) -> Block | None:
    """The button by which an admin stops the `session` of somebody else; None before Devin has it."""
    return questions.choice("Stop", STOP, session.devin_id) if session.devin_id else None


def list_with_stop(shown: ShownList, session: Session) -> Message:
    """Confirm that `session` is being stopped, and show the list `shown` with it."""
    thread = next((entry.permalink for entry in shown.entries if entry.session.id == session.id), None)
    return _list(stop_sentences.stopping(session, thread).text, shown)


def several_sessions(verb: str, shown: ShownList, to: Person | None = None) -> Message:
    """Ask which session the command `verb` is meant for: the list `shown` has only those that fit it.

    With somebody `to` whom it is given, each has a button that does it.
    """
    example = f"{verb} 1 @ben" if verb == GIVE.name else f"{verb} 1"
    form, entries = f"For example `/devin {example}`:", shown.entries
    if to is not None:
        label = f"Give to @{fitted(to.name or to.id, 40)}"
        gives = [questions.choice(label, GIVE, f"{entry.number} @{to.id}") for entry in entries]
        form, entries = "", tuple(replace(entry, button=give) for entry, give in zip(entries, gives, strict=True))
    # The pages behind it are those of the whole list, in which other numbers stand.
    said = f"You have {counted(shown.total, 'session')} to {verb}. Which one? {form}".rstrip()
    return _list(said, replace(shown, next=None, entries=entries), hint="")


def no_such_number(number: int, *, shown: bool) -> Message:
    """Report that `number` stands for no session: the list that was `shown` last lacks it, or there was none lately."""
    if not shown:
        return Message("Those numbers have expired. Run `/devin list`, then try again.")
    return Message(f"Your last list has no number {number}. `/devin list` shows yours.")


def no_such_session(which: str) -> Message:
    """Report that the person has no session with the id `which`."""
    return Message(f"You have no session {code(which)}. `/devin list` shows yours.")


def several_with_id(which: str, found: Sequence[tuple[Session, str | None]]) -> Message:
    """Ask which session is meant: the ids of all that were `found`, each with its thread, begin with `which`."""
    lines = [
        f"• {code(_id_like(session, which)[:LONGER_ID])} {linked_title(session.title, thread, session.url)}"
        for session, thread in found
    ]
    head = f"{code(which)} fits {len(found)} of your sessions. Type more of the ID:"
    return Message("\n".join([head, *lines]))


def _id_like(session: Session, which: str) -> str:
    """The id of `session`, ours or Devin's, that begins with `which`."""
    devins = bare_id(session.devin_id or "")
    return devins if devins.startswith(which) else session.id


def _list(head: str, shown: ShownList, hint: str = HINT) -> Message:
    in_groups = {group: [entry for entry in shown.entries if entry.group is group] for group in ListGroup}
    drawn = [block for group, entries in in_groups.items() if entries for block in _group(group, entries)]
    lines = [_line(entry) for entries in in_groups.values() for entry in entries]
    more = f"and {shown.left_out} more" if shown.left_out else ""
    return Message(
        f"{notified(head)} {' · '.join(part for part in (*lines, more) if part)}",
        [blocks.section(head), *drawn, *_rest(shown), *blocks.context([hint if shown.page.which in OWN else ""])],
    )


def _rest(shown: ShownList) -> Iterator[Block]:
    """What is not on this page, with the buttons that show it: the rest of what is done stands behind the last page."""
    ends = shown.next is None or not shown.next.first
    turn = LIST_ALL if shown.page.which is Which.ALL else LIST_PAGE
    folded = shown.folded if ends else 0
    if folded:
        more = f"{counted(folded, 'more session')} recently done"
        yield blocks.section(more, questions.choice("Show all", turn, shown.page.all().argument))
    if shown.next is not None:
        label = "First page" if ends else f"Next {PAGE}"
        where = f"{shown.page.first + 1} to {shown.page.first + len(shown.entries)} of {shown.total - shown.folded}"
        yield blocks.section(where, questions.choice(label, turn, shown.next.argument))
    elif shown.left_out > folded:
        yield from blocks.context([f"and {shown.left_out - folded} more"])


def _line(entry: Listed) -> str:
    return f"{_number(entry)}{fitted(entry.stand_in or entry.session.title, 80)}: {_words(entry)}"


def _number(entry: Listed) -> str:
    return "" if entry.number is None else f"{entry.number}. "


def _group(group: ListGroup, entries: Sequence[Listed]) -> Iterator[Block]:
    others = any(entry.number is None for entry in entries)
    yield blocks.section(f"*{'Needs attention' if others and group is ListGroup.NEEDS_YOU else HEADINGS[group]}*")
    for entry in sorted(entries, key=lambda listed: listed.number or 0):
        yield from _entry(entry)


def _entry(entry: Listed) -> Iterator[Block]:
    """One block where one button is enough, else one for the words and one for the buttons."""
    session = entry.session
    opens = blocks.open_button(None if entry.stand_in else session.url)
    is_theirs = entry.number is not None and is_stoppable(session)
    stop = entry.button or (questions.choice("Stop", STOP_LISTED, session.id) if is_theirs else None)
    if opens and stop:
        yield blocks.section(_row(entry))
        yield from blocks.actions(opens, stop)
    else:
        yield blocks.section(_row(entry), accessory=opens or stop)


def _row(entry: Listed) -> str:
    session = entry.session
    facts = [
        "" if entry.stand_in else _channel(session),
        f"started {ago(session.created_at)}",
        spent(session),
        code(session.id[:SHOWN_ID]) if entry.number is not None else "",
        f"started by {fitted(entry.asker, 80)}" if entry.asker else "",
    ]
    title = linked_title(session.title, entry.permalink or session.url, None)
    title = fitted(entry.stand_in) if entry.stand_in else title
    return (
        f"{_number(entry)}{STATE_EMOJI[session.display_state]} {title}: {_words(entry)}\n"
        f"{' · '.join(fact for fact in facts if fact)}"
    )


def _words(entry: Listed) -> str:
    session = entry.session
    if is_stopping(session):
        return STOPPING
    said = STATE_WORDS[session.display_state]
    return said if entry.silent is None else f"{said}, no news for {short_duration(entry.silent)}"


def _channel(session: Session) -> str:
    return "DM" if session.channel.startswith("D") else f"<#{session.channel}>"


def is_stoppable(session: Session) -> bool:
    """Whether *Stop* would stop something that is not being stopped already."""
    return session.display_state in STOPPABLE and not session.stop_requested


def is_stopping(session: Session) -> bool:
    """Whether somebody has stopped `session`, and it has not ended yet."""
    return session.stop_requested and session.display_state in STOPPABLE
