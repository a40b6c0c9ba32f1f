"""The commands about sessions, and those of every bot: each declared once, in the order of the help texts.

Each feature declares its own beside them. The parser, the access check, the order of work, the help texts and the
routes of buttons are derived from all of them (`bot.domain.commands.command_set`).
"""

from typing import Final

from bot.domain.commands.arguments import (
    ALL_OF,
    AT_DEVIN,
    CHOICE,
    HELP_TOPIC,
    ON_OFF,
    PERSON,
    SESSION,
    SESSION_AND_PERSON,
    TEXT,
    WHICH_LIST,
)
from bot.domain.commands.spec import CommandSpec, Help, Role, Source, addressed, alone, button, slash, typed, written
from bot.domain.roles import Right

# The word `start` may be left out: a text that is no other command starts a session.
START: Final = CommandSpec(
    "start",
    source=Source.HERE,
    right=Right.START,
    starts=True,
    ways=(slash("start", TEXT),),
    slash_help=Help("`/devin fix the flaky login test` or `@Devin Bridge fix …` starts a session"),
)
# The form for a start: `/devin` with nothing after it, a shortcut, or a button that opens the form of this name.
LAUNCH: Final = CommandSpec(
    "launch",
    source=Source.PICKED,
    right=Right.START,
    ways=(),
    opens_form=True,
    shortcut="send_to_devin",
    global_shortcut="new_session",
)
LIST: Final = CommandSpec(
    "list",
    source=Source.LISTED,
    ways=(*typed("list", WHICH_LIST), *alone("list")),
    slash_help=Help(f"`/devin list {WHICH_LIST.shown}` shows your sessions, starting with the ones that need you"),
    meant_by=("sessions", "prs"),
)
# The buttons below the list of all sessions; who types `list all` needs its role too.
LIST_ALL: Final = CommandSpec(
    "list_all",
    source=Source.LISTED,
    ways=(),
    role=Role.ADMIN,
    admins_can="see everyone's sessions",
    urgent=True,
)
# The buttons below other lists: all that are done, and the next page.
LIST_PAGE: Final = CommandSpec("list_page", source=Source.LISTED, ways=(), urgent=True)
COST: Final = CommandSpec(
    "cost",
    source=Source.SESSION,
    right=Right.COST,
    ways=(*typed("cost"), written("!cost"), *alone("cost")),
    urgent=True,
    asks_of_money=True,
    ordinary=True,
    slash_help=Help("`/devin cost` shows what your sessions used in this billing cycle"),
    thread_help=Help("`!cost` shows what the session has used"),
    meant_by=("usage",),
)
STATUS: Final = CommandSpec(
    "status",
    source=Source.SESSION,
    ways=(*typed("status", SESSION), written("!status"), *alone("status")),
    urgent=True,
    slash_help=Help("`/devin status [number]` shows a session; the number is from the list"),
    thread_help=Help("`!status` shows its state", same_line=True),
)
STOP: Final = CommandSpec(
    "stop",
    source=Source.SESSION,
    right=Right.STOP,
    ways=(
        slash("stop", SESSION),
        addressed("stop", SESSION),
        written("!stop"),
        written("sleep"),
        *alone("stop", "cancel", "please stop", "stop please", "stop it"),
        button("stop"),
    ),
    urgent=True,
    ends_session=True,
    slash_help=Help("`/devin stop [number]` stops a session", same_line=True),
    thread_help=Help("`!stop` (or `stop`, `cancel`, `sleep`) stops Devin; reply to resume"),
    meant_by=("sleep", "kill", "cancel", "pause", "abort", "terminate"),
)
# Everybody's for an admin, else one's own. The question says how many.
STOP_ALL: Final = CommandSpec(
    "stop_all",
    source=Source.LISTED,
    ways=typed("stop all", ALL_OF),
    urgent=True,
    asks_first=True,
    slash_help=Help(
        "`/devin stop all` stops all of yours, or for admins everyone's (asks you to confirm)", same_line=True
    ),
)
# The choice under that question: `all` or `mine`.
STOP_ALL_CONFIRMED: Final = CommandSpec("stop_all_confirmed", source=Source.LISTED, ways=(), urgent=True)
# The button beside a session in a list, which is shown in any channel or direct message.
STOP_LISTED: Final = CommandSpec(
    "stop_listed", source=Source.SESSION, right=Right.STOP, ways=(), urgent=True, ends_session=True
)
# The choice of somebody who presses *Stop* on the card of another person's session.
STOP_CONFIRMED: Final = CommandSpec(
    "stop_confirmed", source=Source.SESSION, right=Right.STOP, ways=(), urgent=True, ends_session=True
)
# The same for `archive`.
ARCHIVE_CONFIRMED: Final = CommandSpec(
    "archive_confirmed", source=Source.SESSION, right=Right.STOP, ways=(), urgent=True, ends_session=True
)
MUTE: Final = CommandSpec(
    "mute",
    source=Source.SESSION,
    right=Right.STEER,
    ways=(written("!mute"), written("mute")),
    thread_help=Help("`!mute` (or `mute`) stops sending replies to Devin"),
)
UNMUTE: Final = CommandSpec(
    "unmute",
    source=Source.SESSION,
    right=Right.STEER,
    ways=(written("!unmute"), written("unmute")),
    thread_help=Help("`!unmute` (or `unmute`) sends replies to Devin again", same_line=True),
)
ASIDE: Final = CommandSpec(
    "aside",
    source=Source.HERE,
    ways=(written("!aside", TEXT), written("(aside)", TEXT)),
    thread_help=Help("`!aside …` (or `(aside) …`) is a note to people in the thread; Devin doesn't get it"),
)
ARCHIVE: Final = CommandSpec(
    "archive",
    source=Source.SESSION,
    right=Right.STOP,
    ways=(slash("archive", SESSION), written("!archive"), written("archive")),
    urgent=True,
    ends_session=True,
    slash_help=Help(
        "`/devin archive [number]` archives a session; after that, replies don't reach Devin", same_line=True
    ),
    thread_help=Help("`!archive` (or `archive`) archives this session; after that, replies don't reach Devin"),
)
NEW: Final = CommandSpec(
    "new",
    source=Source.HERE,
    right=Right.START,
    ways=(written("!new", TEXT),),
    thread_help=Help("`!new …` starts another session"),
)
# Ties a session that Devin has already to a thread.
ADOPT: Final = CommandSpec(
    "adopt",
    source=Source.ADDRESS,
    right=Right.START,
    ways=(*typed("adopt", AT_DEVIN), written("!adopt", AT_DEVIN)),
    urgent=True,
    starts=True,
    ordinary=True,
    slash_help=Help("`/devin adopt link` links a session that you started in Devin to a thread here", same_line=True),
    thread_help=Help("`!adopt link` links a session from Devin to this thread", same_line=True),
    meant_by=("sync", "link"),
)
# The choice of an admin who links a session that somebody else started in Devin.
ADOPT_CONFIRMED: Final = CommandSpec(
    "adopt_confirmed",
    source=Source.ADDRESS,
    ways=(),
    role=Role.ADMIN,
    admins_can="link sessions that others started in Devin",
    urgent=True,
    starts=True,
)
UNSYNC: Final = CommandSpec(
    "unsync",
    source=Source.SESSION,
    ways=(written("!unsync"),),
    role=Role.ASKER_OR_ADMIN,
    urgent=True,
    thread_help=Help("`!unsync` unlinks this thread; the session keeps running in Devin", same_line=True),
    meant_by=("unadopt",),
)
UNSYNC_CONFIRMED: Final = CommandSpec(
    "unsync_confirmed", source=Source.SESSION, ways=(), role=Role.ASKER_OR_ADMIN, urgent=True
)
NOTIFY: Final = CommandSpec(
    "notify",
    source=Source.HERE,
    ways=(*typed("notify", CHOICE), written("!notify", CHOICE)),
    slash_help=Help(f"`/devin notify {CHOICE.shown}` sets when you're mentioned"),
    thread_help=Help(f"`!notify {CHOICE.shown}` sets when you're mentioned in this thread"),
)
# The same as `!notify all` and `!notify off`, for people who did not ask for the session.
FOLLOW: Final = CommandSpec(
    "follow",
    source=Source.HERE,
    ways=(written("!follow"),),
    thread_help=Help("`!follow` also mentions you in this thread"),
)
UNFOLLOW: Final = CommandSpec(
    "unfollow",
    source=Source.HERE,
    ways=(written("!unfollow"),),
    thread_help=Help("`!unfollow` stops mentioning you in this thread", same_line=True),
)
GIVE: Final = CommandSpec(
    "give",
    source=Source.HERE,
    right=Right.STEER,
    ways=(*typed("give", SESSION_AND_PERSON), written("!give", PERSON)),
    ordinary=True,
    slash_help=Help(f"`/devin give {SESSION_AND_PERSON.shown}` hands a session over to someone else", same_line=True),
    thread_help=Help("`!give @person` hands this session over to someone else", same_line=True),
    meant_by=("handover", "assign", "transfer"),
)
REMIND: Final = CommandSpec(
    "remind",
    source=Source.HERE,
    right=Right.STEER,
    ways=(written("!remind", ON_OFF),),
    thread_help=Help(
        f"`!remind {ON_OFF.shown}` turns reminders about Devin's questions in this thread on or off", same_line=True
    ),
    meant_by=("reminders", "reminder", "reminds"),
)
# Opens the form of a command that was written: only a press, a slash command or a shortcut lets Slack show a form.
OPEN_FORM: Final = CommandSpec("open_form", source=Source.NOTHING, ways=(button("open_form"),), urgent=True)
# The button of an operation's message; only who began it may press it.
CANCEL_OPERATION: Final = CommandSpec(
    "cancel_operation", source=Source.STORED, ways=(button("cancel_operation"),), urgent=True
)
# The buttons of the options that Devin offers; what is chosen is a reply like any other.
QUICK_ANSWER: Final = CommandSpec(
    "quick_answer", source=Source.TURN, right=Right.STEER, ways=(button("quick_answer"),), starts=True
)
# The buttons under a result.
RATE: Final = CommandSpec("rate", source=Source.TURN, ways=(button("rate"),), urgent=True)
# Typed in capitals, as in Devin, because it cannot be undone.
EXIT: Final = CommandSpec(
    "exit",
    source=Source.SESSION,
    ways=(written("EXIT", exact=True),),
    role=Role.ASKER_OR_ADMIN,
    urgent=True,
    ends_session=True,
    asks_first=True,
    thread_help=Help("`EXIT` ends the session permanently (asks you to confirm)"),
    meant_by=("exit",),
)
EXIT_CONFIRMED: Final = CommandSpec(
    "exit_confirmed",
    source=Source.SESSION,
    ways=(),
    role=Role.ASKER_OR_ADMIN,
    urgent=True,
    ends_session=True,
)
# The buttons of a session that gets no further: another one goes on, with the same task or with a limit of its own.
TRY_AGAIN: Final = CommandSpec(
    "try_again", source=Source.SESSION, right=Right.START, ways=(button("try_again"),), urgent=True, starts=True
)
CONTINUE: Final = CommandSpec(
    "continue_session",
    source=Source.SESSION,
    right=Right.START,
    ways=(button("continue_session"),),
    urgent=True,
    starts=True,
)
# An answer to a question that is no command: its argument is the question, the answer, and what the question is about.
ANSWER: Final = CommandSpec("answer", source=Source.STORED, ways=(), urgent=True)
# Alarms have no command: their buttons stand under their post. The help says what admins have instead.
HELP: Final = CommandSpec(
    "help",
    source=Source.NOTHING,
    ways=(
        *typed("help", HELP_TOPIC),
        written("!help"),
        *alone("help"),
        *(slash(phrase) for phrase in ("?", "-h", "--help")),
    ),
    urgent=True,
    meant_by=("alarm", "alarms", "alert", "alerts", "commands", "version", "login", "logout", "whoami", "ping"),
)

# Those of features stand between the others and the help.
CORE: Final = (
    START,
    LAUNCH,
    LIST,
    LIST_ALL,
    LIST_PAGE,
    COST,
    STATUS,
    STOP,
    STOP_ALL,
    STOP_ALL_CONFIRMED,
    STOP_LISTED,
    STOP_CONFIRMED,
    ARCHIVE_CONFIRMED,
    MUTE,
    UNMUTE,
    ASIDE,
    ARCHIVE,
    NEW,
    ADOPT,
    ADOPT_CONFIRMED,
    UNSYNC,
    UNSYNC_CONFIRMED,
    NOTIFY,
    FOLLOW,
    UNFOLLOW,
    GIVE,
    REMIND,
    OPEN_FORM,
    CANCEL_OPERATION,
    QUICK_ANSWER,
    RATE,
    EXIT,
    EXIT_CONFIRMED,
    TRY_AGAIN,
    CONTINUE,
    ANSWER,
)
