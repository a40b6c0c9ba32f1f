"""The form for a start."""

from collections.abc import Mapping
from typing import Final

from bot.domain.commands.option_words import MODES, without_option_words
from bot.domain.commands.options import MOST_TAGS
from bot.domain.form import Form
from bot.domain.launch import (
    CHANNEL,
    LIMIT,
    LONGEST_TITLE,
    MODE,
    NO_CHOICE,
    PLAYBOOK,
    REPOS,
    TAGS,
    TASK,
    TITLE,
    UNSET,
    Launch,
    Mistakes,
)
from bot.domain.session import Session
from bot.domain.settings_values import MOST_REPOS
from bot.views.message import Message
from bot.views.modals.fields import OPTION_FIELDS, TASK_FIELD, TITLE_FIELD
from bot.views.modals.parts import LONGEST_COUNTED, View, channel_field, form_view

FORM_TITLE: Final = "New Devin session"
ABOUT: Final = "About “{title}”: "
EARLIER: Final = "an earlier session"
FROM: Final = "The earlier session: {url}"
_TWICE: Final = "`{name}=` is here and in its own field. Keep one of them."
MOST_CHOICES: Final = 100  # that Slack shows at once
NOT_ALLOWED: Final = "Devin Bridge's key can't list {what}."
NOT_OFFERED: Final = "Devin doesn't list {what} here."
NO_ANSWER: Final = "Devin didn't list {what}."
LISTS_NONE: Final = "Devin has no {what} here."
NONE_ALLOWED: Final = "Not allowed here."
NOT_LISTED: Final = "{repo} (not in Devin's list)"
_TYPE_IT: Final = {"repositories": "Type owner/name.", "playbooks": "Type a playbook ID."}
IN_FIELD: Final[Mapping[str, str]] = {
    LIMIT: "Write a whole number above zero, such as 10.",
    TAGS: f"Up to {MOST_TAGS} tags, none of them devin-bridge or slack-….",
    MODE: f"Pick one of {', '.join(MODES)}.",
    TITLE: f"Keep the title below {LONGEST_TITLE} characters.",
    REPOS: f"Pick up to {MOST_REPOS} repositories, each written as owner/name.",
    PLAYBOOK: "Pick a playbook, or leave this empty.",
}


def launch_form(form: Form, start: Launch) -> View:
    """The form, which holds `start` at first."""
    options = start.options
    holds = {
        TASK: start.task[:LONGEST_COUNTED],
        REPOS: ",".join(options.repos),
        PLAYBOOK: options.playbook or "",
        MODE: options.mode or "",
        LIMIT: str(options.acu) if options.acu else "",
        TAGS: ", ".join(options.tags),
        TITLE: options.title or "",
    }
    fields = [field.drawn(holds[field.name]) for field in (TASK_FIELD, *OPTION_FIELDS.values(), TITLE_FIELD)]
    channel = channel_field(CHANNEL, "Channel", start.channel, hint="Leave empty to use your DM with Devin Bridge.")
    return form_view(form, FORM_TITLE, "Start", [*fields, channel])


def refused(why: str, what: str) -> str:
    """Return the first line of a menu for which Devin lists nothing: why, and what helps."""
    return f"{why.format(what=what)} {_TYPE_IT[what]}"


def menu(field: str, typed: str, names: Mapping[str, str], refused: str = "", *, own: bool) -> dict[str, str]:
    """What the menu of a `field` offers, each a value and its words: the `names`, and before them what was `typed`.

    That is offered as its `own` value. Else the menu says why Devin lists nothing, and while nothing is typed the one
    of which one may be picked has a line with which it is emptied.
    """
    declared = OPTION_FIELDS[field]
    none = {UNSET: declared.placeholder} if declared.picks == 1 and not typed else {}
    first = {typed: typed} if own else {**none, **({NO_CHOICE: refused} if refused else {})}
    return dict([*first.items(), *names.items()][:MOST_CHOICES])


def about(session: Session) -> str:
    """The task with which the form about an earlier `session` begins: its title, and where it is read."""
    title = without_option_words(session.title).strip() or EARLIER
    return "\n\n".join(filter(None, [ABOUT.format(title=title), session.url and FROM.format(url=session.url)]))


def sentences_of(mistakes: Mistakes) -> dict[str, str]:
    """The sentence under each field with a mistake, by its name."""
    said = {name: IN_FIELD[name] for name in mistakes.fields}
    in_task = [_TWICE.format(name=name) for name in mistakes.twice]
    in_task += [f"`{one.word}` {one.reason}." for one in mistakes.in_task]
    if in_task or mistakes.empty:
        said[TASK] = " ".join(in_task) or TASK_FIELD.empty
    return said


def stays_private(source: str) -> Message:
    """Refuse a start elsewhere about what was written in `source`, a private channel or a direct message."""
    where = "a DM" if source.startswith("D") else f"<#{source}>, which is private"
    return Message(f"Nothing was started: this comes from {where}. Start it there, or leave the channel empty.")
