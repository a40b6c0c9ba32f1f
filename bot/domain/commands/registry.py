"""All commands, each declared once and in the order of the help texts.

The parser, the access check, the order of work, the help texts and the routes of buttons are derived from this table.
The manifest, the README and the tables of the flows are tested against it.
"""

from typing import Final

from bot.domain.commands.arguments import (
    AUDIT_OPTIONS,
    BUDGET,
    BUDGET_NUMBER,
    CHOICE,
    CSV,
    DIGESTS,
    GRANT,
    REPORT_QUESTION,
    SESSION,
    TEXT,
    USAGE_QUESTION,
)
from bot.domain.commands.devin_words import METRICS_PERIOD, NAME, PULL_REQUEST, SCHEDULE
from bot.domain.commands.spec import CommandSpec, Help, Role, Surface, addressed, button, slash, written

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
    forms=(slash("list"), addressed("list")),
    slash_help=Help("`/devin list` shows your sessions, first those that need you"),
)
COST: Final = CommandSpec(
    "cost",
    forms=(slash("cost"), addressed("cost"), written("!cost")),
    of_session=True,
    urgent=True,
    ordinary=True,
    slash_help=Help("`/devin cost` shows what your sessions used in this billing cycle"),
    thread_help=Help("`!cost` what it has used"),
    meant_by=("usage",),
)
STATUS: Final = CommandSpec(
    "status",
    forms=(slash("status", SESSION), addressed("status", SESSION), written("!status")),
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
    slash_help=Help("`/devin archive [number]`, with a number or an id of that list", same_line=True),
    thread_help=Help("`!archive` (or `archive`) puts Devin to sleep and closes this thread"),
)
NEW: Final = CommandSpec("new", forms=(written("!new", TEXT),), thread_help=Help("`!new …` starts another session"))
NOTIFY: Final = CommandSpec(
    "notify",
    forms=(slash("notify", CHOICE), addressed("notify", CHOICE), written("!notify", CHOICE)),
    slash_help=Help(f"`/devin notify {CHOICE.shown}` says when you're mentioned, in all sessions"),
    thread_help=Help(f"`!notify {CHOICE.shown}` says when you're mentioned in this thread"),
)
USAGE: Final = CommandSpec(
    "usage",
    forms=(slash("usage", USAGE_QUESTION), addressed("usage", USAGE_QUESTION)),
    role=Role.ADMIN,
    subject="usage figures",
    slash_help=Help(f"`/devin usage {USAGE_QUESTION.shown}` shows what was spent"),
)
DIGEST: Final = CommandSpec(
    "digest",
    forms=(slash("digest", DIGESTS), addressed("digest", DIGESTS)),
    role=Role.ADMIN,
    subject="digests",
    slash_help=Help("`/devin digest [list|add|remove|now]` chooses which channels get digests"),
)
REPORT: Final = CommandSpec(
    "report",
    forms=(slash("report", REPORT_QUESTION), addressed("report", REPORT_QUESTION)),
    role=Role.ADMIN,
    subject="outcome reports",
    ordinary=True,
    slash_help=Help(f"`/devin report {REPORT_QUESTION.shown}` shows what came of it"),
)
# Everybody sees the budgets that hold for them, admins see all.
BUDGET_LIST: Final = CommandSpec(
    "budget_list",
    forms=(slash("budget list"), addressed("budget list")),
    slash_help=Help("`/devin budget list` shows the budgets that hold for you here"),
)
BUDGET_SET: Final = CommandSpec(
    "budget_set",
    forms=(slash("budget set", BUDGET), addressed("budget set", BUDGET)),
    role=Role.ADMIN,
    subject="changes of budgets",
    slash_help=Help(f"`/devin budget set {BUDGET.shown}` sets a budget"),
)
BUDGET_REMOVE: Final = CommandSpec(
    "budget_remove",
    forms=(slash("budget remove", BUDGET_NUMBER), addressed("budget remove", BUDGET_NUMBER)),
    role=Role.ADMIN,
    subject="changes of budgets",
    slash_help=Help(f"`/devin budget remove {BUDGET_NUMBER.shown}` removes it", same_line=True),
)
BUDGET_GRANT: Final = CommandSpec(
    "budget_grant",
    forms=(slash("budget grant", GRANT), addressed("budget grant", GRANT)),
    role=Role.ADMIN,
    subject="changes of budgets",
    slash_help=Help(f"`/devin budget grant {GRANT.shown}` adds to it until it resets", same_line=True),
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
    forms=(slash("orgs"), addressed("orgs")),
    role=Role.ADMIN,
    subject="figures of Devin's organisations",
    slash_help=Help("`/devin orgs` shows Devin's organisations, with their limits and ACUs"),
)
AUDIT: Final = CommandSpec(
    "audit",
    forms=(slash("audit", AUDIT_OPTIONS), addressed("audit", AUDIT_OPTIONS)),
    role=Role.ADMIN,
    subject="audit logs",
    slash_help=Help(f"`/devin audit {AUDIT_OPTIONS.shown}` sends you Devin's audit log"),
)
AUDIT_BOT: Final = CommandSpec(
    "audit_bot",
    forms=(slash("audit bot", CSV), addressed("audit bot", CSV)),
    role=Role.ADMIN,
    subject="audit logs",
    slash_help=Help("`/devin audit bot [csv]` shows what was changed through Devin Bridge", same_line=True),
)
# The button of a long job's message; only who began the job may press it.
CANCEL_LONG_JOB: Final = CommandSpec("cancel_long_job", forms=(button("cancel_long_job"),), urgent=True)
# What follows asks Devin. Everybody may see the schedules and ask for a review.
REVIEW: Final = CommandSpec(
    "review",
    forms=(slash("review", PULL_REQUEST), addressed("review", PULL_REQUEST)),
    ordinary=True,
    slash_help=Help("`/devin review https://github.com/acme/web/pull/7` has Devin review that pull request"),
)
SCHEDULE_LIST: Final = CommandSpec(
    "schedule_list",
    forms=(slash("schedule list"), addressed("schedule list")),
    ordinary=True,
    slash_help=Help("`/devin schedule list` shows what Devin does by the clock"),
)
SCHEDULE_ADD: Final = CommandSpec(
    "schedule_add",
    forms=(slash("schedule add"), addressed("schedule add")),
    role=Role.ADMIN,
    subject="changes of schedules",
    slash_help=Help("`/devin schedule add`"),
)
SCHEDULE_PAUSE: Final = CommandSpec(
    "schedule_pause",
    forms=(slash("schedule pause", SCHEDULE), addressed("schedule pause", SCHEDULE)),
    role=Role.ADMIN,
    subject="changes of schedules",
    slash_help=Help("`/devin schedule pause N`", same_line=True),
)
SCHEDULE_RESUME: Final = CommandSpec(
    "schedule_resume",
    forms=(slash("schedule resume", SCHEDULE), addressed("schedule resume", SCHEDULE)),
    role=Role.ADMIN,
    subject="changes of schedules",
    slash_help=Help("`/devin schedule resume N`", same_line=True),
)
SCHEDULE_DELETE: Final = CommandSpec(
    "schedule_delete",
    forms=(slash("schedule delete", SCHEDULE), addressed("schedule delete", SCHEDULE)),
    role=Role.ADMIN,
    subject="changes of schedules",
    asks_first=True,
    slash_help=Help("`/devin schedule delete N`, with a number of that list", same_line=True),
)
# These two answer the question whether a schedule is to be deleted; their value is that command.
SCHEDULE_DELETE_CONFIRMED: Final = CommandSpec(
    "schedule_delete_confirmed", forms=(button("schedule_delete_confirmed"),), urgent=True, replaces=True
)
SCHEDULE_KEPT: Final = CommandSpec("schedule_kept", forms=(button("schedule_kept"),), urgent=True, replaces=True)
METRICS: Final = CommandSpec(
    "metrics",
    forms=(slash("metrics", METRICS_PERIOD), addressed("metrics", METRICS_PERIOD)),
    role=Role.ADMIN,
    subject="metrics",
    ordinary=True,
    slash_help=Help(f"`/devin metrics {METRICS_PERIOD.shown}` shows how much Devin is used"),
)
MEMBERS: Final = CommandSpec(
    "members",
    forms=(slash("members", NAME), addressed("members", NAME)),
    role=Role.ADMIN,
    subject="Devin's members",
    ordinary=True,
    slash_help=Help(f"`/devin members {NAME.shown}` shows who may use Devin, and in which role"),
)
SECRET_LIST: Final = CommandSpec(
    "secret_list",
    forms=(slash("secret list"), addressed("secret list")),
    role=Role.ADMIN,
    subject="names of secrets",
    ordinary=True,
    slash_help=Help("`/devin secret list` shows the names of Devin's secrets"),
)
SECRET_ADD: Final = CommandSpec(
    "secret_add",
    forms=(slash("secret add"), addressed("secret add")),
    role=Role.ADMIN,
    subject="changes of secrets",
    slash_help=Help("`/devin secret add` says where one is added", same_line=True),
)
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
HELP: Final = CommandSpec("help", forms=(slash("help"), addressed("help"), written("!help")), urgent=True)

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
    CANCEL_LONG_JOB,
    REVIEW,
    SCHEDULE_LIST,
    SCHEDULE_ADD,
    SCHEDULE_PAUSE,
    SCHEDULE_RESUME,
    SCHEDULE_DELETE,
    SCHEDULE_DELETE_CONFIRMED,
    SCHEDULE_KEPT,
    METRICS,
    MEMBERS,
    SECRET_LIST,
    SECRET_ADD,
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
