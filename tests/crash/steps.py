"""The steps of the bot, by names that stay when its code is renamed.

A step is a commit or a call that changes something outside, together with the place in the bot that makes it:
"create the session: Devin POST sessions". The bot may die at several moments of a step.

This module is the only one of these tests that names code of the bot in strings. A rename of a function changes one
line of `PLACES`. Code that has no line keeps its own name, which no story lists, so the story fails.
"""

from dataclasses import dataclass, replace
from typing import Final

from bot.engine import local
from bot.flows import conversation, create, digest, failure, housekeeping, reply, send

COMMIT: Final = "commit"
BEFORE, ON_THE_WIRE, AFTER = "before", "on the wire", "after"
# The calls with a body, which can be cut between its headers and its body.
WITH_BODY: Final = ("Devin POST sessions", "Devin POST sessions/messages")

# What a person would call the place -> the functions of the bot that stand there.
PLACES: Final[dict[str, tuple[str, ...]]] = {
    # What comes in.
    "receive": ("bot.store.inbox:InboxWriter._store",),
    "begin work": ("bot.flows.dispatch:Dispatch._take",),
    "put back": ("bot.flows.dispatch:Dispatch._put_back",),
    "learn who it is": ("bot.flows.admission:Admission.person",),
    "drop a reply to an unknown thread": ("bot.flows.conversation:Conversation._forget",),
    "hand a line to its thread": ("bot.flows.conversation:Conversation._hand_over",),
    "note a channel that is gone": ("bot.flows.channel_gone:ChannelGone.run",),
    # A session starts.
    "start from a command": ("bot.flows.order:Order.start",),
    "ask before a second start": ("bot.flows.order:Order._asks_first",),
    "start again": ("bot.flows.control:Control._start_again",),
    "upload a file": ("bot.flows.brief:Briefing._hand_on",),
    "intend to create": ("bot.flows.create:Create._intend",),
    "create": ("bot.flows.create:Create._create",),
    "note that tags are refused": ("bot.flows.finder:Finder.tags_are_refused",),
    "adopt the session": ("bot.flows.create:Create.adopt",),
    # A session is steered.
    "intend to reply": ("bot.flows.reply:Reply._intend",),
    "reply": ("bot.flows.reply:Reply._send",),
    "mark the reply as sent": ("bot.flows.reply:Reply._done",),
    "mark the reply as not sent": ("bot.flows.reply:Reply._not_done",),
    "announce the stop": ("bot.flows.control:Control._announce",),
    "put to sleep": ("bot.flows.control:Control._put_to_sleep",),
    "ask before the end": ("bot.flows.control:Control._answer",),
    "move to the session's thread": ("bot.flows.control:Control._moved",),
    "end for good": ("bot.flows.control:Control._exit",),
    # A session is followed.
    "claim the poll": ("bot.flows.watch:Watch.tick",),
    "announce": ("bot.flows.tell:Tell.session",),
    "record figures": ("bot.flows.watch:Watch._tell_quietly",),
    "move the watermark": ("bot.flows.watch:Watch._remember",),
    "end the duplicate": ("bot.flows.twins:Twins._terminate",),
    "announce the duplicate": ("bot.flows.twins:Twins._settle",),
    "note a gap": ("bot.flows.catch_up:CatchUp.begin",),
    "take a turn to fetch": ("bot.flows.catch_up:CatchUp.tick",),
    "fetch what was missed": ("bot.flows.catch_up:CatchUp._read",),
    # What goes out.
    "claim": ("bot.flows.send:Send._take", "bot.flows.cards:CardEditor._take"),
    "post": ("bot.flows.send:Send._post",),
    "edit the card": ("bot.flows.cards:CardEditor._update",),
    "add": ("bot.flows.send:Send._react",),
    "answer": ("bot.flows.send:Send._whisper",),
    "mark as sent": ("bot.flows.send:Send._sent", "bot.flows.cards:CardEditor._edit"),
    "wait before the search": ("bot.flows.failure:Failure.later",),
    "post the digest": ("bot.flows.digest:Digest._post",),
    # The bot starts.
    "bring up the schema": ("bot.app:_brought_up",),
    "try the socket": ("bot.app:_socket_opens",),
    "free what was claimed": ("bot.flows.housekeeping:Housekeeping.begin",),
    # By the clock.
    "heartbeat": ("bot.flows.housekeeping:Housekeeping.beat",),
    "fetch the consumption": ("bot.flows.ledger:Ledger._remember",),
    "delete what is old": ("bot.flows.retention:Retention._all", "bot.flows.retention:_written.<locals>.piece"),
}
PLACE_OF: Final = {code: place for place, codes in PLACES.items() for code in codes}

# Lanes in which the same functions run; the others need no word.
LANES: Final = {"react": "reaction", "priv": "private"}

# Modules that make commits and calls for others: the step belongs to who asked for it.
OURS: Final = ("bot", "handlers")
PLUMBING: Final = ("bot.store", "bot.slack", "bot.devin", "bot.engine", "bot.logs", "bot.flows.tools")

# A poll commits also where it found nothing that people are told or charged for, which is another step.
NOTHING_NEW: Final = "nothing new"
FOUND_BY_POLL: Final = frozenset({"announce", "announce the duplicate", "record figures"})
WATERMARK: Final = "move the watermark"
NEWS_TABLES: Final = frozenset({"inbox", "outbox", "cards", "spend"})

# The waits of the bot that are too long for a test, and how long they are in one.
SETTLE: Final = 1.3  # a death comes before a call is sent or after its answer, so nothing is under way for longer
WAITS: Final = (
    (create, "LOOK_AGAIN_SECONDS", 0.3),
    (reply, "LOOK_AGAIN_SECONDS", 0.3),
    (failure, "SETTLE_SECONDS", SETTLE),
    (send, "SETTLE_SECONDS", SETTLE),
    (failure, "FIRST_WAIT", 0.3),
    # Over before a lost post is looked for, as the real one is.
    (conversation, "UNKNOWN_THREAD_SECONDS", SETTLE / 3),
    (housekeeping, "SWEEP_SECONDS", 0.5),
    (digest, "TICK_SECONDS", 0.3),
    (local, "RETRY_SECONDS", 0.5),
    (send, "CHANNEL", replace(send.CHANNEL, interval=0.05)),
)


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
            new = bool(tables & NEWS_TABLES)
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
    def is_told_apart(self) -> bool:
        """Whether a death here leaves something else behind than a death after the step before.

        Before a commit nothing has changed since the last step. Only the first commit, of what Slack sent, has none
        before it.
        """
        return self.when != BEFORE or not self.step.endswith(f": {COMMIT}") or self.step.startswith("receive:")


def moments(step: str) -> set[str]:
    """The moments that a step has when all goes well."""
    with_body = step.split(": ", 1)[1] in WITH_BODY
    return {BEFORE, AFTER, ON_THE_WIRE} if with_body else {BEFORE, AFTER}
