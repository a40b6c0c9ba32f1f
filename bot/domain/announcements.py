"""What is announced about a session, and when: each end of a turn once, and each pull request once.

A turn ends when Devin needs a person or is done. It begins when a person writes, or when Devin goes on by itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.domain.session import DisplayState, Snapshot, display_state_of


class AnnouncementKind(StrEnum):
    """The kinds of ends that a turn may have."""

    QUESTION = "question"
    WAITS = "waits"  # Devin waits and has a result, and nobody can tell whether it asks for something
    ANSWERED = "answered"  # Devin waits, has no result but its words, and asks nothing
    APPROVAL = "approval"
    LIMIT = "limit"
    FAILED = "failed"
    ENDED = "ended"  # by Devin, for a reason that is new to us
    DONE = "done"


_EXPLAINED: Final = frozenset({AnnouncementKind.LIMIT, AnnouncementKind.FAILED, AnnouncementKind.ENDED})


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """A state in which Devin rests. `detail` is Devin's word for it; it tells apart two limits or two failures."""

    kind: AnnouncementKind
    detail: str | None = None

    @property
    def name(self) -> str:
        """What is stored of the end: its kind, and the detail where that says why."""
        return f"{self.kind}:{self.detail}" if self.kind in _EXPLAINED and self.detail else self.kind.value

    @classmethod
    def named(cls, name: str) -> "TurnEnd":
        """The end with this `name`."""
        kind, _, detail = name.partition(":")
        return cls(AnnouncementKind(kind), detail or None)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who wrote in a session since the last poll: Devin, and that just now; a person, and that last of all."""

    devin: bool = False
    just_now: bool = False
    person: bool = False
    person_last: bool = False


NOBODY: Final = Spoken()


@dataclass(frozen=True, slots=True)
class Pending:
    """What one poll has found and left for the next one to announce."""

    end: str | None = None  # the name of an end of a turn
    not_before: float = 0.0  # the end is announced from this instant on
    words: bool = False  # whether Devin's newest words are kept back
    pull_requests: tuple[str, ...] = ()  # the addresses of those that are announced with the end, if that comes


@dataclass(frozen=True, slots=True)
class TurnState:
    """How far the announcing of a session is. `number` counts the ends of turns that were announced."""

    number: int = 0
    announced: str | None = None  # the name of the end; None while Devin works
    person_wrote: bool = False  # since that end was announced
    pending: Pending | None = None


_RESTING: Final = {
    DisplayState.WAITING: AnnouncementKind.QUESTION,
    DisplayState.ANSWERED: AnnouncementKind.ANSWERED,
    DisplayState.APPROVAL: AnnouncementKind.APPROVAL,
    DisplayState.DONE: AnnouncementKind.DONE,
    DisplayState.LIMIT: AnnouncementKind.LIMIT,
    DisplayState.FAILED: AnnouncementKind.FAILED,
    DisplayState.ENDED: AnnouncementKind.ENDED,
}
_WAITING: Final = frozenset({AnnouncementKind.QUESTION, AnnouncementKind.WAITS, AnnouncementKind.ANSWERED})
_DEVIN_CHOSE: Final = _WAITING | {AnnouncementKind.DONE}


def turn_end(snapshot: Snapshot) -> TurnEnd | None:
    """The end of a turn that `snapshot` shows, or None while Devin works or sleeps without a result."""
    kind = _RESTING.get(display_state_of(snapshot))
    if kind is None:
        return None
    if kind is AnnouncementKind.QUESTION and snapshot.has_outcome and snapshot.asks is None:
        kind = AnnouncementKind.WAITS
    return TurnEnd(kind, snapshot.detail or (snapshot.status if snapshot.status == "error" else None))


@dataclass(frozen=True, slots=True)
class Decision:
    """What a poll announces of a session, and the state of its turn afterwards."""

    turn: TurnState
    end: TurnEnd | None = None
    pull_requests: tuple[str, ...] = ()  # the addresses of those that are announced now; with `end`, in its post
    relays: bool = True  # False: Devin's new words are kept back until the next poll


def decide(turn: TurnState, old: Snapshot, new: Snapshot, spoken: Spoken, now: float, answer_settle: float) -> Decision:
    """Decide what is announced when `new` follows `old` and `spoken` was written meanwhile.

    An end of a turn is announced once. One without words is pending until the next poll shows it again, and one that
    may be older than a person's last message until Devin has had `answer_settle` seconds to take that. Words that Devin
    has written just now are kept back until the next poll if the state may be older than they are, so that they and
    the end of the turn that they may bring are one post.
    """
    pending, end = turn.pending or Pending(), turn_end(new)
    pull_requests = (*pending.pull_requests, *new_pull_requests(old, new))
    if spoken.just_now and keeps_words_back(turn, new):
        return Decision(replace(turn, pending=replace(pending, words=True, pull_requests=pull_requests)), relays=False)
    turn = _with_words(turn, new, spoken)
    if end is None or not _is_another(turn, end, new, spoken):
        return Decision(replace(turn, pending=None), pull_requests=pull_requests)
    if _is_unsure(end, new, spoken) and (pending.end != end.name or now < pending.not_before):
        not_before = now + answer_settle if spoken.person_last else now
        if pending.end == end.name:
            not_before = max(not_before, pending.not_before)
        return Decision(replace(turn, pending=Pending(end.name, not_before, pull_requests=pull_requests)))
    return Decision(TurnState(turn.number + 1, announced=end.name), end, pull_requests)


def keeps_words_back(turn: TurnState, new: Snapshot) -> bool:
    """Whether words that Devin has written just now wait for the next poll, once.

    So they do if `new` may have been listed before them: Devin works, or rests as before.
    """
    if turn.pending and turn.pending.words:
        return False
    end = turn_end(new)
    return display_state_of(new) is DisplayState.WORKING if end is None else end.name == turn.announced


def _with_words(turn: TurnState, new: Snapshot, spoken: Spoken) -> TurnState:
    """The state of the turn with what was written. Once Devin works again, no end of the turn is announced yet."""
    if turn_end(new) is not None or display_state_of(new) is DisplayState.ASLEEP:
        return replace(turn, person_wrote=turn.person_wrote or spoken.person)
    return TurnState(turn.number)


def _is_another(turn: TurnState, end: TurnEnd, snapshot: Snapshot, spoken: Spoken) -> bool:
    """Whether `end` was not announced in this turn.

    announced before         this end                 it is another one if
    -----------------------  -----------------------  -----------------------------------------------------------------
    nothing                  any                      always
    any                      done, asleep             never: Devin fell asleep after its turn
    done, waits, answered    question, waits,         Devin or a person wrote since: else only the detail has changed
                             or answered
    waits, or answered       done                     Devin wrote
    a question               done                     Devin wrote, or it says itself that it has finished
    the same question        question, waits,         Devin or a person wrote since
                             or answered
    the same approval        approval                 Devin wrote: approvals are given in its web app, unseen
    the same other end       the same                 Devin wrote, after a person had
    any other                any                      always
    """
    before = AnnouncementKind(turn.announced.split(":")[0]) if turn.announced else None
    if before is None:
        return True
    if end.kind is AnnouncementKind.DONE and snapshot.status == "suspended":
        return False
    if before in _DEVIN_CHOSE and end.kind in _DEVIN_CHOSE:
        return _is_another_choice(before, end, snapshot, spoken, wrote=turn.person_wrote)
    if end.name != turn.announced:
        return True
    return spoken.devin and (end.kind is AnnouncementKind.APPROVAL or turn.person_wrote)


def _is_another_choice(
    before: AnnouncementKind, end: TurnEnd, snapshot: Snapshot, spoken: Spoken, *, wrote: bool
) -> bool:
    if end.kind in _WAITING:
        return spoken.devin or wrote
    if before is AnnouncementKind.DONE:
        return spoken.devin and wrote
    return spoken.devin or (before is AnnouncementKind.QUESTION and snapshot.detail != "waiting_for_user")


def _is_unsure(end: TurnEnd, snapshot: Snapshot, spoken: Spoken) -> bool:
    """Whether words may follow, or the state may have been listed before a person's last message was read."""
    if snapshot.status != "running" or end.kind in _EXPLAINED:
        return False
    return not spoken.devin or (spoken.person_last and end.kind in _DEVIN_CHOSE)


def new_pull_requests(old: Snapshot, new: Snapshot) -> tuple[str, ...]:
    """The addresses of the pull requests that `new` has and `old` has not."""
    known = {request.url for request in old.pull_requests}
    return tuple(dict.fromkeys(request.url for request in new.pull_requests if request.url not in known))


# ---------------------------------------------------------------- what words ask

_CODE: Final = re.compile(r"`{1,3}[^`\n]+`{1,3}")
_ADDRESS: Final = re.compile(r"https?://[!-~]*[\w/=&#%+-]", re.ASCII | re.IGNORECASE)  # without a sentence's last mark
# The question marks of Chinese and Japanese, and of Arabic, and ours unless it stands within a word, as in `x?.y`.
_MARK: Final = re.compile(r"[？؟]|\?(?!\.?[A-Za-z0-9_:=\[])")  # noqa: RUF001
_LIST: Final = re.compile(r"\s{0,9}(?:[-*+•|]|(?:\*\*)?(?:option )?(?:\d{1,3}|[a-z])(?:\*\*)?[.):])", re.IGNORECASE)
# How Devin offers more at the end of its work, up to the end of the clause. It asks nothing.
_COURTESY: Final = re.compile(
    r"\b(?:please )?(?:let me know|tell me|reach out|reply(?: here)?|just ask) if (?!(?:i|we) (?:should|can|may)\b|"
    r"you(?:'d| would)? (?:want|like) me to (?:go|proceed|continue|merge|start|deploy)\b|"
    r"you(?:'re| are)? (?:agree|approve|confirm|prefer|ok)|(?:that|this|it)(?:'s| is) (?:ok|fine|right|correct))"
    r"[^.!?;:,\n]*",
    re.IGNORECASE,
)
_REQUEST: Final = re.compile(
    r"\b(?:please (?!feel free|note|do not hesitate|don't hesitate|reach out)|let me know|tell me|which (?:one|of)|"
    r"(?:can|could|would|do) you|(?:should|shall) (?:i|we)|waiting (?:for|on)|your (?:call|choice|decision)|blocked|"
    r"(?:i|we)(?:'ll|'d| will| would)?(?: still| also| only| just)? need|you(?:'ll| will)? (?:need|have) to|"
    r"needs? (?:you|your|access|permission)|(?:can't|cannot|unable to) (?:go on|continue|proceed)|"
    r"(?<!to )(?<!can )(?:provide|confirm)|(?<!to )(?:reply|answer) with)\b",
    re.IGNORECASE,
)
_TYPED: Final = str.maketrans({"’": "'", "*": None})  # noqa: RUF001


def asks(words: str) -> bool | None:
    """Whether Devin's `words` ask a person something; None where that cannot be told.

    A question in the last paragraph asks. A question before it, or a request without a question mark, may do so.
    """
    paragraphs = _paragraphs(_ADDRESS.sub("", _CODE.sub("", without_fences(words)))[-4_000:])
    if paragraphs and _MARK.search(paragraphs[-1]):
        return True
    return None if any(_MARK.search(part) or _requests(part) for part in paragraphs) else False


def asks_from(words: str, paragraphs: Sequence[int]) -> int:
    """Where the last question in Devin's `words` begins, of the offsets of their `paragraphs`; 0 if they ask nothing.

    A list belongs to the paragraph before it.
    """
    starts = [at for at in paragraphs if not _LIST.match(words, at)]
    return next((at for at in reversed(starts) if asks(words[at:]) is not False), 0)


def without_fences(words: str) -> str:
    """Return `words` without blocks of code. One that is not closed is kept: it may hold more than code."""
    kept: list[str] = []
    fence, opened = "", 0
    for line in words.split("\n"):
        kept.append(line)
        text = line.strip()
        if fence and text.startswith(fence):
            del kept[opened:]
            fence = ""
        elif not fence and text.startswith(("```", "~~~")) and "`" not in text.lstrip("`"):
            fence, opened = text[:3], len(kept) - 1
    return "\n".join(kept)


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of `text`. A list belongs to the one before it, whose question it may answer or continue."""
    found: list[str] = []
    for part in text.split("\n\n"):
        if found and _LIST.match(part):
            found[-1] += f"\n{part}"
        elif part.strip():
            found.append(part)
    return found


def _requests(paragraph: str) -> bool:
    return _REQUEST.search(_COURTESY.sub("", paragraph.translate(_TYPED))) is not None
