"""What becomes of a reply in a session's thread: by what the session does, and by what the text is.

A message has Devin work, and work is paid for. So a session that rests gets what is surely meant for it, and its
author is asked about the rest. A session at work gets whatever may be meant for it: a lost instruction costs more.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.domain.commands.intent import Kind, Place, read_intent
from bot.domain.commands.small_talk import SmallTalk, is_go_ahead, small_talk
from bot.domain.commands.timed_tasks import is_time
from bot.domain.session import DisplayState, Session


class Situation(StrEnum):
    """What a session does, as far as it matters to a reply."""

    WORKS = "works"  # or is about to
    WAITS = "waits"  # for an answer
    ASKED = "asked"  # Devin's last words ask something, but it works on or rests
    ANSWERED = "answered"  # Devin has said something, and asks nothing
    RESTS = "rests"  # it is done or asleep
    STUCK = "stuck"  # it failed, or is at a limit
    APPROVAL = "approval"  # which cannot be given from Slack, so that no text is one
    OVER = "over"  # it takes no more messages


class Meaning(StrEnum):
    """What the text of a reply is."""

    INSTRUCTION = "instruction"  # or an answer, a correction or a question about the code
    YES = "yes"
    OK = "ok"  # may be meant as an answer
    GO_AHEAD = "go ahead"  # an ok that tells Devin to go on
    MORE = "more"  # ACUs, which somebody wants it to have
    THANKS = "thanks"  # praise or a greeting
    FACTS = "facts"  # a question about what the session costs, who asked for it or how far it is
    FOR_BOT = "for bot"  # such as a question about its use
    CHATTER = "chatter"  # asks for nothing
    TAKEN_BACK = "taken back"  # as in "nevermind", which stops what runs and asks for nothing where nothing does
    AMONG_PEOPLE = "among people"  # says what one of them does, or what is asked of one
    UNLIKELY = "unlikely"  # to be for Devin
    UNCLEAR = "unclear"


class Outcome(StrEnum):
    """What becomes of a reply."""

    SEND = "send"
    REACT = "react"  # it is not sent, which a reaction shows
    TELL = "tell"  # its author is answered from our rows, and may have it sent
    ASK = "ask"  # its author is asked whether it is for Devin
    APPROVE = "approve"  # its author is told where to approve
    WAY_ON = "way on"  # its author is told that it leads nowhere, with what does


SEND, REACT, TELL, ASK, APPROVE, WAY_ON = Outcome
_OUTCOMES: Final[Mapping[Meaning, Mapping[Situation, Outcome]]] = {
    meaning: dict(zip(Situation, outcomes, strict=True))
    for meaning, outcomes in {
        #                     works  waits asked answered rests stuck approval over
        Meaning.INSTRUCTION: (SEND, SEND, SEND, SEND, SEND, SEND, SEND, WAY_ON),
        Meaning.YES: (SEND, SEND, SEND, SEND, REACT, SEND, APPROVE, REACT),
        Meaning.OK: (REACT, SEND, SEND, SEND, REACT, SEND, APPROVE, REACT),
        Meaning.GO_AHEAD: (SEND, SEND, SEND, SEND, ASK, SEND, APPROVE, WAY_ON),
        Meaning.MORE: (TELL, TELL, TELL, TELL, TELL, SEND, TELL, TELL),
        Meaning.THANKS: (REACT, SEND, REACT, REACT, REACT, REACT, APPROVE, REACT),
        Meaning.FACTS: (TELL, TELL, TELL, TELL, TELL, TELL, TELL, TELL),
        Meaning.FOR_BOT: (ASK, ASK, ASK, ASK, ASK, ASK, ASK, WAY_ON),
        Meaning.CHATTER: (REACT, SEND, ASK, REACT, REACT, REACT, REACT, REACT),
        Meaning.TAKEN_BACK: (ASK, SEND, SEND, REACT, REACT, REACT, ASK, REACT),
        Meaning.AMONG_PEOPLE: (ASK, ASK, ASK, ASK, ASK, ASK, ASK, REACT),
        Meaning.UNLIKELY: (ASK, SEND, SEND, ASK, ASK, ASK, SEND, WAY_ON),
        Meaning.UNCLEAR: (SEND, SEND, SEND, SEND, ASK, ASK, SEND, WAY_ON),
    }.items()
}  # fmt: skip
_SITUATIONS: Final = {
    **dict.fromkeys((DisplayState.WAITING, DisplayState.UNKNOWN), Situation.WAITS),
    DisplayState.ANSWERED: Situation.ANSWERED,
    **dict.fromkeys((DisplayState.DONE, DisplayState.ASLEEP, DisplayState.STOPPED), Situation.RESTS),
    # Devin may take a message in a session that it has ended: that is not documented.
    **dict.fromkeys((DisplayState.LIMIT, DisplayState.FAILED, DisplayState.ENDED), Situation.STUCK),
    DisplayState.APPROVAL: Situation.APPROVAL,
}
_ASKS_ELSE: Final = frozenset({Situation.WORKS, Situation.ANSWERED, Situation.RESTS, Situation.STUCK})
_SMALL_TALK: Final = {
    SmallTalk.GREETING: Meaning.THANKS,
    SmallTalk.THANKS: Meaning.THANKS,
    SmallTalk.AGREEMENT: Meaning.OK,
    SmallTalk.ANSWER: Meaning.YES,
}
_KINDS: Final = {
    **dict.fromkeys((Kind.COST, Kind.STATE, Kind.WHO), Meaning.FACTS),
    Kind.BOT: Meaning.FOR_BOT,
    **dict.fromkeys((Kind.NONE, Kind.TALK), Meaning.CHATTER),
}
# How likely a text has to be for Devin: to wake it, and to reach it at work.
_ENOUGH: Final = 0.6
_LITTLE: Final = 0.45
_SHORT: Final = 8  # words
_MOST_CLAUSES: Final = 8  # that are read by themselves
_SURELY: Final = 0.8  # of another clause than the first one
# How sure it has to be what else it is. An answer with facts has the button that sends the text.
_SURE: Final = {Meaning.FACTS: 0.6, Meaning.FOR_BOT: 0.6, Meaning.CHATTER: 0.9}
_MORE_ACUS: Final = re.compile(
    r"^(?:please )?(?:give|add|grant|allow|let|raise)\b.{0,30}\b(?:\d+|more|extra|another)\b.{1,20}\bacus?\b",
    re.IGNORECASE,
)
_AGAIN: Final = re.compile(
    r"(?:ok,? )?(?:(?:please|pls|just|can you|could you) )?"
    r"(?:(?:try|run|do|start) (?:(?:it|this|that) )?(?:once )?(?:again|over)"
    r"|(?:retry|rerun|redo)(?: (?:it|this|that))?)"
    r"(?:,? (?:please|pls|thanks))?[.!?]*",
    re.IGNORECASE,
)
_TAKEN_BACK: Final = re.compile(
    r"(?:(?:oh|ah|ok|okay|hm+|actually|sorry|no|ach|na ja|ah non),? )?"
    r"(?:never ?mind|nvm|(?:just )?(?:forget|ignore|disregard|scratch) (?:about )?(?:it|that|this|me)"
    r"|(?:forget|ignore) what i (?:said|wrote)|false alarm|my (?:bad|mistake)|wrong (?:thread|channel|window)"
    r"|vergiss (?:es|das)|egal|schon gut|d[eé]jalo|olv[ií]dalo|no importa|laisse(?:z)? tomber|oublie(?:z)?(?: [cç]a)?"
    r"|deixa (?:pra l[aá]|para l[aá])|esquece|lascia (?:stare|perdere)|laat maar|niewa[zż]ne|забудь|неважно)"
    r"(?:,? (?:please|pls|thanks|thx|sorry|all|everyone|guys|danke|gracias|merci))?[\s.!…:)(-]*",
    re.IGNORECASE,
)
# What leaves nothing to do: "stop it, wrong branch", "leave it, I'll do it myself", "no more changes".
_NOTHING_MORE: Final = re.compile(
    r"(?:(?:ok|okay|oh|no|sorry|actually|please|pls|thanks),? ){0,2}(?:"
    r"(?:stop|halt|abort|cancel|quit)(?: (?:it|this|that|here|now|everything|working|please|pls)){0,3}\W+"
    r"(?:(?:this|that|it)(?:['\u2019]?s| is| was) |i (?:picked|chose|took) )?(?:the |my )?wrong \w+"
    r"|(?:(?:leave|drop) (?:it|this|that)(?: (?:alone|as is|as it is))?|hands off|(?:don['\u2019]?t|do not) bother)"
    r"(?:,? (?:please|pls|now|here))?(?:\W+@?[\w.-]+(?:['\u2019]ll| will| can)?"
    r" (?:do|does|fix|fixes|finish|finishes|handle|handles|take|takes)\b[\w '\u2019]{0,30})?"
    r"|(?:no (?:more|further) (?:changes?|edits?|commits?|work|updates?)|nothing (?:more|else|further))"
    r"(?: (?:to do|needed|here|now|on this|from you|for now)){0,2}"
    r")(?:,? (?:please|pls|thanks|thx|sorry))?[\s.!…]*",
    re.IGNORECASE,
)
_NOBODY: Final = (
    r"(?!(?:an?|again|all|approval|before|can|devin|first|for|if|it|me|now|permission|please|pls|she|so|that|the|then"
    r"|they|this|to|us|users?|we|you|your)\b)"
)
# "Tom takes over", "the first one, but ask Tom", "that's Tom's call", "what did Tom say about it?"
_AMONG_PEOPLE: Final = re.compile(
    rf"\A(?:i|we|@?{_NOBODY}[\w.-]+)(?:['\u2019]ll| will| is| can)? (?:take|takes|taking)"
    r"(?: (?:it|this|that)(?: one)?)? (?:over|from here)\b"
    rf"|\b(?:but|or|better|maybe|rather)(?: please)? (?:ask|check with|wait for) @?{_NOBODY}[\w.-]+"
    r"(?: first| about (?:it|this|that))?\W*\Z"
    rf"|\b{_NOBODY}\w+['\u2019]s (?:call|decision)\W*\Z|\blet @?{_NOBODY}[\w.-]+ (?:decide|choose)\W*\Z"
    rf"|\A(?:what|why) (?:did|does|would) @?{_NOBODY}[\w.-]+ (?:say|think|mean|want|suggest|prefer)"
    r"(?: (?:about|of) (?:it|this|that))?\W*\Z",
    re.IGNORECASE,
)
_ONE_WORD: Final = re.compile(r"[A-Za-z]+")
_CLAUSES: Final = re.compile(r"(?<![,.!?;:\n])[,.!?;:\n]+(?=\s)|[\n、。\uff0c\uff01]|\s-\s")


def situation_of(session: Session) -> Situation:
    """Return what `session` does, which takes messages."""
    found = _SITUATIONS.get(session.display_state, Situation.WORKS)
    return Situation.ASKED if session.snapshot.asks is True and found in _ASKS_ELSE else found


def may_wait_for_answer(session: Session) -> bool:
    """Whether a question of Devin's may be open in `session`: not while Devin works on without an answer."""
    waits = situation_of(session) in {Situation.WAITS, Situation.ASKED}
    return waits and session.display_state is not DisplayState.WORKING


def meaning_of(text: str) -> Meaning:
    """Return what `text` is as a reply, as people read it."""
    said = _said_without_work(text)
    if said is not None:
        return said
    intent = read_intent(text, Place.REPLY)
    # Such as `exit`, which may be meant for the bot.
    one_word = _ONE_WORD.fullmatch(text.strip()) is not None and not is_go_ahead(text)
    if intent.task >= (_SURELY if one_word else _ENOUGH):
        return Meaning.INSTRUCTION
    if is_go_ahead(text):
        return Meaning.GO_AHEAD
    if intent.kind is Kind.COST and _MORE_ACUS.search(text):
        return Meaning.MORE
    first, *others = _CLAUSES.split(text.strip(), _MOST_CLAUSES)
    of_others = max((read_intent(other, Place.REPLY).task for other in others), default=0.0)
    if of_others >= _SURELY and small_talk(first) is not None:
        return Meaning.INSTRUCTION  # as in "thanks, now fix the test"
    if others and not is_time(first) and read_intent(first, Place.REPLY).task >= _SURELY:
        return Meaning.INSTRUCTION  # as in "use pytest, as Ann said"
    found = _KINDS.get(intent.kind, Meaning.UNCLEAR)
    if intent.task >= _LITTLE or found is Meaning.UNCLEAR:
        return Meaning.UNLIKELY if one_word else Meaning.UNCLEAR
    # A reaction offers nothing to press. What tells something before it orders something looks like chatter, and so
    # may a long text.
    may_be_lost = intent.kind is Kind.NONE and (
        of_others >= _LITTLE or len(text.split()) > _SHORT or small_talk(text) is SmallTalk.QUESTION
    )
    return Meaning.UNLIKELY if may_be_lost or intent.confidence < _SURE[found] else found


def _said_without_work(text: str) -> Meaning | None:
    """What a reply is whose words alone say that it's no work, however much it is like some."""
    if any(pattern.fullmatch(text.strip()) for pattern in (_TAKEN_BACK, _NOTHING_MORE)):
        return Meaning.TAKEN_BACK
    if _AMONG_PEOPLE.search(text.strip()):
        return Meaning.AMONG_PEOPLE
    return _SMALL_TALK.get(small_talk(text) or SmallTalk.QUESTION)


def asks_again(text: str) -> bool:
    """Whether `text` only asks to try once more what did not work."""
    return _AGAIN.fullmatch(text.strip()) is not None


def outcome_of(text: str, situation: Situation) -> Outcome:
    """Return what becomes of a reply with this `text` to a session in this `situation`."""
    return _OUTCOMES[meaning_of(text)][situation]
