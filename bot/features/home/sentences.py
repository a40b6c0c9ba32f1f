"""What the Home tab shows (https://docs.slack.dev/surfaces/app-home). Slack takes a hundred blocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bot.domain.amounts import Money
from bot.domain.commands.registry import LAUNCH, OPEN_FORM, STOP
from bot.domain.cycle import Cycle
from bot.domain.list_groups import ListGroup
from bot.domain.list_pages import FEW_DONE
from bot.domain.session import Session
from bot.domain.settings_values import Setting, Values, as_text
from bot.features.consumption.sentences import cycle_line, cycle_name
from bot.features.cost.sentences import from_others
from bot.features.home.specs import RECENTLY_DONE
from bot.features.pauses.specs import EVERYWHERE, RESUME
from bot.features.settings.sentences import FIELDS
from bot.features.settings.specs import MINE, SETTINGS
from bot.features.usage.figure_sentences import Figures, amount_used, no_acus_at_all, why_no_total
from bot.views import blocks, questions
from bot.views.answers.access import GUESTS
from bot.views.answers.session_lists import HEADINGS, NO_SESSIONS, STOPPING, is_stoppable, is_stopping
from bot.views.answers.wording import code
from bot.views.card import spent
from bot.views.doubts import roughly
from bot.views.message import Block, Message
from bot.views.modals.parts import View, window
from bot.views.pull_requests import pull_request_link
from bot.views.sentences import STATE_EMOJI, STATE_WORDS
from bot.views.text import (
    ago,
    counted,
    fitted,
    link,
    linked_title,
    shortened,
    total_acus,
)

MOST_LISTED: Final = 70  # sessions that are not done; with headings and figures they fit into a hundred blocks
MOST_DONE: Final = 90  # in the window with all that are done
MOST_PULL_REQUESTS: Final = 3
MOST_OF_ALL: Final = 5  # running sessions, budgets and alarms that an admin's tab names
ROOM: Final = 2_400  # characters of one session; a section takes more, and an address may be long
TITLE: Final = "Your Devin sessions"
DONE_TITLE: Final = "Recently done"
NONE_DONE: Final = "You have no recently done sessions."
AS_OF: Final = "As of when you opened this tab."
THIS_CYCLE: Final = "*This cycle: {cycle}*"


@dataclass(frozen=True, slots=True)
class AtHome:
    """A session, its group, and the address of its thread where that is known.

    One that is not the reader's has its `asker`, where people are named, and a `stand_in` if its title is not for them.
    """

    group: ListGroup
    session: Session
    permalink: str | None = None
    asker: str = ""
    stand_in: str | None = None


@dataclass(frozen=True, slots=True)
class HomeFigures:
    """What a person's sessions used in a `cycle`, and for admins the `organisation`, as `usage cycle` has it."""

    cycle: Cycle
    acus: float = 0.0
    sessions: int = 0
    cost: Money | None = None
    about: Sequence[date] = ()  # the days for which that is only about right
    in_others: float = 0.0  # ACUs of it that are of other organisations
    organisation: Figures | None = None
    budgets: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Workspace:
    """What an admin sees of the whole workspace: what runs, which budgets are near their end, which alarms are open."""

    running: Sequence[AtHome] = ()  # the first ones of others
    number: int = 0  # of all that run
    own: int = 0  # of those, which are listed above
    budgets: Sequence[str] = ()
    alarms: Sequence[tuple[str, str | None]] = ()  # what each says, and the address of its post


@dataclass(frozen=True, slots=True)
class Home:
    """All that a Home tab shows: sessions in the order of their groups, and what else the person may see or do."""

    sessions: Sequence[AtHome] = field(default_factory=tuple)
    figures: HomeFigures | None = None
    defaults: Values = field(default_factory=dict)  # what the person, or the file for them, has set
    may_start: bool = True
    workspace: Workspace | None = None  # for admins
    paused: str = ""  # who has paused the whole workspace, if anybody has


DEFAULTS: Final = "*Your defaults*"
NO_DEFAULTS: Final = "No defaults set."
_SETTINGS: Final = blocks.button("Settings", OPEN_FORM.action_id, f"{SETTINGS.name} {MINE}")
_RESUME: Final = questions.choice("Resume", RESUME, EVERYWHERE)
_NEW_SESSION: Final = blocks.button("New session", OPEN_FORM.action_id, LAUNCH.name, "primary")


def for_guests() -> Message:
    """Say in one sentence that guests have nothing to see."""
    return Message(GUESTS.text, [blocks.section(GUESTS.text)])


def home(shown: Home) -> Message:
    """Build the Home tab."""
    going_on = [entry for entry in shown.sessions if entry.group is not ListGroup.RECENTLY_DONE]
    done = [entry for entry in shown.sessions if entry.group is ListGroup.RECENTLY_DONE]
    listed = [*going_on[:MOST_LISTED], *done[:FEW_DONE]]
    lines = [_line(entry) for entry in listed] or [NO_SESSIONS.text]
    figures = _figures(shown.figures) if shown.figures else []
    return Message(
        "\n".join([TITLE, *lines]),
        [
            blocks.header(TITLE),
            *([blocks.section(shown.paused, _RESUME if shown.workspace else None)] if shown.paused else []),
            *(blocks.actions(_NEW_SESSION) if shown.may_start and not shown.paused else []),
            *(_groups(listed) if listed else [blocks.section(NO_SESSIONS.text)]),
            *_more(len(going_on) - MOST_LISTED, len(done) - FEW_DONE),
            *(_whole(shown.workspace) if shown.workspace else []),
            {"type": "divider"},
            *blocks.sections(figures),
            *(blocks.context(shown.figures.notes) if shown.figures else []),
            blocks.section(_defaults(shown.defaults), _SETTINGS),
        ],
    )


def recently_done(done: Sequence[AtHome]) -> View:
    """Build the window with all that are done."""
    shown = [_entry(entry) for entry in done[:MOST_DONE]] or [blocks.section(NONE_DONE)]
    more = len(done) - MOST_DONE
    return window(DONE_TITLE, [*shown, *blocks.context([f"and {more} more" if more > 0 else ""])])


def _groups(listed: Sequence[AtHome]) -> Iterator[Block]:
    for group in ListGroup:
        entries = [entry for entry in listed if entry.group is group]
        if entries:
            yield blocks.section(f"*{HEADINGS[group]}*")
            yield from map(_entry, entries)


def _more(not_listed: int, folded: int) -> Iterator[Block]:
    if folded > 0:
        show_all = blocks.button("Show all", OPEN_FORM.action_id, RECENTLY_DONE.name)
        yield blocks.section(f"{counted(folded, 'more session')} recently done", show_all)
    if not_listed > 0:
        yield from blocks.context([f"and {counted(not_listed, 'more session')}: `/devin list`"])


def _entry(entry: AtHome) -> Block:
    session = entry.session
    stop = blocks.button("Stop", STOP.action_id, session.id) if is_stoppable(session) else None
    return blocks.section(_line(entry), stop)


def _whole(workspace: Workspace) -> list[Block]:
    """The lines about the workspace, which are those of the moment in which the tab was drawn."""
    running = [_line(entry) for entry in workspace.running]
    more = workspace.number - workspace.own - len(running)
    if more > 0:
        running.append(f"and {counted(more, 'more session')}: `/devin list all`")
    yours = f", {workspace.own} of them yours" if workspace.own else ""
    parts = {
        f"*Running now: {counted(workspace.number, 'session')}{yours}*": running,
        "*Budgets near their end*": list(workspace.budgets),
        "*Open alarms*": [
            f"{text} {link(address, 'Open alarm') if address else ''}" for text, address in workspace.alarms
        ],
    }
    lines = [line for head, found in parts.items() if found or head == next(iter(parts)) for line in (head, *found)]
    return [{"type": "divider"}, *blocks.sections(lines), *blocks.context([AS_OF])]


def _line(entry: AtHome) -> str:
    """The title with its links, state, age, ACUs and pull requests, as far as there is room."""
    session = entry.session
    title = linked_title(session.title, entry.permalink, session.url, around="*{}*")
    title = f"*{entry.stand_in}*" if entry.stand_in else title
    facts = [
        STATE_WORDS[session.display_state] if not is_stopping(session) else STOPPING,
        f"started {ago(session.created_at)}",
        spent(session),
        fitted(entry.asker, 80),
    ]
    line = f"{STATE_EMOJI[session.display_state]} {title} · {' · '.join(filter(None, facts))}"
    if entry.stand_in:
        return line
    requests = session.snapshot.pull_requests
    for shown, request in enumerate(requests):
        named = pull_request_link(request, session)
        if shown == MOST_PULL_REQUESTS or len(line) + len(named) > ROOM:
            return f"{line} · {counted(len(requests) - shown, 'more pull request')}"
        line += f" · {named}"
    return line


def _defaults(values: Values) -> str:
    shown = [
        f"{FIELDS[setting].label}: {code(shortened(as_text(values[setting]), 200))}"
        for setting in Setting
        if setting in values
    ]
    return f"{DEFAULTS}\n{' · '.join(shown) or NO_DEFAULTS}"


def _figures(figures: HomeFigures) -> list[str]:
    title = THIS_CYCLE.format(cycle=cycle_name(figures.cycle))
    return [title, _own(figures), *_organisation(figures), *figures.budgets]


def _own(figures: HomeFigures) -> str:
    if not figures.sessions:
        return "None of your sessions was active."
    used = f"{roughly(figures.about)}{total_acus(figures.acus, figures.cost)}"
    own = f"{used[:1].upper()}{used[1:]} in {counted(figures.sessions, 'session')} of yours"
    return ". ".join([own, *from_others(figures.in_others)])


def _organisation(figures: HomeFigures) -> list[str]:
    if figures.organisation is None:
        return []
    of_all = figures.organisation
    if no_acus_at_all(of_all):
        return []
    why = why_no_total(of_all) if of_all.total is None else []
    parts = [cycle_line(of_all.cycle)] if of_all.cycle is not None else []
    return [f"Whole organization: {amount_used(of_all)}", *why, *parts]
