"""What people read about budgets: lists, confirmations, refusals, warnings, and the question for more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import Enum
from typing import Final

from bot.domain.amounts import exact_sum
from bot.domain.billing import ONE_DAY, bounds
from bot.domain.commands.registry import OPEN_FORM
from bot.domain.file import SlackFile
from bot.domain.session import NO_OPTIONS, Options
from bot.features.budgets.rules import USED_UP, Budget, Period, Scope, ScopeKind, Span, Standing, half_more
from bot.features.budgets.specs import (
    ASK_FOR_MORE,
    BUDGET_SET,
    BUDGET_SET_CONFIRMED,
    BUDGET_TRY,
    BUDGET_UNDO,
    GRANT_HALF_MORE,
    GRANT_MORE,
    GRANT_OTHER,
    REFUSE_MORE,
    STOP_UNCAPPED,
)
from bot.features.budgets.trial import DAYS, Trial
from bot.features.budgets.words import Problem, WantedBudget
from bot.views import blocks, questions
from bot.views.answers.starts import APPROVAL, NOT_STARTED, REPLY_NOT_SENT, ROOM, examples
from bot.views.answers.wording import PROMPT_SHOWN, any_of, message_of
from bot.views.card import option_words
from bot.views.dates import short_date
from bot.views.doubts import roughly, why_about
from bot.views.given_back import excerpt
from bot.views.message import Block, Message
from bot.views.sentences import mention
from bot.views.text import counted, fitted, limit_of_acus, listed, notified, percent, tenths, tenths_of_acus, when

OTHER_AMOUNT: Final = "Another amount…"
QUESTION: Final = "budget"  # the name of the question whether to set one
NOT_SET: Final = Message("OK, no budget was changed.")
MOST_IN_TEXT: Final = 5  # budgets that a notification names
MOST_GRANTED: Final = 5  # people or channels that are named beside what was granted to them
MOST_UNCAPPED: Final = 10  # sessions without a limit that are named once a budget is used up
MOST_SECTIONS: Final = 3  # of about 2,800 characters, in which admins read what they are asked to let through
MOST_REFUSED: Final = 5  # people who are named beside how many of their starts a budget would have blocked
NO_ACUS: Final = (
    "Devin reports no ACUs for this organization, so budgets can't work: nothing is ever counted against them."
)
NONE_SET: Final = "No budgets are set. `/devin budget set each-person 20 a week` sets one."
NOT_STORED: Final = "A session that's no longer stored"
OF_FAN_OUT: Final = "A session of a fan-out"
NONE_HERE: Final = "No budget applies to you here."
ASKED: Final = Message("Request sent to your admins. You'll hear when they answer; then send your message again.")
ASKED_ALREADY: Final = Message("The admins were already asked. You'll hear when they answer.")
ANSWERED_ALREADY: Final = Message("This request was already answered. Nothing was changed.")
BUDGET_GONE: Final = Message("That budget was removed. If it stopped your message, send it again.")
_OTHERS_SESSIONS: Final = "You need ACUs left in your own budget to reply in someone else's session."
_NO_MORE: Final = "no session is started or woken"
_GO_ON: Final = "Running sessions keep running."
KINDS: Final = {
    ScopeKind.ORG: "the organization",
    ScopeKind.EACH_SESSION: "each session",
    ScopeKind.EACH_PERSON: "each person",
    ScopeKind.EACH_CHANNEL: "each channel",
}
_DIVIDED: Final = {ScopeKind.TEAM: "team", ScopeKind.REPO: "repository"}
_EACH_OF: Final = {
    ScopeKind.EACH_SESSION: ("session", "sessions"),
    ScopeKind.EACH_PERSON: ("person", "people"),
    ScopeKind.EACH_CHANNEL: ("channel", "channels"),
}
_ONE_OF: Final = {ScopeKind.EACH_PERSON: ScopeKind.PERSON, ScopeKind.EACH_CHANNEL: ScopeKind.CHANNEL}
SAME_WORDS: Final = "To set it, use `/devin budget set` with the same words."
HIDDEN: Final = "No preview: per-person figures are hidden in this workspace."
PROBLEMS: Final = {
    Problem.SCOPE: "Who is it for? Use `org`, #channel, @person, `team:Payments`, `repo:acme/web`, "
    "`each-person`, `each-channel`, or `each-session`.",
    Problem.NAME: "Pick the channel or person from Slack's list as you type `#` or `@`.",
    Problem.REPO: "Name the repository with its owner, such as `repo:acme/web`.",
    Problem.ACUS: "How many ACUs? Use a number above zero, such as `20` or `7.5`.",
    Problem.LEAST: "The smallest budget is 1 ACU, the minimum to start a session.",
    Problem.BEHIND: "After the ACUs, write nothing more: a grant applies until the budget resets.",
    Problem.SPAN: "After the ACUs, write only `a day`, `a week`, `a month`, or `a cycle`, and `warn` with percentages.",
    Problem.WARN: "After `warn`, write up to five percentages from 1 to 99, such as `warn 50,80`.",
    Problem.NUMBER: "Which budget? Use its number from `/devin budget list`: `/devin budget remove N`.",
}
# Under the field of a form that is wrong, where Slack shows a text as it is.
PROBLEMS_OF_FIELDS: Final = {
    Problem.ACUS: "Write a number of ACUs above zero, such as 20 or 7.5.",
    Problem.LEAST: PROBLEMS[Problem.LEAST],
    Problem.WARN: "Write up to five percentages from 1 to 99, such as 50, 80.",
}


YOURS: Final = "your budget"


@dataclass(frozen=True, slots=True)
class Named:
    """A standing with the `name` of the person that it is about, if there is one; of a session that is in `mrkdwn`.

    A person without a name is mentioned, which only a private answer may do.
    """

    standing: Standing
    name: str = ""
    yours: bool = False  # the person reads it, or it is read in the session's thread
    anonymous: bool = False  # figures name nobody here
    unbilled: bool = False  # Devin's bill cannot be read, so that only our own sessions are counted
    others: Decimal = Decimal(0)  # what other products than Devin used on the bill, which is not counted
    is_gone: bool = False  # a team that nobody is in by now
    about: Sequence[date] = ()  # the days for which what is used is only about right

    @property
    def is_hidden(self) -> bool:
        """Whether it is about another person than the reader, whom figures do not name."""
        return self.anonymous and not self.yours

    @property
    def owner(self) -> str:
        """Whose budget it is, such as "your budget"."""
        budget, subject = self.standing.budget, self.standing.subject
        if budget.scope.kind is ScopeKind.ORG:
            return "the organization's budget"
        if budget.scope.kind is ScopeKind.EACH_SESSION:
            if self.yours:
                return "this session's budget"
            return f"the budget of {self.name}"
        if budget.scope.kind in {ScopeKind.CHANNEL, ScopeKind.EACH_CHANNEL}:
            return f"the budget of <#{subject}>"
        if budget.scope.kind in _DIVIDED:
            return (
                f"one {_DIVIDED[budget.scope.kind]}'s budget"
                if self.anonymous
                else f"the budget of {_divided(budget.scope)}"
            )
        if self.yours:
            return YOURS
        if self.anonymous:
            return "one person's budget"
        return f"{fitted(self.name) if self.name else mention(subject)}'s budget"

    @property
    def used(self) -> str:
        """How much of it is used, such as "8.2 of 10 ACUs this cycle"."""
        return ", ".join([self.amount, *self.notes])

    @property
    def amount(self) -> str:
        """The same without what is to be known about it."""
        return f"{self.so_many} {_this(self.standing.period.span)}"

    @property
    def so_many(self) -> str:
        """The same without the period, such as "8.2 of 10 ACUs"."""
        return f"{roughly(self.about)}{tenths(float(self.standing.spent))} of {limit_of_acus(self.standing.acus)}"

    @property
    def notes(self) -> list[str]:
        """What is to be known about the amount, if anything."""
        uncapped = 0 if self.standing.is_used_up else len(self.standing.uncapped)
        gone = ["no one is in this team now"] if self.is_gone else []
        passes = [f"{counted(uncapped, 'session')} without a limit might go over it"] if uncapped else []
        if self.unbilled:
            return ["counted from Slack sessions only", *passes]
        others = [f"not counting {tenths(float(self.others))} of other products"] if self.others > 0 else []
        return gone + others + passes

    def message(self, text: str, *rows: Block) -> Message:
        """Build a message of `text`, in which `{anew}` stands for when the budget resets, with `rows` below it."""
        period = self.standing.period
        said = blocks.section(text.format(anew=_local(period)))
        return Message(notified(text.format(anew=_plain(period))), [said, *rows])


@dataclass(frozen=True, slots=True)
class Uncapped:
    """A session that has no limit and runs: our id, its title in `mrkdwn`, the ACUs it has used, and if it `stops`."""

    session: str
    title: str
    used: str
    stops: bool


@dataclass(frozen=True, slots=True)
class Waking:
    """The session with the id `session` that a reply would wake, and the ACUs that it `needs`: all it may still use."""

    session: str
    needs: Decimal


class Act(Enum):
    """What a budget keeps from being done: what is said then, how it is done once there is room, and what it takes."""

    START = "Nothing was started", "Try again then", ""
    RETRY = "Nothing was retried", "Press “Retry failed” again then", ""
    REPLY = "Your reply wasn't sent", "Send it again then", ""
    STEER = "Your reply wasn't sent", "Send it again then", _OTHERS_SESSIONS
    WAKE = "Devin wasn't woken", "It's kept for up to a day. Try again", ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An `act` that the budget `named` has no room for: of so many sessions, or of `waking` one.

    `start` is the key of the row that waits for room; empty where nothing does.
    """

    named: Named
    act: Act
    sessions: int = 1
    waking: Waking | None = None
    start: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """The ACUs that were granted of a budget until its `period` is over, by subject; the empty one stands for all.

    People are counted where figures name nobody.
    """

    period: Period
    by_subject: Mapping[str, Decimal]
    names: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list: a budget, how it stands for the reader if that can be said, and by how many it is used up."""

    budget: Budget
    standing: Named | None = None
    used_up_by: int = 0
    granted: Granted | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A `budget` that is not set, with the one `before` it, and what the `trial` of it found.

    A budget of one subject has how it would stand, `now`; of another one, so many subjects would have `used_up` theirs.
    """

    budget: Budget
    before: Budget | None
    trial: Trial
    now: Named | None = None
    used_up: int = 0
    no_acus: bool = False
    names: bool = True  # whether people may be named beside figures
    near: Sequence[str] | None = None  # the nearest names to a repository that Devin does not list


# ---------------------------------------------------------------- orders


def problem(which: Problem, verb: str = "set") -> Message:
    """Say what is wrong with what was typed, and how it is written."""
    if which in {Problem.NUMBER, Problem.LEAST}:
        return message_of("Nothing was changed.", PROBLEMS[which])
    if verb == "grant":  # which changes something at once, so that no button does
        return message_of("Nothing was changed.", PROBLEMS[which], "For example: `/devin budget grant org 50`.")
    text = message_of("Nothing was changed.", PROBLEMS[which], "Or take an example:").text
    return Message(text, [blocks.section(text), *examples(BUDGET_TRY if verb == "try" else BUDGET_SET)])


def ask_or_set_already(tried: Tried, wanted: WantedBudget) -> Message:
    """Ask whether to set a budget that was tried, unless it is set already."""
    return set_already(tried.budget) if tried.budget == tried.before else ask_to_set(tried, str(wanted))


def form_lost(ref: str) -> Message:
    """Report that nothing came of the form."""
    return Message(f"No budget was set. Try `/devin budget set` again. Error ID `{ref}`.")


def grant_lost(ref: str) -> Message:
    """Report that nothing came of the form for another amount."""
    return Message(f"Nothing was granted. Press “{OTHER_AMOUNT}” again. Error ID `{ref}`.")


def ask_to_set(tried: Tried, wanted: str) -> Message:
    """Ask whether to set a budget that was tried; the choice carries what is `wanted`."""
    text = message_of(*_question(tried), _unlisted(tried), *_effects(tried)).text
    row = blocks.actions(
        questions.choice("Set it", BUDGET_SET_CONFIRMED, wanted, "primary"),
        questions.no("Cancel", QUESTION, wanted),
    )
    return Message(text, [blocks.section(text), *row])


def shown(tried: Tried) -> Message:
    """Show what a budget that was tried would do."""
    return message_of(f"Only a trial: {_whole(tried.budget)}.", _unlisted(tried), *_effects(tried), SAME_WORDS)


def _unlisted(tried: Tried) -> str:
    """Say that Devin does not list the repository, which it may know nevertheless, and which one may be meant."""
    if tried.near is None:
        return ""
    meant = f" Did you mean {any_of([f'`repo:{name}`' for name in tried.near])}?" if tried.near else ""
    return f"Devin doesn't list {tried.budget.scope.subject}.{meant}"


def set_already(budget: Budget) -> Message:
    """Answer who sets a `budget` that is set already."""
    return Message(f"That's set already, as budget `{budget.number}`: {_whole(budget)}.")


def _question(tried: Tried) -> list[str]:
    budget, before = tried.budget, tried.before
    if before is None:
        return [f"Set a budget of {_whole(budget)}?"]
    whose, now = scope_name(budget.scope), f"{_rule(budget)}, {_with_warnings(budget)}"
    return [f"Change the budget for {whose} to {now}?", f"Now it's {_before(before, budget)}."]


def _before(before: Budget, budget: Budget) -> str:
    """Say what a budget was, with its warnings if they alone change."""
    if _rule(before) != _rule(budget):
        return _rule(before)
    return f"{_rule(before)}, {_with_warnings(before)}"


def _whole(budget: Budget) -> str:
    return f"{_rule(budget)} for {scope_name(budget.scope)}, {_with_warnings(budget)}"


def _effects(tried: Tried) -> list[str]:
    if tried.now is not None and tried.now.is_hidden:
        return [HIDDEN]
    said = [_would_have_refused(tried), *_would_have_cut(tried), *_full_at_once(tried)]
    return [*said, *([NO_ACUS] if tried.no_acus else [])]


def _would_have_refused(tried: Tried) -> str:
    trial, lately, each = tried.trial, f"In the last {DAYS} days", tried.budget.scope.kind is ScopeKind.EACH_SESSION
    if not trial.sessions:
        return f"{lately}, no sessions would have counted toward this budget."
    found = trial.cut if each else trial.refused
    number = sum(found.values())
    not_the_one = trial.sessions == 1 and not number
    if each:
        used = "used no more" if not_the_one else "used more"
        said = f"{_so_many_of(number, trial.sessions, 'session')} {used}"
    else:
        would = "wouldn't have blocked" if not_the_one else "would have blocked"
        about = "about " if 0 < number < trial.sessions else ""
        said = f"it {would} {about}{_so_many_of(number, trial.sessions, 'start')}"
    return f"{lately}, {said}{_by_whom(found, names=tried.names)}."


def _would_have_cut(tried: Tried) -> list[str]:
    """Say how many sessions would have begun and had to stop, which is no promise that they would have been done."""
    number = sum(tried.trial.cut.values())
    if not number or tried.budget.scope.kind is ScopeKind.EACH_SESSION:
        return []
    its = "its limit before it was" if number == 1 else "their limits before they were"
    return [f"{counted(number, 'session')} would have reached {its} done."]


def _so_many_of(some: int, total: int, noun: str) -> str:
    """Say `some` of `total`, such as "2 of the 12 starts"; of one alone it names that one."""
    if total == 1:
        return f"the one {noun}"
    if some in {0, total}:
        return f"{'all' if some else 'none of the'} {total:,} {noun}s"
    return f"{some:,} of the {total:,} {noun}s"


def _by_whom(refused: Mapping[str, int], *, names: bool) -> str:
    if not refused:
        return ""
    if not names:
        return f" (by {_many(len(refused), 'person', 'people')})"
    if len(refused) == 1:
        return f" (by {_asker(next(iter(refused)))})"
    most = sorted(refused.items(), key=lambda entry: (-entry[1], entry[0]))
    named, others = most[:MOST_REFUSED], most[MOST_REFUSED:]
    parts = [f"{count:,} by {_asker(user)}" for user, count in named]
    if others:
        parts.append(f"{sum(count for _, count in others):,} by {counted(len(others), 'other')}")
    return f" ({', '.join(parts)})"


def _asker(user: str) -> str:
    return mention(user) if user else "someone"


def _full_at_once(tried: Tried) -> list[str]:
    if tried.now is not None:
        if tried.now.standing.has_room:
            return []
        full = "be used up" if tried.now.standing.is_used_up else "have less than 1 ACU left"
        return [f"It would {full} right away: {_taken(tried.now)}."]
    if not tried.used_up:
        return []
    has = "has" if tried.used_up == 1 else "have"
    return [f"{_many(tried.used_up, *_EACH_OF[tried.budget.scope.kind])} {has} used that much already."]


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def listing(entries: Sequence[Entry], *, admin: bool, no_acus: bool) -> Message:
    """Build the list of budgets: for an `admin` all, for others those that hold for them."""
    if not entries:
        return message_of(NONE_SET if admin else NONE_HERE, NO_ACUS if no_acus else "")
    lines = [_line(entry, admin=admin) for entry in entries]
    notes = [NO_ACUS] if no_acus else []
    named = [_short(entry) for entry in entries[:MOST_IN_TEXT]]
    more = [f"{len(entries) - len(named):,} more"] if len(entries) > len(named) else []
    text = f"{counted(len(entries), 'budget')}: {'; '.join([*named, *more])}"
    notes += why_about(days_about([entry.standing for entry in entries if entry.standing]))
    return Message(text, [*blocks.sections(lines), *blocks.context(notes)])


def _short(entry: Entry) -> str:
    held = entry.standing.used if entry.standing else _rule(entry.budget)
    more = f" ({_more(entry.budget, entry.granted)})" if entry.granted else ""
    return f"{scope_name(entry.budget.scope)} {held}{more}"


def _line(entry: Entry, *, admin: bool) -> str:
    parts = [f"`{entry.budget.number}` *{scope_name(entry.budget.scope)}* {_rule(entry.budget)}"]
    if entry.granted is not None:
        parts.append(f"granted until {_local(entry.granted.period)}: {_more(entry.budget, entry.granted)}")
    if entry.standing is not None:
        named = entry.standing
        you = "you " if named.yours and entry.budget.scope.kind is ScopeKind.EACH_PERSON else ""
        here = f"<#{named.standing.subject}> " if entry.budget.scope.kind is ScopeKind.EACH_CHANNEL else ""
        parts.append(f"{you}{here}{standing_line(named)}")
    if entry.used_up_by:
        parts.append(f"used up by {entry.used_up_by:,}")
    return " · ".join([*parts, *([f"warns at {_percentages(entry.budget)}"] if admin else [])])


def _more(budget: Budget, granted: Granted) -> str:
    """Say how many ACUs more were granted, and to whom of a budget for each of a kind."""
    kind, to_each = budget.scope.kind, granted.by_subject.get("")
    if kind not in _EACH_OF:
        return f"{limit_of_acus(exact_sum(granted.by_subject.values()))} more"
    parts = [f"{limit_of_acus(to_each)} more to each"] if to_each else []
    others = [(subject, acus) for subject, acus in granted.by_subject.items() if subject]
    is_named = kind is ScopeKind.EACH_CHANNEL or (kind is ScopeKind.EACH_PERSON and granted.names)
    named = others[:MOST_GRANTED] if is_named else []
    parts += [f"{limit_of_acus(acus)} more to {scope_name(Scope(_ONE_OF[kind], subject))}" for subject, acus in named]
    if unnamed := len(others) - len(named):
        parts.append(f"more to {_many(unnamed, *_EACH_OF[kind])}")
    return ", ".join(parts)


def standing_line(named: Named) -> str:
    """Say how much of a budget is used and when it resets, for a line of a list."""
    known = ", ".join([percent(named.standing.percent), *named.notes])
    return f"{named.amount} ({known}) · resets {_local(named.standing.period)}"


def days_about(shown: Iterable[Named]) -> list[date]:
    """Return the days for which one of the amounts that are `shown` is only about right, oldest first."""
    return sorted({day for named in shown for day in named.about})


def own_line(named: Named) -> str:
    """Say the same about a budget that holds for the reader, and whose it is."""
    return f"{named.owner[:1].upper()}{named.owner[1:]}: {standing_line(named)}"


def scope_name(scope: Scope) -> str:
    """Name whom a budget is for, in a private answer, in which a mention notifies nobody."""
    if scope.kind is ScopeKind.CHANNEL:
        return f"<#{scope.subject}>"
    if scope.kind in _DIVIDED:
        return _divided(scope)
    return mention(scope.subject) if scope.kind is ScopeKind.PERSON else KINDS[scope.kind]


def _divided(scope: Scope) -> str:
    """Name a team or a repository."""
    return f"team “{fitted(scope.subject)}”" if scope.kind is ScopeKind.TEAM else f"the repository {scope.subject}"


def was_set(budget: Budget, before: Budget | None, now: float, *, no_acus: bool) -> Message:
    """Confirm that a budget was set `now`, in place of the one `before`, and offer to undo that."""
    whose = f"Budget `{budget.number}` is set: {_whole(budget)}."
    was = f"Before, it was {_before(before, budget)}." if before else ""
    text = message_of(whose, was, NO_ACUS if no_acus else "").text
    back = str(WantedBudget(before.scope, before.acus, before.span, before.warn)) if before else str(budget.number)
    return Message(text, [blocks.section(text), *blocks.actions(questions.undo(BUDGET_UNDO, back, now))])


def was_removed(budget: Budget) -> Message:
    """Confirm that a budget was removed."""
    return Message(f"Budget `{budget.number}` was removed: {_rule(budget)} for {scope_name(budget.scope)}.")


def no_such_number(number: int) -> Message:
    """Report that there is no budget with this number."""
    return Message(f"There's no budget `{number}`, so nothing was removed. `/devin budget list` shows the numbers.")


def no_such_team(name: str, near: Sequence[str]) -> Message:
    """Report that no team has this name, and offer those with the nearest names."""
    meant = any_of([f"“{fitted(one)}”" for one in near])
    way_on = f"Did you mean {meant}?" if near else "See `/devin team list`."
    return Message(f"There's no team “{fitted(name)}”, so nothing was changed. {way_on}")


def no_budget(scope: Scope) -> Message:
    """Report that no budget holds for whom somebody wanted to grant more."""
    whom = scope_name(scope)
    return Message(f"No budget applies to {whom}, so nothing was granted. See `/devin budget list`.")


def _rule(budget: Budget) -> str:
    # A session rarely outlasts a cycle, so that is not said of what each one may use.
    is_whole = budget.scope.kind is ScopeKind.EACH_SESSION and budget.span is Span.CYCLE
    return limit_of_acus(budget.acus) if is_whole else f"{limit_of_acus(budget.acus)} a {budget.span.value}"


def _with_warnings(budget: Budget) -> str:
    return f"with {'a warning' if len(budget.warn) == 1 else 'warnings'} at {_percentages(budget)}"


def _percentages(budget: Budget) -> str:
    return f"{listed([*map(str, budget.warn)])}%"


def _this(span: Span) -> str:
    return "today" if span is Span.DAY else f"this {span.value}"


def _local(period: Period) -> str:
    """When the next period begins, in the time zone of each reader."""
    return when(period.resets_at)


def _plain(period: Period) -> str:
    """The same for a notification, which has no markup."""
    return _morning(period.last + ONE_DAY)


def _morning(day: date) -> str:
    return f"on {short_date(day)} at 8:00 AM UTC"


def titled(title: str, stand_in: str) -> str:
    """Name a session within a sentence by its `title`, or by what stands for it."""
    return f"{stand_in[:1].lower()}{stand_in[1:]}" if stand_in else f"“{fitted(title)}”"


def _safe(text: str) -> str:
    """Double the braces of a text that others wrote."""
    return text.replace("{", "{{").replace("}", "}}")


# ---------------------------------------------------------------- refusals and requests


def refused(refusal: Refusal) -> Message:
    """Say what is not done because a budget has no room, and why; an admin can make some, if asked.

    Where something waits, it can be cancelled too.
    """
    named, waking, (what, again, takes) = refusal.named, refusal.waking, refusal.act.value
    standing, target = named.standing, _target(named, waking.session if waking else "", refusal.start)
    row = [questions.choice("Request approval", ASK_FOR_MORE, target)]
    row += [questions.no("Cancel", ROOM, refusal.start)] if refusal.start else []
    if refusal.start and refusal.act is Act.START and standing.is_used_up:
        over = "You're over budget" if named.owner == YOURS else f"{_capitalised(named.owner)} is used up"
        return named.message(f"{_safe(over)}, {_safe(named.used)}. It resets {{anew}}. {what}.", *blocks.actions(*row))
    never = waking is not None and waking.needs > standing.acus  # nor is there room once it has begun afresh
    said = [f"{what}: {_safe(_why(named, refusal.sessions, waking))}", *([] if never else ["It resets {anew}."])]
    if not refusal.start:
        said.append("Request approval to continue." if never else f"{again}, or request approval.")
    return named.message(" ".join(filter(None, [*said, takes])), *blocks.actions(*row))


def asked_to_start(key: str, text: str, *, reply: bool = False) -> Message:
    """Confirm that the admins were asked about the start or the `reply` with this `key`, which waits for them."""
    shown = f"“{fitted(text, PROMPT_SHOWN)}”" if text else "Your reply"
    said = f"Request sent to your admins. {shown} {'is sent' if reply else 'starts'} as soon as one approves it."
    return Message(said, [blocks.section(said), *blocks.actions(questions.no("Cancel", APPROVAL, key))])


def taken_back(asker: str) -> Message:
    """Report to admins that nothing was raised: the start that waited for it is gone."""
    return Message(f"{fitted(asker) or 'The asker'} is no longer waiting for this. Nothing was changed.")


def settled(asker: str) -> Message:
    """Report to admins that a request needs no answer any more."""
    return Message(f"The budget was raised in the meantime, so {fitted(asker) or 'the asker'} isn't waiting for this.")


def granted_by_form(by: str, asker: str, acus: Decimal) -> Message:
    """Report to admins that `by` granted so many ACUs, in place of the request with its buttons."""
    whom = f"{fitted(asker)} " if asker else ""
    return Message(f"{_admin(by)} granted {whom}{limit_of_acus(acus)}.")


def edited(asker: str) -> Message:
    """Report to admins that nothing was raised: the text that they read has been edited since."""
    return Message(
        f"{fitted(asker) or 'The asker'} edited the text after asking, so no ACUs were added. "
        "A new request shows the new text."
    )


def start_not_approved(by: str, reply: bool) -> Message:
    """Inform who asked that `by` refused to make room for their start, or for their `reply`."""
    return Message(f"{_admin(by)} denied your request for more ACUs. {REPLY_NOT_SENT if reply else NOT_STARTED}")


def _target(named: Named, session: str = "", start: str = "") -> str:
    """What the button that asks for more carries: a budget, whose it is, and what waits, if anything does."""
    budget = named.standing.budget
    # A team's name may have any signs, and the budget says it.
    parts = [f"{budget.number}", "" if budget.scope.kind in _DIVIDED else named.standing.subject, session, start]
    return ":".join(parts).rstrip(":") if session or start else ":".join(parts[:2])


def _why(named: Named, sessions: int = 1, waking: Waking | None = None, whose: str = "this session") -> str:
    """Say why a budget has no room for `sessions`, such as "your budget is used up, 10 of 10 ACUs this cycle."."""
    standing = named.standing
    if standing.is_used_up:
        return f"{named.owner} is used up, {named.used}."
    return f"{named.owner} {_needed(sessions, waking, whose)} ({_taken(named)})."


def _taken(named: Named) -> str:
    """Say what is used and reserved of a budget, so that there is no room."""
    standing = named.standing
    if standing.is_used_up:
        return named.used
    held = [f"{tenths(float(standing.reserved))} more reserved by running sessions"] if standing.reserved else []
    return ", ".join([f"{named.so_many} used {_this(standing.period.span)}", *held, *named.notes])


def _needed(sessions: int, waking: Waking | None, whose: str) -> str:
    if waking is not None and waking.needs > 1:
        needs = waking.needs.quantize(Decimal("0.1"), ROUND_CEILING)  # or it could read as much as is free
        return f"doesn't have enough left: {whose} could still use {limit_of_acus(needs)}"
    return f"has less than {limit_of_acus(sessions)} left" + (", 1 for each session" if sessions > 1 else "")


def less_than_asked(limit: int, wanted: int) -> Message:
    """Inform the asker of a new session that it may use less than `wanted`, all that a budget has left."""
    return Message(
        f"This session's limit is {tenths_of_acus(limit)} instead of {wanted:,}: that's all a budget has left "
        "(`/devin budget list`)."
    )


def room_again(named: Named) -> Message:
    """Answer somebody who asks for more although something is left by now."""
    return Message(f"{_capitalised(named.owner)} has ACUs left again: {named.used}. Send your message again.")


def room_for_start(named: Named, *, reply: bool = False) -> Message:
    """Say that a start that waited begins, or that a `reply` goes, because there is room for it by now."""
    return Message(f"{_capitalised(named.owner)} has ACUs left again: {named.used}. {goes(reply=reply)}")


def gone_for(*, reply: bool) -> Message:
    """Answer who asks for more of a budget that was removed: what waited for it goes now."""
    return Message(f"That budget was removed. {goes(reply=reply)}")


def goes(*, reply: bool) -> str:
    """Say that what waited is tried, or as a `reply` is to be sent: the gates are asked once more."""
    return "Trying to send your reply now." if reply else "Trying to start your task now."


def too_little_for_you(*, reply: bool) -> str:
    """Say that what waited does not begin, which it says itself too, with how to go on."""
    return f"That's not enough to {'send your reply' if reply else 'start your task'}."


def grant_hint(named: Named, least: int) -> str:
    """Say in the form for another amount how the budget stands, and what is the least that makes room."""
    return (
        f"{_capitalised(named.owner)}: {named.used}. "
        f"To unblock this request, grant at least {limit_of_acus(Decimal(least))}."
    )


def request(
    named: Named,
    asker: str,
    acus: Decimal,
    key: str,
    waking: Waking | None = None,
    what: str = "",
    words: Sequence[Block] = (),
) -> Message:
    """Ask the admins for more `acus`, in the name of `asker` or of nobody; the buttons carry the request's `key`.

    `what` says what waits for it, as `to_start` and `to_send` do, and `words` show it as far as that does not.
    """
    row = blocks.actions(
        blocks.button(f"Grant {limit_of_acus(acus)}", GRANT_MORE.action_id, key, style="primary"),
        blocks.button(f"Grant {limit_of_acus(half_more(acus))}", GRANT_HALF_MORE.action_id, key),
        blocks.button(OTHER_AMOUNT, OPEN_FORM.action_id, f"{GRANT_OTHER.name} {key}"),
        blocks.button("Deny", REFUSE_MORE.action_id, key),
    )
    why = _safe(_why(named, waking=waking, whose="a sleeping session"))
    asks = f"{_safe(fitted(asker)) or 'Someone'} asks for more ACUs{_safe(what)}: {why}"
    return named.message(f"{asks} It resets {{anew}}.", *words, *row)


def to_start(title: str, stand_in: str) -> str:
    """Say in a request that a start waits for it, named by its `title` or by what stands for that."""
    return f" to start {titled(title, stand_in)}"


def to_send(text: str, stand_in: str) -> str:
    """Say in a request that a reply waits for it, named by its `text` or by what stands for its session."""
    if stand_in:
        return f" to reply to {titled('', stand_in)}"
    return f" to send {titled(text, '')}" if text else " to send a reply"


def all_of(
    title: str, fields: Mapping[str, str], files: Sequence[SlackFile] = (), options: Options = NO_OPTIONS
) -> list[Block]:
    """Show admins what they are asked to let through, beyond its `title`: texts under labels, and what comes with them.

    Where a message doesn't hold all lines, it says how many more there are.
    """
    shown, left = list[str](), 0
    for label, text in fields.items():
        sections, more = excerpt(label, text if text != title else "", MOST_SECTIONS - len(shown))
        shown, left = [*shown, *sections], left + more
    names = fitted(", ".join(file.name for file in files), 300)
    besides = [
        f"+{counted(left, 'line')}" if left else "",
        f"{counted(len(files), 'file')}: {names}" if files else "",
        *option_words(options),
        f"up to {limit_of_acus(options.acu)}" if options.acu else "",
    ]
    return [*map(blocks.section, shown), *blocks.context(besides)]


def granted(named: Named, acus: Decimal, by: str, missing: int = 0, *, reply: bool = False) -> Message:
    """Report to admins that `by` granted so many ACUs; `named` is how the budget stands now.

    So many are still `missing` for what waits, which is a start or a `reply`.
    """
    are = "is" if missing == 1 else "are"
    more = f"Not enough to {'send the reply' if reply else 'start'}: about {missing:,} more {are} needed."
    return named.message(" ".join([_raised(named, acus, by), *([more] if missing else [])]))


def granted_to_you(named: Named, acus: Decimal, by: str, *, refused: bool, then: str = "") -> Message:
    """Inform whom it concerns that `by` granted so many ACUs; `named` is how the budget stands now.

    Who asked for it was `refused` something before, and can send it again; `then` says what becomes of what was kept.
    """
    again = [then or "Send your message again."] if refused else []
    next_step = ["It's still used up."] if named.standing.is_used_up and not then else again
    return named.message(" ".join([_raised(named, acus, by), *next_step]))


def granted_to(scope: Scope, acus: Decimal, standing: Standing, own: int = 0, single: int = 0) -> Message:
    """Confirm to an admin that so many ACUs more may be used, and how many now, without how much is used.

    Of a scope for each, so many have their `own` budget, which was not raised, or were granted more as a `single` one.
    """
    now = f"{limit_of_acus(standing.acus)} {_this(standing.period.span)}"
    raised = f"{_capitalised(scope_name(scope))} can now use {now}, {limit_of_acus(acus)} more than before."
    until = f"This applies until {_local(standing.period)}."
    return message_of(raised, until, _on_top(scope.kind, single), _keep_their_own(scope.kind, own))


def _on_top(kind: ScopeKind, single: int) -> str:
    return f"This is in addition to the ACUs granted to {_many(single, *_EACH_OF[kind])}." if single else ""


def _keep_their_own(kind: ScopeKind, own: int) -> str:
    if own <= 1:
        its = "its" if kind is ScopeKind.EACH_CHANNEL else "their"
        return f"{_many(own, *_EACH_OF[kind])} has {its} own budget, which doesn't change." if own else ""
    return f"{_many(own, *_EACH_OF[kind])} have their own budgets, which don't change."


def _raised(named: Named, acus: Decimal, by: str) -> str:
    raised = f"{_safe(_admin(by))} raised {_safe(named.owner)} by {limit_of_acus(acus)}"
    return f"{raised}: {named.used}. It resets {{anew}}."


def _admin(name: str) -> str:
    return fitted(name) or "An admin"


def begun_anew(period: Period) -> Message:
    """Report to admins that nothing was granted, because the budget is in a `period` after that of the request."""
    text = "That budget already reset {since}, so no ACUs were added."
    local = text.format(since=when(bounds(period.first)[0]))
    return Message(text.format(since=_morning(period.first)), [blocks.section(local)])


def request_refused(asker: str, by: str) -> Message:
    """Report to admins that `by` refused the request of `asker`; neither has a name where figures name nobody."""
    whose = f"{fitted(asker)}'s" if asker else "a"
    return Message(f"{_admin(by)} denied {whose} request for more ACUs.")


def refused_to_you(named: Named, by: str) -> Message:
    """Inform who asked that `by` refused more ACUs."""
    refused = f"{_safe(_admin(by))} denied your request for more ACUs."
    return named.message(f"{refused} {_capitalised(_safe(named.owner))} resets {{anew}}.")


# ---------------------------------------------------------------- levels


def reached_for_admins(named: Named, level: int, uncapped: Sequence[Uncapped] = ()) -> Message:
    """Report to admins that a level of a budget is reached, with the sessions that may pass it."""
    said = [_reached(named, level), *([_until(named)] if level >= USED_UP else [])]
    if not uncapped:
        return named.message(" ".join(said))
    stops = uncapped[0].stops
    said.append("These have no ACU limit" + (", so they're being stopped:" if stops else " and can use more:"))
    lines = [
        blocks.section(f"{one.title} ({one.used} ACUs used)", None if stops else _stop(one))
        for one in uncapped[:MOST_UNCAPPED]
    ]
    more = len(uncapped) - len(lines)
    return named.message(" ".join(said), *lines, *blocks.context([f"{more:,} more"] if more > 0 else []))


def _stop(one: Uncapped) -> Block:
    return blocks.button("Stop", STOP_UNCAPPED.action_id, one.session, style="danger")


def stopped_by(named: Named) -> Message:
    """Say in the thread of a session without a limit why it is being stopped."""
    return named.message(f"{_capitalised(_safe(named.owner))} is used up, and this session has no ACU limit.")


def reached(named: Named, level: int, asker: str = "") -> Message:
    """Warn the person, the channel or the `asker` of the session whose budget has reached a level."""
    then = [_until(named), "An admin can grant more."] if level >= USED_UP else ["It resets {anew}."]
    return named.message(" ".join([*([mention(asker)] if asker else []), _reached(named, level), *then]))


def _until(named: Named) -> str:
    """Say what is not done until a budget resets that is used up, which is only what it is for."""
    kind = named.standing.budget.scope.kind
    if kind is ScopeKind.EACH_SESSION:
        what, then = "that session isn't woken", "If it runs, it keeps running."
    elif kind in {ScopeKind.PERSON, ScopeKind.EACH_PERSON}:
        what, then = f"{'you' if named.yours else 'they'} can't start or wake sessions", _GO_ON
    else:
        where = {ScopeKind.ORG: "", ScopeKind.TEAM: " for that team", ScopeKind.REPO: " in that repository"}
        what, then = f"{_NO_MORE}{where.get(kind, ' there')}", _GO_ON
    return f"Until it resets {{anew}}, {what}. {then}"


def _reached(named: Named, level: int) -> str:
    owner = _safe(named.owner)
    if level >= USED_UP:
        return f"{_capitalised(owner)} is used up: {named.used}."
    return f"{named.standing.percent}% of {owner} is used: {named.used}."


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
