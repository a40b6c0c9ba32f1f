"""What a large installation would need, calculated on from what was measured and from what Slack documents.

Limits of Slack: https://docs.slack.dev/apis/web-api/rate-limits and
https://docs.slack.dev/reference/events/app_rate_limited. Devin documents no limit of calls, only that 429 is an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.timing import DAY, HOUR, MINUTE, PRODUCTION

POSTS_IN_A_CHANNEL: Final = 60.0  # a minute: one each second
TIER_3: Final = 50.0  # calls a minute of one method in one workspace, such as chat.update and reactions.add
EVENTS: Final = 30_000.0  # that Slack sends to one app in one workspace, an hour
BUSY: Final = 0.5  # of a core: what a process may compute at the peak, so that nobody waits


@dataclass(frozen=True, slots=True)
class Company:
    """How large it is, and what is assumed of its days."""

    workspaces: int = 1_000  # each with an organisation of its own at Devin
    known: int = 1_000_000
    open: int = 100_000
    channels: int = 20  # of a workspace, in which sessions run
    replies: float = 5.0  # of people, in each session
    answers: float = 8.0  # posts of what Devin writes, in each session
    edits: float = 12.0  # of each session's card
    hours: float = 8.0  # of a day, in which all of this happens
    peak: float = 3.0  # the worst minute, in means of those hours

    @property
    def starts(self) -> float:
        """Sessions that start in a day: those that are known, over the days for which they are kept."""
        return self.known / (PRODUCTION.retention / DAY)

    def at_peak(self, a_day: float) -> float:
        """How much of what comes in a day comes in a second of the worst minute."""
        return a_day / (self.hours * HOUR) * self.peak


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process was seen to need."""

    poll_ms: float  # CPU of a poll without a change
    watch_ms: float
    budgets_ms: float
    event_ms: float  # CPU of an event, with all that follows from it
    event_bytes: float
    session_bytes: float


@dataclass(frozen=True, slots=True)
class Line:
    """One calculated figure: what it is of, how it is calculated, in words, and how much it is."""

    what: str
    how: str
    amount: float
    unit: str


@dataclass(frozen=True, slots=True)
class Limit:
    """What is needed of something at the peak, beside what there is of it, and what to do where it is too little."""

    what: str
    needed: float
    allowed: float
    unit: str
    then: str

    @property
    def share(self) -> float:
        """The part of it that is needed; more than 1 is too much."""
        return self.needed / self.allowed


def a_day(company: Company, measured: Measured) -> list[Line]:
    """Calls, rows and bytes of a day."""
    starts, events = company.starts, company.starts * (1 + company.replies)
    posts = starts * (1 + company.answers)
    polls = company.workspaces * DAY / PRODUCTION.poll
    return [
        Line("starts", f"{company.known:,} sessions / {PRODUCTION.retention / DAY:.0f} days", starts, "sessions"),
        Line("Slack events", f"starts x (1 + {company.replies:g} replies)", events, "events"),
        Line("posts", f"starts x (card + {company.answers:g} answers)", posts, "calls to Slack"),
        Line("edits of cards", f"starts x {company.edits:g}", starts * company.edits, "calls to Slack"),
        Line("reactions", "one for each event", events, "calls to Slack"),
        Line("polls", f"{company.workspaces:,} organizations / {PRODUCTION.poll:g} s", polls, "calls to Devin"),
        Line(
            "sweeps of message counts",
            f"{company.workspaces:,} x a page of 100 / {PRODUCTION.count_sweep / MINUTE:g} min",
            company.workspaces * DAY / PRODUCTION.count_sweep,
            "calls to Devin",
        ),
        Line("starts and replies", "one for each event", events, "calls to Devin"),
        Line("readings of messages", "one for each answer and event", events + posts - starts, "calls to Devin"),
        Line("rows of inbox and outbox", "events + posts + reactions", 2 * events + posts, "rows"),
        Line(
            "bytes",
            f"events x {measured.event_bytes:,.0f} + starts x {measured.session_bytes:,.0f}",
            events * measured.event_bytes + starts * measured.session_bytes,
            "bytes",
        ),
    ]


def kept_bytes(company: Company, measured: Measured) -> float:
    """What the store holds once as much is deleted as comes in."""
    [written] = [line.amount for line in a_day(company, measured) if line.unit == "bytes"]
    return written * PRODUCTION.retention / DAY


def limits(company: Company, measured: Measured) -> list[Limit]:
    """What is needed at the peak beside what there is, the scarcest first."""
    days = {line.what: line.amount for line in a_day(company, measured)}
    a_minute = {what: company.at_peak(amount) * MINUTE / company.workspaces for what, amount in days.items()}
    found = [
        Limit(
            "CPU of one process: polls",
            company.workspaces * measured.poll_ms / 1000 / PRODUCTION.poll,
            BUSY,
            "cores",
            "more workers: each polls some of the organizations",
        ),
        Limit(
            "CPU of one process: watch and budgets",
            company.workspaces * (measured.watch_ms + measured.budgets_ms) / 1000 / MINUTE,
            BUSY,
            "cores",
            "more workers: each watches some of the organizations",
        ),
        Limit(
            "CPU of one process: events and what follows",
            company.at_peak(days["Slack events"]) * measured.event_ms / 1000,
            BUSY,
            "cores",
            "more workers, and a `web` for each few hundred events a second",
        ),
        Limit(
            "Slack: edits in a workspace",
            a_minute["edits of cards"],
            TIER_3,
            "a minute",
            "nothing: only the newest state of a card is sent, later",
        ),
        Limit(
            "Slack: reactions in a workspace",
            a_minute["reactions"],
            TIER_3,
            "a minute",
            "nothing: those that come too late are dropped",
        ),
        Limit(
            "Slack: posts in a channel",
            a_minute["posts"] / company.channels,
            POSTS_IN_A_CHANNEL,
            "a minute",
            "more channels: posts wait, in order",
        ),
        Limit(
            "Slack: events in a workspace",
            a_minute["Slack events"] * 60,
            EVENTS,
            "an hour",
            "Slack says so in an event; the bot reads the threads later",
        ),
    ]
    return sorted(found, key=lambda one: one.share, reverse=True)


def workers(company: Company, measured: Measured) -> int:
    """How many workers the CPU of all limits takes, each at `BUSY`."""
    cores = sum(one.needed for one in limits(company, measured) if one.unit == "cores")
    return max(1, -int(-cores // BUSY))


def inputs(company: Company, measured: Measured) -> list[tuple[str, str, str]]:
    """What goes into the calculation: its name, how much it is, and where it comes from."""
    seen, soak = "measured at 1,000 open sessions", "measured in the soak"
    return [
        ("a poll without a change", f"{measured.poll_ms:.1f} ms of CPU", seen),
        ("runaway watch and budgets", f"{measured.watch_ms + measured.budgets_ms:.1f} ms of CPU a minute", seen),
        ("an event with what follows", f"{measured.event_ms:.1f} ms of CPU", soak),
        ("rows of an event", f"{measured.event_bytes:,.0f} bytes", soak),
        ("a session with ten days of spending", f"{measured.session_bytes:,.0f} bytes", "measured at rest"),
        ("a poll, a sweep", f"every {PRODUCTION.poll:g} s, every {PRODUCTION.count_sweep:g} s", "`bot/timing.py`"),
        ("finished work is kept", f"{PRODUCTION.retention / DAY:g} days", "`bot/timing.py`"),
        ("posts in a channel", f"{POSTS_IN_A_CHANNEL:g} a minute", "[Slack](https://docs.slack.dev/apis/web-api/rate-limits)"),
        ("`chat.update`, `reactions.add`", f"{TIER_3:g} a minute in a workspace (tier 3)",
         "[Slack](https://docs.slack.dev/apis/web-api/rate-limits)"),
        ("events for one app in a workspace", f"{EVENTS:,.0f} an hour",
         "[Slack](https://docs.slack.dev/reference/events/app_rate_limited)"),
        ("calls to Devin", "429, no number documented", "[Devin](https://docs.devin.ai/api-reference/overview)"),
        ("one process at the peak", f"{BUSY:g} of a core", "assumed, so that no one waits"),
        ("each session", f"{company.replies:g} replies, {company.answers:g} answers", "assumed"),
        ("each card", f"{company.edits:g} edits", "assumed"),
        ("the day", f"{company.hours:g} hours, with a worst minute of {company.peak:g} times their mean", "assumed"),
        ("a workspace", f"{company.channels} channels with sessions, its own organization", "assumed"),
    ]  # fmt: skip


def tables(company: Company, measured: Measured) -> str:
    """All tables in Markdown, and what comes first."""
    lines = ["| input | | from |", "| --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in inputs(company, measured)]
    lines += ["", "| a day | calculated from | | |", "| --- | --- | --: | --- |"]
    lines += [f"| {one.what} | {one.how} | {_short(one.amount)} | {one.unit} |" for one in a_day(company, measured)]
    lines += ["", "| at the peak | needed | there is | share | then |", "| --- | --: | --: | --: | --- |"]
    found = limits(company, measured)
    lines += [
        f"| {one.what} | {_short(one.needed)} {one.unit} | {_short(one.allowed)} | {one.share:.0%} | {one.then} |"
        for one in found
    ]
    return "\n".join([*lines, "", *_in_words(company, measured, found)])


def _in_words(company: Company, measured: Measured, found: Sequence[Limit]) -> list[str]:
    first, kept = found[0], kept_bytes(company, measured)
    reached = "that is reached" if first.share >= 1 else "to come"
    calls = sum(line.amount for line in a_day(company, measured) if line.unit == "calls to Devin") / DAY
    return [
        f"So the first limit {reached} is **{first.what}**, at {first.share:.0%}. Then: {first.then}.",
        f"With {workers(company, measured)} workers on as many cores half of each is free at the peak.",
        f"Devin gets {calls:.0f} calls a second on average; calls answered with 429 are repeated later.",
        f"The store grows to {_short(kept)}B, and finished work goes after {PRODUCTION.retention / DAY:.0f} days.",
    ]


def _short(amount: float) -> str:
    for size, name in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if amount >= size:
            return f"{amount / size:.1f}{name}"
    return f"{amount:.2f}" if amount < 10 else f"{amount:.0f}"
