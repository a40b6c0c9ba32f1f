"""Every command that can be typed, one row each: what is typed, and the whole text that people read.

To add a command, add a row. It is then typed by an admin, a member of the admins' user group, the asker of the session,
somebody else, a guest and somebody external, everywhere the registry says it can be typed.

- `command`: its name in the registry. A command without a row fails the test.
- `typed`: behind `/devin`, in a direct message and behind a mention. `verb`: in a thread, and where
  it is the only form.
- `answer`: what those read who may use it. `then`: what follows behind `/devin` when Devin has been asked or a modal is
  open, and what is the answer elsewhere; a modal is its title, and what it says besides its form. `on`: what they read
  instead on one surface; `by`: what one role reads instead, in threads the asker of the session alone.
- `refused`: what everybody else reads. How guests and people of other companies are refused outside of `/devin` needs
  no word.
- `without`: for each permission of Devin's that it needs, what is said where the key lacks it. A call that needs
  another permission fails the test, and so does any call for somebody who is refused. What is about one thing at Devin
  is typed with an id, such as `note show note-1`, so that Devin is asked. An empty `answer` is none: a modal opens.
- `later`: it changes what others read or starts a session, so it is typed after the rest.

In these texts `{user}` is who types, `{by}` the name or mention of them, `{other}` somebody else; `ANY` stands for what
differs from run to run, DATE for an instant and `N` for a number in code.
"""

from datetime import UTC

from bot.domain.admins import Admins
from bot.domain.commands.spec import Surface
from bot.domain.notify_choice import NotifyChoice
from bot.domain.roles import Right, Roles
from bot.domain.settings_values import TurnTaking
from bot.features import COMMANDS
from bot.features.audit import sentences as audit_logs
from bot.features.budgets import sentences as budgets
from bot.features.cost import sentences as own_cost_sentences
from bot.features.digest import sentences as subscription_sentences
from bot.features.fan_out import sentences as fan_outs
from bot.features.identity import sentences as identity
from bot.features.library import sentences as library
from bot.features.library.rules import Kind
from bot.features.organisations import sentences as organisations
from bot.features.pauses import sentences as pauses
from bot.features.pauses.specs import PAUSE
from bot.features.reads import sentences as reads
from bot.features.report import sentences as outcome_report
from bot.features.roles import sentences as roles
from bot.features.roles.words import Problem as RoleProblem
from bot.features.schedules import sentences as schedules
from bot.features.teams import sentences as teams
from bot.features.teams.rules import Problem
from bot.views import operations
from bot.views.answers import access as access_sentences
from bot.views.answers import adoptions as adoption_sentences
from bot.views.answers import handovers
from bot.views.answers import notifications as notification_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.help_texts import slash_help, thread_help
from tests.markup import written
from tests.said import a_session, as_shown
from tests.scenarios.walk import ANY, OWN_COST, SHOW_COST, Role, Row, admins_only

TASK = "fix the login test"
BUDGETS, AUDIT_LOGS = admins_only("change budgets"), admins_only("see audit logs")
SOMEBODYS = a_session(prompt="A long task")
END_FOR_GOOD = f"{stop_sentences.exit_confirm(SOMEBODYS).text}\nEnd permanently\nKeep open"
STOP_IT = f"{stop_sentences.stop_confirm(SOMEBODYS).text}\nStop it\nKeep running"
ARCHIVE_IT = f"{stop_sentences.archive_confirm(SOMEBODYS).text}\nArchive it\nKeep open"
ADMINS = Admins(frozenset({"U0ADA"}), ("S0ADMINS",), frozenset({"U0ADA"}))
NOT_YOURS = access_sentences.not_yours("U0ANN", ADMINS).text
PULL = "https://github.com/acme/web/pull/7"
OPEN_THE_FORM = "This needs a form. Press the button to open it.\nOpen the form"
NO_SCHEDULES = schedules.listing([], [], UTC, 0, "https://app.devin.ai/settings/schedules").text
NOTES = admins_only("change notes")
SECRETS = "https://app.devin.ai/secrets"


def gone(kind: str) -> str:
    """What is said of a note or playbook that is not there."""
    return f"Devin no longer has that {kind}. Nothing was changed. `/devin {kind} list` shows the rest."


def lacks(permission: str, *, sign: str = "", more: str = "") -> dict[str, str]:
    """What is said where the key lacks the only permission that is needed."""
    return {permission: f"{sign}{operations.devin_refused(permission)}{more}"}


IN_FORM = {Surface.DM: OPEN_THE_FORM, Surface.MENTION: OPEN_THE_FORM}  # where Slack opens no modal


KNOWLEDGE = lacks("ManageOrgKnowledge", more=" Nothing was changed.")
PLAYBOOKS = lacks("ManageOrgPlaybooks", more=" Nothing was changed.")
SCHEDULES = lacks("ManageOrgSchedules")
OWN_CHANGES = " `/devin audit bot` shows the changes through Devin Bridge."


def in_dm(answer: str) -> dict[Surface, str]:
    """The message of an operation, which is the answer where it was asked for in a direct message."""
    return {Surface.DM: answer}


ROWS = (
    Row(
        command="start",
        typed=TASK,
        then=f"{ANY}{TASK}{ANY}",
        without={"ManageOrgSessions": start_sentences.start_forbidden("ManageOrgSessions").text},
        later=True,
    ),
    Row(
        command="list",
        typed="list",
        answer=session_list_sentences.NO_SESSIONS.text,
        by={Role.GUEST: access_sentences.GUESTS.text},
    ),
    Row(
        command="insights",
        typed="insights",
        answer=session_list_sentences.NO_SESSIONS.text,
        by={Role.GUEST: access_sentences.GUEST_REFUSED.text},
    ),
    Row(
        command="cost",
        typed="cost",
        verb="!cost",
        answer=own_cost_sentences.NONE_ACTIVE.format(cycle=ANY),
        on={Surface.THREAD: session_sentences.cost(a_session()).text},
    ),
    Row(
        command="status",
        typed="status",
        verb="!status",
        answer=session_list_sentences.NO_SESSIONS.text,
        on={Surface.THREAD: f"*<{ANY}|A long task>*\n:gear: Working.\nStarted by someone · active DATE"},
    ),
    Row(
        command="stop",
        typed="stop",
        verb="!stop",
        answer=stop_sentences.NOTHING_TO_STOP.text,
        on={Surface.THREAD: STOP_IT},
        by={Role.ASKER: stop_sentences.stopped("{by}").text},
    ),
    Row(
        command="mute",
        verb="!mute",
        answer=session_sentences.NO_SESSION_HERE.text,
        on={Surface.THREAD: reply_sentences.MUTED.text},
    ),
    Row(
        command="unmute",
        verb="!unmute",
        answer=session_sentences.NO_SESSION_HERE.text,
        on={Surface.THREAD: reply_sentences.not_muted(TurnTaking.ALL).text},
    ),
    Row(command="aside", verb="!aside it is slow today", answer=reply_sentences.ASIDE.text),
    Row(
        command="stop_all",
        typed="stop all",
        answer=stop_sentences.NOTHING_TO_STOP.text,
        by=dict.fromkeys((Role.ADMIN, Role.MEMBER), f"Stop {ANY}"),
    ),
    Row(
        command="pause",
        typed="pause #nowhere",
        answer=pauses.NO_CHANNEL.text,
        refused=f"{admins_only('pause Devin Bridge')} {PAUSE.instead}",
    ),
    Row(
        command="resume",
        typed="resume",
        answer=pauses.not_paused("", []).text,
        refused=(
            f"{admins_only('resume Devin Bridge')} `/devin resume` ends a pause."
            " To wake a session, reply in its thread."
        ),
    ),
    Row(
        command="archive",
        typed="archive",
        verb="!archive",
        answer=session_sentences.NO_SESSION_HERE.text,
        on={Surface.SLASH: stop_sentences.NOTHING_TO_STOP.text, Surface.THREAD: ARCHIVE_IT},
        by={Role.ASKER: f"{stop_sentences.archived('{by}').text}\nStart a follow-up"},
    ),
    Row(
        command="new",
        verb=f"!new {TASK}",
        answer=f"*<{ANY}|{TASK}>*\n{ANY}",  # the card, in the channel; in a thread a link to it
        on={Surface.THREAD: f"Your new session has its own thread: <{ANY}|{TASK}>."},
        later=True,
    ),
    Row(
        command="adopt",
        typed="adopt",
        verb="!adopt",
        answer=adoption_sentences.NO_ADDRESS.text,
        by={Role.GUEST: access_sentences.GUEST_REFUSED.text},
    ),
    Row(
        command="unsync",
        verb="!unsync",
        answer=session_sentences.NO_SESSION_HERE.text,
        on={Surface.THREAD: f"{ANY}ink{ANY}"},  # others than the asker are asked first
        refused=NOT_YOURS,
    ),
    Row(
        command="notify",
        typed="notify",
        verb="!notify",
        answer=notification_sentences.notify_shown(NotifyChoice.ALL, in_thread=False).text,
        on={Surface.THREAD: notification_sentences.notify_shown(NotifyChoice.ALL, in_thread=True).text},
    ),
    Row(
        command="follow",
        verb="!follow",
        answer=session_sentences.NO_SESSION_HERE.text,
        on={Surface.THREAD: notification_sentences.notify_set(NotifyChoice.ALL, in_thread=True).text},
        later=True,
    ),
    Row(
        command="unfollow",
        verb="!unfollow",
        answer=session_sentences.NO_SESSION_HERE.text,
        on={Surface.THREAD: notification_sentences.notify_set(NotifyChoice.OFF, in_thread=True).text},
        later=True,
    ),
    Row(
        command="give",
        typed="give abcdef1 <@{other}>",
        verb="!give",
        then=session_list_sentences.no_such_session("abcdef1").text,
        on={Surface.THREAD: handovers.WHO.text},
    ),
    Row(
        command="remind",
        verb="!remind",
        answer=session_sentences.NO_SESSION_HERE.text,
        on={Surface.THREAD: notification_sentences.REMINDERS_ARE_ON},
    ),
    Row(
        command="usage",
        typed="usage",
        answer=f"Devin today, so far{ANY}",
        refused=f"{admins_only('see usage figures')} {OWN_COST}{SHOW_COST}",
    ),
    Row(command="settings", typed="settings", then=f"Settings{ANY}", on=IN_FORM),
    Row(
        command="settings_why",
        typed="settings why",
        answer=(
            f"Your settings in {ANY}:\n• *Repositories*: none (default)\n{ANY}"
            f"Change yours with `/devin settings mine`.{ANY}"
        ),
        by={Role.GUEST: access_sentences.GUEST_REFUSED.text},
    ),
    Row(
        command="report",
        typed="report",
        answer=f"{ANY}{outcome_report.NO_PULL_REQUESTS}{ANY}",
        refused=admins_only("see outcome reports"),
    ),
    Row(
        command="digest",
        typed="digest list",
        answer=subscription_sentences.digest_list([]).text,
        refused=admins_only("set up digests"),
    ),
    Row(
        command="team_list",
        typed="team list",
        answer=teams.NONE_SET,
        refused=admins_only("manage teams"),
    ),
    Row(
        command="team_add",
        typed="team add Payments",
        answer=teams.problem(Problem.NOBODY).text,
        refused=admins_only("manage teams"),
    ),
    Row(
        command="team_remove",
        typed="team remove Nobodys",
        answer=teams.no_such_team("Nobodys").text,
        refused=admins_only("manage teams"),
    ),
    Row(
        command="role_list",
        typed="role list",
        answer=written(roles.listing(Roles(), Roles(), ADMINS).blocks),
        by={Role.GUEST: access_sentences.GUEST_REFUSED.text},
    ),
    Row(
        command="admins",
        typed="admins",
        answer=roles.whom_to_ask(ADMINS).text,
        by={Role.GUEST: access_sentences.GUEST_REFUSED.text},
    ),
    Row(
        command="role_add",
        typed="role add stop",
        answer=roles.problem(RoleProblem.NOBODY).text,
        refused=admins_only("give roles"),
    ),
    Row(
        command="role_remove",
        typed="role remove stop",
        answer=roles.open_to_all(Right.STOP, "").text,
        refused=admins_only("give roles"),
    ),
    Row(
        command="identity",
        typed="identity",
        answer=identity.NOT_LOOKED_UP.text,
        by={Role.GUEST: access_sentences.GUEST_REFUSED.text},
    ),
    Row(
        command="identity_set",
        typed="identity set <@U0GUEST> nobody@acme.test",
        then=identity.OUTSIDER.text,
        refused=admins_only("set who people are in Devin"),
    ),
    Row(
        command="identity_unset",
        typed="identity unset",
        answer=identity.WRONG_PERSON.text,
        refused=admins_only("set who people are in Devin"),
    ),
    Row(
        command="budget_list",
        typed="budget list",
        answer="No budget applies to you here.",
        by={
            **dict.fromkeys((Role.ADMIN, Role.MEMBER), budgets.NONE_SET),
            Role.GUEST: access_sentences.GUEST_REFUSED.text,
        },
    ),
    Row(
        command="budget_set",
        typed="budget set <@{other}> 20 a week",
        then=f"Set a budget of 20 ACUs a week for <@{{other}}>, with a warning at 80%? {ANY}\nSet it\nCancel",
        refused=BUDGETS,
    ),
    Row(
        command="budget_try",
        typed="budget try org 20 a week",
        then=f"Only a trial: 20 ACUs a week for the organization, with a warning at 80%. {ANY} {budgets.SAME_WORDS}",
        refused=BUDGETS,
    ),
    Row(
        command="budget_remove",
        typed="budget remove 4711",
        answer="There's no budget `N`, so nothing was removed. `/devin budget list` shows the numbers.",
        refused=BUDGETS,
    ),
    Row(
        command="budget_grant",
        typed="budget grant <@{other}> 5",
        answer="No budget applies to <@{other}>, so nothing was granted. See `/devin budget list`.",
        refused=BUDGETS,
    ),
    Row(
        command="orgs",
        typed="orgs",
        answer=operations.BEGUN.text,
        on=in_dm(f"*Devin's organizations*\n1 row.{ANY}"),
        refused=admins_only("see Devin's organizations"),
        without={
            "ManageOrganizations": organisations.own_alone(operations.lacks("ManageOrganizations")),
            "ViewAccountConsumption": organisations.no_acus(operations.lacks("ViewAccountConsumption")),
            "ViewAccountMetrics": organisations.no_queue(operations.lacks("ViewAccountMetrics")),
        },
    ),
    Row(
        command="audit",
        typed="audit",
        answer=operations.BEGUN.text,
        on={**in_dm(f"*Devin's audit log, {ANY} rows{ANY}"), Surface.MENTION: audit_logs.ONLY_IN_PRIVATE.text},
        refused=AUDIT_LOGS,
        without=lacks("ManageEnterpriseSettings", sign=":warning: ", more=OWN_CHANGES),
    ),
    Row(
        command="audit_bot",
        typed="audit bot",
        answer=audit_logs.NOTHING_CHANGED.text,
        on={Surface.MENTION: audit_logs.ONLY_IN_PRIVATE.text},
        refused=AUDIT_LOGS,
    ),
    Row(
        command="fanout",
        typed=f"fanout {TASK} orgs=all",
        then=(
            "*Start 1 session?* In Play.\nNo ACU limit is set; `acu=5` sets one for each session."
            f"\nThe prompt:\n> {TASK}\nStart 1 session\nCancel"
        ),
        on={Surface.MENTION: fan_outs.ONLY_IN_PRIVATE.text},
        refused=admins_only("run fan-outs"),
        without={
            "ManageOrganizations": fan_outs.own_alone("org-play", operations.lacks("ManageOrganizations"), started=True)
        },
    ),
    Row(
        command="note_list",
        typed="note list",
        then=library.listing(Kind.NOTE, [], "").text,
        without=KNOWLEDGE,
    ),
    Row(command="note_show", typed="note show note-1", then=gone("note"), without=KNOWLEDGE),
    Row(command="note_add", typed="note add", then="New note", on=IN_FORM, refused=NOTES),
    Row(
        command="note_edit",
        typed="note edit note-1",
        then=f"Edit note\n{gone('note')}",
        on=IN_FORM,
        refused=NOTES,
        without=KNOWLEDGE,
    ),
    Row(
        command="note_delete",
        typed="note delete note-1",
        then=gone("note"),
        refused=NOTES,
        without=KNOWLEDGE,
    ),
    Row(
        command="playbook_list",
        typed="playbook list",
        then=library.listing(Kind.PLAYBOOK, [], "").text,
        without=PLAYBOOKS,
    ),
    Row(
        command="playbook_show",
        typed="playbook show playbook-1",
        then=gone("playbook"),
        without=PLAYBOOKS,
    ),
    Row(
        command="playbook_add",
        typed="playbook add",
        then="New playbook",
        on=IN_FORM,
        refused=admins_only("change playbooks"),
    ),
    Row(
        command="playbook_edit",
        typed="playbook edit playbook-1",
        then=f"Edit playbook\n{gone('playbook')}",
        on=IN_FORM,
        refused=admins_only("change playbooks"),
        without=PLAYBOOKS,
    ),
    Row(
        command="review",
        typed=f"review {PULL}",
        # Devin reviews a commit once, whoever asks for it next.
        then=f"Devin {ANY}<{PULL}|acme/web#7>{ANY} You'll get a DM when it's done.",
        on=in_dm(f"*Review of <{PULL}|acme/web#7>* ({ANY})\n{ANY}"),
        without=lacks("UseReviewManual"),
        later=True,
    ),
    Row(
        command="schedule_list",
        typed="schedule list",
        then=NO_SCHEDULES,
        without={**SCHEDULES, "ViewOrgAutomations": NO_SCHEDULES},  # of automations nothing is said
    ),
    Row(
        command="schedule_add",
        typed="schedule add",
        then="New schedule",
        on=IN_FORM,
        refused=admins_only("change schedules"),
    ),
    *(
        Row(
            command=f"schedule_{change}",
            typed=f"schedule {change} sched-1",
            then=schedules.GONE.text,
            refused=admins_only("change schedules"),
            without=SCHEDULES,
        )
        for change in ("pause", "resume", "delete")
    ),
    Row(
        command="metrics",
        typed="metrics",
        then=f"*Devin, {ANY}*\n{ANY}\nSessions that Devin Bridge starts count as API.",
        refused=admins_only("see metrics"),
        without=lacks("ViewOrgMetrics"),
    ),
    Row(
        command="members",
        typed="members",
        then=reads.NOBODY.text,
        refused=admins_only("see Devin's members"),
        without=lacks("ViewOrgMembership"),
    ),
    Row(
        command="secret_list",
        typed="secret list",
        then=reads.secrets([], SECRETS).text,
        refused=admins_only("list secrets"),
        without=lacks("ManageOrgSecrets"),
    ),
    Row(
        command="secret_add",
        typed="secret add",
        answer=reads.add_secret(SECRETS).text,
        refused=admins_only("add secrets"),
    ),
    Row(
        command="exit",
        verb="EXIT",
        answer=session_sentences.NO_SESSION_HERE.text,
        on={Surface.THREAD: END_FOR_GOOD},
        refused=NOT_YOURS,
    ),
    Row(
        command="help",
        typed="help",
        verb="!help",
        answer=as_shown(slash_help()),
        on={Surface.THREAD: thread_help(COMMANDS.specs).text},
        by={
            Role.GUEST: access_sentences.GUESTS.text,
            **dict.fromkeys((Role.ADMIN, Role.MEMBER), as_shown(slash_help(admin=True))),
        },
    ),
)
