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
    Launch,
    Mistakes,
)
from bot.domain.session import Session
from bot.domain.settings_values import MOST_REPOS
from bot.views.message import Message
from bot.views.modals.parts import (
    LONGEST_COUNTED,
    View,
    channel_field,
    choice_field,
    form_view,
    search_field,
    text_field,
)

FORM_TITLE: Final = "New Devin session"
ABOUT: Final = "About “{title}”: "
EARLIER: Final = "an earlier session"
FROM: Final = "The earlier session: {url}"
EMPTY: Final = "Write what Devin should do."
_TWICE: Final = "`{name}=` stands here and in its own field. Keep one of them."
MOST_CHOICES: Final = 100  # that Slack shows at once
NOT_ALLOWED: Final = "Devin Bridge's key can't list {what}."
NOT_OFFERED: Final = "Devin doesn't list {what} here."
NO_ANSWER: Final = "Devin didn't list {what}."
_TYPE_IT: Final = {"repositories": "Type owner/name.", "playbooks": "Type a playbook ID."}
_IN_FIELD: Final[Mapping[str, str]] = {
    LIMIT: "Write a whole number above zero, such as 10.",
    TAGS: f"Up to {MOST_TAGS} tags, none of them devin-bridge or slack-….",
    MODE: f"Pick one of {', '.join(MODES)}.",
    TITLE: f"Keep the title below {LONGEST_TITLE} characters.",
    REPOS: f"Pick up to {MOST_REPOS} repositories, each written as owner/name.",
    PLAYBOOK: "Pick a playbook, or leave this empty.",
}


def launch_form(form: Form, start: Launch, playbook_title: str = "") -> View:
    """The form, which holds `start` at first; the title of its playbook is shown instead of the id."""
    options = start.options
    picked = {options.playbook: playbook_title or options.playbook} if options.playbook else {}
    limit = str(options.acu) if options.acu else ""
    fields = [
        text_field(TASK, "Task", start.task[:LONGEST_COUNTED], most=LONGEST_COUNTED, multiline=True),
        search_field(
            REPOS,
            "Repositories",
            {repo: repo for repo in options.repos},
            several=MOST_REPOS,
            placeholder="Devin finds them by itself",
        ),
        search_field(PLAYBOOK, "Playbook", picked, placeholder="None"),
        choice_field(
            MODE,
            "Mode",
            {mode: mode for mode in dict.fromkeys((*MODES, options.mode or MODES[0]))},
            options.mode or "",
            optional=True,
            placeholder="Devin's default",
        ),
        text_field(LIMIT, "ACU limit", limit, hint="An ACU (agent compute unit) measures Devin's work.", optional=True),
        text_field(TAGS, "Tags", ", ".join(options.tags), hint="Separate tags with commas.", optional=True),
        text_field(TITLE, "Title", options.title or "", most=LONGEST_TITLE, optional=True),
        channel_field(CHANNEL, "Channel", start.channel, hint="Leave empty to use your DM with Devin Bridge."),
    ]
    return form_view(form, FORM_TITLE, "Start", fields)


def refused(why: str, what: str) -> str:
    """Return the first line of a menu for which Devin lists nothing: why, and what helps."""
    return f"{why.format(what=what)} {_TYPE_IT[what]}"


def menu(names: Mapping[str, str], refused: str, typed: str) -> dict[str, str]:
    """What a menu offers, each a value and its words: what is `typed`, why Devin lists nothing, and the `names`."""
    why = {} if typed or not refused else {NO_CHOICE: refused}
    return dict([*why.items(), *({typed: typed} if typed else {}).items(), *names.items()][:MOST_CHOICES])


def about(session: Session) -> str:
    """The task with which the form about an earlier `session` begins: its title, and where it is read."""
    title = without_option_words(session.title).strip() or EARLIER
    return "\n\n".join(filter(None, [ABOUT.format(title=title), session.url and FROM.format(url=session.url)]))


def sentences_of(mistakes: Mistakes) -> dict[str, str]:
    """The sentence under each field with a mistake, by its name."""
    said = {name: _IN_FIELD[name] for name in mistakes.fields}
    in_task = [_TWICE.format(name=name) for name in mistakes.twice]
    in_task += [f"`{one.word}` {one.reason}." for one in mistakes.in_task]
    if in_task or mistakes.empty:
        said[TASK] = " ".join(in_task) or EMPTY
    return said


def not_there(channel: str) -> Message:
    """Refuse a start in `channel`, whose member the person is not."""
    return Message(f"Nothing was started: you aren't in <#{channel}>. Join it, then try again.")


def stays_private(source: str) -> Message:
    """Refuse a start elsewhere about what was written in `source`, a private channel or a direct message."""
    where = "a DM" if source.startswith("D") else f"<#{source}>, which is private"
    return Message(f"Nothing was started: this comes from {where}. Start it there, or leave the channel empty.")


def archived(channel: str) -> Message:
    """Refuse a start in `channel`, which is archived."""
    return Message(f"Nothing was started: <#{channel}> is archived. Pick another channel.")


def shared(channel: str) -> Message:
    """Refuse a start in `channel`, which another company shares."""
    return Message(f"Nothing was started: <#{channel}> is shared with another company. Pick another channel.")


def without_bot(channel: str) -> Message:
    """Refuse a start in `channel`, where the bot is not."""
    return Message(f"Nothing was started: I'm not in <#{channel}>. Type `/invite @Devin Bridge` there.")
