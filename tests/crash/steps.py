"""The steps of the bot, by names that stay when its code is renamed.

A step is a commit or a call that changes something outside, together with the place in the bot that makes it:
"create the session: Devin POST sessions". The bot may die at several moments of a step.

This module is the only one of these tests that names code of the bot in strings. A rename of a function changes one
line of `PLACES`. Code that has no line keeps its own name, which no story lists, so the story fails.
"""

from dataclasses import dataclass
from typing import Final

COMMIT: Final = "commit"
BEFORE, ON_THE_WIRE, AFTER = "before", "on the wire", "after"
# The calls with a body, which can be cut between its headers and its body.
WITH_BODY: Final = (
    "Devin POST sessions",
    "Devin POST sessions/messages",
    "Devin POST knowledge/notes",
    "Devin PUT knowledge/notes",
    "Devin POST playbooks",
    "Devin PUT playbooks",
    "Devin POST schedules",
    "Devin PATCH schedules",
    "Devin POST pr-reviews",
)

# What a person would call the place -> the functions of the bot that stand there.
PLACES: Final[dict[str, tuple[str, ...]]] = {
    # What comes in.
    "receive": ("bot.store.inbox_writer:InboxWriter._store",),
    "begin work": ("bot.flows.receive.dispatch:Dispatch._take",),
    "put back": ("bot.flows.receive.dispatch:Dispatch._put_back",),
    "mark the row dead": ("bot.flows.receive.dispatch:Dispatch._mark_dead",),
    "learn who it is": ("bot.flows.access:Access._ask",),
    "renew what is known of a person": ("bot.flows.access:Access.refresh",),
    "drop a reply to an unknown thread": ("bot.flows.receive.conversation:Conversation._drop",),
    "answer without starting": (
        "bot.flows.receive.conversation:Conversation._answer",
        "bot.flows.start.from_message:StartFromMessage.start",
    ),
    "welcome": ("bot.flows.receive.conversation:Conversation._welcome",),
    "hand a line to its thread": ("bot.flows.receive.conversation:Conversation._hand_over",),
    "note a channel that is gone": ("bot.flows.receive.channel_gone:ChannelGone.run",),
    "note how a channel is shared": ("bot.flows.shared_channels:SharedChannels._store",),
    "close the report of a channel": ("bot.flows.receive.channel_shared:ChannelShared.run",),
    # Something is created or changed at Devin, exactly once.
    "intend": ("bot.flows.exactly_once.protocol:ExactlyOnce._create",),
    "adopt": ("bot.flows.exactly_once.protocol:ExactlyOnce._adopt",),
    "note what was there": ("bot.flows.exactly_once.protocol:ExactlyOnce._intend",),
    "record the change": ("bot.flows.exactly_once.protocol:ExactlyOnce._changed",),
    "leave it as it is": ("bot.flows.exactly_once.protocol:ExactlyOnce._left_alone",),
    "show the refusal": (
        "bot.flows.exactly_once.protocol:ExactlyOnce._refused",
        "bot.flows.exactly_once.protocol:ExactlyOnce._failed",
    ),
    "clear the intent": ("bot.flows.exactly_once.protocol:ExactlyOnce._not_created",),
    "note that the outcome is unknown": ("bot.flows.exactly_once.protocol:ExactlyOnce._outcome_unknown",),
    # A session starts.
    "start from a command": ("bot.flows.start.from_command:StartFromCommand._start",),
    "ask before a second start": ("bot.flows.start.from_command:StartFromCommand._asks_first",),
    "ask about options": ("bot.flows.start.options_check:OptionsCheck.checked",),
    "answer the question": ("bot.flows.start.from_message:StartFromMessage._without_question",),
    "start as a task": ("bot.flows.start.from_command:StartFromCommand._start_as_task",),
    "carry out the command": ("bot.flows.commands.table:CommandTable._hand_on",),
    "go on as answered": ("bot.flows.steer.held_start:StartQuestion.answered",),
    "show a list": ("bot.flows.steer.session_list:SessionList._show",),
    "choose who is mentioned": (
        "bot.flows.steer.notify:Notify._answer",
        "bot.flows.steer.notify:Notify._run",
    ),
    "show the stop in the list": ("bot.flows.steer.session_commands:SessionCommands._stop_listed",),
    "upload a file": ("bot.flows.uploads:Uploads._upload",),
    "create": ("bot.flows.start.create:NewSession.call",),
    "note that tags are refused": ("bot.flows.organisation:Organisation.remember_tags_refused",),
    # A session is steered.
    "wake": ("bot.flows.steer.reply:NewMessage._unarchive",),
    "ask before it wakes": ("bot.flows.steer.held_reply:holds",),
    "wake as answered": ("bot.flows.steer.held_reply:WakeHeld.answered",),
    "take small talk": ("bot.flows.steer.reply:Reply._take_small_talk",),
    "refuse a reply": ("bot.flows.steer.reply:Reply._refuse",),
    "reply": ("bot.flows.steer.reply:NewMessage.call",),
    "mute a thread": ("bot.flows.steer.session_commands:SessionCommands._set_muted",),
    "cancel the start": (
        "bot.flows.steer.session_commands:SessionCommands._stop_unless_open",
        "bot.flows.start.create:NewSession._cancel",
    ),
    "announce the stop": ("bot.flows.steer.session_commands:SessionCommands._begin_stop",),
    "put to sleep": (
        "bot.flows.steer.ending:Ending.put_to_sleep",
        "bot.flows.steer.session_commands:SessionCommands._put_to_sleep",
    ),
    "ask before the end": (
        "bot.flows.steer.session_commands:SessionCommands._stop",
        "bot.flows.steer.session_commands:SessionCommands._confirm_exit",
    ),
    "move to the session's thread": (
        "bot.flows.steer.session_commands:SessionCommands._in_thread.<locals>.done_in_thread",
    ),
    "end for good": (
        "bot.flows.steer.ending:Ending.end_for_good",
        "bot.flows.steer.session_commands:SessionCommands._exit",
    ),
    "note what a refusal means": ("bot.flows.session_check:SessionCheck._note",),
    # A session is followed.
    "claim the poll": ("bot.flows.follow.poll:Poller.tick",),
    "announce": ("bot.flows.follow.announce:Announce.session",),
    "record figures": ("bot.flows.follow.poll:Poller._announce_figures",),
    "move the watermark": ("bot.flows.follow.poll:Poller._store_state",),
    "end the duplicate": ("bot.flows.follow.duplicates:Duplicates._terminate",),
    "inform the admins": ("bot.flows.follow.duplicates:Duplicates._leave_alone",),
    "announce the duplicate": ("bot.flows.follow.duplicates:Duplicates._end_younger",),
    "note a gap": ("bot.flows.receive.catch_up:CatchUp.begin",),
    "take a turn to fetch": ("bot.flows.receive.catch_up:CatchUp.tick",),
    "fetch what was missed": (
        "bot.flows.receive.catch_up:CatchUp._read_thread",
        "bot.flows.receive.catch_up:CatchUp._read_channel",
        "bot.flows.receive.catch_up:CatchUp._leave",
    ),
    # What goes out.
    "claim": ("bot.flows.deliver.send:Send._take", "bot.flows.deliver.cards:CardEditor._take"),
    "post": ("bot.flows.deliver.send:Send._post",),
    "keep the copies of files": (
        "bot.flows.deliver.files:FilePosts._store",
        "bot.flows.deliver.made_files:MadeFiles._store",
    ),
    "send in another form": (
        "bot.flows.deliver.failures:SendFailures.send_in_plainer_form",
        "bot.flows.deliver.forms:PostForms.drawable",
    ),
    "share the files": ("bot.flows.deliver.files:FilePosts.share",),
    "edit the card": ("bot.flows.deliver.cards:CardEditor._update",),
    "mark the card dead": ("bot.flows.deliver.cards:CardEditor._mark_dead",),
    "add": ("bot.flows.deliver.send:Send._react",),
    "answer": ("bot.flows.deliver.send:Send._reply_privately",),
    "mark as sent": ("bot.flows.deliver.send:Send._mark_sent", "bot.flows.deliver.cards:CardEditor._edit"),
    "withhold": ("bot.flows.deliver.failures:SendFailures.mark_dead",),
    "wait before the search": ("bot.flows.deliver.failures:SendFailures.reschedule",),
    "announce a level": ("bot.flows.money.budgets.watch:BudgetWatch._record",),
    "change a budget": (
        "bot.flows.money.budgets.commands:BudgetCommands._change",
        "bot.flows.money.budgets.commands:BudgetCommands._run",
    ),
    "answer the request for more": ("bot.flows.money.budgets.requests:BudgetRequests._run",),
    "refuse to wake": ("bot.flows.money.budgets.check:BudgetCheck.refuses_wake",),
    "watch what is spent": ("bot.flows.money.alarms.runaway:RunawayWatch.tick",),
    "raise an alarm": (
        "bot.flows.money.alarms.runaway:RunawayWatch._store",
        "bot.flows.money.alarms.runaway:RunawayWatch._open_unread",
    ),
    "change an alarm": (
        "bot.flows.money.alarms.runaway:RunawayWatch._change",
        "bot.flows.money.alarms.runaway:RunawayWatch._end_snooze",
    ),
    "edit an alarm": (
        "bot.flows.money.alarms.posts:AlarmPosts._edit",
        "bot.flows.money.alarms.posts:AlarmPosts._update",
    ),
    "decide about an alarm": ("bot.flows.steer.alarm_presses:AlarmPresses._run",),
    "announce guardrail violations": ("bot.flows.money.alarms.guardrails:GuardrailWatch._store",),
    # What admins ask for.
    "begin a long job": (
        "bot.flows.manage.long_jobs.commands:LongJobCommands._begin",
        "bot.flows.money.figures.files:FigureFiles._begin",
        "bot.flows.money.figures.files:FigureFiles.of_enterprise",
    ),
    "cancel a long job": ("bot.flows.manage.long_jobs.jobs:cancel",),
    "begin its message": ("bot.flows.manage.long_jobs.living_message:LivingMessage.begin",),
    "show how far it is": (
        "bot.flows.manage.long_jobs.living_message:LivingMessage._wait_for_token",
        "bot.flows.manage.long_jobs.living_message:LivingMessage._edit",
    ),
    "keep a batch": ("bot.flows.manage.long_jobs.run:RunLongJob._store",),
    "give the lane back": ("bot.flows.manage.long_jobs.run:RunLongJob._give_back",),
    "intend to share": ("bot.flows.manage.long_jobs.file_delivery:FileDelivery._intend",),
    "share the file": ("bot.flows.manage.long_jobs.file_delivery:FileDelivery._share",),
    "note how it ended": ("bot.flows.manage.long_jobs.run:RunLongJob._change",),
    "end the long job": ("bot.flows.manage.long_jobs.run:RunLongJob._end",),
    "delete its rows": ("bot.flows.manage.long_jobs.run:RunLongJob._purge",),
    # Forms, and what they change.
    "open a form": ("bot.flows.manage.forms.forms:Forms._open", "bot.flows.manage.forms.forms:Forms.open"),
    "fill the form": ("bot.flows.manage.forms.forms:Forms._load",),
    "create a note": ("bot.flows.manage.library.calls:NoteCalls.create",),
    "change a note": ("bot.flows.manage.library.calls:NoteCalls.replace",),
    "create a playbook": ("bot.flows.manage.library.calls:PlaybookCalls.create",),
    "change a playbook": ("bot.flows.manage.library.calls:PlaybookCalls.replace",),
    "delete a note": ("bot.flows.manage.library.note_deletion:DeleteNote.call",),
    # What people ask Devin through the bot.
    "answer what Devin was asked": ("bot.flows.manage.devin.asking:AskDevin.run",),
    "intend a change": ("bot.flows.manage.devin.schedules:Schedules._intend",),
    "change a schedule": (
        "bot.flows.manage.devin.schedule_changes:SwitchSchedule.call",
        "bot.flows.manage.devin.schedule_changes:DeleteSchedule.call",
    ),
    "create the schedule": ("bot.flows.manage.forms.schedule:NewScheduleAtDevin.call",),
    "hand a review to its lane": ("bot.flows.manage.long_jobs.reviews:Reviews._run",),
    "ask for a review": ("bot.flows.manage.long_jobs.reviews:NewReview.call",),
    # A fan-out.
    "show a preview": ("bot.flows.steer.fan_out_preview:FanOutPreview._show",),
    "begin a fan-out": ("bot.flows.steer.fan_out_presses:FanOutPresses._start",),
    "leave a fan-out": ("bot.flows.steer.fan_out_presses:FanOutPresses.answered",),
    "stop a fan-out": ("bot.flows.steer.fan_out_presses:FanOutPresses._stop",),
    "retry a fan-out": ("bot.flows.steer.fan_out_presses:FanOutPresses._retry",),
    "ask for its sessions": ("bot.flows.manage.fan_out.run:RunFanOut._begin",),
    "create a session of a fan-out": ("bot.flows.manage.fan_out.session:NewFanOutSession.call",),
    "keep how its session stands": ("bot.flows.manage.fan_out.run:RunFanOut._store",),
    "put a session of a fan-out to sleep": ("bot.flows.manage.fan_out.run:RunFanOut._stop",),
    "show the fan-out": (
        "bot.flows.manage.fan_out.table:FanOutTable.show",
        "bot.flows.manage.fan_out.table:FanOutTable._wait_for_token",
        "bot.flows.manage.fan_out.table:FanOutTable._edit",
    ),
    "wait with the fan-out": ("bot.flows.manage.fan_out.run:RunFanOut._wait",),
    "end the fan-out": ("bot.flows.manage.fan_out.run:RunFanOut._end",),
    "note when digests begin": ("bot.flows.money.digest.due:DueDigests._store",),
    "note which channels are private": ("bot.flows.shared_channels:SharedChannels.learn_private",),
    "post the digest": ("bot.flows.money.digest.post:DigestPost.store",),
    "add a subscription": ("bot.flows.money.digest.subscriptions:Subscriptions._subscribe",),
    "show a digest": ("bot.flows.money.digest.subscriptions:Subscriptions._show_preview",),
    "list the subscriptions": ("bot.flows.money.digest.subscriptions:Subscriptions._list",),
    "remove a subscription": ("bot.flows.money.digest.subscriptions:Subscriptions._remove",),
    # The bot starts.
    "bring up the schema": ("bot.app:open_store",),
    "try the socket": ("bot.connect:Connector._answered",),
    "assign rows without an owner": ("bot.app:_assign_unowned",),
    "free what was claimed": ("bot.flows.upkeep.heartbeat:Heartbeat.begin",),
    # By the clock.
    "heartbeat": ("bot.flows.upkeep.heartbeat:Heartbeat.beat",),
    "fetch the consumption": (
        "bot.flows.money.consumption.reader:ConsumptionReader._store_figures",
        "bot.flows.money.consumption.reader:ConsumptionReader._store_withheld",
    ),
    "read the cycles": ("bot.flows.money.consumption.cycles:CycleReader._store",),
    "read the admins' group": ("bot.flows.upkeep.admin_group:AdminGroup._store",),
    "begin the sweep of pull requests": ("bot.flows.money.pull_requests:PullRequestSweep._claim",),
    "keep the states of pull requests": ("bot.flows.money.pull_requests:PullRequestSweep._store",),
    "end the sweep of pull requests": ("bot.flows.money.pull_requests:PullRequestSweep._finish",),
    "delete what is old": (
        "bot.flows.upkeep.retention:Retention._all",
        "bot.flows.upkeep.retention:Retention._close",
        "bot.flows.upkeep.retention:_written.<locals>.batch",
    ),
}
PLACE_OF: Final = {code: place for place, codes in PLACES.items() for code in codes}

# Lanes in which the same functions run; the others need no word.
LANES: Final = {"react": "reaction", "unreact": "old reaction", "priv": "private"}

# Modules that make commits and calls for others: the step belongs to who asked for it.
OURS: Final = ("bot", "handlers")
PLUMBING_OF_FLOWS: Final = ("bot.flows.services", "bot.flows.unit_of_work", "bot.flows.job", "bot.flows.session_rows")
PLUMBING: Final = ("bot.store", "bot.slack", "bot.devin", "bot.engine", "bot.logs", *PLUMBING_OF_FLOWS)

# A poll commits also where it found nothing to announce or to charge for, which is another step.
NOTHING_NEW: Final = "nothing new"
FOUND_BY_POLL: Final = frozenset({"announce", "announce the duplicate", "inform the admins", "record figures"})
WATERMARK: Final = "move the watermark"
VISIBLE_TABLES: Final = frozenset({"inbox", "outbox", "cards", "spend"})


@dataclass(slots=True)
class StepNames:
    """Names the steps of one process."""

    found: bool = False  # whether the poll found something that the watermark does not cover yet

    def call(self, code: str, lane: str, what: str) -> str:
        """The name of a call to the outside."""
        return f"{place(code, lane)}: {what}"

    def commit(self, code: str, lane: str, tables: set[str]) -> str:
        """The name of a commit to these tables."""
        where = place(code, lane)
        if where in FOUND_BY_POLL:
            new = bool(tables & VISIBLE_TABLES)
            self.found = self.found or new
        elif where == WATERMARK:
            new, self.found = self.found, False
        else:
            new = True
        return f"{where}: {COMMIT}" if new else f"{where}, {NOTHING_NEW}: {COMMIT}"


def place(code: str, lane: str) -> str:
    """The place where a function stands; the function itself where the table has no line for it."""
    where = PLACE_OF.get(code, code)
    return f"{where} ({LANES[lane]})" if lane in LANES else where


def is_ours(module: str) -> bool:
    """Whether a module is part of the bot."""
    return module.split(".", 1)[0] in OURS


def is_plumbing(module: str) -> bool:
    """Whether a module commits and calls for others."""
    return any(module == one or module.startswith(f"{one}.") for one in PLUMBING)


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of one occurrence of a step."""

    step: str
    when: str
    number: int = 1

    def __str__(self) -> str:
        return f"{self.step}, {self.when} #{self.number}"

    @classmethod
    def parse(cls, line: str) -> "Moment":
        """The moment that a process wrote down."""
        reached, number = line.rsplit(" #", 1)
        step, when = reached.rsplit(", ", 1)
        return cls(step, when, int(number))

    @property
    def is_distinct(self) -> bool:
        """Whether a death here leaves something else behind than a death after the step before.

        Before a commit nothing has changed since the last step. Only the first commit, of what Slack sent, has none
        before it.
        """
        return self.when != BEFORE or not self._is_a_commit or self.step.startswith("receive:")

    @property
    def is_before_a_call(self) -> bool:
        """Whether a call to the outside is about to be made."""
        return self.when == BEFORE and not self._is_a_commit

    @property
    def leaves_a_call_unrecorded(self) -> bool:
        """Whether something is done outside at this moment, and the store does not know it yet."""
        return self.when == AFTER and not self._is_a_commit

    @property
    def _is_a_commit(self) -> bool:
        return self.step.endswith(f": {COMMIT}")


def moments(step: str) -> set[str]:
    """The moments that a step has when all goes well."""
    with_body = step.split(": ", 1)[1] in WITH_BODY
    return {BEFORE, AFTER, ON_THE_WIRE} if with_body else {BEFORE, AFTER}
