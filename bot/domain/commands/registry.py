"""All commands, each declared once and in the order of the help texts.

The parser, the access check, the order of work, the help texts and the routes of buttons are derived from this table.
The manifest, the README and the tables of the flows are tested against it.
"""

from typing import Final

from bot.domain.commands import devin_specs
from bot.domain.commands.arguments import (
    AUDIT_OPTIONS,
    BUDGET,
    BUDGET_NUMBER,
    CHOICE,
    CSV,
    DIGESTS,
    GRANT,
    HELP_TOPIC,
    LISTED,
    REPORT_QUESTION,
    SESSION,
    TEXT,
    USAGE_QUESTION,
)
from bot.domain.commands.fan_out_commands import CANCEL_FAN_OUT, FANOUT, RETRY_FAN_OUT, START_FAN_OUT, STOP_FAN_OUT
from bot.domain.commands.library_commands import LIBRARY_COMMANDS
from bot.domain.commands.spec import CommandSpec, Help, Role, Surface, addressed, button, slash, typed, written

# The word `start` may be left out: a text that is no other command starts a session.
START: Final = CommandSpec(
    "start",
    forms=(slash("start", TEXT),),
    slash_help=Help(
        "`/devin fix the flaky login test` starts one, and so does `@Devin Bridge fix …` in a channel or thread"
    ),
)
LIST: Final = CommandSpec(
    "list",
    forms=typed("list"),
    slash_help=Help("`/devin list` shows your sessions, those that need you first"),
)
COST: Final = CommandSpec(
    "cost",
    forms=(*typed("cost"), written("!cost")),
    of_session=True,
    urgent=True,
    ordinary=True,
    slash_help=Help("`/devin cost` shows what your sessions used in this billing cycle"),
    thread_help=Help("`!cost` what it has used"),
    meant_by=("usage",),
)
STATUS: Final = CommandSpec(
    "status",
    forms=(*typed("status", SESSION), written("!status")),
    of_session=True,
    urgent=True,
    slash_help=Help("`/devin status [number]`"),
    thread_help=Help("`!status` where it stands", same_line=True),
)
STOP: Final = CommandSpec(
    "stop",
    forms=(
        slash("stop", SESSION),
        addressed("stop", SESSION),
        written("!stop"),
        written("sleep"),
        button("stop"),
    ),
    of_session=True,
    urgent=True,
    ends_session=True,
    slash_help=Help("`/devin stop [number]`", same_line=True),
    thread_help=Help("`!stop` (or `sleep`) puts Devin to sleep; a reply wakes it"),
    meant_by=("sleep", "kill", "cancel"),
)
# The button beside a session in a list, which is shown in any channel or direct message.
STOP_LISTED: Final = CommandSpec(
    "stop_listed",
    forms=(button("stop_listed"),),
    of_session=True,
    urgent=True,
    ends_session=True,
    replaces=True,
)
# These two answer the question that somebody is asked who presses *Stop* on the card of another person's session.
STOP_CONFIRMED: Final = CommandSpec(
    "stop_confirmed",
    forms=(button("stop_confirmed"),),
    of_session=True,
    urgent=True,
    ends_session=True,
    replaces=True,
)
STOP_DECLINED: Final = CommandSpec(
    "stop_declined", forms=(button("stop_declined"),), of_session=True, urgent=True, replaces=True
)
MUTE: Final = CommandSpec(
    "mute",
    forms=(written("!mute"), written("mute")),
    of_session=True,
    thread_help=Help("`!mute` / `!unmute` (or `mute` / `unmute`): replies are not sent to Devin / are sent again"),
)
# The help of `mute` covers `unmute` too.
UNMUTE: Final = CommandSpec("unmute", forms=(written("!unmute"), written("unmute")), of_session=True)
ASIDE: Final = CommandSpec(
    "aside",
    forms=(written("!aside", TEXT), written("(aside)", TEXT)),
    thread_help=Help("`!aside …` (or `(aside) …`) is for the people here and not sent to Devin"),
)
ARCHIVE: Final = CommandSpec(
    "archive",
    forms=(slash("archive", SESSION), written("!archive"), written("archive")),
    of_session=True,
    urgent=True,
    ends_session=True,
    slash_help=Help("`/devin archive [number]`, with a number or id from the list", same_line=True),
    thread_help=Help("`!archive` (or `archive`) puts Devin to sleep and closes this thread"),
)
NEW: Final = CommandSpec("new", forms=(written("!new", TEXT),), thread_help=Help("`!new …` starts another session"))
NOTIFY: Final = CommandSpec(
    "notify",
    forms=(*typed("notify", CHOICE), written("!notify", CHOICE)),
    slash_help=Help(f"`/devin notify {CHOICE.shown}` sets when you're mentioned, in all sessions"),
    thread_help=Help(f"`!notify {CHOICE.shown}` sets when you're mentioned in this thread"),
)
USAGE: Final = CommandSpec(
    "usage",
    forms=typed("usage", USAGE_QUESTION),
    role=Role.ADMIN,
    subject="usage figures",
    slash_help=Help(f"`/devin usage {USAGE_QUESTION.shown}` shows what was spent"),
)
DIGEST: Final = CommandSpec(
    "digest",
    forms=typed("digest", DIGESTS),
    role=Role.ADMIN,
    subject="digests",
    slash_help=Help("`/devin digest [list|add|remove|now]` chooses which channels get digests"),
)
REPORT: Final = CommandSpec(
    "report",
    forms=typed("report", REPORT_QUESTION),
    role=Role.ADMIN,
    subject="outcome reports",
    ordinary=True,
    slash_help=Help(f"`/devin report {REPORT_QUESTION.shown}` shows what came of pull requests"),
)
# Everybody sees the budgets that hold for them, admins see all.
BUDGET_LIST: Final = CommandSpec(
    "budget_list",
    forms=typed("budget list", LISTED),
    slash_help=Help("`/devin budget list` shows the budgets that apply to you here"),
)
BUDGET_SET: Final = CommandSpec(
    "budget_set",
    forms=typed("budget set", BUDGET),
    role=Role.ADMIN,
    subject="changes of budgets",
    slash_help=Help(f"`/devin budget set {BUDGET.shown}` sets a budget"),
)
BUDGET_REMOVE: Final = CommandSpec(
    "budget_remove",
    forms=typed("budget remove", BUDGET_NUMBER),
    role=Role.ADMIN,
    subject="changes of budgets",
    slash_help=Help(f"`/devin budget remove {BUDGET_NUMBER.shown}` removes it"),
)
BUDGET_GRANT: Final = CommandSpec(
    "budget_grant",
    forms=typed("budget grant", GRANT),
    role=Role.ADMIN,
    subject="changes of budgets",
    slash_help=Help(f"`/devin budget grant {GRANT.shown}` adds to it until it resets"),
)
# The buttons of a budget that is used up: one asks the admins, the other two are theirs.
ASK_FOR_MORE: Final = CommandSpec("ask_for_more", forms=(button("ask_for_more"),), urgent=True, replaces=True)
GRANT_MORE: Final = CommandSpec(
    "grant_more",
    forms=(button("grant_more"),),
    role=Role.ADMIN,
    subject="changes of budgets",
    urgent=True,
    replaces=True,
)
REFUSE_MORE: Final = CommandSpec(
    "refuse_more",
    forms=(button("refuse_more"),),
    role=Role.ADMIN,
    subject="changes of budgets",
    urgent=True,
    replaces=True,
)
ORGS: Final = CommandSpec(
    "orgs",
    forms=typed("orgs"),
    role=Role.ADMIN,
    subject="figures of Devin's organisations",
    slash_help=Help("`/devin orgs` shows Devin's organisations, with their limits and ACUs"),
    meant_by=("organisations", "organizations"),
)
AUDIT: Final = CommandSpec(
    "audit",
    forms=typed("audit", AUDIT_OPTIONS),
    role=Role.ADMIN,
    subject="audit logs",
    private=True,
    slash_help=Help(f"`/devin audit {AUDIT_OPTIONS.shown}` sends you Devin's audit log"),
)
AUDIT_BOT: Final = CommandSpec(
    "audit_bot",
    forms=typed("audit bot", CSV),
    role=Role.ADMIN,
    subject="audit logs",
    private=True,
    slash_help=Help("`/devin audit bot [csv]` shows what was changed through Devin Bridge", same_line=True),
)
# Opens the form of a command that was written: only a press, a slash command or a shortcut lets Slack show a form.
OPEN_FORM: Final = CommandSpec("open_form", forms=(button("open_form"),), urgent=True)
# The button of a long job's message; only who began the job may press it.
CANCEL_LONG_JOB: Final = CommandSpec("cancel_long_job", forms=(button("cancel_long_job"),), urgent=True)
# Typed in capitals, as in Devin, because it cannot be undone.
EXIT: Final = CommandSpec(
    "exit",
    forms=(written("EXIT", exact=True),),
    role=Role.ASKER_OR_ADMIN,
    of_session=True,
    urgent=True,
    ends_session=True,
    asks_first=True,
    thread_help=Help("`EXIT` ends the session for good, after a question"),
    meant_by=("exit",),
)
EXIT_CONFIRMED: Final = CommandSpec(
    "exit_confirmed",
    forms=(button("exit_confirmed"),),
    role=Role.ASKER_OR_ADMIN,
    of_session=True,
    urgent=True,
    ends_session=True,
    replaces=True,
)
EXIT_DECLINED: Final = CommandSpec(
    "exit_declined", forms=(button("exit_declined"),), of_session=True, urgent=True, replaces=True
)
# These answer a question about a start that waits for the answer: whether a repeated command is meant, and what to do
# about options that are not valid. Only the person who was asked may answer; their id stands in the row of the start.
START_AGAIN: Final = CommandSpec("start_again", forms=(button("start_again"),), urgent=True, replaces=True)
START_DECLINED: Final = CommandSpec("start_declined", forms=(button("start_declined"),), urgent=True, replaces=True)
START_CORRECTED: Final = CommandSpec("start_corrected", forms=(button("start_corrected"),), urgent=True, replaces=True)
START_AS_WRITTEN: Final = CommandSpec(
    "start_as_written", forms=(button("start_as_written"),), urgent=True, replaces=True
)
START_CANCELLED: Final = CommandSpec("start_cancelled", forms=(button("start_cancelled"),), urgent=True, replaces=True)
# These two answer the question whether a reply may wake a session that has spent its ceiling or slept for long.
WAKE: Final = CommandSpec("wake", forms=(button("wake"),), urgent=True, replaces=True)
LEAVE_ASLEEP: Final = CommandSpec("leave_asleep", forms=(button("leave_asleep"),), urgent=True, replaces=True)
# These stand under the post of an alarm about a session, which is in the admins' channel or in the session's thread.
ALARM_STOP: Final = CommandSpec("alarm_stop", forms=(button("alarm_stop"),), urgent=True)
ALARM_FINE: Final = CommandSpec("alarm_fine", forms=(button("alarm_fine"),), role=Role.ASKER_OR_ADMIN, urgent=True)
ALARM_SNOOZE: Final = CommandSpec(
    "alarm_snooze", forms=(button("alarm_snooze"),), role=Role.ASKER_OR_ADMIN, urgent=True
)
# These two answer the question whether a text that resembles a command is that command or a task.
RUN_COMMAND: Final = CommandSpec("run_command", forms=(button("run_command"),), urgent=True, replaces=True)
START_AS_TASK: Final = CommandSpec("start_as_task", forms=(button("start_as_task"),), urgent=True, replaces=True)
HELP: Final = CommandSpec("help", forms=(*typed("help", HELP_TOPIC), written("!help")), urgent=True)

COMMANDS: Final = (
    START,
    LIST,
    COST,
    STATUS,
    STOP,
    STOP_LISTED,
    STOP_CONFIRMED,
    STOP_DECLINED,
    MUTE,
    UNMUTE,
    ASIDE,
    ARCHIVE,
    NEW,
    NOTIFY,
    USAGE,
    REPORT,
    DIGEST,
    BUDGET_LIST,
    BUDGET_SET,
    BUDGET_REMOVE,
    BUDGET_GRANT,
    ASK_FOR_MORE,
    GRANT_MORE,
    REFUSE_MORE,
    ORGS,
    AUDIT,
    AUDIT_BOT,
    FANOUT,
    START_FAN_OUT,
    CANCEL_FAN_OUT,
    STOP_FAN_OUT,
    RETRY_FAN_OUT,
    *LIBRARY_COMMANDS,
    OPEN_FORM,
    CANCEL_LONG_JOB,
    *devin_specs.SPECS,
    EXIT,
    EXIT_CONFIRMED,
    EXIT_DECLINED,
    START_AGAIN,
    START_DECLINED,
    START_CORRECTED,
    START_AS_WRITTEN,
    START_CANCELLED,
    WAKE,
    LEAVE_ASLEEP,
    ALARM_STOP,
    ALARM_FINE,
    ALARM_SNOOZE,
    RUN_COMMAND,
    START_AS_TASK,
    HELP,
)
_BY_NAME: Final = {spec.name: spec for spec in COMMANDS}


def named(name: str) -> CommandSpec:
    """The command called `name`; raises KeyError where there is none."""
    return _BY_NAME[name]


def commands_on(surface: Surface) -> tuple[CommandSpec, ...]:
    """The commands that have a form on `surface`."""
    return tuple(spec for spec in COMMANDS if spec.forms_on(surface))


ENDING: Final = frozenset(spec.name for spec in COMMANDS if spec.ends_session)
BY_ACTION_ID: Final = {spec.action_id: spec for spec in commands_on(Surface.BUTTON)}
FORMS: Final = frozenset(spec.name for spec in COMMANDS if spec.opens_form)
