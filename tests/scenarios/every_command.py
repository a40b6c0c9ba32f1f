"""Every command that can be typed, one row each: what is typed, and the whole text that people read.

To add a command, add a row. It is then typed by an admin, a member of the admins' user group, the asker of the session,
somebody else, a guest and somebody external, everywhere the registry says it can be typed.

- `command`: its name in the registry. A command without a row fails the test.
- `typed`: behind `/devin`, in a direct message and behind a mention. `verb`: in a thread, and where
  it is the only form.
- `answer`: what those read who may use it. `then`: what follows behind `/devin` when Devin has been asked or a modal is
  open, and what is the answer elsewhere; a modal is its title, and what it says besides its form. `on`: what they read
  instead on one surface; `by`: what one role reads instead, except in threads.
- `refused`: what everybody else reads. How guests and people of other companies are refused outside of `/devin` needs
  no word.
- `without`: for each permission of Devin's that it needs, what is said where the key lacks it. A call that needs
  another permission fails the test, and so does any call for somebody who is refused. What is about one thing at Devin
  is typed with an id, such as `note show note-1`, so that Devin is asked. An empty `answer` is none: a modal opens.
- `later`: it changes what others read or starts a session, so it is typed after the rest.

In these texts `{user}` is who types, `{by}` the name or mention of them, `{other}` somebody else; `ANY` stands for what
differs from run to run, DATE for an instant and `N` for a number in code.
"""

from bot.domain.commands.spec import Surface
from tests import sentences
from tests.scenarios.walk import ANY, WHO_ARE_ADMINS, Role, Row, admins_only

TASK = "fix the login test"
BUDGETS, AUDIT_LOGS = admins_only("Changes of budgets"), admins_only("Audit logs")
NOT_YOURS = sentences.not_yours("<@U0ANN>", f", {WHO_ARE_ADMINS}")
PULL = "https://github.com/acme/web/pull/7"
ASKING = "Asking Devin…"
OPEN_THE_FORM = f"{sentences.FORM_NEEDS_A_BUTTON}\nOpen the form"
NO_SCHEDULES = sentences.no_schedules("https://app.devin.ai/settings/schedules")
NOTES = admins_only("Changes of notes")
SECRETS = "https://app.devin.ai/secrets"


def gone(kind: str) -> str:
    """What is said of a note or playbook that is not there."""
    return f"Devin doesn't have that {kind} any more. Nothing was changed. `/devin {kind} list` shows what there is."


def lacks(permission: str, *, of: str = sentences.ORGANISATION, sign: str = "", more: str = "") -> dict[str, str]:
    """What is said where the key lacks the only permission that is needed."""
    return {permission: f"{sign}{sentences.key_lacks(permission, of)}{more}"}


IN_FORM = {Surface.DM: OPEN_THE_FORM, Surface.MENTION: OPEN_THE_FORM}  # where Slack opens no modal


KNOWLEDGE = lacks("ManageAccountKnowledge", of=sentences.ENTERPRISE, more=" Nothing was changed.")
PLAYBOOKS = lacks("ManageAccountPlaybooks", of=sentences.ENTERPRISE, more=" Nothing was changed.")
SCHEDULES = lacks("ManageOrgSchedules")


def in_dm(answer: str) -> dict[Surface, str]:
    """The message of a long job, which is the answer where it was asked for in a direct message."""
    return {Surface.DM: answer}


ROWS = (
    Row(
        command="start",
        typed=TASK,
        answer=sentences.being_checked(TASK),
        # It may be taken at once: who is an admin is known, and the channel is since a fan-out was asked for there.
        by=dict.fromkeys((Role.ADMIN, Role.MEMBER), f"{ANY}“{TASK}”{ANY}"),
        without={"ManageOrgSessions": sentences.permission_missing("ManageOrgSessions")},
        later=True,
    ),
    Row(command="list", typed="list", answer=sentences.NO_SESSIONS),
    Row(
        command="cost",
        typed="cost",
        verb="!cost",
        answer=sentences.none_active(ANY),
        on={Surface.THREAD: sentences.NO_ACUS},
    ),
    Row(
        command="status",
        typed="status",
        verb="!status",
        answer=sentences.NO_SESSIONS,
        on={Surface.THREAD: f"*<{ANY}|A long task>*\n:gear: {sentences.WORKING}\nAsked by somebody · active DATE"},
    ),
    Row(
        command="stop",
        typed="stop",
        verb="!stop",
        answer=sentences.NOTHING_TO_STOP,
        on={Surface.THREAD: sentences.stopped("{by}")},
    ),
    Row(
        command="mute",
        verb="!mute",
        answer=sentences.NO_SESSION_HERE,
        on={Surface.THREAD: sentences.MUTED},
    ),
    Row(
        command="unmute",
        verb="!unmute",
        answer=sentences.NO_SESSION_HERE,
        on={Surface.THREAD: sentences.NOT_MUTED},
    ),
    Row(command="aside", verb="!aside it is slow today", answer=sentences.KEPT_ASIDE),
    Row(
        command="archive",
        typed="archive",
        verb="!archive",
        answer=sentences.NO_SESSION_HERE,
        on={Surface.SLASH: sentences.NOTHING_TO_STOP, Surface.THREAD: sentences.archived("{by}")},
    ),
    Row(
        command="new",
        verb=f"!new {TASK}",
        answer=f"*<{ANY}|{TASK}>*\n{ANY}",  # the card, in the channel; in a thread a link to it
        on={Surface.THREAD: sentences.started_elsewhere(f"<{ANY}|{TASK}>")},
        later=True,
    ),
    Row(
        command="notify",
        typed="notify",
        verb="!notify",
        answer=sentences.are(f"{sentences.MENTIONED_EVERYWHERE} {sentences.EACH_TIME}", "/devin notify", here=""),
        on={Surface.THREAD: sentences.are(f"{sentences.MENTIONED_HERE} {sentences.EACH_TIME}")},
    ),
    Row(
        command="usage",
        typed="usage",
        answer=f"{sentences.TODAY}{ANY}",
        refused=admins_only("Usage figures"),
    ),
    Row(
        command="report",
        typed="report",
        answer=f"{ANY}{sentences.NO_PULL_REQUESTS}{ANY}",
        refused=admins_only("Outcome reports"),
    ),
    Row(command="digest", typed="digest list", answer=sentences.NO_DIGESTS, refused=admins_only("Digests")),
    Row(
        command="budget_list",
        typed="budget list",
        answer="No budget applies to you here.",
        by={
            **dict.fromkeys((Role.ADMIN, Role.MEMBER), sentences.NO_BUDGETS),
            Role.GUEST: sentences.GUEST_REFUSED,
        },
    ),
    Row(
        command="budget_set",
        typed="budget set <@{other}> 20 a week",
        answer="Budget `N` is set: <@{other}>, 20 ACUs a week, warns at 80 %.",
        refused=BUDGETS,
        later=True,
    ),
    Row(
        command="budget_remove",
        typed="budget remove 4711",
        answer="There is no budget `N`, so nothing was removed. `/devin budget list` shows the numbers.",
        refused=BUDGETS,
    ),
    Row(
        command="budget_grant",
        typed="budget grant <@{other}> 5",
        answer="No budget applies to <@{other}>, so nothing was granted. `/devin budget list` shows those there are.",
        refused=BUDGETS,
    ),
    Row(
        command="orgs",
        typed="orgs",
        answer=sentences.LONG_JOB_BEGUN,
        on=in_dm(f"*Devin's organisations*\n1 row.{ANY}"),
        refused=admins_only("Figures of Devin's organisations"),
        without={
            permission: sentences.because_key_lacks(what, permission)
            for permission, what in {
                "ManageOrganizations": sentences.OTHERS_NOT_SHOWN,
                "ViewAccountConsumption": sentences.ACUS_NOT_SHOWN,
                "ViewAccountMetrics": sentences.QUEUE_NOT_SHOWN,
            }.items()
        },
    ),
    Row(
        command="audit",
        typed="audit",
        answer=sentences.LONG_JOB_BEGUN,
        on={**in_dm(f"*Devin's audit log, {ANY} rows{ANY}"), Surface.MENTION: sentences.ONLY_IN_PRIVATE},
        refused=AUDIT_LOGS,
        without=lacks("ManageEnterpriseSettings", of=sentences.ENTERPRISE, sign=":warning: "),
    ),
    Row(
        command="audit_bot",
        typed="audit bot",
        answer=sentences.NOTHING_CHANGED,
        on={Surface.MENTION: sentences.ONLY_IN_PRIVATE},
        refused=AUDIT_LOGS,
    ),
    Row(
        command="fanout",
        typed=f"fanout {TASK} orgs=all",
        answer="Checking the organisations and budgets. Nothing was started yet.",
        then=(
            "*Start 1 session?* In Play.\nNo limit of ACUs is set; `acu=5` sets one for each session. Nothing was "
            f"started yet.\nThe prompt:\n> {TASK}\nStart 1 session\nCancel"
        ),
        on={Surface.MENTION: sentences.NO_FAN_OUT_BY_MENTION},
        refused=admins_only("Fan-outs"),
        without={"ManageOrganizations": sentences.own_organisation_only()},
    ),
    Row(
        command="note_list",
        typed="note list",
        answer=ASKING,
        then=sentences.NO_NOTES,
        without=KNOWLEDGE,
    ),
    Row(command="note_show", typed="note show note-1", answer=ASKING, then=gone("note"), without=KNOWLEDGE),
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
        answer=ASKING,
        then=gone("note"),
        refused=NOTES,
        without=KNOWLEDGE,
    ),
    Row(
        command="playbook_list",
        typed="playbook list",
        answer=ASKING,
        then=sentences.NO_PLAYBOOKS,
        without=PLAYBOOKS,
    ),
    Row(
        command="playbook_show",
        typed="playbook show playbook-1",
        answer=ASKING,
        then=gone("playbook"),
        without=PLAYBOOKS,
    ),
    Row(
        command="playbook_add",
        typed="playbook add",
        then="New playbook",
        on=IN_FORM,
        refused=admins_only("Changes of playbooks"),
    ),
    Row(
        command="playbook_edit",
        typed="playbook edit playbook-1",
        then=f"Edit playbook\n{gone('playbook')}",
        on=IN_FORM,
        refused=admins_only("Changes of playbooks"),
        without=PLAYBOOKS,
    ),
    Row(
        command="review",
        typed=f"review {PULL}",
        answer=ASKING,
        then=sentences.review_requested(f"<{PULL}|acme/web#7>"),
        on=in_dm(f"*Review of <{PULL}|acme/web#7>* ({ANY})\n{ANY}"),
        without=lacks("UseReviewManual"),
        later=True,
    ),
    Row(
        command="schedule_list",
        typed="schedule list",
        answer=ASKING,
        then=NO_SCHEDULES,
        without={**SCHEDULES, "ViewOrgAutomations": NO_SCHEDULES},  # of automations nothing is said
    ),
    Row(
        command="schedule_add",
        typed="schedule add",
        then="New schedule",
        on=IN_FORM,
        refused=admins_only("Changes of schedules"),
    ),
    *(
        Row(
            command=f"schedule_{change}",
            typed=f"schedule {change} sched-1",
            answer=ASKING,
            then=sentences.NO_SUCH_SCHEDULE,
            refused=admins_only("Changes of schedules"),
            without=SCHEDULES,
        )
        for change in ("pause", "resume", "delete")
    ),
    Row(
        command="metrics",
        typed="metrics",
        answer=ASKING,
        then=f"*Devin, {ANY}*\n{ANY}\n{sentences.COUNTED_AS_API}",
        refused=admins_only("Metrics"),
        without=lacks("ViewAccountMetrics", of=sentences.ENTERPRISE),
    ),
    Row(
        command="members",
        typed="members",
        answer=ASKING,
        then=sentences.NO_MEMBERS,
        refused=admins_only("Devin's members"),
        without=lacks("ViewOrgMembership"),
    ),
    Row(
        command="secret_list",
        typed="secret list",
        answer=ASKING,
        then=sentences.no_secrets(SECRETS),
        refused=admins_only("Names of secrets"),
        without=lacks("ManageOrgSecrets"),
    ),
    Row(
        command="secret_add",
        typed="secret add",
        answer=sentences.add_secret(SECRETS),
        refused=admins_only("Changes of secrets"),
    ),
    Row(
        command="exit",
        verb="EXIT",
        answer=sentences.NO_SESSION_HERE,
        on={Surface.THREAD: f"{sentences.end_for_good('A long task')}\nEnd for good\nKeep it"},
        refused=NOT_YOURS,
    ),
    Row(
        command="help",
        typed="help",
        verb="!help",
        answer=sentences.HELP,
        on={Surface.THREAD: sentences.HELP_IN_THREAD},
    ),
)
